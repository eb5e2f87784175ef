// rooms: values
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The first eight bytes are a moment, the rest a zone, which is also tried as a locale. A zone that
 * is known has a day, and a next 07:00 within two days; a locale writes money or nothing. */
#include "base/check.h"
#include "values/locale.h"
#include "values/zone.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int64_t ms = 0, day, next;
    int minute;
    struct buf out = { 0 };
    if (size < 8)
        return 0;
    memcpy(&ms, data, 8);
    struct bytes name = bytes_of(data + 8, size - 8);
    if (zone_day(name, ms, &day)) {
        assert(zone_is_known(name));
        assert(day > 10000 && day < 100000000);
        assert(zone_minute(name, ms, &minute) && minute >= 0 && minute < ZONE_DAY_MINUTES);
        if (zone_next(name, ms, 7 * 60, &next))
            assert(next >= ms && next - ms <= 2 * 86400000LL);
        (void)locale_put_time(bytes_text("cs"), name, ms, &out);
    }
    struct money m = { ms, (int)(size % 8), name };
    assert(locale_put_money(name, &m, &out) <= locale_is_known(name));
    (void)locale_put_money(bytes_text("de"), &m, &out);
    buf_finish(&out);
    return 0;
}
