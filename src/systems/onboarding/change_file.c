/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* benefits-enrollment's other half: changes wait in a queue of the task, numbered from 1, and leave
 * together in a file when a timer fires: an 834 for the carrier.
 *
 * A change that waits is written over by the next one of the same person, so a file has a person
 * once. A file is an effect; until it is known to be there its changes keep their places, and what
 * comes meanwhile is of the next file. Its control number is 1000 n + task: no two tasks have the
 * same one, and a file that is sent again is the same file. Whoever delivers it is told by
 * file-ready once it is written. */
#include "benefits.h"

#include "day.h"
#include "x12.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct octavo_text nothing = { "", 0 };

enum {
    QUEUE_FIRST,
    QUEUE_END,
    QUEUE_FILES,
    QUEUE_EFFECT,
    QUEUE_UNTIL,
    QUEUE_NAME,
    QUEUE_COLUMNS
}; /* first to end - 1 wait; up to until - 1 are in the file on its way */
enum { CHANGE_EMPLOYEE, CHANGE_TYPE, CHANGE_ENDS, CHANGE_COLUMNS };
enum {
    MEMBERS_MOST = 300,
    MEMBER_BYTES = 3200, /* two names of 200 characters are 800 bytes each, sealed about 1150 */
    MEMBERS_BYTES = 480000,
    FILE_BYTES = MEMBERS_BYTES + 1000,
    PLACE_CHARS = 24,
    NAME_CHARS = 64,
    PLACE_NAME_CHARS = 64,
    BATCH_MS = 100,
    AGAIN_MS = 60000
};

static void queue_get(struct octavo_step *s, struct octavo_value *queue) {
    if (octavo_row_get(s, "queue", nothing, queue, QUEUE_COLUMNS))
        return;
    queue[QUEUE_FIRST] = queue[QUEUE_END] = octavo_int_value(1);
    queue[QUEUE_FILES] = queue[QUEUE_UNTIL] = octavo_int_value(0);
    queue[QUEUE_EFFECT] = queue[QUEUE_NAME] = octavo_text_value(nothing);
}

static void queue_put(struct octavo_step *s, const struct octavo_value *queue) {
    octavo_row_put(s, "queue", nothing, queue, QUEUE_COLUMNS);
}

static bool is_on_its_way(const struct octavo_value *queue) {
    return queue[QUEUE_EFFECT].text.len > 0;
}

static struct octavo_text place(char out[PLACE_CHARS], int64_t number) {
    (void)snprintf(out, PLACE_CHARS, "%012" PRId64, number);
    return octavo_text(out);
}

/* It has not left: it is behind what is on its way, and not taken back. */
static bool waits(struct octavo_step *s, const struct octavo_value *queue, int64_t number,
                  struct octavo_value *change) {
    char name[PLACE_CHARS];
    int64_t first = is_on_its_way(queue) ? queue[QUEUE_UNTIL].integer : queue[QUEUE_FIRST].integer;
    return number >= first
           && octavo_row_get(s, "change", place(name, number), change, CHANGE_COLUMNS);
}

static void batch_set(struct octavo_step *s, int64_t later_ms) {
    const char *text = octavo_setting(s, "batch_ms", "");
    int64_t ms = text[0] ? strtoll(text, NULL, 10) : BATCH_MS;
    octavo_timer_set(s, "batch", octavo_text("batch"), octavo_event_time_ms(s) + ms + later_ms);
}

void change_queue(struct octavo_step *s, struct octavo_text employee, struct octavo_value *row,
                  const char *type) {
    struct octavo_value queue[QUEUE_COLUMNS], change[CHANGE_COLUMNS];
    char name[PLACE_CHARS];
    queue_get(s, queue);
    int64_t number = row[MEMBER_CHANGE].integer;
    bool over = waits(s, queue, number, change);
    bool adds = over && octavo_text_is(change[CHANGE_TYPE].text, "021");
    if (!over) {
        bool first = queue[QUEUE_FIRST].integer == queue[QUEUE_END].integer;
        number = queue[QUEUE_END].integer++;
        queue_put(s, queue);
        if (first)
            batch_set(s, 0);
    }
    change[CHANGE_EMPLOYEE] = octavo_text_value(employee);
    change[CHANGE_TYPE] = octavo_text_value(
        octavo_text(adds && strcmp(type, "001") == 0 ? "021" : type)); /* they know nothing yet */
    change[CHANGE_ENDS] = octavo_int_value(octavo_event_time_ms(s) / 86400000);
    octavo_row_put(s, "change", place(name, number), change, CHANGE_COLUMNS);
    row[MEMBER_CHANGE] = octavo_int_value(number);
}

