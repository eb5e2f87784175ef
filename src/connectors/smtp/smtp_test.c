/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A scripted server, and what each end of a dialogue means for the effect. Addresses, the secret
 * and the folder as well. tests/scenarios has a real server. */
#include "smtp/smtp.h"

#include "base/disk.h"
#include "base/mailbox.h"
#include "base/test.h"
#include "smtp/server.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the server: one answer for each command, the last one's being what the test is about */

struct play {
    const char *at;    /* a command, "HELLO" for the greeting, "." for the end of the text */
    const char *reply; /* instead of the usual one; "": closes; "wait": says nothing more */
};

static struct server {
    int listener, port;
    struct play play;
    struct buf heard; /* all of it */
    int mails;
    bool hangs_up; /* after each mail */
    struct thread *thread;
} server;

static const struct play usual[] = {
    { "HELLO", "220 double" }, { "EHLO", "250 double" }, { "MAIL", "250 ok" },
    { "RCPT", "250 ok" },      { "DATA", "354 go on" },  { ".", "250 queued" },
    { "QUIT", "221 bye" },     { "HELO", "250 double" },
};

static void wait_for_close(int fd) {
    char byte;
    while (read(fd, &byte, 1) > 0)
        ;
}

/* False: the dialogue is over. */
static bool say(int fd, const char *at) {
    const char *reply = "500 what?";
    for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
        if (strcmp(usual[i].at, at) == 0)
            reply = usual[i].reply;
    if (server.play.at && strcmp(server.play.at, at) == 0)
        reply = server.play.reply;
    if (strcmp(reply, "wait") == 0)
        wait_for_close(fd);
    if (!*reply || strcmp(reply, "wait") == 0)
        return false;
    char *line = text_format("%s\r\n", reply);
    bool sent = write(fd, line, strlen(line)) == (ssize_t)strlen(line);
    free(line);
    return sent && strcmp(at, "QUIT") != 0;
}

static bool read_line(int fd, char *line, size_t room) {
    size_t len = 0;
    while (len + 1 < room && read(fd, line + len, 1) == 1)
        if (line[len++] == '\n') {
            line[len] = 0;
            buf_put(&server.heard, line, len);
            return true;
        }
    return false;
}

static bool read_text(int fd) {
    char line[1200];
    while (read_line(fd, line, sizeof(line)))
        if (strcmp(line, ".\r\n") == 0)
            return true;
    return false;
}

static void serve_one(int fd) {
    char line[1200], command[5] = "";
    if (!say(fd, "HELLO"))
        return;
    while (read_line(fd, line, sizeof(line))) {
        memcpy(command, line, 4);
        if (!say(fd, command))
            return;
        if (strcmp(command, "DATA") != 0 || (server.play.at && strcmp(server.play.at, "DATA") == 0))
            continue;
        if (!read_text(fd))
            return;
        server.mails++;
        if (!say(fd, ".") || server.hangs_up)
            return;
    }
}

static void server_run(void *context) {
    (void)context;
    for (int fd; (fd = accept(server.listener, NULL, NULL)) >= 0;) {
        serve_one(fd);
        (void)close(fd);
    }
}

static void server_start(const char *at, const char *reply) {
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server = (struct server){ .play = { at, reply } };
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(bind(server.listener, (struct sockaddr *)&address, sizeof(address)), 0);
    CHECK_INT(listen(server.listener, 8), 0);
    CHECK_INT(getsockname(server.listener, (struct sockaddr *)&address, &len), 0);
    server.port = ntohs(address.sin_port);
    server.thread = thread_start("server", server_run, NULL);
}

static void server_stop(void) {
    (void)shutdown(server.listener, SHUT_RDWR);
    thread_join(server.thread);
    (void)close(server.listener);
    buf_finish(&server.heard);
}

/* ---- acting */

static struct effect_answer answer;
static struct buf told;
static const char json[] =
    "{\"to\":\"a@x.cz,b@y.cz\",\"subject\":\"Hi\",\"body\":\"one\\n.\\n..two\\n\"}";

static struct connector *open_with(const char *more, const char *secret) {
    struct connector *c;
    char *url = text_format("smtp://127.0.0.1:%d?from=bank@example.org%s", server.port, more);
    struct sink_options options = { .url = url,
                                    .secret = secret,
                                    .secret_len = secret ? strlen(secret) : 0,
                                    .timeout_ms = 1500,
                                    .data_dir = test_dir() };
    CHECK_OK(smtp_sink.open(&c, &options));
    free(url);
    return c;
}

static enum effect_verdict perform_by(const struct connector_sink *sink, struct connector *c) {
    struct effect_request r = {
        .id = bytes_text("e-1"), .json = bytes_text(json), .time_ms = 1790000000123, .attempt = 1
    };
    buf_clear(&told);
    answer = (struct effect_answer){ .verdict = EFFECT_UNKNOWN, .told = &told };
    sink->perform(c, &r, &answer);
    return answer.verdict;
}

