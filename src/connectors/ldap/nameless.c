/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Words are letters, digits and all bytes of other alphabets; a login keeps its dots and dashes. */
#include "nameless.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char hidden[] = "...";

static bool is_of_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c < 0;
}

static size_t word_length(const char *at, size_t most) {
    size_t len = 0;
    while (len < most && is_of_word(at[len]))
        len++;
    return len;
}

static bool text_has_word(struct bytes text, const char *word, size_t len) {
    const char *data = (const char *)text.data;
    for (size_t at = 0; at < text.len;) {
        size_t of = word_length(data + at, text.len - at);
        if (of == len && strncasecmp(data + at, word, len) == 0)
            return true;
        at += of ? of : 1;
    }
    return false;
}

/* A letter alone tells nobody's name; a file's given name may be one. */
static bool is_of_person(const struct entry *e, const char *word, size_t len) {
    return len > 1
           && (text_has_word(e->login, word, len) || text_has_word(e->given, word, len)
               || text_has_word(e->family, word, len));
}

/* How much of the text at `at` is hidden. */
static size_t hidden_length(const struct entry *e, const char *begin, const char *at) {
    if (at > begin && at[-1] == '=')
        return strcspn(at, ",)>]\"'");
    size_t len = word_length(at, strlen(at));
    return is_of_person(e, at, len) ? len : 0;
}

void reason_make_nameless(char *reason, const struct entry *e) {
    char out[256] = "";
    size_t len = 0;
    for (const char *at = reason; *at && len + sizeof(hidden) < sizeof(out);) {
        size_t hide = hidden_length(e, reason, at);
        size_t keep = hide ? 0 : word_length(at, strlen(at));
        if (!hide && !keep)
            keep = 1;
        if (keep > sizeof(out) - len - 1)
            keep = sizeof(out) - len - 1;
        memcpy(out + len, hide ? hidden : at, hide ? sizeof(hidden) - 1 : keep);
        len += hide ? sizeof(hidden) - 1 : keep;
        at += hide ? hide : keep;
    }
    memcpy(reason, out, len);
    reason[len] = 0;
}
