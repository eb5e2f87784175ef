/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/task_fixture.h"

#include "runtime/rows.h"

enum { ACCOUNT, TOTAL, POSTING };

/* ---- the handlers: add {amount, name?}, look, refuse, later {due}, never */

static enum octavo_outcome on_add(struct octavo_step *s) {
    struct octavo_value account[2], total[1];
    struct octavo_text name;
    int64_t amount;
    if (!octavo_event_int(s, "amount", &amount))
        return octavo_refuse(s, OCTAVO_PARK, "no amount");
    if (!octavo_row_get(s, "account", octavo_text(""), account, 2))
        account[0] = octavo_int_value(0);
    if (!octavo_row_get(s, "total", octavo_text("all"), total, 1))
        total[0] = octavo_int_value(0);
    if (octavo_event_text(s, "name", &name))
        account[1] = octavo_text_value(name);
    account[0].integer += amount;
    total[0].integer += amount;
    octavo_row_put(s, "account", octavo_text(""), account, 2);
    octavo_row_put(s, "total", octavo_text("all"), total, 1);
    struct octavo_value posting[2] = { octavo_int_value(amount),
                                       octavo_text_value(octavo_event_key(s)) };
    int64_t entry = octavo_log_add(s, "posting", posting, 2);
    octavo_event_begin(s, "moves", "added", octavo_event_key(s));
    octavo_put_int(s, "balance", account[0].integer);
    octavo_put_int(s, "entry", entry);
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_remove(struct octavo_step *s) {
    octavo_row_delete(s, "account", octavo_text(""));
    return OCTAVO_DONE;
}

static enum octavo_outcome on_look(struct octavo_step *s) {
    struct octavo_value account[2];
    (void)octavo_row_get(s, "account", octavo_text(""), account, 2);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_refuse(struct octavo_step *s) {
    return octavo_refuse(s, OCTAVO_STOP, "refused %d", 7);
}

static enum octavo_outcome on_later(struct octavo_step *s) {
    int64_t due;
    CHECK(octavo_event_int(s, "due", &due));
    octavo_timer_set(s, "bell", octavo_event_key(s), due);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_never(struct octavo_step *s) {
    octavo_timer_cancel(s, "bell", octavo_event_key(s));
    return OCTAVO_DONE;
}

/* Rings for its key; the first of the day silences key "b" and sets itself again once. */
static enum octavo_outcome on_bell(struct octavo_step *s) {
    octavo_event_begin(s, "notes", "rung", octavo_event_key(s));
    octavo_put_int(s, "at", octavo_event_time_ms(s));
    octavo_put_text(s, "id", octavo_event_id(s));
    octavo_end(s);
    if (!octavo_text_is(octavo_event_key(s), "a"))
        return OCTAVO_DONE;
    octavo_timer_cancel(s, "bell", octavo_text("b"));
    if (octavo_event_time_ms(s) < 9000)
        octavo_timer_set(s, "bell", octavo_event_key(s), 9000);
    return OCTAVO_DONE;
}

static const struct octavo_handler ledger[] = {
    { "add", on_add },       { "remove", on_remove }, { "look", on_look },
    { "refuse", on_refuse }, { "later", on_later },   { "timer:bell", on_bell },
    { "never", on_never },   { NULL, NULL },
};

static enum octavo_outcome on_ask(struct octavo_step *s) {
    struct octavo_value asked[1];
    octavo_reply_begin(s, octavo_event_key(s));
    if (octavo_row_get(s, "asked", octavo_text(""), asked, 1)) {
        octavo_put_text(s, "state", asked[0].text);
    } else {
        asked[0] = octavo_text_value(octavo_text("known"));
        octavo_row_put(s, "asked", octavo_text(""), asked, 1);
        octavo_put_text(s, "state", octavo_text("new"));
    }
    octavo_end(s);
    return OCTAVO_DONE;
}

static const struct octavo_handler gate[] = { { "ask", on_ask }, { NULL, NULL } };

/* ---- rows, logs and events of a group */

static struct out_event event_at(struct bank *b, size_t at) {
    struct cursor in = cursor_on(b->committed.outbox);
    struct out_event event = { 0 };
    for (size_t i = 0; i <= at; i++)
        CHECK_OK(outbox_unpack(&in, &event));
    return event;
}

TEST(a_group_commits_rows_log_entries_and_events_together) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", ledger);
    task_begin(b.task);
    take_record(&b, "add", "anna", "{\"amount\":5,\"name\":\"Anna\"}");
    take_record(&b, "add", "bert", "{\"amount\":7}");
    take_record(&b, "add", "anna", "{\"amount\":-2}");
    check_rows(&b, ACCOUNT, ""); /* nothing is seen before the commit */
    commit(&b);
    check_rows(&b, ACCOUNT, "anna/=3,Anna;bert/=7,;");
    check_rows(&b, TOTAL, "2/all=10;");
    check_rows(&b, POSTING, "2/1=5,anna;2/2=7,bert;2/3=-2,anna;");
    CHECK(b.committed.outbox_id > 0);
    struct out_event e = event_at(&b, 2);
    CHECK_BYTES(e.value, bytes_text("{\"balance\":3,\"entry\":3}"));
    CHECK_BYTES(e.source, bytes_text("/octavo/bank/ledger/1/2/1"));
    CHECK_BYTES(e.topic, bytes_text("moves"));
    CHECK_BYTES(e.type, bytes_text("added"));
    CHECK_INT(e.partition, partition_of_key(bytes_text("anna"), 4));
    CHECK_INT(e.time_ms, 1002);
    CHECK_INT((long long)task_counts(b.task).events, 3);
    CHECK_INT((long long)task_counts(b.task).commits, 1);
    bank_close(&b);
}

TEST(rows_and_counts_of_a_log_go_on_after_a_restart) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", ledger);
    group(&b, "add", "anna", "{\"amount\":5}");
    group(&b, "add", "anna", "{\"amount\":5}");
    bank_reopen(&b);
    group(&b, "add", "anna", "{\"amount\":1}");
    check_rows(&b, ACCOUNT, "anna/=11,;");
    check_rows(&b, POSTING, "2/1=5,anna;2/2=5,anna;2/3=1,anna;");
    CHECK_INT(event_at(&b, 0).sequence, 3);
    bank_close(&b);
}

TEST(a_deleted_row_is_gone_and_can_come_back) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", ledger);
    group(&b, "add", "anna", "{\"amount\":5}");
    group(&b, "remove", "anna", "{}");
    check_rows(&b, ACCOUNT, "");
    task_begin(b.task);
    take_record(&b, "add", "anna", "{\"amount\":1}");
    take_record(&b, "remove", "anna", "{}");
    take_record(&b, "add", "anna", "{\"amount\":2}");
    commit(&b);
    check_rows(&b, ACCOUNT, "anna/=2,;");
    bank_close(&b);
}

