/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The front passes each sale on; the books count a customer's sales and print a slip for each. No
 * handler guards itself against a repeat, so only the runtime does. */
#include "octavo.h"

#include <stdio.h>

static const struct octavo_text nothing = { "", 0 };

static enum octavo_outcome on_sale(struct octavo_step *s) {
    int64_t amount;
    if (!octavo_event_int(s, "amount", &amount))
        return octavo_refuse(s, OCTAVO_PARK, "a sale without an amount");
    octavo_event_begin(s, "passed", "sale-passed", octavo_event_key(s));
    octavo_put_int(s, "amount", amount);
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_passed(struct octavo_step *s) {
    struct octavo_value book[1] = { octavo_int_value(0) };
    char text[64];
    (void)octavo_row_get(s, "book", nothing, book, 1);
    book[0].integer++;
    octavo_row_put(s, "book", nothing, book, 1);
    (void)snprintf(text, sizeof(text), "sale %lld", (long long)book[0].integer);
    octavo_effect_begin(s, "slips", "print");
    octavo_put_text(s, "content", octavo_text(text));
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_printed(struct octavo_step *s) {
    (void)s;
    return OCTAVO_DONE;
}

static const struct octavo_handler front[] = { { "sale", on_sale }, { NULL, NULL } };
static const struct octavo_handler books[] = { { "sale-passed", on_passed },
                                               { "effect:slips", on_printed },
                                               { NULL, NULL } };
static const struct octavo_service services[] = { { "front", front },
                                                  { "books", books },
                                                  { NULL, NULL } };
static const struct octavo_command commands[] = { { NULL, NULL, NULL, NULL } };

extern const struct octavo_system octavo_system;
const struct octavo_system octavo_system = {
    .size = sizeof(struct octavo_system),
    .api = OCTAVO_API,
    .name = "hops",
    .services = services,
    .commands = commands,
};
