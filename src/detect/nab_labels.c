/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The labels are an object of lists of pairs of times: no more of JSON is read than that, and what
 * is anything else is refused. */
#include "nab.h"

#include <string.h>

struct reading {
    const char *at, *end;
};

static void space_skip(struct reading *r) {
    while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
        r->at++;
}

static bool sign_take(struct reading *r, char sign) {
    space_skip(r);
    if (r->at == r->end || *r->at != sign)
        return false;
    r->at++;
    return true;
}

/* Names of files and times need no escapes. */
static bool text_take(struct reading *r, char *out, size_t chars_max) {
    if (!sign_take(r, '"'))
        return false;
    const char *close = memchr(r->at, '"', (size_t)(r->end - r->at));
    size_t len = close ? (size_t)(close - r->at) : 0;
    if (!len || len > chars_max || memchr(r->at, '\\', len) || memchr(r->at, 0, len))
        return false;
    memcpy(out, r->at, len);
    out[len] = 0;
    r->at = close + 1;
    return true;
}

static bool window_take(struct reading *r, struct nab_label *label) {
    if (label->count >= NAB_WINDOWS_MAX)
        return false;
    char(*times)[NAB_TIME_CHARS + 1] = label->times[label->count++];
    return sign_take(r, '[') && text_take(r, times[0], NAB_TIME_CHARS) && sign_take(r, ',')
           && text_take(r, times[1], NAB_TIME_CHARS) && sign_take(r, ']');
}

static bool label_take(struct reading *r, struct nab_label *label) {
    label->count = 0;
    if (!text_take(r, label->file, NAB_NAME_CHARS) || !sign_take(r, ':') || !sign_take(r, '['))
        return false;
    if (sign_take(r, ']'))
        return true;
    do {
        if (!window_take(r, label))
            return false;
    } while (sign_take(r, ','));
    return sign_take(r, ']');
}

bool nab_labels_read(const char *text, size_t len,
                     bool (*on_label)(void *context, const struct nab_label *label),
                     void *context) {
    struct reading r = { text, text + len };
    struct nab_label label;
    if (!sign_take(&r, '{'))
        return false;
    if (sign_take(&r, '}'))
        return true;
    do {
        if (!label_take(&r, &label))
            return false;
        if (!on_label(context, &label))
            return true;
    } while (sign_take(&r, ','));
    return sign_take(&r, '}');
}