static enum effect_verdict perform(struct connector *c) {
    return perform_by(&smtp_sink, c);
}

static void check_heard(const char *part) {
    if (!strstr(buf_text(&server.heard), part))
        test_failed(__FILE__, __LINE__, "%s was not heard in %s", part, buf_text(&server.heard));
}

TEST(mails_are_sent_over_one_connection_and_dots_survive) {
    server_start(NULL, NULL);
    struct connector *c = open_with("", NULL);
    CHECK_INT(perform(c), EFFECT_DONE);
    CHECK_TEXT(buf_text(&told), "{\"message_id\":\"e-1\",\"answer\":\"250 queued\"}");
    CHECK_INT(perform(c), EFFECT_DONE);
    smtp_sink.close(c);
    server_stop();
    server_start(NULL, NULL);
    c = open_with("", NULL);
    CHECK_INT(perform(c), EFFECT_DONE);
    smtp_sink.close(c);
    (void)shutdown(server.listener, SHUT_RDWR);
    thread_join(server.thread);
    CHECK_INT(server.mails, 1);
    check_heard("EHLO example.org\r\n");
    check_heard("MAIL FROM:<bank@example.org>");
    check_heard("RCPT TO:<a@x.cz>\r\nRCPT TO:<b@y.cz>\r\n");
    check_heard("Message-ID: <e-1@example.org>\r\n");
    check_heard("one\r\n..\r\n...two\r\n.\r\n");
    server.thread = NULL;
    server_stop();
}

struct end {
    const char *at, *reply;
    enum effect_verdict verdict;
    bool edge_down;
    const char *reason;
};

TEST(each_end_of_a_dialogue_means_what_the_server_can_have_done) {
    static const struct end ends[] = {
        { "HELLO", "554 go away", EFFECT_AGAIN, true, "554 go away" },
        { "HELLO", "421 too busy", EFFECT_AGAIN, true, "421 too busy" },
        { "HELLO", "", EFFECT_AGAIN, true, "" },
        { "HELLO", "wait", EFFECT_AGAIN, true, "" },
        { "MAIL", "451 later", EFFECT_AGAIN, false, "the server said: 451 later" },
        { "MAIL", "550 not you", EFFECT_REFUSED, false, "550 not you" },
        { "MAIL", "530 login first", EFFECT_AGAIN, true, "530 login first" },
        { "MAIL", "421 closing", EFFECT_AGAIN, true, "421 closing" },
        { "MAIL", "", EFFECT_AGAIN, true, "" },
        { "RCPT", "450 box busy", EFFECT_AGAIN, false, "450 box busy" },
        { "RCPT", "550 no such user", EFFECT_REFUSED, false, "550 no such user" },
        { "RCPT", "wait", EFFECT_AGAIN, true, "" },
        { "DATA", "451 later", EFFECT_AGAIN, false, "451 later" },
        { "DATA", "554 no", EFFECT_REFUSED, false, "554 no" },
        { "DATA", "", EFFECT_AGAIN, true, "" },
        { ".", "452 disk full", EFFECT_AGAIN, false, "452 disk full" },
        { ".", "554 spam", EFFECT_REFUSED, false, "554 spam" },
        { ".", "", EFFECT_UNKNOWN, true, "sent, and no answer came" },
        { ".", "wait", EFFECT_UNKNOWN, true, "sent, and no answer came" },
    };
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        server_start(ends[i].at, ends[i].reply);
        struct connector *c = open_with("", NULL);
        enum effect_verdict verdict = perform(c);
        if (verdict != ends[i].verdict || answer.edge_down != ends[i].edge_down
            || !strstr(answer.reason, ends[i].reason))
            test_failed(__FILE__, __LINE__, "%s %s: %d %d %s", ends[i].at, ends[i].reply,
                        (int)verdict, answer.edge_down, answer.reason);
        smtp_sink.close(c);
        server_stop();
    }
}

TEST(nobody_listening_is_an_edge_that_is_down_and_a_later_mail_is_sent) {
    server_start(NULL, NULL);
    struct connector *c = open_with("", NULL);
    server_stop();
    CHECK_INT(perform(c), EFFECT_AGAIN);
    CHECK(answer.edge_down);
    smtp_sink.close(c);
}

TEST(a_connection_that_was_closed_in_between_is_made_anew) {
    server_start(NULL, NULL);
    server.hangs_up = true;
    struct connector *c = open_with("", NULL);
    for (int i = 0; i < 3; i++)
        CHECK_INT(perform(c), EFFECT_DONE);
    smtp_sink.close(c);
    CHECK_INT(server.mails, 3);
    server_stop();
}