TEST(sequences_are_contiguous_in_each_destination_partition) {
    struct bank b = { 0 };
    int64_t last[4] = { 0 };
    bank_open(&b, "ledger", ledger);
    for (int round = 0; round < 5; round++) {
        task_begin(b.task);
        for (int i = 0; i < 20; i++) {
            char key[16];
            (void)snprintf(key, sizeof(key), "k%d", i);
            take_record(&b, "add", key, "{\"amount\":1}");
        }
        commit(&b);
        for (size_t i = 0; i < 20; i++) {
            struct out_event e = event_at(&b, i);
            CHECK_INT(e.sequence, ++last[e.partition]);
        }
        if (round == 2)
            bank_reopen(&b);
    }
    CHECK_INT(last[0] + last[1] + last[2] + last[3], 100);
    bank_close(&b);
}

/* ---- the row cache */

static const struct store_ops *real_ops;
static size_t row_reads, row_writes;

static enum error counted_get(struct store *s, size_t table, struct bytes key, struct bytes sub,
                              struct value *values, bool *found) {
    row_reads++;
    return real_ops->row_get(s, table, key, sub, values, found);
}

static enum error counted_put(struct store *s, size_t table, struct bytes key, struct bytes sub,
                              const struct value *values) {
    row_writes++;
    return real_ops->row_put(s, table, key, sub, values);
}

