/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Orders on parked keys, and their verbs. {"key":"..."}, or {"key_hex":"..."} for a key that is no
 * text; a retry without either is for every key. A drop may say "number": the parked input that it
 * means. The reply comes after the commit. */
#include "runtime/park_order.h"

#include "runtime/control.h"
#include "runtime/service_state.h"
#include "runtime/task_inside.h"
#include "values/json.h"

#include <stdio.h>
#include <string.h>

static void on_head(void *context, const struct parked_row *row) {
    *(int64_t *)context = row->number;
}

/* Whoever gave an order and lost its answer gives it again, and means the same head. */
static enum error head_is_meant(struct task *t, const struct park_order *order, struct bytes key,
                                bool *meant) {
    int64_t head = 0;
    *meant = task_is_parked(t, key);
    if (!*meant || !order->number)
        return E_ok;
    TRY(t->store->ops->park_each(t->store, key, 0, 1, on_head, &head));
    *meant = head == order->number;
    return E_ok;
}

static enum error key_run(struct task *t, const struct park_order *order, struct bytes key,
                          struct park_done *done) {
    enum taken taken = TAKEN_HANDLED;
    bool meant;
    TRY(head_is_meant(t, order, key, &meant));
    if (!meant)
        return E_ok;
    done->keys++;
    if (order->drop)
        TRY(task_park_drop(t, key, order->now_ms));
    else
        TRY(task_park_retry(t, key, order->now_ms, &taken));
    if (taken == TAKEN_PARKED)
        (void)snprintf(done->reason, sizeof(done->reason), "%.*s", (int)t->reason.len,
                       (const char *)t->reason.data);
    else
        done->done++;
    return E_ok;
}

/* The keys are copied first: a retry changes the index it would walk on. */
static enum error all_run(struct task *t, const struct park_order *order, struct park_done *done) {
    size_t at = 0, count = 0;
    struct bytes key;
    void *value;
    TRY(task_park_fresh(t));
    struct bytes *keys = arena_get(&t->arena, t->park.by_key.count * sizeof(*keys));
    while (table_next(&t->park.by_key, &at, &key, &value)
           && done->keys + (int64_t)count < PARK_ORDER_KEYS)
        keys[count++] = arena_copy(&t->arena, key);
    done->left += (int64_t)(t->park.by_key.count - count);
    for (size_t i = 0; i < count; i++)
        TRY(key_run(t, order, keys[i], done));
    return E_ok;
}

enum error park_order_run(struct task *t, const struct park_order *order, struct park_done *done) {
    if (order->key.data)
        return key_run(t, order, order->key, done);
    return all_run(t, order, done);
}

/* ---- the verbs */

static int digit_of(uint8_t c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum error key_from_hex(struct bytes hex, struct buf *key) {
    if (hex.len % 2)
        return fail(E_malformed, "key_hex has an odd number of digits");
    for (size_t i = 0; i < hex.len; i += 2) {
        int high = digit_of(hex.data[i]), low = digit_of(hex.data[i + 1]);
        if (high < 0 || low < 0)
            return fail(E_malformed, "key_hex is not of the digits 0-9 and a-f");
        buf_put_byte(key, (uint8_t)(high << 4 | low));
    }
    return E_ok;
}

/* *has says whether one was named; the key's memory is the caller's. */
static enum error key_read(struct bytes text, struct buf *key, bool *has, int64_t *number) {
    struct json json;
    struct bytes value;
    enum error e = E_ok;
    *has = false;
    if (text.len == 0)
        return E_ok;
    TRY(json_read(&json, text));
    (void)json_get_int(&json, "number", number);
    if (json_get_text(&json, "key", &value)) {
        *has = true;
        buf_put_bytes(key, value);
    } else if (json_get_text(&json, "key_hex", &value)) {
        *has = true;
        e = key_from_hex(value, key);
    }
    json_finish(&json);
    return e;
}

static void reply_put(struct buf *reply, const struct park_done *done) {
    json_begin(reply);
    json_put_int(reply, "keys", done->keys);
    json_put_int(reply, "done", done->done);
    json_put_int(reply, "left", done->left);
    json_put_text(reply, "reason", bytes_text(done->reason));
    json_end(reply);
}

static enum error order_on_slots(struct service *s, const struct park_order *order,
                                 struct park_done *done) {
    for (struct slot *slot = s->slots; slot; slot = slot->next) {
        if (!slot->task)
            continue;
        turn_begin_slot(s, slot);
        TRY(park_order_run(slot->task, order, done));
        TRY(turn_commit_slot(s, slot));
    }
    return E_ok;
}

static enum error order_control(struct service *s, struct bytes json, struct buf *reply,
                                bool drop) {
    struct park_order order = { .drop = drop, .now_ms = clock_wall_ms(s->clock) };
    struct park_done done = { 0 };
    struct buf key = { 0 };
    bool has_key;
    enum error e = key_read(json, &key, &has_key, &order.number);
    if (!e && drop && !has_key)
        e = fail(E_usage, "park-drop wants a key");
    if (!e && (!s->ready || s->stopping || s->failed))
        e = fail(E_busy, "the service is starting or stopping");
    order.key = has_key ? bytes_of(key.data ? key.data : (const uint8_t *)"", key.len) : order.key;
    if (!e) {
        e = order_on_slots(s, &order, &done);
        if (e)
            service_fail(s);
        service_arm_turn(s); /* what is due now */
    }
    if (!e)
        reply_put(reply, &done);
    buf_finish(&key);
    return e;
}

enum error park_retry_control(struct service *s, struct bytes json, struct buf *reply) {
    return order_control(s, json, reply, false);
}

enum error park_drop_control(struct service *s, struct bytes json, struct buf *reply) {
    return order_control(s, json, reply, true);
}
