/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An effect as a POST, by libcurl. A receiver that knows the Idempotency-Key does it once however
 * often it is sent, so an answer that was lost is no harm: it is sent again with the same key.
 *
 * Redirects are not followed: who is asked is who was named. Where the effect names the receiver, a
 * customer has written that name: it may not lead to this machine or its neighbours, whatever its
 * host resolves to at that moment, so the address is looked at once it is connected and before
 * anything is sent. And one customer's server that is away says nothing of the whole edge. */
#include "http/http_sink.h"

#include "base/check.h"
#include "connectors/answer.h"
#include "connectors/url.h"
#include "http/client.h"
#include "values/digest.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESS_MAX = 2000, ANSWER_MAX = 65536, SECRET_MAX = 4096 };

struct connector {
    struct url url;
    CURL *curl;
    char *address; /* of the one receiver; NULL: each effect names its own */
    char *prefix;  /* of those it may name */
    bool any_host; /* then only public ones */
    uint8_t secret[SECRET_MAX];
    size_t secret_len;
    struct buf body;
    size_t answered; /* bytes */
    bool forbidden;
    char reason[CURL_ERROR_SIZE];
};

/* ---- opening */

static size_t on_answer(char *data, size_t size, size_t count, void *context) {
    struct connector *c = context;
    (void)data;
    c->answered += size * count;
    return c->answered > ANSWER_MAX ? 0 : size * count;
}