static enum error counted_open(struct store **out, const struct store_options *options) {
    static struct store_ops ops;
    TRY(sqlite_store_kind.open(out, options));
    real_ops = (*out)->ops;
    ops = *real_ops;
    ops.row_get = counted_get;
    ops.row_put = counted_put;
    (*out)->ops = &ops;
    return E_ok;
}

static const struct store_kind counted_kind = { .scheme = "sqlite", .open = counted_open };

TEST(a_hot_row_is_read_once_and_written_once_a_group) {
    struct bank b = { .options.store_kind = &counted_kind };
    bank_open(&b, "ledger", ledger);
    for (int round = 1; round <= 3; round++) {
        task_begin(b.task);
        for (int i = 0; i < 100; i++)
            take_record(&b, "add", "anna", "{\"amount\":1}");
        commit(&b);
        CHECK_INT((long long)row_reads, 2);
        CHECK_INT((long long)row_writes, 2 * round);
    }
    check_rows(&b, ACCOUNT, "anna/=300,;");
    bank_close(&b);
}

TEST(the_cache_is_emptied_when_it_holds_too_much) {
    struct bank b = { .options.store_kind = &counted_kind };
    char key[16];
    bank_open(&b, "ledger", ledger);
    task_begin(b.task);
    for (int i = 0; i < ROWS_MAX; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        take_record(&b, "look", key, "{}");
    }
    commit(&b);
    size_t before = row_reads;
    group(&b, "look", "k7", "{}"); /* still known to be absent */
    CHECK_INT((long long)row_reads, (long long)before);
    group(&b, "look", "one more", "{}");
    group(&b, "look", "k7", "{}");
    CHECK_INT((long long)row_reads, (long long)before + 2);
    bank_close(&b);
}

/* ---- drops */

TEST(a_dropped_group_leaves_nothing_behind) {
    struct bank b = { 0 };
    enum taken taken;
    bank_open(&b, "ledger", ledger);
    group(&b, "add", "anna", "{\"amount\":5,\"name\":\"Anna\"}");
    int64_t offset = b.offset;
    task_begin(b.task);
    take_record(&b, "add", "anna", "{\"amount\":100,\"name\":\"Other\"}");
    take_record(&b, "later", "a", "{\"due\":1}");
    take_record(&b, "remove", "bert", "{}");
    struct input in = record(&b, "refuse", "anna", "{}");
    in.source = bytes_text("/octavo/x/y/1/0/1");
    in.sequence = 41;
    CHECK_ERROR(task_take(b.task, &in, &taken), E_handler);
    CHECK_STORY("bank.ledger: refuse in-4: it must not go on: refused 7");
    CHECK_STORY("while handling offset 4 of moves/2");
    task_drop(b.task);

    int64_t due;
    CHECK(!task_next_timer(b.task, &due));
    CHECK_OK(task_flush(b.task, 1));
    CHECK_INT((long long)task_counts(b.task).commits, 1);
    b.offset = offset; /* the same offsets again, as new ones */
    task_begin(b.task);
    take_record(&b, "add", "anna", "{\"amount\":1}");
    in = record(&b, "look", "anna", "{}");
    in.source = bytes_text("/octavo/x/y/1/0/1");
    in.sequence = 7; /* the lane is new again */
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    commit(&b);
    check_rows(&b, ACCOUNT, "anna/=6,Anna;");
    check_rows(&b, POSTING, "2/1=5,anna;2/2=1,anna;");
    CHECK_INT(event_at(&b, 0).sequence, 2);
    bank_close(&b);
}

TEST(a_drop_keeps_what_groups_before_it_had_kept) {
    struct bank b = { 0 };
    struct position p;
    bool found;
    bank_open(&b, "ledger", ledger);
    group(&b, "look", "anna", "{}");
    task_begin(b.task);
    take_record(&b, "look", "anna", "{}");
    task_drop(b.task);
    CHECK_OK(task_position(b.task, "moves", 2, &p, &found));
    CHECK(found);
    CHECK_INT(p.next_offset, 1);
    CHECK_OK(task_flush(b.task, 1));
    bank_reopen(&b);
    CHECK_OK(task_position(b.task, "moves", 2, &p, &found));
    CHECK_INT(p.next_offset, 1);
    bank_close(&b);
}

