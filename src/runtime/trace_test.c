/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The tree around an id: found from its root, its middle and its end. */
#include "runtime/trace.h"

#include "runtime/ids.h"
#include "runtime/replayer_fixture.h"

/* The events of one group, as a relay would send them. */
static void publish(struct shop *s, struct bytes packed) {
    struct kafka_producer *producer;
    struct kafka_producer_options options = { s->options.bootstrap, "test", on_delivered, NULL };
    struct cursor in = cursor_on(packed);
    CHECK_OK(kafka_producer_create(&producer, &options));
    while (cursor_left(&in)) {
        struct out_event e;
        CHECK_OK(outbox_unpack(&in, &e));
        CHECK_OK(kafka_produce(producer, &e, NULL));
    }
    CHECK(kafka_producer_flush(producer, WAIT_MS));
    kafka_producer_destroy(producer);
}

static void on_outbox(void *context, int64_t id, struct bytes packed) {
    (void)id;
    publish(context, packed);
}

static struct trace *given_trace(struct shop *s) {
    struct trace *t;
    struct trace_options options = { s->declaration, &sqlite_store_kind, s->url,
                                     s->options.bootstrap };
    CHECK_INT(rd_kafka_mock_topic_create(mock, "sales", 4, 1), 0);
    shop_take(s, 0, 1);
    CHECK_OK(task_outbox_each(s->open, on_outbox, s));
    CHECK_OK(trace_open(&t, &options));
    return t;
}

static void on_node(void *context, const struct trace_node *n, int depth) {
    buf_print(context, "%d %.*s %.*s/%d %lld", depth, (int)n->type.len, (const char *)n->type.data,
              (int)n->topic.len, (const char *)n->topic.data, n->partition, (long long)n->offset);
    for (const struct trace_taken *t = n->taken; t; t = t->next)
        buf_print(context, " %s/%d@%lld", t->service, t->task, (long long)t->commit);
    buf_print(context, ";");
}

TEST(a_record_its_commit_and_what_came_of_it_are_one_tree) {
    struct shop s = { 0 };
    struct buf out = { 0 };
    shop_open(&s);
    struct trace *t = given_trace(&s);
    struct trace_node *order = trace_find(t, bytes_text("id-2"));
    CHECK(order);
    CHECK(!trace_parent(t, order));
    trace_each(t, order, on_node, &out);
    char *wanted = text_format("0 order orders/2 0 till/0@1;1 sold sales/%d 0;",
                               partition_of_key(bytes_text("key-2"), 4));
    CHECK_TEXT(buf_text(&out), wanted);
    CHECK(!trace_find(t, bytes_text("nobody")));
    free(wanted);
    buf_finish(&out);
    trace_close(t);
    shop_close(&s);
}

TEST(the_parent_is_the_input_from_which_the_id_derives) {
    struct shop s = { 0 };
    char id[DERIVED_ID_CHARS + 1];
    struct buf scratch = { 0 };
    struct id_seed seed = { "shop", "till", bytes_text("id-3") };
    shop_open(&s);
    struct trace *t = given_trace(&s);
    id_derive(&scratch, &seed, 1, id);
    struct trace_node *sold = trace_find(t, bytes_text(id));
    CHECK(sold);
    struct trace_node *order = trace_parent(t, sold);
    CHECK(order);
    CHECK_BYTES(order->id, bytes_text("id-3"));
    buf_finish(&scratch);
    trace_close(t);
    shop_close(&s);
}
