/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* ISO 4217, the part that the shipped system names; any other currency goes by its digits, and its
 * amounts are shown with two decimals. */
#include "currency.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *code;
    int decimals;
} currencies[] = {
    { "CZK", "203", 2 }, { "EUR", "978", 2 }, { "USD", "840", 2 }, { "GBP", "826", 2 },
    { "CHF", "756", 2 }, { "PLN", "985", 2 }, { "HUF", "348", 2 }, { "SEK", "752", 2 },
    { "NOK", "578", 2 }, { "DKK", "208", 2 }, { "JPY", "392", 0 }, { "KRW", "410", 0 },
    { "KWD", "414", 3 }, { "BHD", "048", 3 }, { "CAD", "124", 2 }, { "AUD", "036", 2 },
};

const char *currency_code(const char *name) {
    for (size_t i = 0; i < sizeof(currencies) / sizeof(currencies[0]); i++)
        if (strcmp(name, currencies[i].name) == 0)
            return currencies[i].code;
    return strlen(name) == 3 && strspn(name, "0123456789") == 3 ? name : NULL;
}

int currency_decimals(struct octavo_text currency) {
    for (size_t i = 0; i < sizeof(currencies) / sizeof(currencies[0]); i++)
        if (octavo_text_is(currency, currencies[i].code))
            return currencies[i].decimals;
    return 2;
}

void amount_print(char out[AMOUNT_CHARS], int64_t amount, struct octavo_text currency) {
    static const uint64_t units[] = { 1, 10, 100, 1000 };
    int decimals = currency_decimals(currency);
    uint64_t size = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount, unit = units[decimals];
    const char *sign = amount < 0 ? "-" : "";
    if (decimals)
        (void)snprintf(out, AMOUNT_CHARS, "%s%" PRIu64 ".%0*" PRIu64, sign, size / unit, decimals,
                       size % unit);
    else
        (void)snprintf(out, AMOUNT_CHARS, "%s%" PRIu64, sign, size);
}
