/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Sending a mail with libcurl, and what the end of it means.
 *
 * libcurl says that something failed; what matters is where. So the dialogue is watched as it
 * passes: which command went out last and what was answered to it. Before the mail's last line has
 * left nothing can have happened. After it, without an answer, it may have: that is the window of a
 * blind effect. With an answer it is known, whatever the connection did then.
 *
 * A refusal of the session (greeting, TLS, login) is the edge's, not the mail's: others would fare
 * no better. One recipient that is refused refuses the mail: half of it is never sent. */
#include "smtp/smtp.h"

#include "base/check.h"
#include "connectors/answer.h"
#include "smtp/server.h"
#include "values/json.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum stage {
    STAGE_SESSION, /* connecting, greeting, TLS, login */
    STAGE_MAIL,    /* sender, recipients, the text on its way */
    STAGE_SENT,    /* all of it has been handed over */
};

struct connector {
    struct mail_server server;
    CURL *curl;
    long timeout_ms;
    /* of the mail that is being sent */
    const struct mail *mail;
    size_t read;
    enum stage stage;
    int code;  /* of the last answer since the last command; 0: none yet */
    bool over; /* it says goodbye: what is answered to that means nothing */
    char answer[128];
    char reason[CURL_ERROR_SIZE];
};

/* ---- watching */

static size_t on_read(char *out, size_t size, size_t count, void *context) {
    struct connector *c = context;
    size_t left = c->mail->text.len - c->read, len = size * count < left ? size * count : left;
    memcpy(out, c->mail->text.data + c->read, len);
    c->read += len;
    if (len == 0) {
        c->stage = STAGE_SENT;
        c->code = 0;
    }
    return len;
}

static void answer_seen(struct connector *c, const char *data, size_t len) {
    int code = 0;
    for (size_t i = 0; i < 3; i++) {
        if (i == len || data[i] < '0' || data[i] > '9')
            return;
        code = code * 10 + (data[i] - '0');
    }
    c->code = code;
    size_t shown = len < sizeof(c->answer) ? len : sizeof(c->answer) - 1;
    while (shown && (unsigned char)data[shown - 1] <= ' ')
        shown--;
    memcpy(c->answer, data, shown);
    c->answer[shown] = 0;
}

static int on_debug(CURL *curl, curl_infotype type, char *data, size_t len, void *context) {
    struct connector *c = context;
    (void)curl;
    c->over =
        c->over || (type == CURLINFO_HEADER_OUT && len > 4 && strncasecmp(data, "QUIT", 4) == 0);
    if (c->over)
        return 0;
    if (type == CURLINFO_HEADER_OUT) {
        c->code = 0;
        if (c->stage == STAGE_SESSION && len > 4 && strncasecmp(data, "MAIL", 4) == 0)
            c->stage = STAGE_MAIL;
    }
    if (type == CURLINFO_HEADER_IN)
        answer_seen(c, data, len);
    return 0;
}

static size_t on_header(char *data, size_t size, size_t count, void *context) {
    (void)data;
    (void)context;
    return size * count; /* not to the standard output */
}

/* ---- opening */

static void smtp_close(struct connector *c) {
    if (c->curl)
        curl_easy_cleanup(c->curl);
    mail_server_finish(&c->server);
    free(c);
}

/* The connection is kept between mails; whatever the environment says of proxies is not asked. */
static bool curl_set(struct connector *c) {
    const struct mail_server *s = &c->server;
    CURL *h = c->curl;
    bool ok = curl_easy_setopt(h, CURLOPT_URL, s->address) == CURLE_OK
              && curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK
              && curl_easy_setopt(h, CURLOPT_PROXY, "") == CURLE_OK
              && curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK
              && curl_easy_setopt(h, CURLOPT_UPLOAD, 1L) == CURLE_OK
              && curl_easy_setopt(h, CURLOPT_READFUNCTION, on_read) == CURLE_OK
              && curl_easy_setopt(h, CURLOPT_READDATA, c) == CURLE_OK
              && curl_easy_setopt(h, CURLOPT_VERBOSE, 1L) == CURLE_OK
              && curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, on_debug) == CURLE_OK
              && curl_easy_setopt(h, CURLOPT_DEBUGDATA, c) == CURLE_OK
              && curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK
              && curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_header) == CURLE_OK
              && curl_easy_setopt(h, CURLOPT_ERRORBUFFER, c->reason) == CURLE_OK
              && curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, c->timeout_ms) == CURLE_OK
              && curl_easy_setopt(h, CURLOPT_SERVER_RESPONSE_TIMEOUT, c->timeout_ms / 1000 + 1)
                     == CURLE_OK
              && curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, c->timeout_ms) == CURLE_OK;
    if (ok && s->wants_tls)
        ok = curl_easy_setopt(h, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL) == CURLE_OK;
    if (ok && s->ca)
        ok = curl_easy_setopt(h, CURLOPT_CAINFO, s->ca) == CURLE_OK;
    if (ok && s->user)
        ok = curl_easy_setopt(h, CURLOPT_USERNAME, s->user) == CURLE_OK
             && curl_easy_setopt(h, CURLOPT_PASSWORD, s->password) == CURLE_OK;
    return ok;
}