static int on_connected(void *context, char *remote, char *local, int remote_port, int local_port) {
    struct connector *c = context;
    (void)local;
    (void)remote_port;
    (void)local_port;
    c->forbidden = c->any_host && !address_is_public(remote);
    return c->forbidden ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static bool curl_set(struct connector *c, long timeout_ms) {
    const struct client_options options = { on_answer, c, c->reason, timeout_ms };
    const char *ca = url_get(&c->url, "ca");
    return client_set(c->curl, &options)
           && curl_easy_setopt(c->curl, CURLOPT_PREREQFUNCTION, on_connected) == CURLE_OK
           && curl_easy_setopt(c->curl, CURLOPT_PREREQDATA, c) == CURLE_OK
           && (!ca || curl_easy_setopt(c->curl, CURLOPT_CAINFO, ca) == CURLE_OK);
}

static void sink_close(struct connector *c) {
    if (c->curl)
        curl_easy_cleanup(c->curl);
    secret_forget(c->secret, sizeof(c->secret));
    url_finish(&c->url);
    buf_finish(&c->body);
    free(c->address);
    free(c->prefix);
    free(c);
}

/* The host of a URL ends with the first / behind its //; user names and passwords have no place. */
static bool host_is_whole(const char *address) {
    const char *host = strstr(address, "://") + 3, *slash = strchr(host, '/');
    return slash && slash > host && !memchr(host, '@', (size_t)(slash - host));
}

static bool is_http(const char *address) {
    return strncmp(address, "https://", 8) == 0 || strncmp(address, "http://", 7) == 0;
}

static enum error receiver_read(struct connector *c, const char *scheme) {
    if (strcmp(scheme, "http+to") != 0) {
        c->address = text_format("%s:%s", scheme, c->url.where);
        if (is_http(c->address) && !strpbrk(c->address, " @"))
            return E_ok;
        return url_wrong(&c->url, "it is not //HOST:PORT/PATH");
    }
    c->prefix = text_copy(c->url.where);
    c->any_host = strcmp(c->prefix, "https://") == 0 || strcmp(c->prefix, "http://") == 0;
    if (c->any_host || (is_http(c->prefix) && host_is_whole(c->prefix)))
        return E_ok;
    return url_wrong(&c->url, "what URLs begin with is https:// or has a host and a / behind it");
}

static enum error open_as(struct connector **out, const char *scheme, const char *example,
                          const struct sink_options *options) {
    static const char *const known[] = { "ca", NULL };
    const struct url_form form = { scheme, known, example };
    struct connector *c = memory_get(sizeof(*c));
    enum error e = url_read(&c->url, &form, options->url);
    if (!e)
        e = receiver_read(c, scheme);
    c->url.form = NULL; /* it was of this call */
    if (!e && options->secret_len > SECRET_MAX)
        e = fail(E_config, "the secret file of an http edge holds over %d bytes", SECRET_MAX);
    if (!e && options->secret) {
        memcpy(c->secret, options->secret, options->secret_len);
        c->secret_len = options->secret_len;
    }
    if (!e && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        c->curl = curl_easy_init();
    if (!e && (!c->curl || !curl_set(c, options->timeout_ms)))
        e = fail(E_unsupported, "this libcurl does not speak HTTP as it should");
    if (e) {
        sink_close(c);
        return e;
    }
    *out = c;
    return E_ok;
}

static enum error open_http(struct connector **out, const struct sink_options *options) {
    return open_as(out, "http", "http://notify.example:8080/events", options);
}

static enum error open_https(struct connector **out, const struct sink_options *options) {
    return open_as(out, "https", "https://notify.example/events", options);
}

static enum error open_to(struct connector **out, const struct sink_options *options) {
    return open_as(out, "http+to", "http+to:https://", options);
}

/* ---- the request */

/* The effect's object without its `url`. */
static void body_make(struct connector *c, const struct json *json) {
    buf_clear(&c->body);
    json_begin(&c->body);
    for (size_t i = 0; i < json->count; i++) {
        const struct json_member *m = &json->members[i];
        char name[256];
        if (bytes_is_text(m->name, "url") || m->name.len >= sizeof(name))
            continue;
        (void)snprintf(name, sizeof(name), "%.*s", (int)m->name.len, (const char *)m->name.data);
        if (m->kind == JSON_INT)
            json_put_int(&c->body, name, m->integer);
        else if (m->kind == JSON_TEXT)
            json_put_text(&c->body, name, m->text);
        else
            json_put_null(&c->body, name);
    }
    json_end(&c->body);
}

/* Where it goes; NULL: nowhere, and the answer says why. */
static char *address_take(const struct connector *c, const struct json *json,
                          struct effect_answer *a) {
    struct bytes text;
    if (c->address)
        return text_copy(c->address);
    if (!json_get_text(json, "url", &text) || text.len == 0 || text.len > ADDRESS_MAX) {
        answer_say(a, EFFECT_REFUSED, "it has no text \"url\", or one over %d bytes", ADDRESS_MAX);
        return NULL;
    }
    char *address = text_copy_bytes(text);
    const char *fault = NULL;
    if (strncmp(address, c->prefix, strlen(c->prefix)) != 0)
        fault = "its \"url\" does not begin as the edge wants it";
    for (const char *at = address; *at; at++)
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f || *at == '@' || *at == '\\')
            fault = "its \"url\" has a character that is not taken";
    if (strstr(address, "..") || strcasestr(address, "%2e"))
        fault = "its \"url\" leads upwards";
    if (!fault)
        return address;
    free(address);
    answer_say(a, EFFECT_REFUSED, "%s", fault);
    return NULL;
}

static void header_add(struct curl_slist **list, const char *line) {
    struct curl_slist *longer = curl_slist_append(*list, line);
    assert(longer); /* memory */
    *list = longer;
}

/* A string as structured headers have it. The id is derived: letters and digits. */
static struct curl_slist *headers_make(const struct connector *c, const struct effect_request *r) {
    struct curl_slist *list = NULL;
    char *key = text_format("Idempotency-Key: \"%.*s\"", (int)r->id.len, (const char *)r->id.data);
    header_add(&list, "Content-Type: application/json");
    header_add(&list, "Expect:");
    header_add(&list, key);
    free(key);
    if (c->secret_len) {
        uint8_t mac[SHA256_BYTES];
        char line[32 + 2 * SHA256_BYTES] = "Octavo-Signature: sha256=";
        hmac_sha256(bytes_of(c->secret, c->secret_len), buf_bytes(&c->body), mac);
        for (size_t i = 0, at = strlen(line); i < SHA256_BYTES; i++, at += 2)
            (void)snprintf(line + at, 3, "%02x", mac[i]);
        header_add(&list, line);
    }
    return list;
}

/* ---- what the end means */

static void answer_status(const struct connector *c, struct effect_answer *a, long status) {
    bool later = status >= 500 || status == 408 || status == 409 || status == 425 || status == 429;
    if (status >= 200 && status < 300) {
        a->verdict = EFFECT_DONE;
        json_begin(a->told);
        json_put_int(a->told, "status", status);
        json_end(a->told);
        return;
    }
    a->edge_down = c->address && (status == 429 || status >= 500);
    answer_say(a, later ? EFFECT_AGAIN : EFFECT_REFUSED, "the receiver answered %ld", status);
}

static void answer_broken(const struct connector *c, struct effect_answer *a, CURLcode code) {
    const char *reason = c->reason[0] ? c->reason : curl_easy_strerror(code);
    long sent = 0;
    if (c->forbidden) {
        answer_say(a, EFFECT_REFUSED, "its \"url\" leads to this machine or a private network");
        return;
    }
    (void)curl_easy_getinfo(c->curl, CURLINFO_REQUEST_SIZE, &sent);
    if (sent == 0 && (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)) {
        answer_say(a, EFFECT_REFUSED, "its \"url\" is none: %s", reason);
        return;
    }
    a->edge_down = c->address != NULL;
    answer_say(a, sent > 0 ? EFFECT_UNKNOWN : EFFECT_AGAIN, "%s%s",
               sent > 0 ? "sent, and no answer came: " : "", reason);
}

static void request_send(struct connector *c, const char *address, struct curl_slist *headers,
                         struct effect_answer *a) {
    CURL *h = c->curl;
    long status = 0;
    c->answered = 0;
    c->forbidden = false;
    c->reason[0] = 0;
    CURLcode code = curl_easy_setopt(h, CURLOPT_URL, address);
    if (code == CURLE_OK)
        code = curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
    if (code == CURLE_OK)
        code = curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.len);
    if (code == CURLE_OK)
        code = curl_easy_setopt(h, CURLOPT_POSTFIELDS, (const char *)c->body.data);
    if (code == CURLE_OK)
        code = curl_easy_perform(h);
    if (curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status >= 200)
        answer_status(c, a, status); /* whatever became of the rest of the answer */
    else
        answer_broken(c, a, code);
    (void)curl_easy_setopt(h, CURLOPT_HTTPHEADER, NULL);
    (void)curl_easy_setopt(h, CURLOPT_POSTFIELDS, NULL);
}

static void sink_perform(struct connector *c, const struct effect_request *r,
                         struct effect_answer *a) {
    struct json json;
    if (json_read(&json, r->json)) {
        answer_story(a, EFFECT_REFUSED);
        return;
    }
    char *address = address_take(c, &json, a);
    if (address) {
        body_make(c, &json);
        struct curl_slist *headers = headers_make(c, r);
        request_send(c, address, headers, a);
        curl_slist_free_all(headers);
    }
    free(address);
    json_finish(&json);
}

const struct connector_sink http_sink = {
    .scheme = "http",
    .can = SINK_KEYED | SINK_BLIND,
    .open = open_http,
    .perform = sink_perform,
    .close = sink_close,
};

const struct connector_sink https_sink = {
    .scheme = "https",
    .can = SINK_KEYED | SINK_BLIND,
    .open = open_https,
    .perform = sink_perform,
    .close = sink_close,
};

const struct connector_sink http_to_sink = {
    .scheme = "http+to",
    .can = SINK_KEYED | SINK_BLIND,
    .open = open_to,
    .perform = sink_perform,
    .close = sink_close,
};
