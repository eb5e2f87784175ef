/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Dying at any moment and starting again: the same inputs come again, and it is as if nothing had
 * happened. */
#include "runtime/task_fixture.h"

#include "base/crash_point.h"
#include "base/random.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ACCOUNT, TOTAL, POSTING, EVENTS = 60 };

static enum octavo_outcome on_add(struct octavo_step *s) {
    struct octavo_value account[2], total[1];
    int64_t amount;
    if (!octavo_event_int(s, "amount", &amount))
        return octavo_refuse(s, OCTAVO_PARK, "no amount");
    if (!octavo_row_get(s, "account", octavo_text(""), account, 2))
        account[0] = octavo_int_value(0);
    if (!octavo_row_get(s, "total", octavo_text("all"), total, 1))
        total[0] = octavo_int_value(0);
    account[0].integer += amount;
    total[0].integer += amount;
    octavo_row_put(s, "account", octavo_text(""), account, 2);
    octavo_row_put(s, "total", octavo_text("all"), total, 1);
    struct octavo_value posting[2] = { octavo_int_value(amount),
                                       octavo_text_value(octavo_event_id(s)) };
    (void)octavo_log_add(s, "posting", posting, 2);
    for (int64_t i = 0; i < amount % 3; i++) {
        octavo_event_begin(s, "moves", "added", octavo_event_key(s));
        octavo_put_int(s, "balance", account[0].integer);
        octavo_end(s);
    }
    if (amount % 5 == 0)
        octavo_timer_set(s, "bell", octavo_event_key(s), octavo_event_time_ms(s));
    return OCTAVO_DONE;
}

static enum octavo_outcome on_bell(struct octavo_step *s) {
    octavo_event_begin(s, "notes", "rung", octavo_event_key(s));
    octavo_put_text(s, "id", octavo_event_id(s));
    octavo_end(s);
    return OCTAVO_DONE;
}

static const struct octavo_handler ledger[] = { { "add", on_add },
                                                { "timer:bell", on_bell },
                                                { NULL, NULL } };

/* ---- the inputs: a lane that repeats itself, as a relay does after its own crash */

struct feed {
    int64_t sequences[EVENTS * 2]; /* by offset */
    size_t count;
};

static struct feed feed_of(struct random *r) {
    struct feed f = { 0 };
    int64_t next = 1;
    while (next <= EVENTS && f.count < EVENTS * 2 - 10) {
        f.sequences[f.count++] = next++;
        if (random_below(r, 10) == 0) /* begins again a little before */
            next -= (int64_t)random_below(r, 5) < next - 1 ? (int64_t)random_below(r, 4) : 0;
        next = next < 1 ? 1 : next;
    }
    return f;
}

static struct input input_at(const struct feed *f, size_t offset, struct buf *text) {
    int64_t sequence = f->sequences[offset];
    buf_clear(text);
    buf_reserve(text, 256);
    buf_print(text, "{\"amount\":%lld}", (long long)sequence * 7 % 31 + 1);
    size_t json_len = text->len;
    buf_print(text, "id-%lld", (long long)sequence);
    size_t id_len = text->len - json_len;
    buf_print(text, "k%lld", (long long)(sequence % 7));
    struct bytes all = buf_bytes(text);
    struct input in = {
        .kind = INPUT_RECORD,
        .type = bytes_text("add"),
        .id = bytes_part(all, json_len, id_len),
        .key = bytes_part(all, json_len + id_len, all.len - json_len - id_len),
        .json = bytes_part(all, 0, json_len),
        .time_ms = 1000 + sequence,
        .topic = bytes_text("moves"),
        .partition = 2,
        .offset = (int64_t)offset,
        .source = bytes_text("/octavo/bank/gate/1/0/1"),
        .sequence = sequence,
    };
    in.hash = record_hash(in.key, in.json, in.time_ms);
    return in;
}

static size_t next_offset(struct bank *b) {
    struct position p;
    bool found;
    CHECK_OK(task_position(b->task, "moves", 2, &p, &found));
    return found ? (size_t)p.next_offset : 0;
}

