/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Work for File Extracts: three extracts a second from a table all of whose rows change at once, so
 * that a file of two snapshots shows, and a partner who looks at each name when it appears. */
#include "run.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/table.h"
#include "origin.h"
#include "topics.h"
#include "values/digest.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXTRACTS = 3,
    ROWS = 40,
    CHANGE_EVERY_MS = 60,
    LOOK_EVERY_MS = 25,
    FILE_BYTES_MAX = 1 << 20,
    COMMAND_LIMIT_MS = 30000
};

struct extracts {
    struct origin *bank;
    struct run *run;
    char *world, *partner;
    struct table seen; /* names that were looked at */
    int64_t snapshot, changed_ms, looked_ms;
    uint64_t files;
    bool at_end;
};

/* ---- the world */

static enum error bank_make(struct extracts *x) {
    char *path = text_format("%s/bank.db", x->world);
    enum error e = origin_open(&x->bank, path);
    if (!e)
        e = origin_run(x->bank,
                       "CREATE TABLE posting(entry INTEGER PRIMARY KEY, amount INTEGER);"
                       "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                       " WHERE i < %d) INSERT INTO posting SELECT i, 0 FROM n",
                       ROWS);
    free(path);
    return e;
}

static enum error file_make(const char *path, struct buf *content) {
    enum error e = disk_replace(disk_real(), path, buf_bytes(content));
    buf_clear(content);
    return e;
}

static enum error papers_make(struct run *r, struct extracts *x) {
    char *places = text_format("%s/extracts/places", r->house.dir);
    char *definitions = text_format("%s/extracts.conf", x->world);
    struct buf text = { 0 };
    buf_print(&text, "bank sqlite:%s/bank.db\nacme file://%s\n", x->world, x->partner);
    enum error e = file_make(places, &text);
    for (int i = 0; i < EXTRACTS; i++)
        buf_print(&text,
                  "[x%d]\nschedule = @every 1s\nsource = bank\npartner = acme\n"
                  "query = SELECT entry, amount, :from_ms AS since, :until_ms AS up_to\n"
                  "        FROM posting ORDER BY entry\n",
                  i);
    if (!e)
        e = file_make(definitions, &text);
    buf_finish(&text);
    free(places);
    free(definitions);
    return e;
}

static enum error extracts_open(struct run *r) {
    struct extracts *x = r->loaded = memory_get(sizeof(*x));
    char *dir = realpath(r->house.dir, NULL);
    char *system = text_format("%s/extracts", r->house.dir);
    x->run = r;
    x->world = text_format("%s/world", dir ? dir : r->house.dir);
    x->partner = text_format("%s/acme", x->world);
    enum error e = disk_make_dir(disk_real(), x->partner);
    if (!e)
        e = disk_make_dir(disk_real(), system);
    free(system);
    free(dir);
    TRY(e);
    TRY(bank_make(x));
    return papers_make(r, x);
}

/* Until it is taken, or time is up. */
static enum error command_insist(struct run *r, const char *const *words) {
    int64_t until = run_now_ms(r) + COMMAND_LIMIT_MS;
    int code = -1;
    while (code && run_now_ms(r) < until) {
        struct buf said = { 0 };
        enum error e = house_command(&r->house, words, &said, &code);
        buf_finish(&said);
        TRY(e);
    }
    return code ? fail(E_timed_out, "octavo extracts %s ended with %d; see %s/log/commands.log",
                       words[1], code, r->house.dir)
                : E_ok;
}

static enum error extracts_begin(struct run *r) {
    struct extracts *x = r->loaded;
    char *definitions = text_format("%s/extracts.conf", x->world);
    const char *words[] = { "extracts", "apply", definitions, NULL };
    enum error e = command_insist(r, words);
    free(definitions);
    return e;
}

/* ---- the partner */

/* entry,amount,since,up_to: how many rows, whether of one snapshot, and of which interval. */
static void rows_read(struct bytes text, struct history_record *f) {
    const char *at = (const char *)text.data, *end = at + text.len;
    const char *line = text.len ? memchr(at, '\n', text.len) : NULL;
    int64_t first = -1;
    f->place = -1;
    while (line && ++line < end) {
        long long entry, amount, since, until;
        if (sscanf(line, "%lld,%lld,%lld,%lld", &entry, &amount, &since, &until) != 4)
            break;
        f->value += entry == f->value + 1;
        first = first < 0 ? amount : first;
        f->place = first == amount && (f->value == 1 || f->place >= 0) ? amount : -1;
        f->lane = (uint64_t)since;
        f->key = (uint64_t)until;
        line = memchr(line, '\n', (size_t)(end - line));
    }
}

/* DIGEST, two blanks, NAME. */
static bool done_is_whole(const struct extracts *x, const char *name, struct bytes content) {
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    struct buf text = { 0 };
    sha256(content, digest);
    sha256_hex(digest, hex);
    char *path = text_format("%s/%s.done", x->partner, name);
    char *wanted = text_format("%s  %s\n", hex, name);
    bool whole = !disk_read_whole(disk_real(), path, FILE_BYTES_MAX, &text)
                 && bytes_is_text(buf_bytes(&text), wanted);
    buf_finish(&text);
    free(wanted);
    free(path);
    return whole;
}