TEST(a_server_without_starttls_gets_no_mail_where_tls_is_wanted) {
    server_start(NULL, NULL);
    struct connector *c = open_with("&tls=required", "me:secret");
    CHECK_INT(perform(c), EFFECT_AGAIN);
    CHECK(answer.edge_down);
    smtp_sink.close(c);
    (void)shutdown(server.listener, SHUT_RDWR);
    thread_join(server.thread);
    server.thread = NULL;
    CHECK(!strstr(buf_text(&server.heard), "MAIL"));
    CHECK(!strstr(buf_text(&server.heard), "AUTH"));
    server_stop();
}

/* ---- addresses and secrets */

static enum error server_at(const char *scheme, const char *url, const char *secret) {
    struct mail_server s;
    struct sink_options options = { .url = url, .secret = secret };
    options.secret_len = secret ? strlen(secret) : 0;
    TRY(mail_server_read(&s, scheme, &options));
    if (s.wants_tls)
        CHECK(!strstr(s.address, "127.") && !strstr(s.address, "localhost:"));
    mail_server_finish(&s);
    return E_ok;
}

TEST(tls_is_wanted_for_every_host_but_this_one) {
    static const struct {
        const char *url;
        bool wants;
        const char *address;
    } cases[] = {
        { "smtp://127.0.0.1:25?from=a@b", false, "smtp://127.0.0.1:25/b" },
        { "smtp://localhost", false, "smtp://localhost/localhost" },
        { "smtp://[::1]:2525", false, "smtp://[::1]:2525/localhost" },
        { "smtp://localhost?tls=required", true, "smtp://localhost/localhost" },
        { "smtp://mail.example:587?from=a@b.c", true, "smtp://mail.example:587/b.c" },
        { "smtp://127.0.0.1.example", true, "smtp://127.0.0.1.example/localhost" },
        { "smtp://localhost.example", true, "smtp://localhost.example/localhost" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct mail_server s;
        CHECK_OK(mail_server_read(&s, "smtp", &(struct sink_options){ .url = cases[i].url }));
        CHECK_INT(s.wants_tls, cases[i].wants);
        CHECK_TEXT(s.address, cases[i].address);
        mail_server_finish(&s);
    }
}

TEST(an_address_that_is_not_understood_is_refused_with_an_example) {
    static const char *const wrong[][2] = {
        { "smtp:", "nothing stands" },
        { "smtp:host", "no host" },
        { "smtp://:25", "no host" },
        { "smtp://me:pw@host", "port" },
        { "smtp://me@host", "character" },
        { "smtp://host/path", "character" },
        { "smtp://host:0x", "port" },
        { "smtp://host:99999", "port" },
        { "smtp://host:", "port" },
        { "smtp://[::1", "no host" },
        { "smtp://host?from=nobody", "`from` is no address" },
        { "smtp://host?tls=no", "can only be `required`" },
        { "smtp://host?password=x", "a parameter is unknown" },
        { "smtps://host", "another scheme" },
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        CHECK_ERROR(server_at("smtp", wrong[i][0], NULL), E_config);
        CHECK_STORY(wrong[i][1]);
        CHECK_STORY("try: smtp://mail.example:587?from=bank@example.org");
    }
}

TEST(a_secret_is_user_and_password_in_one_line) {
    CHECK_OK(server_at("smtps", "smtps://host", "me:se:cret\n"));
    CHECK_OK(server_at("smtps", "smtps://host", "me:secret"));
    static const char *const wrong[] = {
        "", "me", ":secret", "me:", "\nme:secret", "m\x01:secret"
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        CHECK_ERROR(server_at("smtps", "smtps://host", wrong[i]), E_config);
        CHECK_STORY("holds no USER:PASSWORD");
        CHECK(!strstr(error_story(), "secret\""));
    }
}

/* ---- the folder */

TEST(a_folder_gets_each_mail_once) {
    struct connector *c;
    struct sink_options options = { .url = "smtp+folder:mail?from=bank@example.org",
                                    .data_dir = test_dir() };
    struct buf text = { 0 };
    char *path = text_format("%s/mail/e-1.eml", test_dir());
    CHECK_OK(smtp_folder_sink.open(&c, &options));
    CHECK_INT(perform_by(&smtp_folder_sink, c), EFFECT_DONE);
    CHECK_TEXT(buf_text(&told), "{\"file\":\"e-1.eml\"}");
    CHECK_INT(perform_by(&smtp_folder_sink, c), EFFECT_DONE);
    CHECK_OK(disk_read_whole(disk_real(), path, 10000, &text));
    CHECK(strstr(buf_text(&text), "Message-ID: <e-1@example.org>\r\n"));
    CHECK_OK(disk_replace(disk_real(), path, bytes_text("another")));
    CHECK_INT(perform_by(&smtp_folder_sink, c), EFFECT_REFUSED);
    smtp_folder_sink.close(c);
    options.url = "smtp+folder:mail?from=nobody";
    CHECK_ERROR(smtp_folder_sink.open(&c, &options), E_config);
    CHECK_STORY("its `from` is no address");
    buf_finish(&text);
    free(path);
}
