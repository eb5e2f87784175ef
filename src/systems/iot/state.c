/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Device state: what devices are asked to do, what they are wished to be, and what they say they
 * are. It alone decides: a command is issued or refused, a wish raises the device's version or is
 * refused as stale, and what was delivered is delivered once.
 *
 * A wish has a name, a value and the version at which it was made; who names the version that he
 * has seen is refused when it is another by now. What a device reports carries the version it has
 * come to; a report of an older one than its last came late and changes nothing. */
#include "iot.h"

#include "mailbox.h"

#include <stdio.h>
#include <string.h>

enum { STATE_VERSION, STATE_REPORTED, STATE_NAMES, STATE_WAITING, STATE_KNOWN, STATE_COLUMNS };
enum { DESIRED_VALUE, DESIRED_VERSION, DESIRED_TIME, DESIRED_COLUMNS };
enum { REPORTED_VALUE, REPORTED_VERSION, REPORTED_TIME, REPORTED_COLUMNS };
enum { COMMAND_TEXT, COMMAND_STATE, COMMAND_ASKED, COMMAND_TAKEN, COMMAND_UNTIL, COMMAND_COLUMNS };
enum { NAMES_MAX = 64, KNOWN_MAX = 256, NAME_CHARS = 64, VALUE_CHARS = 200, TEXT_CHARS = 4096 };
/* Everything may have to be written as six characters. */
enum { PAYLOAD_CHARS = 6 * (TEXT_CHARS + 200) };
#define KEPT_MS ((int64_t)90 * 24 * 3600 * 1000)

static const struct octavo_text nothing = { "", 0 };

static struct octavo_text field(struct octavo_step *s, const char *name) {
    struct octavo_text text = nothing;
    (void)octavo_event_text(s, name, &text);
    return text;
}

static void state_get(struct octavo_step *s, struct octavo_value *row) {
    if (octavo_row_get(s, "state", nothing, row, STATE_COLUMNS))
        return;
    for (int i = 0; i < STATE_COLUMNS; i++)
        row[i] = octavo_int_value(0);
    row[STATE_REPORTED] = octavo_int_value(-1);
}

static void state_put(struct octavo_step *s, const struct octavo_value *row) {
    octavo_row_put(s, "state", nothing, row, STATE_COLUMNS);
}

static enum octavo_outcome refuse(struct octavo_step *s, const char *type, const char *reason) {
    octavo_event_begin(s, "device-command", type, octavo_event_key(s));
    octavo_put_text(s, "device", octavo_event_key(s));
    octavo_put_text(s, "request", field(s, "request"));
    octavo_put_text(s, "reason", octavo_text(reason));
    octavo_end(s);
    return OCTAVO_DONE;
}

/* ---- what the device is sent: JSON in a text */

struct payload {
    char text[PAYLOAD_CHARS];
    size_t len;
};

static void payload_put(struct payload *p, const char *text) {
    size_t len = strlen(text);
    if (p->len + len < sizeof(p->text)) {
        memcpy(p->text + p->len, text, len);
        p->len += len;
    }
}

static void payload_put_text(struct payload *p, struct octavo_text text) {
    payload_put(p, "\"");
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        char one[8] = { (char)c };
        if (c < ' ')
            (void)snprintf(one, sizeof(one), "\\u%04x", c);
        else if (c == '"' || c == '\\')
            (void)snprintf(one, sizeof(one), "\\%c", c);
        payload_put(p, one);
    }
    payload_put(p, "\"");
}

static void payload_end(struct octavo_step *s, struct payload *p) {
    payload_put(p, "}");
    octavo_put_text(s, "payload", (struct octavo_text){ p->text, p->len });
    octavo_end(s);
}

/* ---- commands */

static bool is_name(struct octavo_text name) {
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.data[i] <= ' ' || strchr(";=/\"\\", name.data[i]))
            return false;
    return name.len > 0 && name.len < NAME_CHARS;
}

