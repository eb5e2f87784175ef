/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An operator's word on parked keys: try again, or drop. As a control verb of a running service
 * (park-retry, park-drop), and on a task whose service does not run. */
#ifndef OCTAVO_RUNTIME_PARK_ORDER_H
#define OCTAVO_RUNTIME_PARK_ORDER_H

#include "runtime/task.h"

struct park_order {
    bool drop;
    struct bytes key; /* data NULL: every parked key; not with drop */
    int64_t number;   /* of a drop: the head it means, so that one given twice drops one; 0: any */
    int64_t now_ms;
};

/* Every key: so many in one order, so that the service's loop is not held up. */
enum { PARK_ORDER_KEYS = 10000 };

struct park_done {
    int64_t left;     /* keys that this order did not come to */
    int64_t keys;     /* how many were there */
    int64_t done;     /* whose head was handled, or dropped */
    char reason[256]; /* of the last one that failed again */
};

/* In the open group; adds to *done. A key that is not parked is passed by. */
enum error park_order_run(struct task *t, const struct park_order *order,
                          struct park_done *done) MUST_CHECK;

#endif
