/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Replays with files and a log: what librdkafka's mock broker holds was taken in by a task. */
#include "runtime/replayer.h"

#include "base/disk.h"
#include "runtime/kafka_log.h"
#include "runtime/mock_broker.h"
#include "runtime/slot.h"
#include "runtime/snapshots.h"
#include "runtime/task_fixture.h"

enum { RECORDS = 200, PARTITIONS = 4, WAIT_MS = 20000 };

static const char shop_yaml[] = "system: shop\n"
                                "topics: { orders: { partitions: 4 } }\n"
                                "services:\n"
                                "  till:\n"
                                "    handler: shop.till\n"
                                "    tasks: 1\n"
                                "    consumes: [orders]\n"
                                "    tables: { sold: { columns: { count: int } } }\n";

static enum octavo_outcome on_order(struct octavo_step *s) {
    struct octavo_value row;
    if (!octavo_row_get(s, "sold", octavo_text(""), &row, 1))
        row = octavo_int_value(0);
    row.integer++;
    octavo_row_put(s, "sold", octavo_text(""), &row, 1);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = { { "order", on_order }, { NULL, NULL } };

struct shop {
    struct declaration *declaration;
    struct replayer_options options;
    struct task_options task;
    struct task *open;
    char *url, *work;
};

static void on_delivered(void *context, void *tag, bool delivered) {
    (void)context;
    (void)tag;
    CHECK(delivered);
}

static void given_orders(const char *bootstrap) {
    struct kafka_producer *producer;
    struct kafka_producer_options options = { bootstrap, "test", on_delivered, NULL };
    CHECK_OK(kafka_producer_create(&producer, &options));
    for (int i = 0; i < RECORDS; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "key-%d", i % 7);
        struct out_event e = { .topic = bytes_text("orders"),
                               .partition = i % PARTITIONS,
                               .id = bytes_text(key),
                               .type = bytes_text("order"),
                               .key = bytes_text(key),
                               .value = bytes_text("{}"),
                               .time_ms = 1790000000000 + i };
        CHECK_OK(kafka_produce(producer, &e, NULL));
    }
    CHECK(kafka_producer_flush(producer, WAIT_MS));
    kafka_producer_destroy(producer);
}

static void shop_open(struct shop *s) {
    CHECK_OK(declaration_read(&s->declaration, "shop.yaml", bytes_text(shop_yaml)));
    s->url = text_format("sqlite:%s/shop", test_dir());
    s->work = text_format("%s/replay", test_dir());
    s->task = (struct task_options){
        .system = "shop",
        .service = declaration_service(s->declaration, "till"),
        .handlers = handlers,
        .store_kind = &sqlite_store_kind,
        .store_url = s->url,
        .journal_inputs = true,
        .partitions_of = bank_partitions,
        .context = s->declaration,
    };
    s->options = (struct replayer_options){ .declaration = s->declaration,
                                            .declared = s->task.service,
                                            .handlers = handlers,
                                            .store_kind = &sqlite_store_kind,
                                            .store_url = s->url,
                                            .work_dir = s->work,
                                            .bootstrap = mock_start() };
    given_orders(s->options.bootstrap);
    CHECK_OK(task_open(&s->open, &s->task));
}

/* Takes offsets [from, to) of every partition, each a group. */
static void shop_take(struct shop *s, int64_t from, int64_t to) {
    struct kafka_log *log;
    struct committed done;
    CHECK_OK(kafka_log_open(&log, s->options.bootstrap));
    for (int64_t offset = from; offset < to; offset++) {
        task_begin(s->open);
        for (int32_t p = 0; p < PARTITIONS; p++) {
            struct kafka_part part = { "orders", p, offset };
            struct kafka_record r;
            enum taken taken;
            bool found;
            CHECK_OK(kafka_log_next(log, &part, &r, &found));
            CHECK(found);
            struct input in = slot_input(&r);
            CHECK_OK(task_take(s->open, &in, &taken));
        }
        CHECK_OK(task_commit(s->open, 5, &done));
    }
    kafka_log_close(log);
}

static void shop_close(struct shop *s) {
    task_close(s->open);
    declaration_destroy(s->declaration);
    free(s->url);
    free(s->work);
    mock_stop();
}

static void check_replay(struct shop *s, const char *verdict, int64_t first, int64_t last) {
    struct replay_result r = { 0 };
    CHECK_OK(replayer_run(&s->options, &r));
    CHECK_TEXT(replay_verdict_word(r.verdict), verdict);
    CHECK_INT(r.first_id, first);
    CHECK_INT(r.last_id, last);
    replay_result_finish(&r);
}

static void on_any_name(void *context, const char *name) {
    (void)name;
    ++*(int *)context;
}

TEST(a_store_is_replayed_while_its_owner_goes_on_and_nothing_is_left_behind) {
    struct shop s = { 0 };
    int names = 0;
    shop_open(&s);
    shop_take(&s, 0, 20);
    check_replay(&s, "EQUAL", 1, 20);
    shop_take(&s, 20, 40);
    check_replay(&s, "EQUAL", 1, 40);
    char *dir = text_format("%s/replayed", s.work);
    CHECK_OK(disk_list(disk_real(), dir, on_any_name, &names));
    CHECK_INT(names, 0);
    free(dir);
    shop_close(&s);
}

static struct store_options store_of(struct shop *s) {
    return (struct store_options){
        .url = s->url, .system = "shop", .service = "till", .generation = 1
    };
}

TEST(behind_a_cut_journal_a_replay_begins_at_the_snapshot) {
    struct shop s = { 0 };
    struct store *store;
    shop_open(&s);
    shop_take(&s, 0, 10);
    struct store_options options = store_of(&s);
    char *snapshot = snapshot_path(&sqlite_store_kind, &options);
    CHECK_OK(sqlite_store_kind.snapshot(&options, snapshot));
    shop_take(&s, 10, 20);
    task_close(s.open);
    s.open = NULL;
    CHECK_OK(sqlite_store_kind.open(&store, &options));
    CHECK_OK(store->ops->begin(store));
    CHECK_OK(store->ops->journal_cut(store, 7));
    CHECK_OK(store->ops->commit(store));
    store->ops->close(store);
    check_replay(&s, "EQUAL", 11, 20);
    CHECK_OK(disk_unlink(disk_real(), snapshot));
    check_replay(&s, "NOT CHECKED", 1, 20);
    s.options.snapshot = snapshot;
    struct replay_result r = { 0 };
    CHECK_INT(replayer_run(&s.options, &r), E_usage);
    CHECK(strstr(error_story(), "there is no such snapshot"));
    free(snapshot);
    shop_close(&s);
}

TEST(a_task_without_a_store_is_known_and_two_replays_keep_apart) {
    struct shop s = { 0 };
    struct file *lock;
    struct replay_result r = { 0 };
    bool found;
    shop_open(&s);
    CHECK_INT(replayer_tasks(s.declaration, s.options.declared), 1);
    CHECK_OK(replayer_has_store(&s.options, &found));
    CHECK(found);
    s.options.task = 1;
    CHECK_OK(replayer_has_store(&s.options, &found));
    CHECK(!found);
    s.options.task = 0;
    CHECK_OK(disk_make_dir(disk_real(), s.work));
    char *path = text_format("%s/lock", s.work);
    CHECK_OK(disk_open(disk_real(), path, DISK_CREATE, &lock));
    CHECK_OK(disk_lock(lock));
    CHECK_INT(replayer_run(&s.options, &r), E_locked);
    CHECK(strstr(error_story(), "another replay runs there"));
    disk_close(lock);
    free(path);
    shop_close(&s);
}
