/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/effects_order.h"

#include "runtime/effects_fixture.h"

static void refuse_all(const struct effect_request *r, struct effect_answer *a, bool *happens) {
    (void)r;
    *happens = false;
    a->verdict = EFFECT_REFUSED;
}

static bool four_parked(struct host *h) {
    return host_edge(h, NATURAL).waiting.parked == 4;
}

/* Four keys in task 1, each with a parked effect and one behind it; no service has them. */
static void parked(struct host *h) {
    host_prepare(h);
    receiver.script = refuse_all;
    host_start(h);
    for (int n = 1; n <= 2; n++)
        for (int k = 0; k < 4; k++) {
            char key[16];
            (void)snprintf(key, sizeof(key), "k%d", k);
            host_ask(h, 1, "natural", key, n);
        }
    CHECK(host_run(h, four_parked, 0));
    receiver.script = NULL;
}

TEST(every_parked_effect_is_retried_without_its_service) {
    struct host h = { 0 };
    parked(&h);
    struct effects_order order = { 0 };
    CHECK_OK(effects_order_offline(&order, h.tasks[1], h.fake.wall_ms));
    CHECK_INT(order.found, 4);
    CHECK_INT(order.done, 4);
    host_stop(&h);
    host_start(&h);
    CHECK(host_run(&h, host_is_idle, 0));
    CHECK_INT((long long)receiver_count(), 8);
    host_end(&h);
}

TEST(one_effect_is_dropped_by_its_id_parked_or_not) {
    struct host h = { 0 };
    parked(&h);
    struct pending *p = host_head(&h, 1, NATURAL, "k2");
    char *id = text_copy_bytes(p->next->id); /* behind the parked one */
    struct effects_order order = { .id = bytes_text(id), .drop = true };
    CHECK_OK(effects_order_offline(&order, h.tasks[1], h.fake.wall_ms));
    CHECK_INT(order.done, 1);
    CHECK_INT((long long)host_pending(&h), 7);
    CHECK_OK(effects_order_offline(&order, h.tasks[1], h.fake.wall_ms));
    CHECK_INT(order.found, 1); /* the sum of both: it is gone */
    order = (struct effects_order){ .drop = true };
    CHECK_OK(effects_order_offline(&order, h.tasks[1], h.fake.wall_ms));
    CHECK_INT(order.done, 4);
    host_stop(&h);
    host_start(&h);
    CHECK(host_run(&h, host_is_idle, 0));
    CHECK_INT((long long)receiver_count(), 3);
    free(id);
    host_end(&h);
}

static enum error is_busy(void *context, struct task *task, struct pending *p, bool drop) {
    (void)task;
    (void)p;
    (void)drop;
    return ++*(int *)context % 2 ? fail(E_busy, "a worker has it") : E_ok;
}

TEST(what_a_worker_has_is_counted_and_the_others_go_on) {
    struct host h = { 0 };
    parked(&h);
    struct effects_order order = { 0 };
    int calls = 0;
    CHECK_OK(effects_order_run(&order, h.tasks[1], is_busy, &calls));
    CHECK_INT(order.found, 4);
    CHECK_INT(order.busy, 2);
    CHECK_INT(order.done, 2);
    host_end(&h);
}