static enum octavo_outcome on_command(struct octavo_step *s) {
    struct octavo_value state[STATE_COLUMNS], row[COMMAND_COLUMNS];
    struct octavo_text command = field(s, "request"), text = field(s, "text");
    state_get(s, state);
    if (!is_name(command) || !text.len || text.len > TEXT_CHARS)
        return refuse(s, "command-refused", "a command is 1 to 4096 bytes, its name is one word");
    if (octavo_row_get(s, "command", command, row, COMMAND_COLUMNS))
        return refuse(s, "command-refused", "a command of this name was there before");
    if (state[STATE_WAITING].integer >= COMMANDS_MAX)
        return refuse(s, "command-refused", "100 commands wait for the device already");
    state[STATE_WAITING].integer++;
    state_put(s, state);
    row[COMMAND_TEXT] = octavo_text_value(text);
    row[COMMAND_STATE] = octavo_text_value(octavo_text("waiting"));
    row[COMMAND_ASKED] = octavo_int_value(octavo_event_time_ms(s));
    row[COMMAND_TAKEN] = row[COMMAND_UNTIL] = octavo_int_value(0);
    octavo_row_put(s, "command", command, row, COMMAND_COLUMNS);
    struct payload payload = { .len = 0 };
    octavo_event_begin(s, "device-command", "command-issued", octavo_event_key(s));
    octavo_put_text(s, "device", octavo_event_key(s));
    octavo_put_text(s, "request", command);
    octavo_put_text(s, "command", command);
    payload_put(&payload, "{\"command\":");
    payload_put_text(&payload, command);
    payload_put(&payload, ",\"text\":");
    payload_put_text(&payload, text);
    payload_end(s, &payload);
    return OCTAVO_DONE;
}

/* A gateway that was killed before it could tell the others tells it again. */
static enum octavo_outcome on_delivery(struct octavo_step *s) {
    struct octavo_value state[STATE_COLUMNS], row[COMMAND_COLUMNS];
    struct octavo_text command = field(s, "command");
    bool there = octavo_row_get(s, "command", command, row, COMMAND_COLUMNS);
    if (there && row[COMMAND_TAKEN].integer)
        return OCTAVO_DONE;
    if (there) {
        state_get(s, state);
        state[STATE_WAITING].integer--;
        state_put(s, state);
        row[COMMAND_STATE] = octavo_text_value(octavo_text("delivered"));
        row[COMMAND_TAKEN] = octavo_int_value(octavo_event_time_ms(s));
        row[COMMAND_UNTIL] = octavo_int_value(octavo_event_time_ms(s) + KEPT_MS);
        octavo_row_put(s, "command", command, row, COMMAND_COLUMNS);
    }
    octavo_event_begin(s, "device-command", "command-delivered", octavo_event_key(s));
    octavo_put_text(s, "device", octavo_event_key(s));
    octavo_put_text(s, "command", command);
    octavo_end(s);
    return OCTAVO_DONE;
}

/* ---- wishes */

static void changed_tell(struct octavo_step *s, int64_t version, struct octavo_text name,
                         struct octavo_text value) {
    struct payload payload = { .len = 0 };
    char command[32], begin[64];
    (void)snprintf(command, sizeof(command), "v%lld", (long long)version);
    (void)snprintf(begin, sizeof(begin), "{\"version\":%lld,\"name\":", (long long)version);
    octavo_event_begin(s, "device-command", "desired-changed", octavo_event_key(s));
    octavo_put_text(s, "device", octavo_event_key(s));
    octavo_put_text(s, "request", field(s, "request"));
    octavo_put_text(s, "command", octavo_text(command));
    octavo_put_int(s, "version", version);
    octavo_put_text(s, "name", name);
    octavo_put_text(s, "value", value);
    payload_put(&payload, begin);
    payload_put_text(&payload, name);
    payload_put(&payload, ",\"value\":");
    payload_put_text(&payload, value);
    payload_end(s, &payload);
}

