/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Effects on things that a service keeps under names of ours: http+rest:https://HOST/orders?by=ref
 *
 *   type      request                    it is done when the service answers
 *   create    POST   BASE, the object    2xx; its answer is told
 *   read      GET    BASE/NAME           2xx; its answer is told
 *   delete    DELETE BASE/NAME           2xx, or 404 and 410: there is nothing
 *
 * NAME is the effect's field `by`; it is the natural key by which a service can be asked whether a
 * create has happened, so the class is queryable: an answer that was lost, and a 409, are followed
 * by GET BASE/NAME before anything is posted again. Reading and deleting may be repeated. With a
 * secret file its line is the bearer token. Redirects are not followed. */
#include "http/http_sink.h"

#include "base/check.h"
#include "connectors/answer.h"
#include "connectors/url.h"
#include "http/client.h"
#include "token.h"
#include "values/digest.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 65536, NAME_MAX_LEN = 200 };

enum act { ACT_CREATE, ACT_READ, ACT_DELETE };

struct connector {
    char *base; /* https://HOST/orders */
    char *by;   /* the field with the thing's name */
    char *token;
    CURL *curl;
    struct buf answer;
    bool answer_is_long;
    char reason[CURL_ERROR_SIZE];
};

/* ---- opening */

static size_t on_answer(char *data, size_t size, size_t count, void *context) {
    struct connector *c = context;
    c->answer_is_long = c->answer_is_long || c->answer.len + size * count > ANSWER_MAX;
    if (c->answer_is_long)
        return 0;
    buf_put(&c->answer, data, size * count);
    return size * count;
}

static bool curl_set(struct connector *c, long timeout_ms) {
    const struct client_options options = { on_answer, c, c->reason, timeout_ms };
    return client_set(c->curl, &options);
}

static void rest_close(struct connector *c) {
    if (c->curl)
        curl_easy_cleanup(c->curl);
    if (c->token)
        secret_forget(c->token, strlen(c->token));
    buf_finish(&c->answer);
    free(c->base);
    free(c->by);
    free(c->token);
    free(c);
}

static enum error address_read(struct connector *c, const struct url *u) {
    const char *by = url_get(u, "by");
    bool http = strncmp(u->where, "http://", 7) == 0 || strncmp(u->where, "https://", 8) == 0;
    if (!http || strpbrk(u->where, " @?#") || u->where[strlen(u->where) - 1] == '/')
        return url_wrong(u, "it is not http+rest:https://HOST/THINGS");
    if (!by || !by[0])
        return url_wrong(u, "it does not say by=FIELD, where an effect has the name of its thing");
    c->base = text_copy(u->where);
    c->by = text_copy(by);
    return E_ok;
}

static enum error rest_open(struct connector **out, const struct sink_options *options) {
    static const char *const known[] = { "by", NULL };
    static const struct url_form form = { "http+rest", known,
                                          "http+rest:https://vendor.example/orders?by=reference" };
    struct connector *c = memory_get(sizeof(*c));
    struct url u = { 0 };
    enum error e = url_read(&u, &form, options->url);
    if (!e)
        e = address_read(c, &u);
    url_finish(&u);
    if (!e && options->secret_len)
        c->token = token_of(bytes_of(options->secret, options->secret_len));
    if (!e && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        c->curl = curl_easy_init();
    if (!e && (!c->curl || !curl_set(c, options->timeout_ms)))
        e = fail(E_unsupported, "this libcurl does not speak HTTP as it should");
    if (e) {
        rest_close(c);
        return e;
    }
    *out = c;
    return E_ok;
}

/* ---- one call */

static void header_add(struct curl_slist **list, const char *line) {
    struct curl_slist *longer = curl_slist_append(*list, line);
    assert(longer); /* memory */
    *list = longer;
}

static struct curl_slist *headers_make(const struct connector *c, const struct effect_request *r,
                                       enum act act) {
    struct curl_slist *list = NULL;
    header_add(&list, "Accept: application/json");
    header_add(&list, "Expect:");
    if (act == ACT_CREATE) {
        char *key =
            text_format("Idempotency-Key: \"%.*s\"", (int)r->id.len, (const char *)r->id.data);
        header_add(&list, key);
        header_add(&list, "Content-Type: application/json");
        free(key);
    }
    if (c->token) {
        char *line = text_format("Authorization: Bearer %s", c->token);
        header_add(&list, line);
        secret_forget(line, strlen(line));
        free(line);
    }
    return list;
}

struct call {
    enum act act;
    const char *address;
    struct bytes body;
    struct curl_slist *headers;
};

/* What libcurl says; `status` is 0 when nothing was answered. */
static CURLcode call_make(struct connector *c, const struct call *call, long *status) {
    CURL *h = c->curl;
    *status = 0;
    buf_clear(&c->answer);
    c->answer_is_long = false;
    c->reason[0] = 0;
    CURLcode code = curl_easy_setopt(h, CURLOPT_URL, call->address);
    if (code == CURLE_OK)
        code = curl_easy_setopt(h, CURLOPT_HTTPHEADER, call->headers);
    if (code == CURLE_OK)
        code =
            curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, call->act == ACT_DELETE ? "DELETE" : NULL);
    if (code == CURLE_OK && call->act != ACT_CREATE)
        code = curl_easy_setopt(h, CURLOPT_HTTPGET, 1L);
    if (code == CURLE_OK && call->act == ACT_CREATE)
        code = curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
    if (code == CURLE_OK && call->act == ACT_CREATE)
        code = curl_easy_setopt(h, CURLOPT_COPYPOSTFIELDS, (const char *)call->body.data);
    if (code == CURLE_OK)
        code = curl_easy_perform(h);
    if (curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, status) != CURLE_OK || *status < 200)
        *status = 0;
    (void)curl_easy_setopt(h, CURLOPT_HTTPHEADER, NULL);
    return code;
}

