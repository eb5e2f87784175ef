/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A shop with a desk that takes orders over HTTP and a counter that tells their number. The desk
 * remembers each order by its Idempotency-Key, so that a repeat gets the first one's answer. */
#include "octavo.h"

static const struct octavo_text nothing = { "", 0 };

static enum octavo_outcome on_order_asked(struct octavo_step *s) {
    struct octavo_value order[2];
    struct octavo_text customer;
    int64_t amount = 0;
    if (octavo_row_get(s, "asked", octavo_event_key(s), order, 2)) {
        octavo_reply_begin(s, octavo_event_key(s));
        octavo_put_text(s, "customer", order[0].text);
        octavo_put_int(s, "amount", order[1].integer);
        octavo_end(s);
        return OCTAVO_DONE;
    }
    if (!octavo_event_text(s, "customer", &customer) || !octavo_event_int(s, "amount", &amount)) {
        octavo_reply_begin(s, octavo_event_key(s));
        octavo_put_int(s, "status", 422);
        octavo_put_text(s, "reason", octavo_text("an order has an amount"));
        octavo_end(s);
        return OCTAVO_DONE;
    }
    order[0] = octavo_text_value(customer);
    order[1] = octavo_int_value(amount);
    octavo_row_put(s, "asked", octavo_event_key(s), order, 2);
    octavo_event_begin(s, "orders", "order-placed", customer);
    octavo_put_int(s, "amount", amount);
    octavo_end(s);
    octavo_reply_begin(s, octavo_event_key(s));
    octavo_put_int(s, "status", 201);
    octavo_put_text(s, "customer", customer);
    octavo_put_int(s, "amount", amount);
    octavo_end(s);
    return OCTAVO_DONE;
}

/* It never answers. */
static enum octavo_outcome on_forgotten(struct octavo_step *s) {
    (void)s;
    return OCTAVO_DONE;
}

static enum octavo_outcome on_order_placed(struct octavo_step *s) {
    struct octavo_value total[2] = { octavo_int_value(0), octavo_int_value(0) };
    int64_t amount = 0;
    (void)octavo_event_int(s, "amount", &amount);
    (void)octavo_row_get(s, "total", nothing, total, 2);
    total[0] = octavo_int_value(total[0].integer + 1);
    total[1] = octavo_int_value(total[1].integer + amount);
    octavo_row_put(s, "total", nothing, total, 2);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_total(struct octavo_step *s) {
    struct octavo_value total[2];
    octavo_reply_begin(s, octavo_event_key(s));
    if (octavo_row_get(s, "total", nothing, total, 2)) {
        octavo_put_int(s, "orders", total[0].integer);
        octavo_put_int(s, "amount", total[1].integer);
    } else {
        octavo_put_int(s, "status", 404);
        octavo_put_text(s, "reason", octavo_text("no order of this customer"));
    }
    octavo_end(s);
    return OCTAVO_DONE;
}

static const struct octavo_handler desk[] = { { "order-asked", on_order_asked },
                                              { "forgotten", on_forgotten },
                                              { NULL, NULL } };
static const struct octavo_handler counter[] = { { "order-placed", on_order_placed },
                                                 { "query:total", on_total },
                                                 { NULL, NULL } };
static const struct octavo_service services[] = { { "desk", desk },
                                                  { "counter", counter },
                                                  { NULL, NULL } };
static const struct octavo_command commands[] = { { NULL, NULL, NULL, NULL } };

extern const struct octavo_system octavo_system;
const struct octavo_system octavo_system = {
    .size = sizeof(struct octavo_system),
    .api = OCTAVO_API,
    .name = "shop",
    .services = services,
    .commands = commands,
};
