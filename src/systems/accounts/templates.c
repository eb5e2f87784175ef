/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Filling in words. What a word holds is put as it is, so it is no template itself; who may put
 * what into a mail's lines is for the mail's connector to say. */
#include "templates.h"

#include <stdio.h>
#include <string.h>

__asm__(".section .rodata\n"
        "template_en: .incbin \"src/systems/accounts/templates/en.txt\"\n.byte 0\n"
        "template_cs: .incbin \"src/systems/accounts/templates/cs.txt\"\n.byte 0\n"
        "template_de: .incbin \"src/systems/accounts/templates/de.txt\"\n.byte 0\n"
        ".previous\n");
extern const char template_en[] __attribute__((visibility("hidden")));
extern const char template_cs[] __attribute__((visibility("hidden")));
extern const char template_de[] __attribute__((visibility("hidden")));

static const struct {
    char language[3];
    const char *text;
} languages[] = { { "en", template_en }, { "cs", template_cs }, { "de", template_de } };

static const char *file_find(struct octavo_text locale) {
    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
        if (locale.len >= 2 && memcmp(locale.data, languages[i].language, 2) == 0
            && (locale.len == 2 || locale.data[2] == '-'))
            return languages[i].text;
    return template_en;
}

/* Behind the line [NAME], up to the next section. */
static struct octavo_text section_find(const char *file, const char *name) {
    char head[64];
    int len = snprintf(head, sizeof(head), "[%s]\n", name);
    for (const char *at = file; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, head, (size_t)len) != 0)
            continue;
        const char *end = strstr(at + len, "\n[");
        size_t rest = end ? (size_t)(end + 1 - at - len) : strlen(at + len);
        return (struct octavo_text){ at + len, rest };
    }
    return (struct octavo_text){ NULL, 0 };
}

struct writer {
    char *out;
    size_t len, room; /* with the closing zero */
};

/* Whole or, where it does not fit, up to the beginning of a character. */
static void put(struct writer *w, struct octavo_text t) {
    size_t len = t.len < w->room - 1 - w->len ? t.len : w->room - 1 - w->len;
    while (len < t.len && len > 0 && ((unsigned char)t.data[len] & 0xc0) == 0x80)
        len--;
    memcpy(w->out + w->len, t.data, len);
    w->len += len;
    w->out[w->len] = 0;
}

static const struct octavo_text *word_find(const struct notice_words *words,
                                           struct octavo_text name) {
    return octavo_text_is(name, "amount")      ? &words->amount
           : octavo_text_is(name, "balance")   ? &words->balance
           : octavo_text_is(name, "time")      ? &words->time
           : octavo_text_is(name, "account")   ? &words->account
           : octavo_text_is(name, "reference") ? &words->reference
                                               : NULL;
}

static void fill(struct writer *w, struct octavo_text text, const struct notice_words *words) {
    for (size_t at = 0; at < text.len;) {
        const char *open = memchr(text.data + at, '{', text.len - at);
        size_t plain = open ? (size_t)(open - text.data) - at : text.len - at;
        put(w, (struct octavo_text){ text.data + at, plain });
        at += plain;
        if (!open)
            return;
        const char *close = memchr(open, '}', text.len - at);
        struct octavo_text name = { open + 1, close ? (size_t)(close - open) - 1 : 0 };
        const struct octavo_text *word = word_find(words, name);
        put(w, word ? *word : (struct octavo_text){ open, 1 });
        at += word ? name.len + 2 : 1;
    }
}

bool notice_write(struct notice_text *out, struct octavo_text locale, const char *name,
                  const struct notice_words *words) {
    static const char subject[] = "Subject: ";
    struct octavo_text text = section_find(file_find(locale), name);
    size_t lead = sizeof(subject) - 1;
    const char *end = text.data ? memchr(text.data, '\n', text.len) : NULL;
    if (!end || text.len < lead || memcmp(text.data, subject, lead) != 0)
        return false;
    size_t first = (size_t)(end - text.data), body = first + 2; /* an empty line between them */
    struct writer w = { out->subject, 0, sizeof(out->subject) };
    out->subject[0] = out->body[0] = 0;
    fill(&w, (struct octavo_text){ text.data + lead, first - lead }, words);
    w = (struct writer){ out->body, 0, sizeof(out->body) };
    if (body < text.len)
        fill(&w, (struct octavo_text){ text.data + body, text.len - body }, words);
    return true;
}
