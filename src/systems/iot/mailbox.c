/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A device's row has the names of what waits, oldest first ("NAME;NAME;"), and the key of the
 * request that waits for it; each of them has a row of its own. All rows are the gateway's, as its
 * requests have keys of their own. */
#include "mailbox.h"

#include <stdio.h>
#include <string.h>

enum { BOX_WAITING, BOX_ASKER, BOX_COLUMNS };
enum { MAIL_NAME, MAIL_PAYLOAD, MAIL_COLUMNS };
enum { SUBSCRIPTION_DEVICE, SUBSCRIPTION_QOS, SUBSCRIPTION_COLUMNS };
/* One of each command and one of each wish at most. */
enum { WAITING_CHARS = 2 * COMMANDS_MAX * (COMMAND_NAME_CHARS + 1), SUB_CHARS = 320 };

static const struct octavo_text nothing = { "", 0 };

struct box {
    struct octavo_step *step;
    struct octavo_text device;
    struct octavo_value row[BOX_COLUMNS];
    char waiting[WAITING_CHARS];
    size_t len;
    struct octavo_text asker;
};

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

/* ---- rows */

static void box_open(struct box *b, struct octavo_step *s) {
    *b = (struct box){ .step = s, .device = field(s, "device"), .asker = nothing };
    if (!octavo_row_get(s, "mailbox", b->device, b->row, BOX_COLUMNS))
        return;
    struct octavo_text waiting = b->row[BOX_WAITING].text;
    b->len = waiting.len < sizeof(b->waiting) ? waiting.len : 0;
    memcpy(b->waiting, waiting.data, b->len);
    b->asker = b->row[BOX_ASKER].text;
}

static void box_close(struct box *b) {
    b->row[BOX_WAITING] = octavo_text_value((struct octavo_text){ b->waiting, b->len });
    b->row[BOX_ASKER] = octavo_text_value(b->asker);
    if (b->len || b->asker.len)
        octavo_row_put(b->step, "mailbox", b->device, b->row, BOX_COLUMNS);
    else
        octavo_row_delete(b->step, "mailbox", b->device);
}

static struct octavo_text mail_sub(char out[SUB_CHARS], const struct box *b,
                                   struct octavo_text command) {
    int len = snprintf(out, SUB_CHARS, "%.*s/%.*s", (int)b->device.len, b->device.data,
                       (int)command.len, command.data);
    return (struct octavo_text){ out, len < SUB_CHARS ? (size_t)len : SUB_CHARS - 1 };
}

/* The name that begins at `at`; without its semicolon. */
static struct octavo_text name_at(const struct box *b, size_t at) {
    const char *end = memchr(b->waiting + at, ';', b->len - at);
    return (struct octavo_text){ b->waiting + at,
                                 end ? (size_t)(end - b->waiting) - at : b->len - at };
}

static bool mail_remove(struct box *b, struct octavo_text command) {
    char sub[SUB_CHARS];
    for (size_t at = 0; at < b->len;) {
        struct octavo_text name = name_at(b, at);
        size_t size = name.len + 1;
        if (!octavo_text_equal(name, command)) {
            at += size;
            continue;
        }
        octavo_row_delete(b->step, "mail", mail_sub(sub, b, command));
        memmove(b->waiting + at, b->waiting + at + size, b->len - at - size);
        b->len -= size;
        return true;
    }
    return false;
}

/* The older wish of this name, which the newer one makes void. */
static void wish_remove(struct box *b, struct octavo_text wish) {
    for (size_t at = 0; at < b->len;) {
        struct octavo_value row[MAIL_COLUMNS];
        char sub[SUB_CHARS];
        struct octavo_text name = name_at(b, at);
        if (octavo_row_get(b->step, "mail", mail_sub(sub, b, name), row, MAIL_COLUMNS)
            && octavo_text_equal(row[MAIL_NAME].text, wish)) {
            (void)mail_remove(b, name);
            return;
        }
        at += name.len + 1;
    }
}

static bool mail_add(struct box *b, struct octavo_text command, struct octavo_text wish,
                     struct octavo_text payload) {
    char sub[SUB_CHARS];
    if (b->len + command.len + 1 > sizeof(b->waiting))
        return false;
    octavo_row_put(
        b->step, "mail", mail_sub(sub, b, command),
        (struct octavo_value[MAIL_COLUMNS]){ octavo_text_value(wish), octavo_text_value(payload) },
        MAIL_COLUMNS);
    memcpy(b->waiting + b->len, command.data, command.len);
    b->len += command.len;
    b->waiting[b->len++] = ';';
    return true;
}

