/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/parked.h"
#include "runtime/step.h"
#include "runtime/task_fixture.h"

enum { ACCOUNT, TOTAL, POSTING };

/* ---- the handlers: what "do" says, once it has done everything a step can do */

static bool mended; /* the world outside: what failed before does no longer */

static void append(struct octavo_step *s) {
    struct octavo_value account[2];
    struct octavo_text old = octavo_text(""), word;
    char text[256];
    if (octavo_row_get(s, "account", octavo_text(""), account, 2))
        old = account[1].text;
    if (!octavo_event_text(s, "word", &word))
        word = octavo_event_id(s);
    (void)snprintf(text, sizeof(text), "%.*s+%.*s", (int)old.len, old.data, (int)word.len,
                   word.data);
    account[0] = octavo_int_value(octavo_event_time_ms(s));
    account[1] = octavo_text_value(octavo_text(text));
    octavo_row_put(s, "account", octavo_text(""), account, 2);
    octavo_event_begin(s, "notes", "noted", octavo_event_key(s));
    octavo_put_text(s, "word", word);
    octavo_end(s);
}

static enum octavo_outcome on_do(struct octavo_step *s) {
    struct octavo_text what;
    append(s);
    if (mended || !octavo_event_text(s, "do", &what))
        return OCTAVO_DONE;
    return octavo_refuse(s, octavo_text_is(what, "retry") ? OCTAVO_RETRY : OCTAVO_PARK,
                         "no %.*s today", (int)what.len, what.data);
}

