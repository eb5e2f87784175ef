/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* TLS on a connection's own socket.
 *
 * OpenSSL reads no further than the record it works on, so what it holds beyond our last call is at
 * most the rest of one record: tls_holds_input tells of it, the kernel of everything else. A send
 * that has to wait is repeated with the same bytes and perhaps more behind them. */
#include "net/tls_session.h"

#include "base/bytes.h"
#include "base/check.h"
#include "net/tls_files.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TROUBLE_BYTES = 96, TOLD_EVERY_MS = 1000 };

struct tls {
    struct tls_context *context;
    SSL *openssl;
    bool waits_to_write;
    bool failed; /* nothing more may be asked of OpenSSL */
    char trouble[TROUBLE_BYTES];
};

static void expect_server(SSL *openssl, const char *name) {
    X509_VERIFY_PARAM *wanted = SSL_get0_param(openssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, name) == 1)
        return;
    int set = SSL_set1_host(openssl, name);
    assert(set == 1);
    (void)SSL_set_tlsext_host_name(openssl, name);
}

struct tls *tls_create(struct tls_context *context, int fd, const char *name) {
    struct tls *t = memory_get(sizeof(*t));
    t->context = context;
    t->openssl = SSL_new(context->openssl);
    assert(t->openssl);
    int set = SSL_set_fd(t->openssl, fd);
    assert(set == 1);
    if (name) {
        expect_server(t->openssl, name);
        SSL_set_connect_state(t->openssl);
    } else {
        SSL_set_accept_state(t->openssl);
    }
    ERR_clear_error(); /* a name that is no address has left its mark */
    return t;
}

void tls_destroy(struct tls *t) {
    if (!t)
        return;
    SSL_free(t->openssl);
    free(t);
}

void tls_end(struct tls *t) {
    if (t->failed || !SSL_is_init_finished(t->openssl))
        return;
    ERR_clear_error();
    (void)SSL_shutdown(t->openssl);
    ERR_clear_error();
}

/* ---- what OpenSSL says */

static void note_trouble(struct tls *t) {
    unsigned long number = ERR_get_error();
    long verdict = SSL_get_verify_result(t->openssl);
    const char *reason = number ? ERR_reason_error_string(number) : "connection lost";
    if (verdict != X509_V_OK)
        reason = X509_verify_cert_error_string(verdict);
    (void)snprintf(t->trouble, sizeof(t->trouble), "%s", reason ? reason : "unknown");
    for (char *c = t->trouble; *c; c++)
        if (*c == ' ')
            *c = '_';
    t->failed = true;
}

/* What a call that moved nothing means: TLS_DONE is the peer's end. */
static enum tls_progress explain(struct tls *t, int result) {
    int kind = SSL_get_error(t->openssl, result);
    t->waits_to_write = kind == SSL_ERROR_WANT_WRITE;
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)
        return TLS_WAITS;
    if (kind == SSL_ERROR_ZERO_RETURN)
        return TLS_DONE;
    note_trouble(t);
    return TLS_FAILED;
}

enum tls_progress tls_handshake(struct tls *t) {
    if (t->failed)
        return TLS_FAILED;
    ERR_clear_error();
    t->waits_to_write = false;
    int result = SSL_do_handshake(t->openssl);
    if (result == 1)
        return TLS_DONE;
    enum tls_progress progress = explain(t, result);
    if (progress == TLS_DONE) {
        (void)snprintf(t->trouble, sizeof(t->trouble), "ended_by_the_peer");
        t->failed = true;
    }
    return progress == TLS_WAITS ? TLS_WAITS : TLS_FAILED;
}

static ssize_t moved_nothing(struct tls *t, int result) {
    switch (explain(t, result)) {
    case TLS_DONE:
        return 0;
    case TLS_WAITS:
        errno = EAGAIN;
        return -1;
    case TLS_FAILED:
        break;
    }
    errno = EPROTO;
    return -1;
}

static bool can_go_on(struct tls *t) {
    if (t->failed)
        errno = EPROTO;
    ERR_clear_error();
    t->waits_to_write = false;
    return !t->failed;
}

ssize_t tls_receive(struct tls *t, void *to, size_t room) {
    size_t done = 0;
    if (!can_go_on(t))
        return -1;
    while (done < room) {
        size_t left = room - done;
        int got = SSL_read(t->openssl, (uint8_t *)to + done, left < INT_MAX ? (int)left : INT_MAX);
        if (got <= 0)
            return done ? (ssize_t)done : moved_nothing(t, got);
        done += (size_t)got;
    }
    return (ssize_t)done;
}

ssize_t tls_send(struct tls *t, const void *data, size_t len) {
    if (!can_go_on(t))
        return -1;
    int put = SSL_write(t->openssl, data, len < INT_MAX ? (int)len : INT_MAX);
    return put > 0 ? put : moved_nothing(t, put);
}

bool tls_waits_to_write(const struct tls *t) {
    return t->waits_to_write;
}

bool tls_holds_input(const struct tls *t) {
    return !t->failed && SSL_pending(t->openssl) > 0;
}

const char *tls_trouble(const struct tls *t) {
    return t->trouble[0] ? t->trouble : "none";
}

int tls_failures_to_tell(struct tls *t, int64_t now_ms) {
    struct tls_context *context = t->context;
    int unsaid = ++context->failures_unsaid;
    if (now_ms < context->quiet_until_ms)
        return 0;
    context->quiet_until_ms = now_ms + TOLD_EVERY_MS;
    context->failures_unsaid = 0;
    return unsaid;
}
