/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A line is a connection with a window of messages that are not acknowledged. A message is its
 * device and its number: its bytes are made again when it is sent again, so nothing is kept of it.
 * Packets are written by hand, by no code of the connector that reads them. */
#include "fleet.h"

#include "base/check.h"
#include "net/listener.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_DEFAULT = 16, WINDOW = 32, TICK_MS = 5, BACKOFF_MS = 100, METRIC_BYTES = 128 };
enum { CONNECTING_MAX = 256 }; /* at once: a server's queue of connections is no longer */

struct message {
    bool waits;
    int device;
    int64_t number;
    int64_t sent_ns;
};

struct line {
    struct fleet *fleet;
    int number;
    struct connection *connection; /* NULL: there is none just now */
    bool open;                     /* CONNACK was there */
    int64_t again_ms;              /* when it is connected again */
    struct message window[WINDOW]; /* packet id: its place, from 1 */
    int waiting;
    int next_device; /* of this line: device % lines == number */
};

struct fleet {
    struct fleet_options options;
    struct line *lines;
    int line_count;
    int line_next; /* whose turn it is to connect */
    int connecting, open;
    int64_t *next; /* of each device: the number of its next message */
    int64_t begun_ms, epoch_ms, boot;
    int64_t apart_ms; /* since when not all lines are open; 0: they are */
    struct loop_timer *timer;
    struct fleet_counts counts;
    bool stopped;
};

static int64_t now_ms(const struct fleet *f) {
    return clock_steady_ms(loop_clock(f->options.loop));
}

static const struct readings_series *series_of(const struct fleet *f, int device) {
    return &f->options.readings->series[(size_t)device % f->options.readings->count];
}

/* ---- bytes */

static void text_put(struct buf *out, const char *text) {
    size_t len = strlen(text);
    buf_put_be16(out, (uint16_t)len);
    buf_put(out, text, len);
}

static void packet_send(struct line *l, uint8_t head, const struct buf *body) {
    struct buf packet = { 0 };
    size_t len = body->len;
    buf_put_byte(&packet, head);
    for (; len > 127; len /= 128)
        buf_put_byte(&packet, (uint8_t)(len % 128 | 128));
    buf_put_byte(&packet, (uint8_t)len);
    buf_put_bytes(&packet, buf_bytes(body));
    connection_send_buf(l->connection, &packet);
    buf_finish(&packet);
}

static void connect_send(struct line *l) {
    struct buf body = { 0 };
    char client[32];
    (void)snprintf(client, sizeof(client), "octavo-fleet-%d", l->number);
    text_put(&body, "MQTT");
    buf_put(&body, "\x04\x02\x00\x00", 4); /* 3.1.1, clean, no keep-alive */
    text_put(&body, client);
    packet_send(l, 0x10, &body);
    buf_finish(&body);
}

/* The message's points follow those of the message before, a second apart. Only the first says
 * whose the message is. */
static void point_put(const struct line *l, const struct message *m, int point, struct buf *out) {
    const struct fleet *f = l->fleet;
    const struct readings_series *s = series_of(f, m->device);
    char text[METRIC_BYTES];
    int round = m->device / (int)f->options.readings->count;
    int64_t reading = m->number * f->options.points + point;
    double value = s->values[(size_t)reading % s->count] * (1 + 0.01 * (double)round);
    buf_print(out, "%s{\"time\":%" PRId64, point ? "," : "", f->epoch_ms + reading * 1000);
    if (!point)
        buf_print(out, ",\"boot\":%" PRId64 ",\"seq\":%" PRId64, f->boot, m->number);
    (void)snprintf(text, sizeof(text), ",\"%s\":%.6f}", s->metric, value);
    buf_put_text(out, text);
}

static void message_send(struct line *l, int place, bool again) {
    const struct message *m = &l->window[place];
    bool several = l->fleet->options.points > 1;
    char topic[64];
    struct buf body = { 0 };
    (void)snprintf(topic, sizeof(topic), "devices/device-%04d", m->device);
    text_put(&body, topic);
    buf_put_be16(&body, (uint16_t)(place + 1));
    buf_put_text(&body, several ? "[" : "");
    for (int i = 0; i < l->fleet->options.points; i++)
        point_put(l, m, i, &body);
    buf_put_text(&body, several ? "]" : "");
    packet_send(l, again ? 0x3a : 0x32, &body);
    buf_finish(&body);
}

/* ---- connections */

static void acknowledged(struct line *l, int place) {
    struct fleet *f = l->fleet;
    if (place < 0 || place >= WINDOW || !l->window[place].waits)
        return;
    l->window[place].waits = false;
    l->waiting--;
    f->counts.acknowledged++;
    f->counts.latency_ns += clock_steady_ns(loop_clock(f->options.loop)) - l->window[place].sent_ns;
}

/* Every line has its connection: the first time, or again. */
static void open_count(struct line *l, bool open) {
    struct fleet *f = l->fleet;
    f->connecting -= !l->open;
    f->open += open - l->open;
    l->open = open;
    if (f->open < f->line_count && !f->apart_ms) {
        f->apart_ms = now_ms(f);
    } else if (f->open == f->line_count) {
        f->counts.connected_ms = now_ms(f) - f->apart_ms;
        f->apart_ms = 0;
    }
}

static void line_opened(struct line *l) {
    if (!l->open)
        open_count(l, true);
    for (int i = 0; i < WINDOW; i++)
        if (l->window[i].waits) {
            message_send(l, i, true);
            l->fleet->counts.again++;
        }
}