/* ---- lanes and positions */

static enum taken take_from_lane(struct bank *b, const char *source, int64_t sequence) {
    struct input in = record(b, "add", "anna", "{\"amount\":1}");
    in.source = bytes_text(source);
    in.sequence = sequence;
    return take(b, &in);
}

TEST(a_lane_drops_repeats_and_refuses_gaps) {
    static const char a[] = "/octavo/bank/gate/1/0/1", other[] = "/octavo/bank/gate/1/1/1";
    struct bank b = { 0 };
    bank_open(&b, "ledger", ledger);
    task_begin(b.task);
    CHECK_INT(take_from_lane(&b, a, 17), TAKEN_HANDLED); /* the first sets the watermark */
    CHECK_INT(take_from_lane(&b, a, 17), TAKEN_REPEAT);
    CHECK_INT(take_from_lane(&b, a, 3), TAKEN_REPEAT);
    CHECK_INT(take_from_lane(&b, a, 19), TAKEN_GAP);
    CHECK_INT(take_from_lane(&b, a, 18), TAKEN_HANDLED); /* the watermark had not moved */
    CHECK_INT(take_from_lane(&b, a, 19), TAKEN_HANDLED);
    CHECK_INT(take_from_lane(&b, other, 1), TAKEN_HANDLED); /* lanes are apart */
    commit(&b);
    bank_reopen(&b);
    task_begin(b.task);
    CHECK_INT(take_from_lane(&b, a, 19), TAKEN_REPEAT);
    CHECK_INT(take_from_lane(&b, a, 21), TAKEN_GAP);
    CHECK_INT(take_from_lane(&b, other, 2), TAKEN_HANDLED);
    commit(&b);
    check_rows(&b, ACCOUNT, "anna/=5,;");
    struct task_counts counts = task_counts(b.task);
    CHECK_INT((long long)counts.repeats, 1);
    CHECK_INT((long long)counts.gaps, 1);
    bank_close(&b);
}

TEST(a_lane_ends_where_its_topic_partition_ends) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", ledger);
    task_begin(b.task);
    CHECK_INT(take_from_lane(&b, "/octavo/a", 5), TAKEN_HANDLED);
    struct input in = record(&b, "add", "anna", "{\"amount\":1}");
    in.source = bytes_text("/octavo/a");
    in.sequence = 1;
    in.partition = 3;
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    in.topic = bytes_text("notes");
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    commit(&b);
    bank_close(&b);
}

TEST(sequences_that_ours_never_have_make_no_lane) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", ledger);
    task_begin(b.task);
    CHECK_INT(take_from_lane(&b, "/foreign", INT64_MIN), TAKEN_HANDLED);
    CHECK_INT(take_from_lane(&b, "/foreign", 0), TAKEN_HANDLED);
    CHECK_INT(take_from_lane(&b, "/foreign", INT64_MAX), TAKEN_HANDLED);
    CHECK_INT(take_from_lane(&b, "/foreign", INT64_MAX), TAKEN_REPEAT);
    commit(&b);
    bank_close(&b);
}

TEST(a_record_that_was_read_is_not_read_again) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", ledger);
    group(&b, "add", "anna", "{\"amount\":1}");
    group(&b, "add", "anna", "{\"amount\":1}");
    bank_reopen(&b);
    b.offset = 0;
    task_begin(b.task);
    for (int i = 0; i < 2; i++) {
        struct input in = record(&b, "add", "anna", "{\"amount\":1}");
        CHECK_INT(take(&b, &in), TAKEN_REPEAT);
    }
    take_record(&b, "add", "anna", "{\"amount\":1}");
    commit(&b);
    check_rows(&b, ACCOUNT, "anna/=3,;");
    bank_close(&b);
}

