/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Authentication of the broker's clients.
 *
 * The derivation of a password takes some milliseconds of the loop, so PLAIN's are done one in 20
 * ms for all clients together: whoever guesses slows down others who guess, and whoever has been
 * let in once before is not concerned (see users_plain_costs). */
#include "server/authentication.h"

#include "base/check.h"
#include "base/event.h"
#include "net/tls.h"
#include "server_inside.h"
#include "values/digest.h"

#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 1000,
    PATIENCE_MS = 10 * 1000,
    DERIVATION_EVERY_MS = 20,
    FAILURE_TOLD_MS = 300,
    AGAIN_LEAST_MS = 1000, /* between two authentications of one connection */
    TOLD_EVERY_MS = 1000,
};

static struct authentication *of(struct request *r) {
    return &r->client->authentication;
}

/* ---- the file of users */

static bool user_is_same(struct users *users, const struct authentication *a) {
    const struct user *one = users_find(users, a->user);
    return one
           && secrets_equal(bytes_of(one->keys[0].salt, sizeof(a->salt)),
                            bytes_of(a->salt, sizeof(a->salt)));
}

static void end_sessions(struct server *s) {
    for (struct client *c = s->clients; c; c = c->next)
        if (c->authentication.user && !c->refused && !user_is_same(s->users, &c->authentication))
            client_refuse(c, "user_changed");
}

static void read_users_again(struct server *s) {
    struct users *newer = NULL;
    if (users_load(&newer, s->settings.disk, s->settings.users_file)) {
        event_log(EV_users_unreadable, "file=%s", s->settings.users_file);
        return;
    }
    users_destroy(s->users);
    s->users = newer;
    event_log(EV_users_read, "file=%s users=%zu", s->settings.users_file, users_count(newer));
    end_sessions(s);
}

static void end_slow_ones(struct server *s) {
    int64_t now_ms = server_now_ms(s);
    for (struct client *c = s->clients; c; c = c->next)
        if (!authentication_is_done(c) && !c->refused
            && now_ms - c->authentication.since_ms >= PATIENCE_MS)
            client_refuse(c, "not_authenticated_in_time");
}

static void on_tick(void *context) {
    struct server *s = context;
    loop_timer_start(s->users_timer, TICK_MS);
    if (users_are_old(s->users))
        read_users_again(s);
    end_slow_ones(s);
}

enum error authentication_open(struct server *s) {
    if (!s->settings.users_file)
        return E_ok;
    enum error e = users_load(&s->users, s->settings.disk, s->settings.users_file);
    if (e) {
        fail_try("octavo broker user add NAME --users %s", s->settings.users_file);
        return e;
    }
    s->users_timer = loop_timer_create(s->loop, on_tick, s);
    loop_timer_start(s->users_timer, TICK_MS);
    return E_ok;
}

void authentication_close(struct server *s) {
    loop_timer_destroy(s->users_timer);
    users_destroy(s->users);
}

/* ---- a client */

void authentication_begin(struct client *c) {
    c->authentication = (struct authentication){
        .state = c->server->users ? AUTHENTICATION_WANTED : AUTHENTICATION_NOT_ASKED,
        .since_ms = server_now_ms(c->server),
        .ends_ms = INT64_MAX,
    };
}

void authentication_finish(struct client *c) {
    sasl_destroy(c->authentication.sasl);
    free(c->authentication.user);
}

bool authentication_is_done(const struct client *c) {
    return c->authentication.state == AUTHENTICATION_NOT_ASKED || c->authentication.user;
}

bool authentication_takes_tokens(const struct client *c) {
    return c->authentication.state == AUTHENTICATION_TOKENS;
}

const char *authentication_refuses(const struct client *c, int16_t api_key) {
    if (api_key == API_api_versions || api_key == API_sasl_handshake
        || api_key == API_sasl_authenticate)
        return NULL;
    if (!authentication_is_done(c))
        return "not_authenticated";
    return server_now_ms(c->server) >= c->authentication.ends_ms ? "session_over" : NULL;
}

bool authentication_offers(const struct server *s, enum sasl_mechanism mechanism) {
    return s->users
           && (mechanism != SASL_PLAIN || s->settings.tls || s->settings.plain_without_tls);
}

/* A session is renewed only where sessions end, by the same mechanism, once a second. */
static bool may_choose(const struct server *s, const struct authentication *a,
                       enum sasl_mechanism mechanism) {
    if (a->state == AUTHENTICATION_WANTED)
        return true;
    return a->state == AUTHENTICATION_DONE && s->settings.session_ms && a->mechanism == mechanism
           && server_now_ms(s) - a->since_ms >= AGAIN_LEAST_MS;
}

enum kafka_error authentication_choose(struct request *r, struct bytes name) {
    struct authentication *a = of(r);
    enum sasl_mechanism mechanism;
    bool known = sasl_named(name, &mechanism);
    if (a->state == AUTHENTICATION_NOT_ASKED)
        return KAFKA_ILLEGAL_SASL_STATE;
    if (!known || !authentication_offers(r->server, mechanism))
        return KAFKA_UNSUPPORTED_SASL_MECHANISM;
    if (!may_choose(r->server, a, mechanism))
        return KAFKA_ILLEGAL_SASL_STATE;
    a->sasl = sasl_create(mechanism);
    a->again = a->state == AUTHENTICATION_DONE;
    a->state = r->header.api_version == 0 ? AUTHENTICATION_TOKENS : AUTHENTICATION_STARTED;
    return KAFKA_NONE;
}