static enum error open_as(struct connector **out, const char *scheme,
                          const struct sink_options *options) {
    struct connector *c = memory_get(sizeof(*c));
    c->timeout_ms = options->timeout_ms;
    enum error e = mail_server_read(&c->server, scheme, options);
    if (!e && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        c->curl = curl_easy_init();
    if (!e && (!c->curl || !curl_set(c)))
        e = fail(E_unsupported, "this libcurl does not speak %s as it should", scheme);
    if (e) {
        smtp_close(c);
        return e;
    }
    *out = c;
    return E_ok;
}

static enum error smtp_open(struct connector **out, const struct sink_options *options) {
    return open_as(out, "smtp", options);
}

static enum error smtps_open(struct connector **out, const struct sink_options *options) {
    return open_as(out, "smtps", options);
}

/* ---- what the end means */

static void answer_done(const struct connector *c, struct effect_answer *a) {
    a->verdict = EFFECT_DONE;
    json_begin(a->told);
    json_put_text(a->told, "message_id", bytes_text(c->mail->id));
    json_put_text(a->told, "answer", bytes_text(c->answer));
    json_end(a->told);
}

/* 421: it is closing. 53x: it wants TLS or another login. Told later too, both are of the session.
 */
static void answer_refused(const struct connector *c, struct effect_answer *a) {
    a->edge_down = c->stage == STAGE_SESSION || c->code == 421 || c->code / 10 == 53;
    bool for_good = c->code >= 500 && !a->edge_down;
    answer_say(a, for_good ? EFFECT_REFUSED : EFFECT_AGAIN, "the server said: %s", c->answer);
}

/* libcurl would say goodbye to it, and wait for an answer. */
static void connection_drop(struct connector *c) {
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(c->curl, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK && fd != CURL_SOCKET_BAD)
        (void)shutdown(fd, SHUT_RDWR);
}

static void answer_broken(struct connector *c, struct effect_answer *a, CURLcode code) {
    const char *reason = c->reason[0] ? c->reason : curl_easy_strerror(code);
    connection_drop(c);
    a->edge_down = true;
    if (c->stage == STAGE_SENT)
        answer_say(a, EFFECT_UNKNOWN, "sent, and no answer came: %s", reason);
    else
        answer_say(a, EFFECT_AGAIN, "%s", reason);
}

static void session_begin(struct connector *c, const struct mail *m) {
    c->mail = m;
    c->read = 0;
    c->stage = STAGE_SESSION;
    c->code = 0;
    c->over = false;
    c->answer[0] = c->reason[0] = 0;
}

/* Its end came with no word from the server, on a connection that was kept from the mail before:
 * the server had hung up meanwhile, which is its right. */
static bool was_stale(const struct connector *c, CURLcode code) {
    long connects = 1;
    return code != CURLE_OK && code != CURLE_OPERATION_TIMEDOUT && c->code < 400
           && c->stage != STAGE_SENT
           && curl_easy_getinfo(c->curl, CURLINFO_NUM_CONNECTS, &connects) == CURLE_OK
           && connects == 0;
}

static CURLcode dialogue(struct connector *c, const struct mail *m) {
    session_begin(c, m);
    CURLcode code = curl_easy_perform(c->curl);
    if (was_stale(c, code)) {
        connection_drop(c);
        session_begin(c, m);
        code = curl_easy_perform(c->curl);
    }
    return code;
}

static struct curl_slist *recipients(const struct mail *m) {
    struct curl_slist *to = NULL;
    for (size_t i = 0; i < m->to_count; i++) {
        struct curl_slist *longer = curl_slist_append(to, m->to[i]);
        assert(longer); /* memory */
        to = longer;
    }
    return to;
}

static void mail_send(struct connector *c, const struct mail *m, struct effect_answer *a) {
    struct curl_slist *to = recipients(m);
    CURLcode code = curl_easy_setopt(c->curl, CURLOPT_MAIL_FROM, m->from);
    if (code == CURLE_OK)
        code = curl_easy_setopt(c->curl, CURLOPT_MAIL_RCPT, to);
    if (code == CURLE_OK)
        code = dialogue(c, m);
    if (code == CURLE_OK)
        answer_done(c, a);
    else if (c->code >= 400)
        answer_refused(c, a);
    else
        answer_broken(c, a, code);
    (void)curl_easy_setopt(c->curl, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(to);
    c->mail = NULL;
}

static void smtp_perform(struct connector *c, const struct effect_request *r,
                         struct effect_answer *a) {
    struct mail mail;
    if (mail_build(&mail, r, c->server.from)) {
        answer_story(a, EFFECT_REFUSED);
        return;
    }
    mail_send(c, &mail, a);
    mail_finish(&mail);
}

const struct connector_sink smtp_sink = {
    .scheme = "smtp",
    .can = SINK_BLIND,
    .open = smtp_open,
    .perform = smtp_perform,
    .close = smtp_close,
};

const struct connector_sink smtps_sink = {
    .scheme = "smtps",
    .can = SINK_BLIND,
    .open = smtps_open,
    .perform = smtp_perform,
    .close = smtp_close,
};