bool change_take_back(struct octavo_step *s, const struct octavo_value *row) {
    struct octavo_value queue[QUEUE_COLUMNS], change[CHANGE_COLUMNS];
    char name[PLACE_CHARS];
    queue_get(s, queue);
    if (!waits(s, queue, row[MEMBER_CHANGE].integer, change))
        return false;
    octavo_row_delete(s, "change", place(name, row[MEMBER_CHANGE].integer));
    return true;
}

/* ---- the file */

/* It is in no file: the carrier has not been told, and its next version is told anew. */
static void member_refuse(struct octavo_step *s, struct octavo_text employee,
                          struct octavo_value *row, int64_t number) {
    static const char reason[] = "what it says of the person is too long for the file";
    char name[PLACE_CHARS];
    if (row[MEMBER_CHANGE].integer == number) {
        if (member_is(row, "adding") && !row[MEMBER_FILED].integer)
            row[MEMBER_STATE] = octavo_text_value(octavo_text("none"));
        member_put(s, employee, row);
        member_answer_failed(s, employee, row, octavo_text(reason));
    }
    octavo_row_delete(s, "change", place(name, number));
}

/* 0: there is none, or it cannot be written, which is told. */
static size_t member_write(struct octavo_step *s, char *out, size_t room, int64_t number) {
    struct octavo_value change[CHANGE_COLUMNS], row[MEMBER_COLUMNS];
    char name[PLACE_CHARS], type[4];
    if (!octavo_row_get(s, "change", place(name, number), change, CHANGE_COLUMNS)
        || !member_get(s, change[CHANGE_EMPLOYEE].text, row))
        return 0;
    struct person p = { .employee = change[CHANGE_EMPLOYEE].text,
                        .given = row[MEMBER_GIVEN].text,
                        .family = row[MEMBER_FAMILY].text,
                        .birth = row[MEMBER_BIRTH].text,
                        .class = row[MEMBER_CLASS].text };
    (void)snprintf(type, sizeof(type), "%.3s", change[CHANGE_TYPE].text.data);
    size_t len = x12_member(out, room,
                            &(struct x12_member){
                                .type = type,
                                .person = &p,
                                .policy = octavo_text(octavo_setting(s, "policy", "POLICY")),
                                .plan = row[MEMBER_PLAN].text,
                                .hired = row[MEMBER_HIRED].integer,
                                .begins = row[MEMBER_BEGINS].integer,
                                .ends = change[CHANGE_ENDS].integer,
                            });
    if (!len) {
        member_refuse(s, p.employee, row, number);
        return 0;
    }
    row[MEMBER_FILED] = octavo_int_value(1);
    member_put(s, p.employee, row);
    return len;
}

static void file_ask(struct octavo_step *s, struct octavo_value *queue, const char *members) {
    static char content[FILE_BYTES];
    char name[NAME_CHARS];
    struct x12_file f = {
        .control = (++queue[QUEUE_FILES].integer * 1000 + octavo_task(s)) % X12_CONTROL_MOST,
        .time_ms = octavo_event_time_ms(s),
        .sender = octavo_setting(s, "sender", "OCTAVO"),
        .receiver = octavo_setting(s, "partner", "CARRIER"),
        .sponsor = octavo_setting(s, "sponsor", "EMPLOYER"),
        .carrier = octavo_setting(s, "carrier", "CARRIER"),
        .members = members,
    };
    size_t len = x12_file(content, sizeof(content), &f);
    (void)snprintf(name, sizeof(name), "834-%09" PRId64 ".edi", f.control);
    octavo_effect_begin(s, "files", "file");
    queue[QUEUE_EFFECT] = octavo_text_value(octavo_effect_id(s));
    queue[QUEUE_NAME] = octavo_text_value(octavo_text(name));
    octavo_put_text(s, "name", octavo_text(name));
    octavo_put_text(s, "content", (struct octavo_text){ content, len });
    octavo_end(s);
    queue_put(s, queue);
}