TEST(a_position_names_cluster_offset_and_hash) {
    struct bank b = { 0 };
    struct position p;
    bool found;
    bank_open(&b, "ledger", ledger);
    CHECK_OK(task_position(b.task, "moves", 2, &p, &found));
    CHECK(!found);
    b.offset = 41;
    group(&b, "add", "anna", "{\"amount\":1}");
    bank_reopen(&b);
    CHECK_OK(task_position(b.task, "moves", 2, &p, &found));
    CHECK(found);
    CHECK_INT(p.next_offset, 42);
    CHECK_INT(p.last_offset, 41);
    CHECK(p.last_hash == record_hash(bytes_text("anna"), bytes_text("{\"amount\":1}"), 1000));
    CHECK_TEXT(p.cluster_id, "cluster-1");
    CHECK_OK(task_position(b.task, "moves", 1, &p, &found));
    CHECK(!found);
    bank_close(&b);
}

TEST(a_group_that_changed_nothing_is_not_committed_but_flushed) {
    struct bank b = { 0 };
    struct position p;
    bool found;
    bank_open(&b, "ledger", ledger);
    group(&b, "look", "anna", "{}");
    task_begin(b.task);
    struct input in = record(&b, "unknown to all", "anna", "no json at all");
    CHECK_INT(take(&b, &in), TAKEN_PASSED);
    commit(&b);
    CHECK_INT((long long)task_counts(b.task).commits, 0);
    CHECK_INT((long long)task_counts(b.task).passed, 1);
    bank_reopen(&b); /* a crash now: they are read again */
    CHECK_OK(task_position(b.task, "moves", 2, &p, &found));
    CHECK(!found);
    b.offset = 0;
    group(&b, "look", "anna", "{}");
    CHECK_OK(task_flush(b.task, 1));
    CHECK_OK(task_flush(b.task, 1)); /* nothing waits any more */
    CHECK_INT((long long)task_counts(b.task).commits, 1);
    bank_reopen(&b);
    CHECK_OK(task_position(b.task, "moves", 2, &p, &found));
    CHECK_INT(p.next_offset, 1);
    bank_close(&b);
}

TEST(what_was_kept_goes_with_the_next_commit) {
    struct bank b = { 0 };
    struct position p;
    bool found;
    bank_open(&b, "ledger", ledger);
    task_begin(b.task);
    struct input in = record(&b, "look", "anna", "{}");
    in.partition = 0;
    in.source = bytes_text("/octavo/x");
    in.sequence = 9;
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    commit(&b);
    group(&b, "add", "anna", "{\"amount\":1}");
    bank_reopen(&b);
    CHECK_OK(task_position(b.task, "moves", 0, &p, &found));
    CHECK_INT(p.next_offset, 1);
    task_begin(b.task);
    in.offset = 1;
    CHECK_INT(take(&b, &in), TAKEN_REPEAT); /* the lane's watermark came along */
    commit(&b);
    bank_close(&b);
}

/* ---- timers */

TEST(timers_fire_when_due_in_order_once_and_survive_a_restart) {
    struct bank b = { 0 };
    int64_t due;
    size_t taken;
    bank_open(&b, "ledger", ledger);
    CHECK(!task_next_timer(b.task, &due));
    task_begin(b.task);
    take_record(&b, "later", "c", "{\"due\":300}");
    take_record(&b, "later", "d", "{\"due\":200}");
    take_record(&b, "later", "d", "{\"due\":400}"); /* set again: moved */
    take_record(&b, "later", "e", "{\"due\":100}");
    take_record(&b, "never", "e", "{}");
    commit(&b);
    bank_reopen(&b);
    CHECK(task_next_timer(b.task, &due));
    CHECK_INT(due, 300);
    task_begin(b.task);
    CHECK_OK(task_take_timers(b.task, 299, 10, &taken));
    CHECK_INT((long long)taken, 0);
    CHECK_OK(task_take_timers(b.task, 1000, 1, &taken)); /* at most one */
    CHECK_INT((long long)taken, 1);
    commit(&b);
    CHECK_BYTES(event_at(&b, 0).value, bytes_text("{\"at\":300,\"id\":\"bell c 300 2\"}"));
    CHECK(task_next_timer(b.task, &due));
    CHECK_INT(due, 400);
    task_begin(b.task);
    CHECK_OK(task_take_timers(b.task, 1000, 10, &taken));
    CHECK_INT((long long)taken, 1);
    task_drop(b.task); /* not committed: it fires again */
    task_begin(b.task);
    CHECK_OK(task_take_timers(b.task, 1000, 10, &taken));
    CHECK_INT((long long)taken, 1);
    commit(&b);
    CHECK(!task_next_timer(b.task, &due));
    bank_close(&b);
}

