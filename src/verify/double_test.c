/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "double.h"

#include "base/test.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct talk {
    struct double_server *server;
    int fd;
    struct buf ids, contents, heard;
    bool ended;
};

static void on_effect(void *context, const struct double_effect *effect) {
    struct talk *t = context;
    buf_put_bytes(&t->ids, effect->id);
    buf_put_byte(&t->ids, ' ');
    buf_put_bytes(&t->contents, effect->content);
}

static void given(struct talk *t, enum double_speaks speaks) {
    struct double_options options = { speaks, on_effect, NULL, t };
    struct sockaddr_in to = { .sin_family = AF_INET };
    memset(t, 0, sizeof(*t));
    CHECK_OK(double_open(&t->server, &options));
    to.sin_port = htons((uint16_t)double_port(t->server));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    t->fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(connect(t->fd, (struct sockaddr *)&to, sizeof(to)), 0);
}

/* Says it, and gives turns until `answer` was heard or the line has ended. */
static void say(struct talk *t, const char *text, const char *answer, enum double_mood mood) {
    char part[512];
    buf_clear(&t->heard);
    (void)send(t->fd, text, strlen(text), MSG_NOSIGNAL);
    while (!strstr(buf_text(&t->heard), answer) && !t->ended) {
        struct pollfd wait = { t->fd, POLLIN, 0 };
        double_turn(t->server, mood);
        if (poll(&wait, 1, 1) == 0)
            continue;
        ssize_t got = recv(t->fd, part, sizeof(part), 0);
        t->ended = got <= 0;
        buf_put(&t->heard, part, got > 0 ? (size_t)got : 0);
    }
}

static void finish(struct talk *t) {
    (void)close(t->fd);
    double_close(t->server);
    buf_finish(&t->ids);
    buf_finish(&t->contents);
    buf_finish(&t->heard);
}

static const char mail[] = "Message-ID: <E1@octavo>\r\nTo: a@b.test\r\n\r\nten crowns\r\n.\r\n";

TEST(a_mail_is_taken_by_its_message_id) {
    struct talk t = { 0 };
    given(&t, DOUBLE_smtp);
    say(&t, "", "220 ", DOUBLE_well);
    say(&t, "EHLO me\r\n", "250 ", DOUBLE_well);
    say(&t, "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\n", "250 double\r\n250 ", DOUBLE_well);
    say(&t, "DATA\r\n", "354 ", DOUBLE_well);
    say(&t, mail, "250 taken", DOUBLE_well);
    say(&t, "QUIT\r\n", "221 ", DOUBLE_well);
    CHECK_TEXT(buf_text(&t.ids), "E1@octavo ");
    CHECK(strstr(buf_text(&t.contents), "ten crowns"));
    finish(&t);
}

TEST(a_request_is_taken_by_its_key_when_its_body_is_whole) {
    struct talk t = { 0 };
    given(&t, DOUBLE_http);
    for (int i = 0; i < 3; i++) {
        static const char begin[] =
            "POST / HTTP/1.1\r\nidempotency-key: k1\r\nContent-Length: 7\r\n\r\n{\"a\"";
        (void)send(t.fd, begin, sizeof(begin) - 1, 0);
        double_turn(t.server, DOUBLE_well);
        CHECK_INT((long long)t.ids.len, i * 3);
        say(&t, ":1}", "HTTP/1.1 200 OK", DOUBLE_well);
    }
    CHECK_TEXT(buf_text(&t.ids), "k1 k1 k1 ");
    CHECK_TEXT(buf_text(&t.contents), "{\"a\":1}{\"a\":1}{\"a\":1}");
    finish(&t);
}

TEST(a_lossy_one_does_it_and_does_not_say_so) {
    struct talk t = { 0 };
    given(&t, DOUBLE_http);
    say(&t, "POST / HTTP/1.1\r\nIdempotency-Key: k2\r\nContent-Length: 0\r\n\r\n", "200",
        DOUBLE_lossy);
    CHECK(t.ended);
    CHECK_INT((long long)t.heard.len, 0);
    CHECK_TEXT(buf_text(&t.ids), "k2 ");
    CHECK_INT((long long)double_hurt(t.server), 1);
    finish(&t);
}

TEST(one_that_is_away_closes_every_connection) {
    struct talk t = { 0 };
    given(&t, DOUBLE_smtp);
    say(&t, "", "220 ", DOUBLE_away);
    CHECK(t.ended);
    CHECK_INT((long long)t.ids.len, 0);
    finish(&t);
}