enum octavo_outcome on_change_batch(struct octavo_step *s) {
    static char members[FILE_BYTES];
    struct octavo_value queue[QUEUE_COLUMNS];
    size_t len = 0, count = 0;
    queue_get(s, queue);
    if (is_on_its_way(queue)) /* the next one leaves when that is there */
        return OCTAVO_DONE;
    int64_t number = queue[QUEUE_FIRST].integer;
    for (; number < queue[QUEUE_END].integer && count < MEMBERS_MOST
           && len + MEMBER_BYTES <= MEMBERS_BYTES;
         number++) {
        size_t more = member_write(s, members + len, MEMBER_BYTES, number);
        len += more;
        count += more > 0;
    }
    members[len] = 0;
    queue[QUEUE_UNTIL] = octavo_int_value(number);
    if (!count) {
        queue[QUEUE_FIRST] = octavo_int_value(number);
        queue_put(s, queue);
        return OCTAVO_DONE;
    }
    file_ask(s, queue, members);
    return OCTAVO_DONE;
}

/* ---- what became of it */

static void change_done(struct octavo_step *s, int64_t number) {
    struct octavo_value change[CHANGE_COLUMNS], row[MEMBER_COLUMNS];
    char name[PLACE_CHARS];
    if (!octavo_row_get(s, "change", place(name, number), change, CHANGE_COLUMNS))
        return;
    struct octavo_text employee = change[CHANGE_EMPLOYEE].text;
    if (member_get(s, employee, row) && row[MEMBER_CHANGE].integer == number) {
        bool ended = member_is(row, "ending");
        row[MEMBER_STATE] = octavo_text_value(octavo_text(ended ? "ended" : "added"));
        row[MEMBER_FILED] = octavo_int_value(!ended);
        member_put(s, employee, row);
        member_answer(s, employee, row);
    }
    octavo_row_delete(s, "change", place(name, number));
}

/* It stays in its place, and goes into the next file. */
static void change_failed(struct octavo_step *s, int64_t number, struct octavo_text reason) {
    struct octavo_value change[CHANGE_COLUMNS], row[MEMBER_COLUMNS];
    char name[PLACE_CHARS];
    if (!octavo_row_get(s, "change", place(name, number), change, CHANGE_COLUMNS))
        return;
    struct octavo_text employee = change[CHANGE_EMPLOYEE].text;
    if (!member_get(s, employee, row) || row[MEMBER_CHANGE].integer != number)
        return;
    if (octavo_text_is(change[CHANGE_TYPE].text, "021"))
        row[MEMBER_FILED] = octavo_int_value(0);
    member_put(s, employee, row);
    member_answer_failed(s, employee, row, reason);
}

/* Its digest is told by who wrote it: here nobody has seen the names in it. */
static void file_tell(struct octavo_step *s, const struct octavo_value *queue) {
    struct octavo_text file = queue[QUEUE_NAME].text;
    char path[PLACE_NAME_CHARS + NAME_CHARS];
    (void)snprintf(path, sizeof(path), "%.*s/%.*s", PLACE_NAME_CHARS,
                   octavo_setting(s, "place", "onboarding"), (int)file.len, file.data);
    octavo_event_begin(s, "file-ready", "file-ready", file);
    octavo_put_text(s, "path", octavo_text(path));
    octavo_put_text(s, "sha256", hired_field(s, "sha256"));
    octavo_put_text(s, "partner", octavo_text(octavo_setting(s, "partner", "CARRIER")));
    octavo_put_text(s, "key", file);
    octavo_end(s);
}

enum octavo_outcome on_file_outcome(struct octavo_step *s) {
    struct octavo_value queue[QUEUE_COLUMNS];
    queue_get(s, queue);
    if (!octavo_text_equal(queue[QUEUE_EFFECT].text, hired_field(s, "effect")))
        return OCTAVO_DONE;
    bool done = octavo_text_is(hired_field(s, "outcome"), "done");
    for (int64_t n = queue[QUEUE_FIRST].integer; n < queue[QUEUE_UNTIL].integer; n++)
        if (done)
            change_done(s, n);
        else
            change_failed(s, n, hired_field(s, "reason"));
    if (done) {
        file_tell(s, queue);
        queue[QUEUE_FIRST] = queue[QUEUE_UNTIL];
    }
    queue[QUEUE_EFFECT] = octavo_text_value(nothing);
    queue_put(s, queue);
    if (queue[QUEUE_FIRST].integer < queue[QUEUE_END].integer)
        batch_set(s, done ? 0 : AGAIN_MS);
    return OCTAVO_DONE;
}