TEST(a_timer_cancelled_by_one_that_fires_with_it_is_silent) {
    struct bank b = { 0 };
    int64_t due;
    size_t taken;
    bank_open(&b, "ledger", ledger);
    task_begin(b.task);
    take_record(&b, "later", "a", "{\"due\":100}");
    take_record(&b, "later", "b", "{\"due\":101}");
    commit(&b);
    task_begin(b.task);
    CHECK_OK(task_take_timers(b.task, 500, 10, &taken));
    CHECK_INT((long long)taken, 1);
    commit(&b);
    CHECK(task_next_timer(b.task, &due));
    CHECK_INT(due, 9000); /* set anew by its own handler */
    bank_close(&b);
}

/* ---- requests and replies */

static struct input request(const char *key, const char *json) {
    return (struct input){
        .kind = INPUT_REQUEST,
        .type = bytes_text("ask"),
        .id = bytes_text(key),
        .key = bytes_text(key),
        .json = bytes_text(json),
        .time_ms = 77,
    };
}

TEST(a_request_is_answered_after_its_commit_and_its_repeat_without_one) {
    struct bank b = { 0 };
    bank_open(&b, "gate", gate);
    struct input in = request("A1-7", "{\"amount\":100}");
    task_begin(b.task);
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    commit(&b);
    CHECK_INT((long long)b.committed.reply_count, 1);
    CHECK_BYTES(b.committed.replies[0].request_key, bytes_text("A1-7"));
    CHECK_BYTES(b.committed.replies[0].json, bytes_text("{\"state\":\"new\"}"));
    CHECK_INT((long long)task_counts(b.task).commits, 1);
    task_begin(b.task);
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    commit(&b);
    CHECK_BYTES(b.committed.replies[0].json, bytes_text("{\"state\":\"known\"}"));
    CHECK_INT((long long)task_counts(b.task).commits, 1);
    bank_close(&b);
}

TEST(a_request_that_is_no_json_is_refused_before_it_reaches_the_journal) {
    struct bank b = { 0 };
    enum taken taken;
    bank_open(&b, "gate", gate);
    struct input in = request("A1-7", "{\"amount\":");
    task_begin(b.task);
    CHECK_OK(task_take(b.task, &in, &taken));
    CHECK_INT(taken, TAKEN_REFUSED);
    commit(&b);
    CHECK_OK(task_flush(b.task, 1));
    CHECK_INT((long long)task_counts(b.task).commits, 0);
    bank_close(&b);
}

/* ---- the outbox */

static void outbox_note(void *context, int64_t id, struct bytes packed) {
    buf_print(context, "%lld:%zu ", (long long)id, packed.len ? (size_t)1 : (size_t)0);
}

TEST(the_outbox_holds_what_is_not_acknowledged) {
    struct bank b = { 0 };
    struct buf seen = { 0 };
    bank_open(&b, "ledger", ledger);
    for (int i = 0; i < 3; i++)
        group(&b, "add", "anna", "{\"amount\":1}");
    CHECK_OK(task_outbox_each(b.task, outbox_note, &seen));
    CHECK_TEXT(buf_text(&seen), "1:1 2:1 3:1 ");
    task_outbox_acked(b.task, 2);
    CHECK_OK(task_flush(b.task, 1));
    buf_clear(&seen);
    CHECK_OK(task_outbox_each(b.task, outbox_note, &seen));
    CHECK_TEXT(buf_text(&seen), "3:1 ");
    task_outbox_acked(b.task, 3);
    group(&b, "add", "anna", "{\"amount\":1}"); /* deleted with a commit as well */
    bank_reopen(&b);
    buf_clear(&seen);
    CHECK_OK(task_outbox_each(b.task, outbox_note, &seen));
    CHECK_TEXT(buf_text(&seen), "4:1 ");
    buf_finish(&seen);
    bank_close(&b);
}