static void take_group(struct bank *b, const struct feed *f, size_t from, size_t to) {
    struct buf text = { 0 };
    enum taken taken;
    task_begin(b->task);
    for (size_t i = from; i < to; i++) {
        struct input in = input_at(f, i, &text);
        CHECK_OK(task_take(b->task, &in, &taken));
        CHECK(taken == TAKEN_HANDLED || taken == TAKEN_REPEAT);
    }
    buf_finish(&text);
}

/* Timers all fire at the end, so that groups of any size give the same. */
static void ring_all(struct bank *b) {
    size_t taken;
    task_begin(b->task);
    CHECK_OK(task_take_timers(b->task, 100000, 1000, &taken));
    commit(b);
}

/* ---- what is compared: rows, log, and every event with its id, lane and sequence */

static void outbox_print(void *context, int64_t id, struct bytes packed) {
    struct cursor in = cursor_on(packed);
    (void)id; /* how events are spread over rows depends on the groups; their order does not */
    while (cursor_left(&in)) {
        struct out_event e;
        CHECK_OK(outbox_unpack(&in, &e));
        buf_print(context, "%.*s/%d:%lld %.*s %.*s\n", (int)e.topic.len, (const char *)e.topic.data,
                  e.partition, (long long)e.sequence, (int)e.id.len, (const char *)e.id.data,
                  (int)e.value.len, (const char *)e.value.data);
    }
}

static char *state_of(struct bank *b) {
    struct buf out = { 0 };
    for (size_t table = ACCOUNT; table <= POSTING; table++) {
        char *rows = rows_of(b, table);
        buf_print(&out, "%s\n", rows);
        free(rows);
    }
    CHECK_OK(task_outbox_each(b->task, outbox_print, &out));
    (void)buf_text(&out);
    return (char *)out.data;
}

/* ---- kill -9 at the two crash points of a commit */

/* A child takes the feed in groups of 10 and dies at the n-th time of the point. */
static void die_at(struct bank *b, const struct feed *f, const char *spec) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        b->options.sync = true;
        CHECK_OK(task_open(&b->task, &b->options));
        CHECK_OK(crash_point_arm(spec));
        for (size_t at = next_offset(b); at < f->count; at += 10) {
            take_group(b, f, at, at + 10 < f->count ? at + 10 : f->count);
            commit(b);
        }
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK_INT(WTERMSIG(status), SIGKILL);
}

static char *state_without_crash(const struct feed *f) {
    struct bank b = { .url = text_format("sqlite:%s/whole", test_dir()) };
    bank_open(&b, "ledger", ledger);
    take_group(&b, f, 0, f->count);
    commit(&b);
    ring_all(&b);
    char *state = state_of(&b);
    bank_close(&b);
    return state;
}

static void check_after_crash(const char *spec, size_t offset_after) {
    struct random r = random_seeded(test_seed());
    struct feed f = feed_of(&r);
    struct bank b = { 0 };
    char *wanted = state_without_crash(&f);
    bank_open(&b, "ledger", ledger);
    task_close(b.task);
    die_at(&b, &f, spec);
    CHECK_OK(task_open(&b.task, &b.options));
    CHECK_INT((long long)next_offset(&b), (long long)offset_after);
    take_group(&b, &f, next_offset(&b), f.count);
    commit(&b);
    ring_all(&b);
    char *got = state_of(&b);
    CHECK_TEXT(got, wanted);
    free(got);
    free(wanted);
    bank_close(&b);
}

TEST(killed_before_a_commit_the_group_never_was) {
    check_after_crash("step_before_commit:3", 20);
}

TEST(killed_after_a_commit_the_group_is_there_with_its_events) {
    check_after_crash("step_after_commit:3", 30);
}

TEST(killed_at_the_first_commit_of_all_it_begins_anew) {
    check_after_crash("step_before_commit:1", 0);
}

/* ---- any groups, drops and restarts */