static void file_look(struct extracts *x, const char *name) {
    struct run *r = x->run;
    struct buf text = { 0 };
    char *path = text_format("%s/%s", x->partner, name);
    if (!disk_read_whole(disk_real(), path, FILE_BYTES_MAX, &text)) {
        struct history_record f = {
            .kind = HISTORY_seen,
            .operation = x->at_end ? HISTORY_file : HISTORY_glimpse,
            .id = history_text(&r->history, name),
            .other = history_hash(buf_bytes(&text)),
        };
        rows_read(buf_bytes(&text), &f);
        f.process = x->at_end && done_is_whole(x, name, buf_bytes(&text));
        history_put(&r->history, f);
        x->files++;
    }
    buf_finish(&text);
    free(path);
}

/* A done-file is the word that the other is there, whole. */
static void done_look(struct extracts *x, const char *name) {
    bool there = false;
    char *file = text_format("%s/%.*s", x->partner, (int)strlen(name) - 5, name);
    if (disk_exists(disk_real(), file, &there) || !there)
        history_put(&x->run->history, (struct history_record){
                                          .kind = HISTORY_seen,
                                          .operation = HISTORY_glimpse,
                                          .id = history_text(&x->run->history, name),
                                          .value = -1,
                                      });
    free(file);
}

static void on_name(void *context, const char *name) {
    struct extracts *x = context;
    size_t len = strlen(name);
    bool done = len > 5 && strcmp(name + len - 5, ".done") == 0;
    if (name[0] == '.' || (!x->at_end && table_put(&x->seen, bytes_text(name), x)))
        return;
    if (done)
        done_look(x, name);
    else
        file_look(x, name);
}

static void partner_look(struct extracts *x) {
    if (disk_list(disk_real(), x->partner, on_name, x))
        run_problem(x->run, "the partner's folder cannot be read: %s", error_story());
}

/* ---- the load */

static void extracts_turn(struct run *r, int64_t now_ms, const struct pollfd *polls) {
    struct extracts *x = r->loaded;
    (void)polls;
    if (now_ms > x->changed_ms + CHANGE_EVERY_MS) {
        x->changed_ms = now_ms;
        if (origin_run(x->bank, "UPDATE posting SET amount = %lld", (long long)++x->snapshot))
            x->snapshot--; /* a reader holds it: later */
    }
    if (now_ms > x->looked_ms + LOOK_EVERY_MS) {
        x->looked_ms = now_ms;
        partner_look(x);
    }
}

static void extracts_rest(struct run *r) {
    for (int i = 0; i < EXTRACTS; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "x%d", i);
        const char *words[] = { "extracts", "pause", name, NULL };
        if (command_insist(r, words))
            run_problem(r, "%s", error_story());
    }
}

static bool extracts_are_idle(struct run *r) {
    (void)r;
    return true;
}

static uint64_t extracts_progress(struct run *r) {
    return ((struct extracts *)r->loaded)->files;
}

/* What was to be done, as everybody may read it. */
static void on_record(struct run *r, const struct kafka_event *event) {
    struct bytes name, extract;
    struct json j;
    if (strcmp(event->topic, "extract-scheduled") != 0
        || !bytes_is_text(kafka_header_of(event, "ce_type"), "extract-scheduled")
        || json_read(&j, event->value))
        return;
    struct history_record run = { .kind = HISTORY_seen, .operation = HISTORY_scheduled };
    if (json_get_text(&j, "name", &name) && json_get_text(&j, "extract", &extract)) {
        run.id = history_name(&r->history, name);
        run.key = history_name(&r->history, extract);
        (void)json_get_int(&j, "from", &run.value);
        (void)json_get_int(&j, "until", &run.place);
        history_put(&r->history, run);
    }
    json_finish(&j);
}

static enum error extracts_collect(struct run *r) {
    struct extracts *x = r->loaded;
    x->at_end = true;
    partner_look(x);
    if (!r->options->json)
        (void)printf("partner: %zu names; the table changed %lld times\n", x->seen.count,
                     (long long)x->snapshot);
    return topics_collect(r, on_record);
}

static void extracts_finish(struct run *r) {
    struct extracts *x = r->loaded;
    if (!x)
        return;
    origin_close(x->bank);
    table_finish(&x->seen);
    free(x->partner);
    free(x->world);
    free(x);
    r->loaded = NULL;
}

const struct load load_extracts = {
    .name = "extracts",
    .by_clock = true,
    .checks = checks_extracts,
    .open = extracts_open,
    .begin = extracts_begin,
    .turn = extracts_turn,
    .rest = extracts_rest,
    .is_idle = extracts_are_idle,
    .progress = extracts_progress,
    .collect = extracts_collect,
    .finish = extracts_finish,
};
