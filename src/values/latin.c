/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One compound transliterator, opened once: opening takes longer than a thousand names. */
#include "values/latin.h"

#include <stdlib.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

enum { TEXT_MAX = 400, UNITS_MAX = 4 * TEXT_MAX };

struct latin {
    UTransliterator *rules;
};

enum error latin_open(struct latin **out) {
    static const char name[] = "Any-Latin; Latin-ASCII; Lower";
    UErrorCode error = U_ZERO_ERROR;
    UChar id[sizeof(name)];
    u_charsToUChars(name, id, (int32_t)sizeof(name));
    UTransliterator *rules =
        utrans_openU(id, (int32_t)sizeof(name) - 1, UTRANS_FORWARD, NULL, 0, NULL, &error);
    if (U_FAILURE(error) || !rules)
        return fail(E_unsupported, "ICU does not transliterate: %s", u_errorName(error));
    *out = memory_get(sizeof(**out));
    (*out)->rules = rules;
    return E_ok;
}

void latin_close(struct latin *l) {
    if (!l)
        return;
    utrans_close(l->rules);
    free(l);
}

void latin_put(struct latin *l, struct bytes text, struct buf *out) {
    UChar units[UNITS_MAX];
    UErrorCode error = U_ZERO_ERROR;
    int32_t len = 0;
    size_t read = text.len < TEXT_MAX ? text.len : TEXT_MAX;
    (void)u_strFromUTF8WithSub(units, UNITS_MAX, &len, (const char *)text.data, (int32_t)read,
                               0xfffd, NULL, &error);
    int32_t end = len;
    if (U_SUCCESS(error))
        utrans_transUChars(l->rules, units, &len, UNITS_MAX, 0, &end, &error);
    if (U_FAILURE(error))
        return;
    for (int32_t i = 0; i < len; i++)
        if ((units[i] >= 'a' && units[i] <= 'z') || (units[i] >= '0' && units[i] <= '9'))
            buf_put_byte(out, (uint8_t)units[i]);
}