/* ---- answers: as a message, or as a bare token */

static void answer(struct request *r, struct bytes token) {
    struct sasl_authenticate_response response = { .auth_bytes = token };
    struct authentication *a = of(r);
    if (r->is_bare_token) {
        request_reply_bare(r, token);
        return;
    }
    if (a->state == AUTHENTICATION_DONE)
        response.session_lifetime_ms = r->server->settings.session_ms;
    request_reply(r, &response);
}

/* The same words whatever was wrong. */
static void tell_failure(struct request *r) {
    struct sasl_authenticate_response response = {
        .error_code = KAFKA_SASL_AUTHENTICATION_FAILED,
        .error_message = bytes_text("authentication failed: the user or the password is wrong"),
        .auth_bytes = bytes_text(""),
    };
    struct client *c = r->client;
    if (r->is_bare_token) {
        request_refuse(r, "authentication_failed");
        return;
    }
    request_reply(r, &response);
    client_refuse(c, "authentication_failed");
}

/* Whatever is no user's name may be somebody's password in the wrong field: it is not logged. */
static void log_failure(struct request *r, const struct sasl *x) {
    struct server *s = r->server;
    int64_t now_ms = server_now_ms(s);
    s->failures_unsaid++;
    if (now_ms < s->failures_quiet_ms)
        return;
    event_log(EV_authentication_failed, "peer=%s user=%s mechanism=%s count=%d", request_peer(r),
              users_find(s->users, sasl_user(x)) ? sasl_user(x) : "unknown",
              sasl_name(sasl_mechanism_of(x)), s->failures_unsaid);
    s->failures_quiet_ms = now_ms + TOLD_EVERY_MS;
    s->failures_unsaid = 0;
}

static void fail_authentication(struct request *r) {
    struct authentication *a = of(r);
    log_failure(r, a->sasl);
    sasl_destroy(a->sasl);
    a->sasl = NULL;
    a->state = AUTHENTICATION_WANTED;
    request_wake_after(r, FAILURE_TOLD_MS, tell_failure);
}

static void begin_session(struct request *r) {
    struct authentication *a = of(r);
    struct server *s = r->server;
    const struct user *one = users_find(s->users, sasl_user(a->sasl));
    assert(one);
    free(a->user);
    a->user = text_copy(one->name);
    a->mechanism = sasl_mechanism_of(a->sasl);
    memcpy(a->salt, one->keys[0].salt, sizeof(a->salt));
    a->since_ms = server_now_ms(s);
    a->ends_ms = s->settings.session_ms ? a->since_ms + s->settings.session_ms : INT64_MAX;
    a->state = AUTHENTICATION_DONE;
    sasl_destroy(a->sasl);
    a->sasl = NULL;
}

/* Somebody else, or whoever was removed between his two tokens, gets no session. */
static bool may_begin(struct request *r) {
    struct authentication *a = of(r);
    const char *name = sasl_user(a->sasl);
    return users_find(r->server->users, name) && (!a->again || strcmp(a->user, name) == 0);
}

static void judge(struct request *r) {
    struct authentication *a = of(r);
    const struct bytes *token = r->parked;
    struct buf said = { 0 };
    enum sasl_verdict verdict = sasl_take(a->sasl, r->server->users, *token, &said);
    if (verdict == SASL_DONE && !may_begin(r))
        verdict = SASL_FAILED;
    if (verdict == SASL_FAILED) {
        fail_authentication(r);
    } else {
        if (verdict == SASL_DONE)
            begin_session(r);
        answer(r, said.len ? buf_bytes(&said) : bytes_text(""));
    }
    buf_finish(&said);
}

/* ---- tokens */

static int64_t wait_for_derivation(struct server *s) {
    int64_t now_ms = server_now_ms(s);
    int64_t at_ms = s->derivation_ms > now_ms ? s->derivation_ms : now_ms;
    s->derivation_ms = at_ms + DERIVATION_EVERY_MS;
    return at_ms - now_ms;
}

static void take(struct request *r, struct bytes token) {
    struct authentication *a = of(r);
    struct bytes *kept = arena_get(&r->arena, sizeof(*kept));
    int64_t wait_ms = 0;
    *kept = token;
    r->parked = kept;
    if (sasl_costs(a->sasl, r->server->users, token))
        wait_ms = wait_for_derivation(r->server);
    if (wait_ms)
        request_wake_after(r, wait_ms, judge);
    else
        judge(r);
}

void authentication_take(struct request *r, struct bytes token) {
    struct sasl_authenticate_response response = {
        .error_code = KAFKA_ILLEGAL_SASL_STATE,
        .error_message = bytes_text("SaslHandshake comes before SaslAuthenticate"),
        .auth_bytes = bytes_text(""),
    };
    struct client *c = r->client;
    if (c->authentication.state == AUTHENTICATION_STARTED) {
        take(r, token);
        return;
    }
    request_reply(r, &response);
    if (!authentication_is_done(c))
        client_refuse(c, "authentication_out_of_order");
}

void authentication_on_token(struct client *c, struct bytes token) {
    struct request *r = request_create(c);
    r->header.api_key = API_sasl_authenticate;
    r->is_bare_token = true;
    c->others_count++;
    take(r, arena_copy(&r->arena, token));
}
