/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo park ls and show: short read-only looks into the stores, beside their owners. */
#include "park_print.h"

#include "runtime/journal_text.h"
#include "runtime/parked.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct found {
    struct bytes key; /* owned */
    int64_t count, bytes;
};

struct printing {
    const struct order_call *call;
    const struct declared_service *service;
    int32_t task;
    struct found *keys; /* of the store looked into */
    size_t key_count;
    const struct found *key; /* the one printed; NULL in show */
    struct buf out;
    int64_t shown;
};

static void on_key(void *context, struct bytes key, int64_t count, int64_t bytes, int64_t due_ms) {
    struct printing *p = context;
    (void)due_ms;
    p->keys = memory_resize(p->keys, (p->key_count + 1) * sizeof(*p->keys));
    uint8_t *copy = memory_get(key.len + 1);
    memcpy(copy, key.data, key.len);
    p->keys[p->key_count++] = (struct found){ bytes_of(copy, key.len), count, bytes };
}

/* ---- one input */

/* What comes from outside is shown without bytes that a terminal would obey. */
static void put_shown(struct buf *out, struct bytes text, size_t most) {
    for (size_t i = 0; i < text.len && i < most; i++)
        buf_put_byte(out, text.data[i] >= ' ' && text.data[i] < 0x7f ? text.data[i] : '?');
    if (text.len > most)
        buf_put_text(out, "...");
}

static void put_time(struct buf *out, int64_t ms) {
    char text[32];
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &utc));
    buf_put_text(out, text);
}

static const char *next_try(const struct parked_row *row, bool is_head, struct buf *scratch) {
    buf_clear(scratch);
    if (!is_head)
        return "behind it";
    if (!row->due_ms)
        return "an operator";
    put_time(scratch, row->due_ms);
    return buf_text(scratch);
}

static void input_json(struct printing *p, const struct parked_row *row, const struct input *in) {
    struct buf *out = &p->out;
    json_open(out, NULL, '{');
    json_put_text(out, "service", bytes_text(p->service->name));
    json_put_int(out, "task", p->task);
    journal_put_text(out, "key", row->key);
    if (p->key)
        json_put_int(out, "count", p->key->count);
    if (p->key)
        json_put_int(out, "bytes", p->key->bytes);
    json_put_int(out, "number", row->number);
    json_put_int(out, "attempts", row->attempts);
    json_put_int(out, "due_ms", row->due_ms);
    json_put_int(out, "parked_ms", row->parked_ms);
    json_put_text(out, "reason", row->reason);
    journal_put_text(out, "type", in->type);
    journal_put_text(out, "id", in->id);
    json_put_int(out, "time_ms", in->time_ms);
    if (in->topic.len) {
        json_put_text(out, "topic", in->topic);
        json_put_int(out, "partition", in->partition);
        json_put_int(out, "offset", in->offset);
    }
    if (!p->key)
        journal_put_text(out, "value", in->json);
    json_close(out, '}');
}

static void key_line(struct printing *p, const struct parked_row *row, const struct input *in) {
    struct buf scratch = { 0 }, key = { 0 };
    put_shown(&key, row->key, 60);
    buf_print(&p->out, "%-22s %4d  %-24s %7" PRId64 " %9" PRId64 " %8d  %-20s  ", p->service->name,
              p->task, buf_text(&key), p->key->count, p->key->bytes, row->attempts,
              next_try(row, true, &scratch));
    put_shown(&p->out, in->type, 40);
    buf_put_text(&p->out, ": ");
    put_shown(&p->out, row->reason, 100);
    buf_put_byte(&p->out, '\n');
    buf_finish(&scratch);
    buf_finish(&key);
}

