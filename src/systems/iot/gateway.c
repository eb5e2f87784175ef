/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What devices publish becomes events, in the step that is committed before they are told.
 *
 * A packet of QoS 2 is held by its number from its first publish until it is released, in a row of
 * the client's session: the same packet again is acknowledged and makes no second event. A clean
 * session forgets what was held. With QoS 1 the number says nothing about a repeat (the standard
 * lets a client use it again at once): there boot and sequence do, at the readers. */
#include "iot.h"

#include "mailbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SESSION_HELD, SESSION_SINCE, SESSION_COLUMNS };
enum { HELD_MAX = 1000, PACKET_CHARS = 8 };

static const struct octavo_text nothing = { "", 0 };

static struct octavo_text field(struct octavo_step *s, const char *name) {
    struct octavo_text text = nothing;
    (void)octavo_event_text(s, name, &text);
    return text;
}

static int64_t number(struct octavo_step *s, const char *name) {
    int64_t n = 0;
    (void)octavo_event_int(s, name, &n);
    return n;
}

static void reply_empty(struct octavo_step *s) {
    octavo_reply_begin(s, octavo_event_key(s));
    octavo_end(s);
}

/* ---- packets that are held: " 17 18" */

static struct octavo_text packet_text(char out[PACKET_CHARS], int64_t packet) {
    int len = snprintf(out, PACKET_CHARS, " %d", (int)(packet & 0xffff));
    return (struct octavo_text){ out, (size_t)len };
}

/* Where it stands in `held`; held.len: it does not. */
static size_t packet_find(struct octavo_text held, struct octavo_text packet) {
    for (size_t at = 0; at + packet.len <= held.len; at++)
        if (memcmp(held.data + at, packet.data, packet.len) == 0
            && (at + packet.len == held.len || held.data[at + packet.len] == ' '))
            return at;
    return held.len;
}

/* It was never released: a client that holds a thousand open has forgotten them. */
static void oldest_drop(struct octavo_text *held) {
    const char *second = memchr(held->data + 1, ' ', held->len - 1);
    size_t first = second ? (size_t)(second - held->data) : held->len;
    held->data += first;
    held->len -= first;
}

static bool session_get(struct octavo_step *s, struct octavo_value *row) {
    if (octavo_row_get(s, "session", field(s, "client"), row, SESSION_COLUMNS))
        return true;
    row[SESSION_HELD] = octavo_text_value(nothing);
    row[SESSION_SINCE] = octavo_int_value(octavo_event_time_ms(s));
    return false;
}

/* True: this packet was here before and is not released yet. */
static bool packet_hold(struct octavo_step *s) {
    struct octavo_value row[SESSION_COLUMNS];
    char text[PACKET_CHARS], held[HELD_MAX * PACKET_CHARS];
    struct octavo_text packet = packet_text(text, number(s, "packet"));
    if (number(s, "qos") != 2)
        return false;
    (void)session_get(s, row);
    struct octavo_text was = row[SESSION_HELD].text;
    if (packet_find(was, packet) < was.len)
        return true;
    if (was.len + packet.len > sizeof(held))
        oldest_drop(&was);
    if (was.len)
        memcpy(held, was.data, was.len);
    memcpy(held + was.len, packet.data, packet.len);
    row[SESSION_HELD] = octavo_text_value((struct octavo_text){ held, was.len + packet.len });
    octavo_row_put(s, "session", field(s, "client"), row, SESSION_COLUMNS);
    return false;
}

static enum octavo_outcome on_release(struct octavo_step *s) {
    struct octavo_value row[SESSION_COLUMNS];
    char text[PACKET_CHARS], held[HELD_MAX * PACKET_CHARS];
    struct octavo_text packet = packet_text(text, number(s, "packet"));
    bool there = session_get(s, row);
    struct octavo_text was = row[SESSION_HELD].text;
    size_t at = packet_find(was, packet);
    if (there && at < was.len) {
        size_t behind = was.len - at - packet.len;
        memcpy(held, was.data, at);
        memcpy(held + at, was.data + at + packet.len, behind);
        row[SESSION_HELD] = octavo_text_value((struct octavo_text){ held, at + behind });
        octavo_row_put(s, "session", field(s, "client"), row, SESSION_COLUMNS);
    }
    reply_empty(s);
    return OCTAVO_DONE;
}

/* ---- sessions */

static enum octavo_outcome on_session(struct octavo_step *s) {
    struct octavo_value row[SESSION_COLUMNS];
    struct octavo_text client = field(s, "client");
    bool clean = number(s, "clean") != 0, there = session_get(s, row);
    if (there && clean)
        octavo_row_delete(s, "session", client);
    else if (!there && !clean)
        octavo_row_put(s, "session", client, row, SESSION_COLUMNS);
    octavo_reply_begin(s, octavo_event_key(s));
    octavo_put_int(s, "present", there && !clean);
    mailbox_session(s, client, clean);
    octavo_end(s);
    return OCTAVO_DONE;
}

/* ---- publishes */

static void number_copy(struct octavo_step *s, const char *name) {
    int64_t n;
    if (octavo_event_int(s, name, &n))
        octavo_put_int(s, name, n);
}

static enum octavo_outcome on_publish(struct octavo_step *s) {
    struct octavo_text device = field(s, "device");
    if (!packet_hold(s)) {
        octavo_event_begin(s, "telemetry-event", "reading-taken", device);
        octavo_put_text(s, "device", device);
        octavo_put_int(s, "received", octavo_event_time_ms(s));
        number_copy(s, "boot");
        number_copy(s, "seq");
        octavo_put_text(s, "points", field(s, "points"));
        octavo_end(s);
    }
    reply_empty(s);
    return OCTAVO_DONE;
}

/* What the device says it is, for device-state. */
static enum octavo_outcome on_report(struct octavo_step *s) {
    struct octavo_text device = field(s, "device");
    if (!packet_hold(s)) {
        octavo_event_begin(s, "device-command", "state-reported", device);
        octavo_put_text(s, "device", device);
        number_copy(s, "version");
        octavo_put_text(s, "values", field(s, "values"));
        octavo_end(s);
    }
    reply_empty(s);
    return OCTAVO_DONE;
}

/* It is kept with its bytes and acknowledged: a device that repeats what cannot be read does so for
 * ever. */
static enum octavo_outcome on_unread(struct octavo_step *s) {
    struct octavo_text client = field(s, "client");
    if (!packet_hold(s)) {
        octavo_event_begin(s, "telemetry-dead", "publish-rejected", client);
        octavo_put_text(s, "client", client);
        octavo_put_text(s, "topic", field(s, "topic"));
        octavo_put_int(s, "received", octavo_event_time_ms(s));
        octavo_put_text(s, "reason", field(s, "reason"));
        octavo_put_text(s, "bytes", field(s, "bytes"));
        octavo_end(s);
    }
    reply_empty(s);
    return OCTAVO_DONE;
}

const struct octavo_handler iot_gateway_handlers[] = {
    { "session-asked", on_session },
    { "publish-asked", on_publish },
    { "unread-asked", on_unread },
    { "release-asked", on_release },
    { "report-asked", on_report },
    { "commands-asked", mailbox_on_asked },
    { "commands-left-asked", mailbox_on_left },
    { "command-issued", mailbox_on_issued },
    { "desired-changed", mailbox_on_changed },
    { "command-delivered", mailbox_on_delivered },
    { NULL, NULL },
};
