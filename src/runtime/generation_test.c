/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Generations over real stores and a mock broker: built, judged, switched, and switched again. */
#include "runtime/generation.h"

#include "runtime/replayer_fixture.h"
#include "runtime/snapshots.h"

static enum octavo_outcome on_order_otherwise(struct octavo_step *s) {
    struct octavo_value row;
    if (!octavo_row_get(s, "sold", octavo_text(""), &row, 1))
        row = octavo_int_value(100);
    row.integer++;
    octavo_row_put(s, "sold", octavo_text(""), &row, 1);
    return OCTAVO_DONE;
}

static const struct octavo_handler otherwise[] = { { "order", on_order_otherwise },
                                                   { NULL, NULL } };

static void check_build(struct shop *s, const char *verdict) {
    struct replay_result r = { 0 };
    CHECK_OK(generation_build(&s->options, &r));
    CHECK_TEXT(replay_verdict_word(r.verdict), verdict);
    replay_result_finish(&r);
}

static void rest(struct shop *s) {
    task_close(s->open);
    s->open = NULL;
}

static enum error open_generation(struct shop *s, struct declared_service *service,
                                  int32_t generation) {
    struct task_options options = s->task;
    *service = *s->task.service;
    service->generation = generation;
    options.service = service;
    return task_open(&s->open, &options);
}

static enum error switch_now(struct shop *s, bool accept) {
    struct generation_switch change = { .options = &s->options, .accept = accept, .now_ms = 77 };
    TRY(generation_lock(&s->options, &change.old));
    enum error e = generation_switch(&change);
    CHECK(e || generation_is_switched(&s->options, change.old));
    change.old->ops->close(change.old);
    return e;
}

static void on_count(void *context, int64_t id, struct bytes packed) {
    (void)id;
    (void)packed;
    ++*(int *)context;
}

TEST(a_generation_is_built_beside_the_first_and_takes_over_with_lanes_of_its_own) {
    struct shop s = { 0 };
    struct declared_service service;
    struct committed done;
    int rows = 0;
    shop_open(&s);
    s.options.into = 2;
    shop_take(&s, 0, 10);
    check_build(&s, "EQUAL");
    shop_take(&s, 10, 20);
    check_build(&s, "EQUAL");
    CHECK_INT(generation_lock(&s.options, &(struct store *){ NULL }), E_locked);
    CHECK(strstr(error_story(), "stop service till first"));
    rest(&s);
    CHECK_INT(open_generation(&s, &service, 2), E_config);
    CHECK(strstr(error_story(), "is being built by a replay"));
    CHECK_OK(switch_now(&s, false));
    CHECK_INT(open_generation(&s, &service, 1), E_config);
    CHECK(strstr(error_story(), "generation 1 of till has ended: generation 2 went on from it"));
    CHECK(strstr(error_story(), "try: declare `generation: 2` for till"));
    CHECK_OK(open_generation(&s, &service, 2));
    CHECK_OK(task_outbox_each(s.open, on_count, &rows));
    CHECK_INT(rows, 0);
    shop_take(&s, 0, 20); /* read before: nothing is done again */
    CHECK_INT((int64_t)task_counts(s.open).repeats, 80);
    task_begin(s.open);
    struct input in = { .kind = INPUT_RECORD,
                        .type = bytes_text("order"),
                        .id = bytes_text("new"),
                        .key = bytes_text("key-1"),
                        .json = bytes_text("{}"),
                        .topic = bytes_text("orders"),
                        .partition = 0,
                        .offset = 20 };
    enum taken taken;
    CHECK_OK(task_take(s.open, &in, &taken));
    CHECK_OK(task_commit(s.open, 9, &done));
    struct cursor at = cursor_on(done.outbox);
    struct out_event event;
    CHECK_OK(outbox_unpack(&at, &event));
    CHECK_INT(event.sequence, 1);
    CHECK_BYTES(event.source, bytes_text("/octavo/shop/till/2/0/1"));
    shop_close(&s);
}

/* Of the 80 events of twenty groups, in lanes without a gap. */
static int sales_count(struct shop *s) {
    struct kafka_log *log;
    struct kafka_record r;
    int sent = 0;
    bool found;
    CHECK_OK(kafka_log_open(&log, s->options.bootstrap));
    for (int32_t p = 0; p < PARTITIONS; p++) {
        struct kafka_part at = { "sales", p, 0 };
        for (int64_t sequence = 0;; at.offset = r.offset + 1, sent++) {
            CHECK_OK(kafka_log_next(log, &at, &r, &found));
            if (!found)
                break;
            CHECK_INT(r.sequence, ++sequence);
        }
    }
    kafka_log_close(log);
    return sent;
}

static void check_switch_sends(struct shop *s) {
    struct declared_service service;
    int rows = 0;
    s->options.into = 2;
    CHECK_INT(rd_kafka_mock_topic_create(mock, "sales", 4, 1), 0);
    shop_take(s, 0, 20);
    CHECK_OK(task_outbox_each(s->open, on_count, &rows));
    CHECK_INT(rows, 20);
    rest(s);
    check_build(s, "EQUAL");
    CHECK_OK(switch_now(s, false));
    CHECK_OK(switch_now(s, false)); /* again: nothing */
    CHECK_INT(sales_count(s), 80);
    CHECK_OK(open_generation(s, &service, 2));
}

TEST(what_the_first_had_not_sent_is_sent_by_the_switch) {
    struct shop s = { 0 };
    shop_open(&s);
    check_switch_sends(&s);
    shop_close(&s);
}