static enum octavo_outcome on_timer_set(struct octavo_step *s) {
    octavo_timer_set(s, "bell", octavo_event_key(s), 5000);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_bell(struct octavo_step *s) {
    append(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_large(struct octavo_step *s) {
    size_t len = 500 * 1024;
    char *text = memory_get(len + 1);
    memset(text, 'x', len);
    append(s);
    octavo_event_begin(s, "notes", "noted", octavo_text("k"));
    octavo_put_text(s, "a", octavo_text(text));
    octavo_put_text(s, "b", octavo_text(text));
    octavo_end(s);
    free(text);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_long_key(struct octavo_step *s) {
    char key[2000];
    memset(key, 'k', sizeof(key) - 1);
    key[sizeof(key) - 1] = 0;
    octavo_event_begin(s, "notes", "noted", octavo_text(key));
    octavo_end(s);
    return OCTAVO_DONE;
}

static const struct octavo_handler ledger[] = {
    { "do", on_do },       { "set", on_timer_set },     { "timer:bell", on_bell },
    { "large", on_large }, { "long-key", on_long_key }, { NULL, NULL },
};

/* ---- what is looked at */

static struct declared_park *budget(struct bank *b) {
    return &((struct declared_service *)(uintptr_t)b->options.service)->park;
}

static void row_note(void *context, const struct parked_row *row) {
    struct input in;
    CHECK_OK(parked_unpack(row->packed, &in));
    buf_print(context, "%lld %.*s %.*s %d %lld '%.*s';", (long long)row->number, (int)row->key.len,
              (const char *)row->key.data, (int)in.id.len, (const char *)in.id.data, row->attempts,
              (long long)row->due_ms, (int)row->reason.len, (const char *)row->reason.data);
}

static void check_parked(struct bank *b, const char *wanted) {
    struct buf out = { 0 };
    CHECK_OK(task_park_each(b->task, (struct bytes){ 0 }, row_note, &out));
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
}

static void check_left(struct bank *b, int64_t keys, int64_t inputs) {
    CHECK_INT(task_parked(b->task).keys, keys);
    CHECK_INT(task_parked(b->task).inputs, inputs);
    CHECK((task_parked(b->task).bytes > 0) == (inputs > 0));
}

static enum taken give(struct bank *b, const char *type, const char *key, const char *json) {
    struct input in = record(b, type, key, json);
    return take(b, &in);
}

static void open_mended(struct bank *b, bool is_mended) {
    mended = is_mended;
    bank_open(b, "ledger", ledger);
}

static enum taken retry(struct bank *b, const char *key) {
    enum taken taken;
    size_t more = 1;
    task_begin(b->task);
    CHECK_OK(task_park_retry(b->task, bytes_text(key), 7000, &taken));
    commit(b);
    while (more) { /* what is due behind it, one a group */
        task_begin(b->task);
        CHECK_OK(task_park_due(b->task, 7000, 1, &more));
        commit(b);
    }
    return taken;
}

/* ---- order */

TEST(a_failed_event_leaves_nothing_its_key_waits_in_order_and_the_others_go_on) {
    struct bank b = { 0 };
    open_mended(&b, false);
    task_begin(b.task);
    CHECK_INT(give(&b, "do", "ann", "{}"), TAKEN_HANDLED);
    CHECK_INT(give(&b, "do", "ann", "{\"do\":\"x\"}"), TAKEN_PARKED);
    CHECK_INT(give(&b, "do", "bob", "{}"), TAKEN_HANDLED);
    CHECK_INT(give(&b, "do", "ann", "{}"), TAKEN_PARKED);
    CHECK_INT(give(&b, "do", "ann", "{\"do\":\"y\"}"), TAKEN_PARKED);
    CHECK_INT(give(&b, "do", "bob", "{}"), TAKEN_HANDLED);
    CHECK_INT(give(&b, "nobody's", "ann", "{}"), TAKEN_PASSED);
    commit(&b);
    check_rows(&b, ACCOUNT, "ann/=1000,+in-0;bob/=1005,+in-2+in-5;");
    check_parked(&b, "1 ann in-1 1 0 'no x today';2 ann in-3 0 0 '';3 ann in-4 0 0 '';");
    check_left(&b, 1, 3);
    bank_reopen(&b);
    check_left(&b, 1, 3);
    group(&b, "do", "bob", "{}");
    task_begin(b.task);
    CHECK_INT(give(&b, "do", "ann", "{}"), TAKEN_PARKED);
    commit(&b);
    check_left(&b, 1, 4);
    CHECK(task_is_parked(b.task, bytes_text("ann")));
    CHECK(!task_is_parked(b.task, bytes_text("bob")));
    bank_close(&b);
}

TEST(a_retry_after_mending_goes_on_in_order_with_the_ids_and_times_of_before) {
    struct bank b = { 0 };
    open_mended(&b, false);
    task_begin(b.task);
    CHECK_INT(give(&b, "do", "ann", "{\"do\":\"x\"}"), TAKEN_PARKED);
    CHECK_INT(give(&b, "do", "ann", "{\"word\":\"two\"}"), TAKEN_PARKED);
    CHECK_INT(give(&b, "do", "ann", "{\"word\":\"three\"}"), TAKEN_PARKED);
    commit(&b);
    CHECK_INT(retry(&b, "ann"), TAKEN_PARKED);
    check_parked(&b, "1 ann in-0 2 0 'no x today';2 ann in-1 0 0 '';3 ann in-2 0 0 '';");
    mended = true;
    CHECK_INT(retry(&b, "ann"), TAKEN_HANDLED);
    check_rows(&b, ACCOUNT, "ann/=1002,+in-0+two+three;");
    check_left(&b, 0, 0);
    check_parked(&b, "");
    CHECK_INT((int64_t)task_counts(b.task).retried, 4);
    group(&b, "do", "ann", "{\"word\":\"four\"}");
    check_rows(&b, ACCOUNT, "ann/=1003,+in-0+two+three+four;");
    bank_close(&b);
}

TEST(a_release_stops_at_the_next_event_that_fails_and_goes_on_from_there) {
    struct bank b = { 0 };
    open_mended(&b, false);
    task_begin(b.task);
    CHECK_INT(give(&b, "do", "ann", "no json"), TAKEN_PARKED);
    CHECK_INT(give(&b, "do", "ann", "{}"), TAKEN_PARKED);
    CHECK_INT(give(&b, "do", "ann", "{\"do\":\"x\"}"), TAKEN_PARKED);
    CHECK_INT(give(&b, "do", "ann", "{}"), TAKEN_PARKED);
    commit(&b);
    task_begin(b.task);
    CHECK_OK(task_park_drop(b.task, bytes_text("ann"), 7000));
    commit(&b);
    bank_reopen(&b); /* what is due was committed with the drop */
    size_t taken;
    task_begin(b.task);
    CHECK_OK(task_park_due(b.task, 7000, 10, &taken));
    commit(&b);
    CHECK_INT((int64_t)taken, 2);
    check_rows(&b, ACCOUNT, "ann/=1001,+in-1;");
    check_parked(&b, "3 ann in-2 1 0 'no x today';4 ann in-3 0 0 '';");
    CHECK_INT((int64_t)task_counts(b.task).retried, 2);
    bank_close(&b);
}

TEST(dropping_the_only_event_of_a_key_lets_the_key_go) {
    struct bank b = { 0 };
    open_mended(&b, false);
    task_begin(b.task);
    CHECK_INT(give(&b, "do", "ann", "{\"do\":\"x\"}"), TAKEN_PARKED);
    commit(&b);
    task_begin(b.task);
    CHECK_OK(task_park_drop(b.task, bytes_text("ann"), 7000));
    CHECK_ERROR(task_park_drop(b.task, bytes_text("bob"), 7000), E_not_found);
    CHECK_STORY("key bob is not parked");
    commit(&b);
    check_left(&b, 0, 0);
    CHECK_INT((int64_t)task_counts(b.task).dropped, 1);
    group(&b, "do", "ann", "{}");
    check_rows(&b, ACCOUNT, "ann/=1001,+in-1;");
    bank_close(&b);
}

/* ---- what is poison */

TEST(poison_is_parked_with_its_bytes_before_its_handler_sees_it) {
    static const struct {
        const char *json, *reason;
    } poison[] = {
        { "no json", "its value is no event: malformed input: json: not an object" },
        { "", "its value is no event: malformed input: json: not an object" },
        { "[1]", "its value is no event: malformed input: json: not an object" },
        { "{\"a\":{}}", "its value is no event: malformed input: json: line 1, byte " },
        { "{\"a\":1.5}", "its value is no event: malformed input: json: line 1, byte " },
        { "{\"a\":1,\"a\":1}", "its value is no event: malformed input: json: line 1, byte " },
        { "\xff", "its value is no event: malformed input: json: not an object" },
    };
    struct bank b = { 0 };
    open_mended(&b, true);
    for (size_t i = 0; i < sizeof(poison) / sizeof(*poison); i++) {
        char key[8];
        (void)snprintf(key, sizeof(key), "k%zu", i);
        task_begin(b.task);
        CHECK_INT(give(&b, "do", key, poison[i].json), TAKEN_PARKED);
        CHECK_INT(give(&b, "do", key, "{}"), TAKEN_PARKED);
        CHECK_INT(give(&b, "nobody's", "other", poison[i].json), TAKEN_PASSED);
        commit(&b);
        struct buf out = { 0 };
        CHECK_OK(task_park_each(b.task, bytes_text(key), row_note, &out));
        CHECK(strstr(buf_text(&out), poison[i].reason));
        buf_finish(&out);
        CHECK_INT(retry(&b, key), TAKEN_PARKED); /* it does not get better */
    }
    check_left(&b, 7, 14);
    check_rows(&b, ACCOUNT, "");
    bank_close(&b);
}

TEST(a_tombstone_is_an_event_without_fields) {
    struct bank b = { 0 };
    open_mended(&b, false);
    struct input in = record(&b, "do", "ann", "");
    in.json = (struct bytes){ 0 };
    task_begin(b.task);
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    commit(&b);
    check_rows(&b, ACCOUNT, "ann/=1000,+in-0;");
    bank_close(&b);
}

TEST(what_is_too_large_to_be_an_event_or_to_make_one_is_parked) {
    struct bank b = { 0 };
    size_t len = OUT_BYTES_MAX + 1;
    char *large = memory_get(len + 1);
    memset(large, ' ', len);
    open_mended(&b, false);
    task_begin(b.task);
    CHECK_INT(give(&b, "do", "ann", large), TAKEN_PARKED);
    large[OUT_NAME_MAX + 1] = 0;
    CHECK_INT(give(&b, "do", large, "{}"), TAKEN_PARKED);
    CHECK_INT(give(&b, "large", "bob", "{}"), TAKEN_PARKED);
    CHECK_INT(give(&b, "long-key", "cid", "{}"), TAKEN_PARKED);
    commit(&b);
    check_parked(&b, "1 ann in-0 1 0 'its value is too large';"
                     "2 moves/2/1 in-1 1 0 'its key is too large';"
                     "3 bob in-2 1 0 'an event or reply is over 921600 bytes';"
                     "4 cid in-3 1 0 'the key of an event is over 1024 bytes';");
    check_rows(&b, ACCOUNT, "");
    free(large);
    bank_close(&b);
}

TEST(a_record_without_a_key_waits_alone) {
    struct bank b = { 0 };
    open_mended(&b, false);
    task_begin(b.task);
    CHECK_INT(give(&b, "do", "", "{\"do\":\"x\"}"), TAKEN_PARKED);
    CHECK_INT(give(&b, "do", "", "{}"), TAKEN_HANDLED);
    CHECK_INT(give(&b, "do", "", "{\"do\":\"x\"}"), TAKEN_PARKED);
    commit(&b);
    check_parked(&b, "1 moves/2/0 in-0 1 0 'no x today';2 moves/2/2 in-2 1 0 'no x today';");
    check_rows(&b, ACCOUNT, "/=1001,+in-1;");
    mended = true;
    CHECK_INT(retry(&b, "moves/2/0"), TAKEN_HANDLED);
    check_rows(&b, ACCOUNT, "/=1000,+in-1+in-0;");
    bank_close(&b);
}

/* ---- timers and requests */

TEST(a_timer_of_a_parked_key_waits_its_turn) {
    struct bank b = { 0 };
    size_t taken;
    int64_t due;
    open_mended(&b, false);
    group(&b, "set", "ann", "{}");
    task_begin(b.task);
    CHECK_INT(give(&b, "do", "ann", "{\"do\":\"x\"}"), TAKEN_PARKED);
    commit(&b);
    budget(&b)->bytes = 1; /* it takes no more room than it had */
    task_begin(b.task);
    CHECK_OK(task_take_timers(b.task, 5000, 10, &taken));
    commit(&b);
    CHECK_INT((int64_t)taken, 1);
    CHECK(!task_next_timer(b.task, &due));
    check_parked(&b, "1 ann in-1 1 0 'no x today';2 ann bell ann 5000 2 0 0 '';");
    mended = true;
    CHECK_INT(retry(&b, "ann"), TAKEN_HANDLED);
    check_rows(&b, ACCOUNT, "ann/=5000,+in-1+bell ann 5000 2;");
    bank_close(&b);
}

static enum octavo_outcome on_ask(struct octavo_step *s) {
    struct octavo_value row = octavo_text_value(octavo_text("new"));
    struct octavo_text what;
    octavo_row_put(s, "asked", octavo_text(""), &row, 1);
    octavo_reply_begin(s, octavo_event_key(s));
    octavo_end(s);
    return octavo_event_text(s, "do", &what) ? OCTAVO_PARK : OCTAVO_DONE;
}

static const struct octavo_handler gate[] = { { "ask", on_ask }, { "do", on_ask }, { NULL, NULL } };

TEST(a_request_that_would_wait_is_refused_and_undone_and_the_group_goes_on) {
    struct bank b = { 0 };
    bank_open(&b, "gate", gate);
    struct input asked = { .kind = INPUT_REQUEST, .type = bytes_text("ask"), .time_ms = 5 };
    task_begin(b.task);
    CHECK_INT(give(&b, "do", "ann", "{\"do\":\"x\"}"), TAKEN_PARKED);
    asked.id = asked.key = bytes_text("ann");
    asked.json = bytes_text("{}");
    CHECK_INT(take(&b, &asked), TAKEN_REFUSED);
    asked.id = asked.key = bytes_text("bob");
    asked.json = bytes_text("{\"do\":\"x\"}");
    CHECK_INT(take(&b, &asked), TAKEN_REFUSED);
    asked.json = bytes_text("{}");
    CHECK_INT(take(&b, &asked), TAKEN_HANDLED);
    commit(&b);
    CHECK_INT((int64_t)b.committed.reply_count, 1);
    check_rows(&b, 0, "bob/=new;");
    check_left(&b, 1, 1);
    bank_close(&b);
}

TEST(an_item_of_a_source_is_parked_as_a_record_is) {
    struct bank b = { 0 };
    bank_open(&b, "gate", gate);
    struct input item = { .kind = INPUT_REQUEST, .type = bytes_text("ask"), .time_ms = 5 };
    item.id = item.key = bytes_text("ann");
    item.json = bytes_text("{\"do\":\"x\"}");
    item.topic = bytes_text("edge:door");
    task_begin(b.task);
    CHECK_INT(take(&b, &item), TAKEN_PARKED);
    CHECK_INT(take(&b, &item), TAKEN_PARKED);
    commit(&b);
    check_left(&b, 1, 2);
    bank_close(&b);
}

/* ---- by itself */

TEST(a_retry_comes_by_itself_later_each_time_until_an_operator_must_look) {
    struct bank b = { 0 };
    int64_t now = 1000000, due, last_wait = 0;
    size_t taken;
    open_mended(&b, false);
    *budget(&b) = (struct declared_park){ 1 << 20, 1 << 20, 3, 1000, 3000 };
    task_set_now(b.task, now);
    task_begin(b.task);
    CHECK_INT(give(&b, "do", "ann", "{\"do\":\"retry\"}"), TAKEN_PARKED);
    CHECK_INT(give(&b, "do", "ann", "{}"), TAKEN_PARKED);
    commit(&b);
    for (int i = 1; i <= 3; i++) {
        CHECK(task_park_next_due(b.task, &due));
        int64_t wait = due - now, most = i == 1 ? 1000 : i == 2 ? 2000 : 3000;
        CHECK(wait >= most / 2 && wait <= most);
        CHECK(wait != last_wait);
        last_wait = wait;
        bank_reopen(&b);
        task_begin(b.task);
        CHECK_OK(task_park_due(b.task, due - 1, 10, &taken));
        CHECK_INT((int64_t)taken, 0);
        CHECK_OK(task_park_due(b.task, due, 10, &taken));
        CHECK_INT((int64_t)taken, 1);
        commit(&b);
        now = due;
    }
    CHECK(!task_park_next_due(b.task, &due));
    check_parked(&b, "1 ann in-0 4 0 'no retry today';2 ann in-1 0 0 '';");
    CHECK_INT(retry(&b, "ann"), TAKEN_PARKED);
    CHECK(!task_park_next_due(b.task, &due));
    mended = true;
    CHECK_INT(retry(&b, "ann"), TAKEN_HANDLED);
    check_rows(&b, ACCOUNT, "ann/=1001,+in-0+in-1;");
    bank_close(&b);
}

/* ---- positions, watermarks, drops */

static struct input sent(struct bank *b, int64_t sequence, const char *key, const char *json) {
    struct input in = record(b, "do", key, json);
    in.source = bytes_text("/octavo/bank/gate/1/0/1");
    in.sequence = sequence;
    return in;
}

TEST(position_and_watermark_pass_what_is_parked) {
    struct bank b = { 0 };
    struct position p;
    bool found;
    open_mended(&b, false);
    struct input first = sent(&b, 1, "ann", "{\"do\":\"x\"}");
    task_begin(b.task);
    CHECK_INT(take(&b, &first), TAKEN_PARKED);
    commit(&b);
    bank_reopen(&b);
    CHECK_OK(task_position(b.task, "moves", 2, &p, &found));
    CHECK_INT(p.next_offset, 1);
    struct input again = sent(&b, 1, "ann", "{\"do\":\"x\"}");
    struct input next = sent(&b, 2, "ann", "{}");
    struct input beyond = sent(&b, 4, "ann", "{}");
    task_begin(b.task);
    CHECK_INT(take(&b, &again), TAKEN_REPEAT);
    CHECK_INT(take(&b, &next), TAKEN_PARKED);
    CHECK_INT(take(&b, &beyond), TAKEN_GAP);
    commit(&b);
    check_left(&b, 1, 2);
    bank_close(&b);
}

TEST(a_used_up_budget_leaves_the_record_where_it_is_and_other_keys_go_on) {
    struct bank b = { 0 };
    struct position p;
    bool found;
    open_mended(&b, false);
    struct input first = sent(&b, 1, "ann", "{\"do\":\"x\"}");
    struct input second = sent(&b, 2, "ann", "{}");
    task_begin(b.task);
    CHECK_INT(take(&b, &first), TAKEN_PARKED);
    budget(&b)->key_bytes = task_parked(b.task).bytes + 10;
    CHECK_INT(take(&b, &second), TAKEN_FULL);
    commit(&b);
    CHECK_OK(task_position(b.task, "moves", 2, &p, &found));
    CHECK_INT(p.next_offset, 1);
    budget(&b)->key_bytes = 1 << 20;
    bank_reopen(&b);
    task_begin(b.task);
    CHECK_INT(take(&b, &second), TAKEN_PARKED);
    budget(&b)->bytes = task_parked(b.task).bytes + 10;
    struct input bob = sent(&b, 3, "bob", "{}");
    CHECK_INT(take(&b, &bob), TAKEN_HANDLED);
    struct input cid = sent(&b, 4, "cid", "{\"do\":\"x\"}");
    CHECK_INT(take(&b, &cid), TAKEN_FULL); /* its step is undone, its watermark did not move */
    commit(&b);
    check_rows(&b, ACCOUNT, "bob/=1002,+in-2;");
    task_begin(b.task);
    CHECK_OK(task_park_drop(b.task, bytes_text("ann"), 1));
    CHECK_INT(take(&b, &cid), TAKEN_PARKED);
    commit(&b);
    check_left(&b, 2, 2);
    bank_close(&b);
}

TEST(a_dropped_group_takes_its_parking_and_unparking_back) {
    struct bank b = { 0 };
    enum taken taken;
    open_mended(&b, false);
    task_begin(b.task);
    CHECK_INT(give(&b, "do", "ann", "{\"do\":\"retry\"}"), TAKEN_PARKED);
    commit(&b);
    task_begin(b.task);
    CHECK_INT(give(&b, "do", "ann", "{}"), TAKEN_PARKED);
    CHECK_INT(give(&b, "do", "bob", "{\"do\":\"x\"}"), TAKEN_PARKED);
    task_drop(b.task);
    b.offset = 1;
    task_begin(b.task);
    CHECK_INT(give(&b, "do", "bob", "{}"), TAKEN_HANDLED);
    commit(&b);
    check_left(&b, 1, 1);
    mended = true;
    task_begin(b.task);
    CHECK_OK(task_park_retry(b.task, bytes_text("ann"), 9000, &taken));
    CHECK_INT(taken, TAKEN_HANDLED);
    task_drop(b.task);
    int64_t due;
    CHECK(task_park_next_due(b.task, &due));
    check_left(&b, 1, 1);
    CHECK_INT(retry(&b, "ann"), TAKEN_HANDLED);
    check_left(&b, 0, 0);
    check_rows(&b, ACCOUNT, "ann/=1000,+in-0;bob/=1001,+in-1;");
    bank_close(&b);
}

TEST(a_parked_row_that_is_no_input_is_corrupt) {
    struct buf packed = { 0 };
    struct input in = { .kind = INPUT_TIMER, .key = bytes_text("k") }, out;
    parked_pack(&packed, &in);
    CHECK_OK(parked_unpack(buf_bytes(&packed), &out));
    CHECK_INT(out.kind, INPUT_TIMER);
    CHECK(!out.json.data && out.key.len == 1);
    for (size_t len = 0; len < packed.len; len++)
        CHECK_ERROR(parked_unpack(bytes_of(packed.data, len), &out), E_corrupt);
    buf_put_byte(&packed, 0);
    CHECK_ERROR(parked_unpack(buf_bytes(&packed), &out), E_corrupt);
    packed.len--;
    packed.data[1] = 9;
    CHECK_ERROR(parked_unpack(buf_bytes(&packed), &out), E_corrupt);
    buf_finish(&packed);
}