static void input_lines(struct printing *p, const struct parked_row *row, const struct input *in) {
    struct buf scratch = { 0 };
    buf_print(&p->out, "%s task %d, input %" PRId64 ": ", p->service->name, p->task, row->number);
    put_shown(&p->out, in->type, 60);
    buf_put_text(&p->out, " id ");
    put_shown(&p->out, in->id, 100);
    if (in->kind == INPUT_RECORD) {
        buf_put_text(&p->out, "\n  from     ");
        put_shown(&p->out, in->topic, 100);
        buf_print(&p->out, "-%d at offset %" PRId64, in->partition, in->offset);
    }
    buf_put_text(&p->out, "\n  parked   ");
    put_time(&p->out, row->parked_ms);
    buf_print(&p->out, ", tried %d times, waits for %s", row->attempts,
              next_try(row, p->shown == 0, &scratch));
    if (row->reason.len)
        buf_put_text(&p->out, "\n  reason   ");
    put_shown(&p->out, row->reason, 300);
    buf_put_text(&p->out, "\n  value    ");
    put_shown(&p->out, in->json, 2000);
    buf_put_byte(&p->out, '\n');
    buf_finish(&scratch);
}

static void on_input(void *context, const struct parked_row *row) {
    struct printing *p = context;
    struct input in;
    if (parked_unpack(row->packed, &in)) { /* shown all the same: it can be dropped */
        in = (struct input){ .kind = INPUT_TIMER, .type = bytes_text("unreadable") };
        in.json = row->packed;
    }
    if (p->call->json)
        input_json(p, row, &in);
    else if (p->key)
        key_line(p, row, &in);
    else
        input_lines(p, row, &in);
    p->shown++;
}

/* ---- one store */

static int found_compare(const void *a, const void *b) {
    return bytes_compare(((const struct found *)a)->key, ((const struct found *)b)->key);
}

static enum error store_list(struct printing *p, struct store *store) {
    enum error e = store->ops->park_sums(store, on_key, p);
    if (p->key_count)
        qsort(p->keys, p->key_count, sizeof(*p->keys), found_compare);
    for (size_t i = 0; i < p->key_count; i++) {
        p->key = &p->keys[i];
        if (!e)
            e = store->ops->park_each(store, p->key->key, 0, 1, on_input, p);
        free((void *)(uintptr_t)p->keys[i].key.data);
    }
    free(p->keys);
    p->keys = NULL;
    p->key_count = 0;
    p->key = NULL;
    return e;
}

static enum error task_print(struct printing *p, int32_t task) {
    struct store *store;
    p->task = task;
    enum error e = order_look(p->call, p->service, task, &store);
    if (e)
        return e == E_not_found ? E_ok : e; /* it has never run */
    e = p->call->which
            ? store->ops->park_each(store, bytes_text(p->call->which), 0, INT32_MAX, on_input, p)
            : store_list(p, store);
    store->ops->close(store);
    return e;
}

static enum error services_print(struct printing *p) {
    const struct order_call *c = p->call;
    for (size_t i = 0; i < c->declaration->service_count; i++) {
        p->service = &c->declaration->services[i];
        if (c->service && strcmp(c->service, p->service->name) != 0)
            continue;
        for (int32_t task = 0; task < order_tasks(c, p->service); task++)
            TRY(task_print(p, task));
    }
    return E_ok;
}

enum error park_print(const struct order_call *c, int64_t *shown) {
    struct printing p = { .call = c };
    if (c->json) {
        json_begin(&p.out);
        json_put_text(&p.out, "system", bytes_text(c->declaration->system));
        json_open(&p.out, c->which ? "inputs" : "keys", '[');
    } else if (!c->which) {
        buf_print(&p.out, "%-22s %4s  %-24s %7s %9s %8s  %-20s  %s\n", "SERVICE", "TASK", "KEY",
                  "INPUTS", "BYTES", "ATTEMPTS", "WAITS FOR", "WHY");
    }
    enum error e = services_print(&p);
    if (c->json) {
        json_close(&p.out, ']');
        json_end(&p.out);
        buf_put_byte(&p.out, '\n');
    } else if (!p.shown && !c->which) {
        buf_clear(&p.out);
        buf_put_text(&p.out, "nothing is parked\n");
    }
    if (!e && p.out.len)
        (void)fwrite(p.out.data, 1, p.out.len, stdout);
    *shown = p.shown;
    buf_finish(&p.out);
    return e;
}