static enum octavo_outcome on_desired(struct octavo_step *s) {
    struct octavo_value state[STATE_COLUMNS], row[DESIRED_COLUMNS];
    struct octavo_text name = field(s, "name"), value = field(s, "value");
    char why[80];
    int64_t expected;
    state_get(s, state);
    bool there = octavo_row_get(s, "desired", name, row, DESIRED_COLUMNS);
    if (!is_name(name) || value.len > VALUE_CHARS)
        return refuse(s, "desired-refused", "a name is one word, a value at most 200 bytes");
    if (octavo_event_int(s, "expected", &expected) && expected != state[STATE_VERSION].integer) {
        (void)snprintf(why, sizeof(why), "its version is %lld by now",
                       (long long)state[STATE_VERSION].integer);
        return refuse(s, "desired-refused", why);
    }
    if (!there && state[STATE_NAMES].integer >= NAMES_MAX)
        return refuse(s, "desired-refused", "64 names are wished of the device already");
    state[STATE_NAMES].integer += !there;
    state[STATE_VERSION].integer++;
    state_put(s, state);
    row[DESIRED_VALUE] = octavo_text_value(value);
    row[DESIRED_VERSION] = state[STATE_VERSION];
    row[DESIRED_TIME] = octavo_int_value(octavo_event_time_ms(s));
    octavo_row_put(s, "desired", name, row, DESIRED_COLUMNS);
    changed_tell(s, state[STATE_VERSION].integer, name, value);
    return OCTAVO_DONE;
}

/* ---- reports */

/* A device that makes up names without end is heard for the first 256. */
static void reported_put(struct octavo_step *s, struct octavo_text one, int64_t version,
                         int64_t *known) {
    struct octavo_value row[REPORTED_COLUMNS];
    const char *sign = one.len ? memchr(one.data, '=', one.len) : NULL;
    size_t len = sign ? (size_t)(sign - one.data) : 0;
    struct octavo_text name = { one.data, len };
    bool there = sign && octavo_row_get(s, "reported", name, row, REPORTED_COLUMNS);
    if (!sign || (!there && *known >= KNOWN_MAX))
        return;
    *known += !there;
    octavo_row_put(s, "reported", name,
                   (struct octavo_value[REPORTED_COLUMNS]){
                       octavo_text_value((struct octavo_text){ sign + 1, one.len - len - 1 }),
                       octavo_int_value(version),
                       octavo_int_value(octavo_event_time_ms(s)),
                   },
                   REPORTED_COLUMNS);
}

/* A version that no wish has made counts as the newest: a device that made it up once would not be
 * heard again until as many wishes were made. */
static int64_t version_that_was(const struct octavo_value *state, int64_t version) {
    int64_t newest = state[STATE_VERSION].integer;
    return version > newest ? newest : version < -1 ? -1 : version;
}

static enum octavo_outcome on_reported(struct octavo_step *s) {
    struct octavo_value state[STATE_COLUMNS];
    struct octavo_text values = field(s, "values");
    int64_t version;
    state_get(s, state);
    if (!octavo_event_int(s, "version", &version))
        version = state[STATE_REPORTED].integer;
    version = version_that_was(state, version);
    if (version < version_that_was(state, state[STATE_REPORTED].integer))
        return OCTAVO_DONE;
    state[STATE_REPORTED] = octavo_int_value(version);
    while (values.len) {
        const char *end = memchr(values.data, ';', values.len);
        size_t len = end ? (size_t)(end - values.data) : values.len;
        reported_put(s, (struct octavo_text){ values.data, len }, version,
                     &state[STATE_KNOWN].integer);
        values.data += len + (end != NULL);
        values.len -= len + (end != NULL);
    }
    state_put(s, state);
    return OCTAVO_DONE;
}

const struct octavo_handler iot_state_handlers[] = {
    { "command-requested", on_command },
    { "desired-requested", on_desired },
    { "delivery-reported", on_delivery },
    { "state-reported", on_reported },
    { NULL, NULL },
};