static void stumble(struct bank *b, const struct feed *f, struct random *r) {
    size_t at = next_offset(b);
    while (at < f->count) {
        size_t to = at + 1 + (size_t)random_below(r, 12);
        take_group(b, f, at, to < f->count ? to : f->count);
        switch (random_below(r, 4)) {
        case 0:
            task_drop(b->task);
            break;
        case 1: /* dies with the group open */
            bank_reopen(b);
            break;
        default:
            commit(b);
            if (random_below(r, 3) == 0)
                bank_reopen(b);
        }
        at = next_offset(b);
        if (at > 0 && random_below(r, 3) == 0)
            at -= 1; /* a record comes once more */
    }
}

TEST(any_groups_drops_and_restarts_give_the_same_rows_and_events) {
    struct random r = random_seeded(test_seed());
    for (int round = 0; round < 12; round++) {
        struct feed f = feed_of(&r);
        struct bank one = { .url = text_format("sqlite:%s/one%d", test_dir(), round) };
        struct bank other = { .url = text_format("sqlite:%s/other%d", test_dir(), round) };
        bank_open(&one, "ledger", ledger);
        take_group(&one, &f, 0, f.count);
        commit(&one);
        ring_all(&one);
        bank_open(&other, "ledger", ledger);
        stumble(&other, &f, &r);
        ring_all(&other);
        char *wanted = state_of(&one), *got = state_of(&other);
        CHECK_TEXT(got, wanted);
        free(got);
        free(wanted);
        bank_close(&one);
        bank_close(&other);
    }
}

/* ---- the journal */

TEST(the_journal_tells_what_was_taken_in_the_order_taken) {
    struct bank b = { 0 };
    struct feed f = { .sequences = { 1, 2, 3, 4, 5, 6 }, .count = 6 };
    struct buf inputs = { 0 };
    bank_open(&b, "ledger", ledger);
    take_group(&b, &f, 0, 3);
    task_drop(b.task); /* leaves no trace */
    take_group(&b, &f, 0, 2);
    struct input in = record(&b, "nobody's", "x", "{}");
    in.partition = 0;
    in.offset = 40;
    CHECK_INT(take(&b, &in), TAKEN_PASSED);
    in.offset = 43; /* 41 and 42 were compacted away */
    CHECK_INT(take(&b, &in), TAKEN_PASSED);
    in.partition = 1;
    in.offset = 0;
    CHECK_INT(take(&b, &in), TAKEN_PASSED);
    commit(&b);
    task_begin(b.task);
    in.offset = 1;
    CHECK_INT(take(&b, &in), TAKEN_PASSED);
    commit(&b); /* kept, not committed: stands in the next line */
    take_group(&b, &f, 2, 6);
    commit(&b);
    ring_all(&b);
    task_close(b.task);
    char *command = text_format("sqlite3 -readonly %s/bank.ledger.1.2.db "
                                "'SELECT id, inputs FROM journal ORDER BY id'",
                                test_dir());
    FILE *out = popen(command, "re");
    CHECK(out);
    char line[1024];
    while (fgets(line, sizeof(line), out))
        buf_put_text(&inputs, line);
    int code = pclose(out);
    free(command);
    b.task = NULL;
    if (code != 0)
        SKIP("no sqlite3 command");
    CHECK_TEXT(buf_text(&inputs),
               "1|[{\"topic\":\"moves\",\"partition\":2,\"from\":0,\"to\":1},"
               "{\"topic\":\"moves\",\"partition\":0,\"from\":40,\"to\":43,\"records\":2},"
               "{\"topic\":\"moves\",\"partition\":1,\"from\":0,\"to\":0}]\n"
               "2|[{\"topic\":\"moves\",\"partition\":1,\"from\":1,\"to\":1},"
               "{\"topic\":\"moves\",\"partition\":2,\"from\":2,\"to\":5}]\n"
               "3|[{\"timer\":\"bell\",\"key\":\"k2\",\"due\":1002},"
               "{\"timer\":\"bell\",\"key\":\"k5\",\"due\":1005}]\n");
    buf_finish(&inputs);
    bank_close(&b);
}
