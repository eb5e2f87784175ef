/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The heap of timers by itself, where its shape can be chosen. */
#include "fold_timers.h"

#include "base/test.h"

static void on_due(void *context, const struct timer_row *t) {
    buf_print(context, "%lld ", (long long)t->due_ms);
}

/* The one that takes the freed place belongs above the one that it comes below. */
TEST(a_timer_that_takes_the_place_of_another_is_still_due_in_order) {
    static const int64_t due_ms[] = { 1,   100, 2,   110, 120, 200, 3, 111,
                                      112, 121, 122, 201, 202, 203, 4 };
    struct fold_timers timers = { 0 };
    struct buf due = { 0 };
    for (size_t i = 0; i < sizeof(due_ms) / sizeof(due_ms[0]); i++) {
        struct bytes key = bytes_of(&due_ms[i], sizeof(due_ms[i]));
        fold_timers_put(&timers,
                        &(struct timer_row){ due_ms[i], bytes_text("x"), key, TIMER_EVENT });
    }
    fold_timers_delete(&timers, bytes_text("x"), bytes_of(&due_ms[7], sizeof(due_ms[7])));
    fold_timers_due(&timers, 1000, 6, on_due, &due);
    CHECK_TEXT(buf_text(&due), "1 2 3 4 100 110 ");
    buf_finish(&due);
    fold_timers_finish(&timers);
}