/* ---- what the end means */

/* What was answered, if it is an object that an event can have. */
static void answer_tell(const struct connector *c, struct effect_answer *a) {
    struct json j;
    a->verdict = EFFECT_DONE;
    if (!c->answer_is_long && json_read(&j, buf_bytes(&c->answer)) == E_ok) {
        buf_put_bytes(a->told, buf_bytes(&c->answer));
        json_finish(&j);
    }
}

static void answer_broken(struct connector *c, struct effect_answer *a, enum act act,
                          CURLcode code) {
    const char *reason = c->reason[0] ? c->reason : curl_easy_strerror(code);
    long sent = 0;
    (void)curl_easy_getinfo(c->curl, CURLINFO_REQUEST_SIZE, &sent);
    bool may_have = sent > 0 && act == ACT_CREATE;
    a->edge_down = true;
    answer_say(a, may_have ? EFFECT_UNKNOWN : EFFECT_AGAIN, "%s%s",
               may_have ? "sent, and no answer came: " : "", reason);
}

static bool is_later(long status) {
    return status >= 500 || status == 408 || status == 425 || status == 429;
}

static void answer_status(struct connector *c, struct effect_answer *a, enum act act, long status) {
    if (status < 300 || (act == ACT_DELETE && (status == 404 || status == 410))) {
        answer_tell(c, a);
        return;
    }
    a->edge_down = status == 429 || status >= 500;
    enum effect_verdict verdict = is_later(status)                     ? EFFECT_AGAIN
                                  : act == ACT_CREATE && status == 409 ? EFFECT_UNKNOWN
                                                                       : EFFECT_REFUSED;
    answer_say(a, verdict, "the service answered %ld", status);
}

/* ---- the effect */

static bool act_find(struct bytes type, enum act *out) {
    static const char *const names[] = { "create", "read", "delete" };
    for (int i = ACT_CREATE; i <= ACT_DELETE; i++)
        if (bytes_is_text(type, names[i])) {
            *out = (enum act)i;
            return true;
        }
    return false;
}

/* BASE/NAME; NULL: the effect names nothing that can stand in a path. */
static char *thing_address(const struct connector *c, struct bytes json) {
    struct json j;
    struct bytes name;
    char *address = NULL;
    if (json_read(&j, json))
        return NULL;
    bool good = json_get_text(&j, c->by, &name) && name.len > 0 && name.len <= NAME_MAX_LEN;
    for (size_t i = 0; good && i < name.len; i++)
        good = (name.data[i] >= '0' && name.data[i] <= '9') || name.data[i] == '-'
               || name.data[i] == '_' || (name.data[i] >= 'a' && name.data[i] <= 'z')
               || (name.data[i] >= 'A' && name.data[i] <= 'Z');
    if (good)
        address = text_format("%s/%.*s", c->base, (int)name.len, (const char *)name.data);
    json_finish(&j);
    return address;
}

static void rest_perform(struct connector *c, const struct effect_request *r,
                         struct effect_answer *a) {
    struct call call = { .body = r->json };
    char *address = thing_address(c, r->json);
    long status;
    if (!act_find(r->type, &call.act) || !address) {
        answer_say(a, EFFECT_REFUSED, "it is no create, read or delete, or its \"%s\" is no name",
                   c->by);
        free(address);
        return;
    }
    call.address = call.act == ACT_CREATE ? c->base : address;
    call.headers = headers_make(c, r, call.act);
    CURLcode code = call_make(c, &call, &status);
    if (status)
        answer_status(c, a, call.act, status);
    else
        answer_broken(c, a, call.act, code);
    curl_slist_free_all(call.headers);
    free(address);
}

/* Only a create is asked about; what may be repeated has not happened until it has. */
static void rest_ask(struct connector *c, const struct effect_request *r, struct effect_answer *a) {
    struct call call = { .act = ACT_READ };
    enum act act = ACT_READ;
    char *address = thing_address(c, r->json);
    long status;
    if (!act_find(r->type, &act) || act != ACT_CREATE || !address) {
        answer_say(a, EFFECT_AGAIN, "it may be repeated");
        free(address);
        return;
    }
    call.address = address;
    call.headers = headers_make(c, r, ACT_READ);
    CURLcode code = call_make(c, &call, &status);
    if (status >= 200 && status < 300)
        answer_tell(c, a);
    else if (status == 404)
        answer_say(a, EFFECT_AGAIN, "the service does not have it");
    else if (status)
        answer_say(a, EFFECT_UNKNOWN, "asked whether it has it, the service answered %ld", status);
    else
        answer_broken(c, a, ACT_READ, code);
    if (!status || status >= 500) {
        a->verdict = EFFECT_UNKNOWN;
        a->edge_down = true;
    }
    curl_slist_free_all(call.headers);
    free(address);
}

const struct connector_sink http_rest_sink = {
    .scheme = "http+rest",
    .can = SINK_ASKED | SINK_BLIND,
    .open = rest_open,
    .perform = rest_perform,
    .ask = rest_ask,
    .close = rest_close,
};
