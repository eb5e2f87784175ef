/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A service that takes what a source has: once, in order, and no more than it can let out. */
#include "runtime/source.h"

#include "base/clock.h"
#include "base/event.h"
#include "base/disk.h"
#include "runtime/kafka.h"
#include "runtime/mock_broker.h"
#include "runtime/seeing.h"
#include "runtime/service.h"
#include "sqlite/sqlite_store.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 30000, QUIET_MS = 1500 };

static const char yaml[] = "system: shop\n"
                           "topics:\n"
                           "  orders: { partitions: 4, key: customer }\n"
                           "services:\n"
                           "  desk:\n"
                           "    handler: shop.desk\n"
                           "    tasks: 1\n"
                           "    produces: [orders]\n"
                           "    edges: { paper: { url: \"pile:here\", every: 10ms } }\n"
                           "  seldom:\n"
                           "    handler: shop.seldom\n"
                           "    tasks: 1\n"
                           "    produces: [orders]\n"
                           "    edges: { paper: { url: \"pile:here\", every: 1h } }\n"
                           "  desks:\n"
                           "    handler: shop.desks\n"
                           "    tasks: 2\n"
                           "    produces: [orders]\n"
                           "    edges: { paper: \"pile:here\" }\n"
                           "  sender:\n"
                           "    handler: shop.sender\n"
                           "    tasks: 1\n"
                           "    edges: { paper: { url: \"pile:here\", class: natural } }\n";

