/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A till that prints a slip for each sale, and keeps what each customer has bought. As it stands it
 * is right. Compiled with -DMEMORY it counts a customer's sales in a variable of the process, which
 * a restart sets back; with -DNAMES it also calls the files by that number, so that a sale handled
 * after a restart is printed under a name that is taken. */
#include "octavo.h"

#include <stdio.h>

static const struct octavo_text nothing = { "", 0 };

#if defined(MEMORY) || defined(NAMES)
static int64_t sales_of(struct octavo_text customer, int64_t stored) {
    static int64_t sales[256];
    (void)stored;
    return ++sales[(unsigned char)customer.data[0]];
}
#else
static int64_t sales_of(struct octavo_text customer, int64_t stored) {
    (void)customer;
    return stored + 1;
}
#endif

static void print(struct octavo_step *s, int64_t sales, int64_t amount) {
    char text[64];
    (void)snprintf(text, sizeof(text), "sale %lld: %lld", (long long)sales, (long long)amount);
    octavo_effect_begin(s, "slips", "print");
    octavo_put_text(s, "content", octavo_text(text));
#ifdef NAMES
    (void)snprintf(text, sizeof(text), "%c-%lld", octavo_event_key(s).data[0], (long long)sales);
    octavo_put_text(s, "name", octavo_text(text));
#endif
    octavo_end(s);
}

static enum octavo_outcome on_sale(struct octavo_step *s) {
    struct octavo_value spent[2] = { octavo_int_value(0), octavo_int_value(0) };
    int64_t amount;
    if (!octavo_event_int(s, "amount", &amount))
        return octavo_refuse(s, OCTAVO_PARK, "a sale without an amount");
    (void)octavo_row_get(s, "spent", nothing, spent, 2);
    spent[0].integer += amount;
    spent[1].integer = sales_of(octavo_event_key(s), spent[1].integer);
    octavo_row_put(s, "spent", nothing, spent, 2);
    print(s, spent[1].integer, amount);
    octavo_event_begin(s, "spent", "sale-counted", octavo_event_key(s));
    octavo_put_int(s, "spent", spent[0].integer);
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_printed(struct octavo_step *s) {
    (void)s;
    return OCTAVO_DONE;
}

static const struct octavo_handler till[] = { { "sale", on_sale },
                                              { "effect:slips", on_printed },
                                              { NULL, NULL } };
static const struct octavo_service services[] = { { "till", till }, { NULL, NULL } };
static const struct octavo_command commands[] = { { NULL, NULL, NULL, NULL } };

extern const struct octavo_system octavo_system;
const struct octavo_system octavo_system = {
    .size = sizeof(struct octavo_system),
    .api = OCTAVO_API,
    .name = "till",
    .services = services,
    .commands = commands,
};