/* CONNACK and PUBACK are four bytes each, and nothing else comes. */
static void line_fill(struct line *l);

static size_t on_data(void *context, struct bytes data) {
    struct line *l = context;
    if (data.len < 4)
        return 0;
    if (data.data[0] == 0x20 && data.data[3] == 0)
        line_opened(l);
    else if (data.data[0] == 0x40)
        acknowledged(l, (data.data[2] << 8 | data.data[3]) - 1);
    else
        connection_close(l->connection);
    if (l->waiting <= WINDOW / 2)
        line_fill(l);
    return 4;
}

static void on_closed(void *context) {
    struct line *l = context;
    l->connection = NULL;
    open_count(l, false);
    l->again_ms = now_ms(l->fleet) + BACKOFF_MS;
}

static void line_connect(struct line *l) {
    static const struct connection_handlers handlers = { NULL, on_data, on_closed };
    const struct fleet_options *o = &l->fleet->options;
    if (connection_connect(&l->connection, o->loop, o->host ? o->host : "127.0.0.1", o->port,
                           &handlers, l)) {
        l->connection = NULL;
        l->again_ms = now_ms(l->fleet) + BACKOFF_MS;
        return;
    }
    l->fleet->connecting++;
    connect_send(l);
}

/* ---- sending */

static bool may_send(const struct fleet *f) {
    int64_t passed_ms = now_ms(f) - f->begun_ms;
    return !f->stopped && f->counts.sent < f->counts.total
           && (!f->options.rate || f->counts.sent * 1000 < passed_ms * f->options.rate);
}

/* What a device has to tell: its share of all, or its series. */
static int64_t device_messages(const struct fleet *f, int device) {
    int64_t all = f->options.messages, devices = f->options.devices;
    return all ? (all + devices - 1) / devices
               : (int64_t)series_of(f, device)->count / f->options.points;
}

/* The next device of this line that has something left to tell; -1: none. */
static int device_next(struct line *l) {
    struct fleet *f = l->fleet;
    for (int tried = 0; tried <= f->options.devices / f->line_count; tried++) {
        int device = l->next_device;
        l->next_device += f->line_count;
        if (l->next_device >= f->options.devices)
            l->next_device = l->number;
        if (f->next[device] < device_messages(f, device))
            return device;
    }
    return -1;
}

static void line_fill(struct line *l) {
    struct fleet *f = l->fleet;
    for (int i = 0; i < WINDOW && l->open && may_send(f); i++) {
        if (l->window[i].waits)
            continue;
        int device = device_next(l);
        if (device < 0)
            break;
        l->window[i] = (struct message){ true, device, f->next[device]++,
                                         clock_steady_ns(loop_clock(f->options.loop)) };
        l->waiting++;
        f->counts.sent++;
        message_send(l, i, false);
    }
}

static void on_tick(void *context) {
    struct fleet *f = context;
    for (int i = 0; i < f->line_count && f->connecting < CONNECTING_MAX; i++) {
        struct line *l = &f->lines[f->line_next];
        f->line_next = (f->line_next + 1) % f->line_count;
        if (!l->connection && now_ms(f) >= l->again_ms)
            line_connect(l);
    }
    for (int i = 0; i < f->line_count; i++)
        line_fill(&f->lines[i]);
    loop_timer_start(f->timer, TICK_MS);
}

/* ---- the fleet */

static int64_t total_of(const struct fleet *f) {
    int64_t total = f->options.messages;
    for (int i = 0; i < f->options.devices && !f->options.messages; i++)
        total += device_messages(f, i);
    return total;
}

enum error fleet_start(struct fleet **out, const struct fleet_options *options) {
    struct fleet *f = *out = memory_get(sizeof(*f));
    f->options = *options;
    assert(options->devices > 0 && options->readings->count > 0);
    int most = options->connections ? options->connections : LINES_DEFAULT;
    f->options.points = options->points ? options->points : 1;
    f->line_count = options->devices < most ? options->devices : most;
    f->lines = memory_get((size_t)f->line_count * sizeof(*f->lines));
    f->next = memory_get((size_t)options->devices * sizeof(*f->next));
    f->begun_ms = f->apart_ms = now_ms(f);
    f->boot = clock_wall_ms(loop_clock(options->loop));
    f->counts.total = total_of(f);
    f->epoch_ms = f->boot - f->counts.total / options->devices * f->options.points * 1000;
    for (int i = 0; i < f->line_count; i++)
        f->lines[i] = (struct line){ .fleet = f, .number = i, .next_device = i };
    f->timer = loop_timer_create(options->loop, on_tick, f);
    loop_timer_start(f->timer, 0);
    return E_ok;
}

void fleet_stop_sending(struct fleet *f) {
    f->stopped = true;
}

bool fleet_is_done(const struct fleet *f) {
    bool sent = f->stopped || f->counts.sent == f->counts.total;
    return sent && f->counts.acknowledged == f->counts.sent;
}

struct fleet_counts fleet_counts(const struct fleet *f) {
    return f->counts;
}

void fleet_destroy(struct fleet *f) {
    if (!f)
        return;
    loop_timer_destroy(f->timer);
    for (int i = 0; i < f->line_count; i++)
        if (f->lines[i].connection)
            connection_close(f->lines[i].connection);
    loop_turn(f->options.loop, 0);
    free(f->next);
    free(f->lines);
    free(f);
}
