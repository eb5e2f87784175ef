/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Sums and moments as people of a language write them, by ICU.
 *
 * A locale is a language tag ("cs", "de-AT"). What is written depends on the arguments and on the
 * version of ICU alone. */
#ifndef OCTAVO_VALUES_LOCALE_H
#define OCTAVO_VALUES_LOCALE_H

#include "base/bytes.h"

enum { LOCALE_NAME_MAX = 31 };

struct money {
    int64_t minor;         /* units: 123450 with 2 decimals is 1234.50 */
    int decimals;          /* 0 to 6 */
    struct bytes currency; /* ISO 4217, three digits; one that is not known is written as digits */
};

bool locale_is_known(struct bytes locale);
/* False: no such locale, or zone; nothing is written. */
bool locale_put_money(struct bytes locale, const struct money *m, struct buf *out);
bool locale_put_time(struct bytes locale, struct bytes zone, int64_t ms, struct buf *out);

#endif