TEST(what_the_first_had_not_sent_to_compacted_topics_is_sent_in_transactions) {
    struct shop s = { 0 };
    shop_open(&s);
    ((struct declared_service *)(uintptr_t)s.task.service)->produces_compacted = true;
    check_switch_sends(&s);
    shop_close(&s);
}

TEST(a_generation_that_differs_takes_over_only_when_that_is_accepted) {
    struct shop s = { 0 };
    struct declared_service service;
    shop_open(&s);
    CHECK_INT(rd_kafka_mock_topic_create(mock, "sales", 4, 1), 0);
    s.options.into = 2;
    s.options.handlers = otherwise;
    shop_take(&s, 0, 5);
    rest(&s);
    check_build(&s, "DIFFERS");
    CHECK_INT(switch_now(&s, false), E_config);
    CHECK(strstr(error_story(), "generation 2 of task 0: differs"));
    CHECK_OK(open_generation(&s, &service, 1)); /* it goes on */
    rest(&s);
    CHECK_OK(switch_now(&s, true));
    CHECK_OK(open_generation(&s, &service, 2));
    shop_close(&s);
}

TEST(a_generation_that_is_open_already_is_not_built_again) {
    struct shop s = { 0 };
    struct declared_service service;
    struct replay_result r = { 0 };
    shop_open(&s);
    s.options.into = 2;
    shop_take(&s, 0, 5);
    rest(&s);
    CHECK_OK(open_generation(&s, &service, 2));
    CHECK_INT(generation_build(&s.options, &r), E_config);
    CHECK(strstr(error_story(), "generation 2 of till, task 0, is there already"));
    shop_close(&s);
}

TEST(a_generation_with_other_columns_is_refused_and_the_first_goes_on) {
    struct shop s = { 0 };
    struct declaration *wider;
    struct declared_service service;
    struct replay_result r = { 0 };
    struct buf yaml = { 0 };
    shop_open(&s);
    shop_take(&s, 0, 5);
    rest(&s);
    buf_put_text(&yaml, shop_yaml);
    yaml.len -= strlen(" } } }\n");
    buf_put_text(&yaml, ", note: text } } }\n");
    CHECK_OK(declaration_read(&wider, "wider.yaml", buf_bytes(&yaml)));
    s.options.into = 2;
    s.options.declaration = wider;
    s.options.declared = declaration_service(wider, "till");
    CHECK_INT(generation_build(&s.options, &r), E_config);
    CHECK(strstr(error_story(), "holding generation 1 against the tables of generation 2"));
    CHECK(strstr(error_story(), "try: declare its tables as generation 1 has them"));
    CHECK_OK(open_generation(&s, &service, 1));
    declaration_destroy(wider);
    buf_finish(&yaml);
    replay_result_finish(&r);
    shop_close(&s);
}

static void shop_sql(const char *sql) {
    /* Its file is made anew: what another program writes has no checksums. */
    char *command = text_format("F=%s/shop/shop.till.1.0.db && sqlite3 $F \"%s\" && "
                                "sqlite3 $F .dump | sqlite3 $F.new && mv $F.new $F",
                                test_dir(), sql);
    FILE *out = popen(command, "re");
    CHECK(out);
    int code = pclose(out);
    free(command);
    if (code)
        SKIP("no sqlite3 command");
}

TEST(a_generation_that_could_not_be_checked_does_not_take_over_whatever_is_accepted) {
    struct shop s = { 0 };
    struct declared_service service;
    shop_open(&s);
    s.options.into = 2;
    shop_take(&s, 0, 5);
    rest(&s);
    shop_sql("DELETE FROM journal WHERE id = 3");
    check_build(&s, "NOT CHECKED");
    CHECK_INT(switch_now(&s, false), E_config);
    CHECK_INT(switch_now(&s, true), E_config);
    CHECK(strstr(error_story(), "generation 2 of task 0: not checked"));
    CHECK_OK(open_generation(&s, &service, 1));
    shop_close(&s);
}

TEST(a_switch_waits_for_effects_that_are_not_done) {
    struct shop s = { 0 };
    struct declared_service service;
    struct generation_switch change = { .options = &s.options, .now_ms = 77 };
    struct effect_row row = { .id = bytes_text("e"), .edge = bytes_text("mail") };
    int64_t number;
    shop_open(&s);
    CHECK_INT(rd_kafka_mock_topic_create(mock, "sales", 4, 1), 0);
    s.options.into = 2;
    shop_take(&s, 0, 5);
    rest(&s);
    check_build(&s, "EQUAL");
    CHECK_OK(generation_lock(&s.options, &change.old));
    CHECK_OK(change.old->ops->begin(change.old));
    CHECK_OK(change.old->ops->effect_add(change.old, &row, &number));
    CHECK_OK(change.old->ops->commit(change.old));
    CHECK_INT(generation_switch(&change), E_busy);
    CHECK(strstr(error_story(), "1 effects of task 0 are not done"));
    CHECK(!generation_is_switched(&s.options, change.old));
    CHECK_OK(change.old->ops->begin(change.old));
    CHECK_OK(change.old->ops->effect_delete(change.old, number));
    CHECK_OK(change.old->ops->commit(change.old));
    CHECK_OK(generation_switch(&change));
    change.old->ops->close(change.old);
    CHECK_OK(open_generation(&s, &service, 2));
    shop_close(&s);
}