/* ---- telling */

static void asker_answer_empty(struct box *b) {
    if (!b->asker.len)
        return;
    octavo_reply_begin(b->step, b->asker);
    octavo_end(b->step);
    b->asker = nothing;
}

/* Who waits gets the oldest. */
static void box_offer(struct box *b) {
    struct octavo_value row[MAIL_COLUMNS];
    char sub[SUB_CHARS];
    if (!b->asker.len || !b->len)
        return;
    struct octavo_text command = name_at(b, 0);
    if (!octavo_row_get(b->step, "mail", mail_sub(sub, b, command), row, MAIL_COLUMNS))
        return;
    octavo_reply_begin(b->step, b->asker);
    octavo_put_text(b->step, "command", command);
    octavo_put_text(b->step, "payload", row[MAIL_PAYLOAD].text);
    octavo_end(b->step);
    b->asker = nothing;
}

static void delivery_tell(struct box *b, struct octavo_text command) {
    octavo_event_begin(b->step, "device-command", "delivery-reported", b->device);
    octavo_put_text(b->step, "device", b->device);
    octavo_put_text(b->step, "command", command);
    octavo_put_int(b->step, "time", octavo_event_time_ms(b->step));
    octavo_end(b->step);
}

/* ---- requests */

static void subscription_keep(struct octavo_step *s, struct octavo_text device) {
    if (number(s, "clean"))
        return;
    octavo_row_put(s, "subscription", field(s, "client"),
                   (struct octavo_value[SUBSCRIPTION_COLUMNS]){
                       octavo_text_value(device), octavo_int_value(number(s, "qos")) },
                   SUBSCRIPTION_COLUMNS);
}

enum octavo_outcome mailbox_on_asked(struct octavo_step *s) {
    struct box b;
    struct octavo_text taken = field(s, "taken");
    box_open(&b, s);
    asker_answer_empty(&b); /* another connection hears the device now */
    if (taken.len && mail_remove(&b, taken))
        delivery_tell(&b, taken);
    if (!taken.len)
        subscription_keep(s, b.device);
    b.asker = octavo_event_key(s);
    box_offer(&b);
    box_close(&b);
    return OCTAVO_DONE;
}

enum octavo_outcome mailbox_on_left(struct octavo_step *s) {
    struct box b;
    box_open(&b, s);
    if (b.asker.len && octavo_text_equal(b.asker, field(s, "asker")))
        asker_answer_empty(&b);
    box_close(&b);
    if (number(s, "unsubscribed"))
        octavo_row_delete(s, "subscription", field(s, "client"));
    octavo_reply_begin(s, octavo_event_key(s)); /* nobody waits for it; it ends the request */
    octavo_end(s);
    return OCTAVO_DONE;
}

void mailbox_session(struct octavo_step *s, struct octavo_text client, bool clean) {
    struct octavo_value row[SUBSCRIPTION_COLUMNS];
    if (!octavo_row_get(s, "subscription", client, row, SUBSCRIPTION_COLUMNS))
        return;
    if (clean) {
        octavo_row_delete(s, "subscription", client);
        return;
    }
    octavo_put_text(s, "device", row[SUBSCRIPTION_DEVICE].text);
    octavo_put_int(s, "qos", row[SUBSCRIPTION_QOS].integer);
}

/* ---- events */

static enum octavo_outcome mail_keep(struct octavo_step *s, struct octavo_text command,
                                     struct octavo_text wish) {
    struct box b;
    struct octavo_text payload = field(s, "payload");
    box_open(&b, s);
    if (!command.len || command.len >= COMMAND_NAME_CHARS || !b.device.len || !payload.len)
        return octavo_refuse(s, OCTAVO_PARK, "a command without a name, a device or a payload");
    if (wish.len)
        wish_remove(&b, wish);
    (void)mail_remove(&b, command);
    if (!mail_add(&b, command, wish, payload))
        return octavo_refuse(s, OCTAVO_PARK, "more waits for the device than may");
    box_offer(&b);
    box_close(&b);
    return OCTAVO_DONE;
}

enum octavo_outcome mailbox_on_issued(struct octavo_step *s) {
    return mail_keep(s, field(s, "command"), nothing);
}

enum octavo_outcome mailbox_on_changed(struct octavo_step *s) {
    return mail_keep(s, field(s, "command"), field(s, "name"));
}

enum octavo_outcome mailbox_on_delivered(struct octavo_step *s) {
    struct box b;
    box_open(&b, s);
    (void)mail_remove(&b, field(s, "command"));
    box_close(&b);
    return OCTAVO_DONE;
}
