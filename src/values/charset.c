/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Two converters with UTF-16 between them, a piece at a time. */
#include "values/charset.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ucnv.h>

enum { NAME_MAX_LEN = 40, PIVOT_UNITS = 4096, ROOM_BYTES = 16384, SHOWN = 24 };

struct charset {
    UConverter *from, *to;
    char name[NAME_MAX_LEN + 1];
};

static bool has_states(const char *name) {
    return strncmp(name, "ISO_2022", 8) == 0 || strncmp(name, "UTF-7", 5) == 0
           || strncmp(name, "HZ", 2) == 0 || strncmp(name, "SCSU", 4) == 0
           || strncmp(name, "BOCU", 4) == 0 || strncmp(name, "IMAP", 4) == 0;
}

/* U+FEFF first, once for each piece: so in the middle of a file, too. */
static bool has_mark(const char *name) {
    return strcmp(name, "UTF-16") == 0 || strcmp(name, "UTF-32") == 0
           || (strncmp(name, "UTF-", 4) == 0 && strstr(name, ",version=") != NULL);
}

static UConverter *converter_open(const char *name) {
    UErrorCode code = U_ZERO_ERROR;
    UConverter *c = ucnv_open(name, &code);
    if (U_SUCCESS(code))
        ucnv_setFromUCallBack(c, UCNV_FROM_U_CALLBACK_STOP, NULL, NULL, NULL, &code);
    if (U_SUCCESS(code))
        ucnv_setToUCallBack(c, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &code);
    if (U_SUCCESS(code))
        return c;
    ucnv_close(c);
    return NULL;
}

enum error charset_open(struct charset **out, struct bytes name) {
    UErrorCode code = U_ZERO_ERROR;
    struct charset *c = memory_get(sizeof(*c));
    memcpy(c->name, name.data, name.len < NAME_MAX_LEN ? name.len : NAME_MAX_LEN);
    c->from = converter_open("UTF-8");
    c->to = name.len && name.len <= NAME_MAX_LEN ? converter_open(c->name) : NULL;
    const char *whole = c->to ? ucnv_getName(c->to, &code) : NULL;
    *out = c;
    if (c->from && whole && U_SUCCESS(code) && !has_states(whole) && !has_mark(whole))
        return E_ok;
    enum error e =
        whole && has_mark(whole)
            ? fail(E_config, "%s begins with a byte order mark, which files here have not", c->name)
            : fail(E_config, "there is no encoding \"%s\"", c->name);
    fail_try("its IANA name, such as ISO-8859-1, windows-1252, UTF-16LE or UTF-16BE");
    return e;
}

void charset_close(struct charset *c) {
    if (!c)
        return;
    ucnv_close(c->from);
    ucnv_close(c->to);
    free(c);
}

static enum error put_failed(const struct charset *c, struct bytes utf8, const char *at) {
    size_t past = (size_t)(at - (const char *)utf8.data);
    size_t shown = past < SHOWN ? past : SHOWN;
    char text[SHOWN + 1] = "";
    for (size_t i = 0; i < shown; i++) {
        char byte = at[(ptrdiff_t)i - (ptrdiff_t)shown];
        text[i] = byte >= ' ' && byte <= '~' ? byte : '?';
    }
    return fail(E_config, "%s has no character for what stands at the end of \"%s\"", c->name,
                text);
}

enum error charset_put(struct charset *c, struct bytes utf8, struct buf *out) {
    UChar pivot[PIVOT_UNITS], *from = pivot, *to = pivot;
    const char *at = (const char *)utf8.data, *end = at + utf8.len;
    UErrorCode code;
    ucnv_resetFromUnicode(c->to);
    ucnv_resetToUnicode(c->from);
    do {
        buf_reserve(out, ROOM_BYTES);
        char *begin = (char *)out->data + out->len, *room = begin;
        code = U_ZERO_ERROR;
        ucnv_convertEx(c->to, c->from, &room, begin + ROOM_BYTES, &at, end, pivot, &from, &to,
                       pivot + PIVOT_UNITS, false, true, &code);
        out->len += (size_t)(room - begin);
    } while (code == U_BUFFER_OVERFLOW_ERROR);
    return U_SUCCESS(code) ? E_ok : put_failed(c, utf8, at);
}
