/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* ICU is given the sum as decimal digits, so no sum is ever a double, and the number of decimals of
 * the books, which need not be what ICU thinks of a currency. */
#include "values/locale.h"

#include "values/zone.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unicode/ucurr.h>
#include <unicode/udat.h>
#include <unicode/uenum.h>
#include <unicode/uloc.h>
#include <unicode/unum.h>
#include <unicode/ustring.h>

enum { TEXT_UNITS = 160, NAME_BYTES = LOCALE_NAME_MAX + 32 };

/* ICU's name of a language tag; false: it is none, or ICU has no data of its language. */
static bool name_find(struct bytes locale, char name[NAME_BYTES]) {
    UErrorCode error = U_ZERO_ERROR;
    char tag[LOCALE_NAME_MAX + 1], language[12];
    int32_t parsed = 0;
    if (locale.len < 2 || locale.len > LOCALE_NAME_MAX || memchr(locale.data, 0, locale.len))
        return false;
    memcpy(tag, locale.data, locale.len);
    tag[locale.len] = 0;
    (void)uloc_forLanguageTag(tag, name, NAME_BYTES, &parsed, &error);
    if (U_FAILURE(error) || parsed != (int32_t)locale.len)
        return false;
    (void)uloc_getLanguage(name, language, sizeof(language), &error);
    for (int32_t i = 0; U_SUCCESS(error) && i < uloc_countAvailable(); i++)
        if (language[0] && strcmp(uloc_getAvailable(i), language) == 0)
            return true;
    return false;
}

bool locale_is_known(struct bytes locale) {
    char name[NAME_BYTES];
    return name_find(locale, name);
}

static bool units_put(struct buf *out, const UChar *units, int32_t count) {
    char text[TEXT_UNITS * 3 + 1];
    int32_t len = 0;
    UErrorCode error = U_ZERO_ERROR;
    (void)u_strToUTF8(text, sizeof(text), &len, units, count, &error);
    if (U_SUCCESS(error))
        buf_put(out, text, (size_t)len);
    return U_SUCCESS(error);
}

/* ---- money */

/* "CZK" of "203", among those that are in use. */
static bool currency_find(struct bytes digits, UChar code[4]) {
    UErrorCode error = U_ZERO_ERROR;
    bool found = false;
    int32_t wanted = 0, len;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9' || digits.len != 3)
            return false;
        wanted = wanted * 10 + (digits.data[i] - '0');
    }
    UEnumeration *all = ucurr_openISOCurrencies(UCURR_COMMON | UCURR_NON_DEPRECATED, &error);
    for (const UChar *c; !found && wanted && (c = uenum_unext(all, &len, &error)) && len == 3;) {
        memcpy(code, c, 3 * sizeof(*c));
        code[3] = 0;
        found = ucurr_getNumericCode(code) == wanted;
    }
    uenum_close(all);
    return found;
}

static int digits_print(char *out, size_t size, const struct money *m) {
    static const uint64_t units[] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };
    uint64_t value = m->minor < 0 ? 0 - (uint64_t)m->minor : (uint64_t)m->minor;
    const char *sign = m->minor < 0 ? "-" : "";
    if (m->decimals == 0)
        return snprintf(out, size, "%s%" PRIu64, sign, value);
    return snprintf(out, size, "%s%" PRIu64 ".%0*" PRIu64, sign, value / units[m->decimals],
                    m->decimals, value % units[m->decimals]);
}

static bool money_format(UNumberFormat *format, const struct money *m, struct buf *out) {
    UErrorCode error = U_ZERO_ERROR;
    UChar text[TEXT_UNITS];
    char digits[40];
    int len = digits_print(digits, sizeof(digits), m);
    unum_setAttribute(format, UNUM_FRACTION_DIGITS, m->decimals);
    int32_t count = unum_formatDecimal(format, digits, len, text, TEXT_UNITS, NULL, &error);
    return U_SUCCESS(error) && count <= TEXT_UNITS && units_put(out, text, count);
}

bool locale_put_money(struct bytes locale, const struct money *m, struct buf *out) {
    UErrorCode error = U_ZERO_ERROR;
    char name[NAME_BYTES];
    UChar code[4];
    if (m->decimals < 0 || m->decimals > 6 || !name_find(locale, name))
        return false;
    bool known = currency_find(m->currency, code);
    UNumberFormat *format =
        unum_open(known ? UNUM_CURRENCY : UNUM_DECIMAL, NULL, 0, name, NULL, &error);
    if (known && U_SUCCESS(error))
        unum_setTextAttribute(format, UNUM_CURRENCY_CODE, code, 3, &error);
    bool good = U_SUCCESS(error) && money_format(format, m, out);
    unum_close(format);
    if (good && !known) {
        buf_put_byte(out, ' ');
        buf_put_bytes(out, m->currency);
    }
    return good;
}

/* ---- moments */

bool locale_put_time(struct bytes locale, struct bytes zone, int64_t ms, struct buf *out) {
    UErrorCode error = U_ZERO_ERROR;
    char name[NAME_BYTES];
    UChar zone_name[ZONE_NAME_MAX + 1], text[TEXT_UNITS];
    if (!name_find(locale, name) || !zone_is_known(zone))
        return false;
    u_charsToUChars((const char *)zone.data, zone_name, (int32_t)zone.len);
    UDateFormat *format =
        udat_open(UDAT_SHORT, UDAT_MEDIUM, name, zone_name, (int32_t)zone.len, NULL, 0, &error);
    int32_t count = 0;
    if (U_SUCCESS(error))
        count = udat_format(format, (UDate)ms, text, TEXT_UNITS, NULL, &error);
    bool good = U_SUCCESS(error) && count <= TEXT_UNITS && units_put(out, text, count);
    if (format)
        udat_close(format);
    return good;
}
