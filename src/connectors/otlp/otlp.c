/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The loop's thread writes spans into a batch as JSON; a thread of its own posts whole batches. */
#include "otlp.h"

#include "base/check.h"
#include "base/event.h"
#include "base/mailbox.h"
#include "values/json.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEND_EVERY_MS = 1000,
    BATCH_BYTES_MAX = 512 * 1024,
    BATCHES_MAX = 16, /* that wait for the thread */
    POST_MS = 2000,
    TELL_EVERY_MS = 60 * 1000,
    KIND_SERVER = 2,
    KIND_CONSUMER = 5,
};

struct otlp {
    struct loop *loop;
    struct loop_timer *timer;
    char *url;
    char *service;
    struct buf batch;        /* of spans, without what is around them */
    struct mailbox *letters; /* struct buf, the thread's; `last` ends it */
    struct thread *thread;
    struct buf last;
    int64_t quiet_until_ms; /* the thread's */
};

/* ---- the thread */

static size_t on_answer(char *data, size_t size, size_t count, void *context) {
    (void)data;
    (void)context;
    return size * count; /* what it says beside its status is of no use */
}

static bool curl_post(CURL *curl, const struct otlp *o, const struct buf *letter, long *status) {
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    (void)curl_easy_setopt(curl, CURLOPT_URL, o->url);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)letter->data);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)letter->len);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)POST_MS);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    CURLcode code = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    curl_slist_free_all(headers);
    return code == CURLE_OK && *status >= 200 && *status < 300;
}

static void post(struct otlp *o, CURL *curl, const struct buf *letter) {
    long status = 0;
    int64_t now_ms = clock_steady_ms(clock_real());
    if (curl_post(curl, o, letter, &status) || now_ms < o->quiet_until_ms)
        return;
    o->quiet_until_ms = now_ms + TELL_EVERY_MS;
    event_log(EV_spans_lost, "service=%s bytes=%zu status=%ld", o->service, letter->len, status);
}

static void run(void *context) {
    struct otlp *o = context;
    CURL *curl = curl_easy_init();
    for (struct buf *letter; (letter = mailbox_wait(o->letters, -1)) != &o->last;) {
        if (curl)
            post(o, curl, letter);
        buf_finish(letter);
        free(letter);
    }
    if (curl && o->last.len)
        post(o, curl, &o->last);
    curl_easy_cleanup(curl);
}

/* ---- the loop's side */

static void attribute_put(struct buf *out, const char *key, struct bytes value) {
    json_open(out, NULL, '{');
    json_put_text(out, "key", bytes_text(key));
    json_open(out, "value", '{');
    json_put_text(out, "stringValue", value);
    json_close(out, '}');
    json_close(out, '}');
}

/* 64-bit numbers are texts in OTLP's JSON. */
static void time_put(struct buf *out, const char *name, int64_t ns) {
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRId64, ns);
    json_put_text(out, name, bytes_text(text));
}

static void span_put(struct buf *out, const struct span *s) {
    int64_t begun_ns = s->begun_ms * 1000000;
    json_open(out, NULL, '{');
    json_put_text(out, "traceId", bytes_text(s->trace));
    json_put_text(out, "spanId", bytes_text(s->span));
    if (s->parent[0])
        json_put_text(out, "parentSpanId", bytes_text(s->parent));
    json_put_text(out, "name", s->name);
    json_put_int(out, "kind", s->topic.len ? KIND_CONSUMER : KIND_SERVER);
    time_put(out, "startTimeUnixNano", begun_ns);
    time_put(out, "endTimeUnixNano", begun_ns + s->took_ns);
    json_open(out, "attributes", '[');
    attribute_put(out, "messaging.message.id", s->id);
    if (s->topic.len)
        attribute_put(out, "messaging.destination.name", s->topic);
    json_close(out, ']');
    json_close(out, '}');
}

/* Puts around the spans what says whose they are. */
static void letter_write(const struct otlp *o, struct buf *out) {
    json_begin(out);
    json_open(out, "resourceSpans", '[');
    json_open(out, NULL, '{');
    json_open(out, "resource", '{');
    json_open(out, "attributes", '[');
    attribute_put(out, "service.name", bytes_text(o->service));
    json_close(out, ']');
    json_close(out, '}');
    json_open(out, "scopeSpans", '[');
    json_open(out, NULL, '{');
    json_open(out, "scope", '{');
    json_put_text(out, "name", bytes_text("octavo"));
    json_close(out, '}');
    json_open(out, "spans", '[');
    buf_put(out, o->batch.data + 1, o->batch.len - 1); /* without the bracket it was begun with */
    for (const char *c = "]}]}]"; *c; c++)
        json_close(out, *c);
    json_end(out);
}

static void batch_send(struct otlp *o) {
    if (o->batch.len <= 1)
        return;
    struct buf *letter = memory_get(sizeof(*letter));
    letter_write(o, letter);
    if (!mailbox_post(o->letters, letter)) { /* the collector is slower than we are */
        buf_finish(letter);
        free(letter);
    }
    buf_clear(&o->batch);
    buf_put_byte(&o->batch, '[');
}

static void on_time(void *context) {
    struct otlp *o = context;
    batch_send(o);
    loop_timer_start(o->timer, SEND_EVERY_MS);
}

void otlp_add(void *otlp, const struct span *span) {
    struct otlp *o = otlp;
    span_put(&o->batch, span);
    if (o->batch.len > BATCH_BYTES_MAX)
        batch_send(o);
}

enum error otlp_open(struct otlp **out, struct loop *l, const char *url, const char *service) {
    *out = NULL;
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        enum error e = fail(E_config, "%s: no address of a collector", url);
        fail_try("http://127.0.0.1:4318/v1/traces");
        return e;
    }
    struct otlp *o = memory_get(sizeof(*o));
    o->loop = l;
    o->url = text_copy(url);
    o->service = text_copy(service);
    buf_put_byte(&o->batch, '[');
    o->letters = mailbox_create(BATCHES_MAX);
    o->timer = loop_timer_create(l, on_time, o);
    loop_timer_start(o->timer, SEND_EVERY_MS);
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    o->thread = thread_start("otlp", run, o);
    *out = o;
    return E_ok;
}

void otlp_close(struct otlp *o) {
    if (!o)
        return;
    if (o->batch.len > 1)
        letter_write(o, &o->last);
    mailbox_post_wait(o->letters, &o->last);
    thread_join(o->thread);
    loop_timer_destroy(o->timer);
    mailbox_destroy(o->letters);
    buf_finish(&o->batch);
    buf_finish(&o->last);
    free(o->url);
    free(o->service);
    free(o);
}