static enum octavo_outcome on_sheet(struct octavo_step *s) {
    octavo_event_begin(s, "orders", "order-placed", octavo_event_key(s));
    octavo_put_text(s, "sheet", octavo_event_id(s));
    octavo_end(s);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = { { "sheet", on_sheet }, { NULL, NULL } };
static const struct octavo_service desk = { "desk", handlers };
static const struct octavo_service seldom = { "seldom", handlers };
static const struct octavo_service desks = { "desks", handlers };
static const struct octavo_service sender = { "sender", handlers };

/* ---- a source that is this test: sheets 1 to `pile`, of ten customers */

struct connector {
    int nothing;
};

static _Atomic int pile, reads, failing, is_bad, looks, uncommitted, kept_back;
static _Atomic bool is_looking;
static struct connector the_pile;

static enum error pile_open(struct connector **out, const struct source_options *options) {
    CHECK_TEXT(options->url, "pile:here");
    *out = &the_pile;
    return E_ok;
}

/* Whether the newest commit has these bytes. (The log has it whole, and reading it harms no lock.)
 */
static bool is_committed(struct bytes wanted) {
    struct buf log = { 0 };
    char *path = text_format("%s/shop.desk.1.0.db-wal", test_dir());
    CHECK_OK(disk_read_whole(disk_real(), path, 64 << 20, &log));
    bool found = log.len && memmem(log.data, log.len, wanted.data, wanted.len);
    buf_finish(&log);
    free(path);
    return found;
}

static enum error pile_read(struct connector *c, struct bytes after, size_t max,
                            void (*on_item)(void *context, const struct source_item *item),
                            void *context) {
    char *text = text_copy_bytes(after);
    int from = (int)strtol(text, NULL, 10);
    (void)c;
    free(text);
    if (is_looking && after.len && from > 0) {
        looks++;
        uncommitted += !is_committed(after);
    }
    reads++;
    for (int i = from + 1; i <= pile && i <= from + (int)max - kept_back; i++) {
        char id[32], key[32], position[32];
        (void)snprintf(id, sizeof(id), "sheet-%d", i);
        (void)snprintf(key, sizeof(key), "customer-%d", i % 10);
        (void)snprintf(position, sizeof(position), "%d of the pile", i);
        struct source_item item = { .type = "sheet",
                                    .id = bytes_text(id),
                                    .key = bytes_text(key),
                                    .json = bytes_text(is_bad ? "[1]" : "{\"x\":1}"),
                                    .position = bytes_text(position) };
        on_item(context, &item);
    }
    if (failing)
        return fail((enum error)failing, "the pile is on fire");
    return E_ok;
}

static void pile_close(struct connector *c) {
    (void)c;
}

static const struct connector_source pile_kind = { "pile", pile_open, pile_read, pile_close };
static const struct connector_source *const sources[] = { &pile_kind, NULL };
static const struct connector_service *const services[] = { NULL };
static const struct connectors kinds = { .services = services, .sources = sources };

/* ---- running */

struct world {
    const char *bootstrap;
    struct declaration *declaration;
    struct loop *loop;
    struct service *service;
    uint64_t wanted;
};

static struct world world_start(void) {
    struct world w = { .bootstrap = mock_start() };
    CHECK_OK(declaration_read(&w.declaration, "shop.yaml", bytes_text(yaml)));
    CHECK_OK(loop_create(&w.loop, clock_real()));
    return w;
}

static enum error service_begin(struct world *w, const struct octavo_service *code) {
    struct service_options options = {
        .loop = w->loop,
        .declaration = w->declaration,
        .declared = declaration_service(w->declaration, code->name),
        .code = code,
        .store_kind = &sqlite_store_kind,
        .connectors = &kinds,
        .data_dir = test_dir(),
        .bootstrap = w->bootstrap,
    };
    return service_open(&w->service, &options);
}

static void world_end(struct world *w) {
    service_close(w->service);
    loop_destroy(w->loop);
    declaration_destroy(w->declaration);
    mock_stop();
}

static bool run_until(struct world *w, bool (*is_done)(struct world *)) {
    int64_t until_ms = clock_steady_ms(clock_real()) + WAIT_MS;
    while (!is_done(w) && clock_steady_ms(clock_real()) < until_ms)
        loop_turn(w->loop, 20);
    return is_done(w);
}

static bool has_handled(struct world *w) {
    return service_counts(w->service).handled >= w->wanted;
}

static bool has_failed(struct world *w) {
    return service_has_failed(w->service);
}

/* How often each sheet stands in the topic; waits for `wanted` and then whether more come. */
static void read_sheets(struct world *w, int wanted, int *seen, int most) {
    struct kafka_consumer *reader;
    struct kafka_part parts[4];
    struct kafka_consumer_options options = { .bootstrap = w->bootstrap };
    int64_t until_ms = clock_steady_ms(clock_real()) + WAIT_MS;
    int last[10] = { 0 };
    for (int i = 0; i < 4; i++)
        parts[i] = (struct kafka_part){ "orders", i, KAFKA_BEGINNING };
    CHECK_OK(kafka_consumer_create(&reader, &options));
    CHECK_OK(kafka_consumer_start(reader, parts, 4));
    while (wanted >= 0 && clock_steady_ms(clock_real()) < until_ms) {
        struct kafka_record r;
        struct pollfd wait = { kafka_consumer_fd(reader), POLLIN, 0 };
        bool found;
        CHECK_OK(kafka_consumer_poll(reader, &r, &found));
        if (!found) {
            (void)poll(&wait, 1, 20);
            continue;
        }
        char *json = text_copy_bytes(r.value);
        int sheet = (int)strtol(json + strlen("{\"sheet\":\"sheet-"), NULL, 10);
        CHECK(sheet >= 1 && sheet <= most);
        CHECK(sheet > last[sheet % 10]); /* of one customer, in order */
        last[sheet % 10] = sheet;
        seen[sheet]++;
        wanted--;
        if (wanted == 0)
            until_ms = clock_steady_ms(clock_real()) + QUIET_MS;
        free(json);
        kafka_record_done(&r);
    }
    kafka_consumer_close(reader);
}

static void check_once(struct world *w, int most) {
    int *seen = memory_get((size_t)(most + 1) * sizeof(*seen));
    read_sheets(w, most, seen, most);
    for (int i = 1; i <= most; i++)
        CHECK_INT(seen[i], 1);
    free(seen);
}

TEST(items_are_taken_once_and_in_order_also_over_restarts_and_later_ones_too) {
    struct world w = world_start();
    pile = 1000;
    w.wanted = 300;
    CHECK_OK(service_begin(&w, &desk));
    CHECK(run_until(&w, has_handled));
    service_close(w.service); /* in the middle of the pile */
    CHECK_OK(service_begin(&w, &desk));
    CHECK(run_until(&w, has_handled));
    pile = 1500;
    service_close(w.service);
    CHECK_OK(service_begin(&w, &desk));
    w.wanted = 1;
    CHECK(run_until(&w, has_handled));
    w.wanted = 10000; /* for as long as there are new ones */
    int before = reads;
    while (reads < before + 20)
        loop_turn(w.loop, 20);
    service_close(w.service);
    w.service = NULL;
    check_once(&w, 1500);
    world_end(&w);
}

static bool has_looked(struct world *w) {
    return looks >= (int)w->wanted;
}

TEST(a_source_is_asked_only_for_what_is_behind_a_commit) {
    struct world w = world_start();
    pile = 3000;
    is_looking = true;
    w.wanted = 11;
    CHECK_OK(service_begin(&w, &desk));
    CHECK(run_until(&w, has_looked));
    CHECK_INT(uncommitted, 0);
    world_end(&w);
}

static bool has_handled_all(struct world *w) {
    return service_counts(w->service).handled == w->wanted;
}

TEST(a_source_that_ends_its_reads_before_they_are_full_is_read_on_at_once) {
    struct world w = world_start();
    pile = 1000;
    kept_back = 1;
    w.wanted = 1000;
    CHECK_OK(service_begin(&w, &seldom));
    CHECK(run_until(&w, has_handled_all));
    world_end(&w);
}

TEST(a_source_that_fails_for_a_while_is_read_again_and_what_came_before_the_error_is_taken) {
    struct world w = world_start();
    pile = 100;
    failing = E_busy;
    w.wanted = 100;
    CHECK_OK(service_begin(&w, &desk));
    CHECK(run_until(&w, has_handled_all));
    while (event_count(EV_source_failed) == 0)
        loop_turn(w.loop, 20);
    CHECK(!service_is_ready(w.service, NULL));
    pile = 150;
    failing = 0;
    w.wanted = 150;
    CHECK(run_until(&w, has_handled_all));
    CHECK_INT((long long)event_count(EV_source_failed), 1);
    CHECK_INT((long long)event_count(EV_source_back), 1);
    CHECK(service_is_ready(w.service, NULL));
    world_end(&w);
}

TEST(a_source_that_cannot_be_read_as_declared_stops_the_service_with_its_story) {
    struct world w = world_start();
    failing = E_config;
    CHECK_OK(service_begin(&w, &desk));
    CHECK(run_until(&w, has_failed));
    CHECK_STORY("configuration error: the pile is on fire");
    CHECK_STORY("while reading the source paper");
    world_end(&w);
}

TEST(an_item_that_is_no_flat_object_stops_the_service_and_is_in_no_journal) {
    struct world w = world_start();
    pile = 5;
    is_bad = 1;
    CHECK_OK(service_begin(&w, &desk));
    CHECK(run_until(&w, has_failed));
    CHECK_STORY("an item is no flat JSON object");
    CHECK_INT((long long)service_counts(w.service).handled, 0);
    world_end(&w);
}

TEST(while_the_broker_is_away_reading_stops_and_goes_on_when_it_is_back) {
    struct world w = world_start();
    pile = 1 << 30;
    w.wanted = 300;
    CHECK_OK(service_begin(&w, &desk));
    CHECK(run_until(&w, has_handled));
    CHECK_INT(rd_kafka_mock_broker_set_down(mock, 1), 0);
    for (int before = -1; before != reads;) { /* until nothing is read for a while */
        int64_t until_ms = clock_steady_ms(clock_real()) + 1500;
        before = reads;
        while (clock_steady_ms(clock_real()) < until_ms)
            loop_turn(w.loop, 20);
    }
    uint64_t taken = service_counts(w.service).handled;
    CHECK(taken < 200000);
    CHECK(!service_has_failed(w.service));
    CHECK_INT(rd_kafka_mock_broker_set_up(mock, 1), 0);
    w.wanted = taken + 1;
    CHECK(run_until(&w, has_handled));
    world_end(&w);
}

TEST(a_source_is_of_a_service_with_one_task_and_performs_nothing) {
    struct world w = world_start();
    CHECK_ERROR(service_begin(&w, &desks), E_config);
    CHECK_STORY("has 2 tasks, and each would read the whole source paper");
    CHECK_STORY("try: tasks: 1");
    CHECK_ERROR(service_begin(&w, &sender), E_config);
    CHECK_STORY("edge paper is a source: it performs no effects");
    world_end(&w);
}
