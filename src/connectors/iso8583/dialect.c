/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading a dialect file: one statement a line, words between blanks, '#' to the end is a comment.
 * Statements: version, name, header, mti, bitmap, lengths, field; and, where wanted, sign-on and
 * mac. Each but field stands once and before the fields, so that a file read half is never a
 * dialect. */
#include "dialect.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 8, WORD_CHARS = 63, FILE_MAX = 64 * 1024, FIELD_LENGTH_MAX = 999 };

/* The shipped dialects live in the binary; the test compares them with the files. */
#define SHIPPED(symbol, file)                                                                      \
    __asm__(".section .rodata\n" #symbol ": .incbin \"src/connectors/iso8583/dialects/" file       \
            "\"\n" #symbol "_end: .byte 0\n.previous\n");                                          \
    extern const uint8_t symbol[] __attribute__((visibility("hidden")));                           \
    extern const uint8_t symbol##_end[] __attribute__((visibility("hidden")))

SHIPPED(iso_dialect_iso87, "iso87.dialect");
SHIPPED(iso_dialect_iso87_bcd, "iso87-bcd.dialect");

static const struct shipped {
    const char *name;
    const uint8_t *from;
    const uint8_t *to;
} shipped[] = {
    { "iso87", iso_dialect_iso87, iso_dialect_iso87_end },
    { "iso87-bcd", iso_dialect_iso87_bcd, iso_dialect_iso87_bcd_end },
};

enum statement {
    ST_VERSION,
    ST_NAME,
    ST_HEADER,
    ST_MTI,
    ST_BITMAP,
    ST_LENGTHS,
    ST_MUST_COUNT, /* those before it must be there */
    ST_SIGN_ON = ST_MUST_COUNT,
    ST_MAC,
    ST_COUNT
};

/* One line, cut into words, and where it stands. */
struct line {
    const char *file;
    int number;
    size_t count;
    char words[WORDS_MAX][WORD_CHARS + 1];
};

struct choice {
    const char *word;
    int value;
};

static const struct choice text_encodings[] = {
    { "ascii", ISO_ASCII }, { "bcd", ISO_BCD }, { "ebcdic", ISO_EBCDIC }, { NULL, 0 }
};
static const struct choice header_encodings[] = { { "binary", ISO_BINARY },
                                                  { "ascii", ISO_ASCII },
                                                  { NULL, 0 } };
static const struct choice byte_encodings[] = { { "binary", ISO_BINARY },
                                                { "hex", ISO_HEX },
                                                { NULL, 0 } };
static const struct choice encodings[] = { { "ascii", ISO_ASCII },   { "bcd", ISO_BCD },
                                           { "ebcdic", ISO_EBCDIC }, { "binary", ISO_BINARY },
                                           { "hex", ISO_HEX },       { NULL, 0 } };
static const struct choice counting[] = { { "excluding", 0 }, { "including", 1 }, { NULL, 0 } };
static const struct choice wanting[] = { { "required", 1 }, { "optional", 0 }, { NULL, 0 } };
static const struct choice macs[] = { { "none", HSM_NO_MAC },
                                      { "aes-cmac", HSM_AES_CMAC },
                                      { "hmac-sha256", HSM_HMAC_SHA256 },
                                      { NULL, 0 } };
static const struct choice mac_codes[] = { { "30", 30 }, { "96", 96 }, { NULL, 0 } };
static const struct choice kinds[] = { { "n", ISO_N },   { "an", ISO_AN }, { "ans", ISO_ANS },
                                       { "xn", ISO_XN }, { "z", ISO_Z },   { "b", ISO_B },
                                       { NULL, 0 } };
static const struct choice shapes[] = {
    { "fixed", 0 }, { "llvar", 2 }, { "lllvar", 3 }, { NULL, 0 }
};
static const struct choice statements[] = {
    { "version", ST_VERSION }, { "name", ST_NAME },     { "header", ST_HEADER },
    { "mti", ST_MTI },         { "bitmap", ST_BITMAP }, { "lengths", ST_LENGTHS },
    { "sign-on", ST_SIGN_ON }, { "mac", ST_MAC },       { NULL, 0 }
};

static enum error wrong(const struct line *l, const char *what, const char *fix) {
    enum error e = fail(E_config, "%s:%d: %s", l->file, l->number, what);
    fail_try("%s", fix);
    return e;
}

static enum error word_choose(const struct line *l, size_t word, const struct choice *choices,
                              int *out) {
    char fix[256] = "write one of:";
    for (const struct choice *c = choices; c->word; c++) {
        if (strcmp(l->words[word], c->word) == 0) {
            *out = c->value;
            return E_ok;
        }
        size_t used = strlen(fix);
        (void)snprintf(fix + used, sizeof fix - used, " %s", c->word);
    }
    char what[128];
    (void)snprintf(what, sizeof what, "\"%s\" is not known here", l->words[word]);
    return wrong(l, what, fix);
}

/* A whole number from 1 to `most`. */
static enum error word_number(const struct line *l, size_t word, size_t most, size_t *out) {
    size_t value = 0;
    const char *at = l->words[word];
    for (; *at >= '0' && *at <= '9' && value <= most; at++)
        value = value * 10 + (size_t)(*at - '0');
    if (*at || value < 1 || value > most) {
        char fix[64];
        (void)snprintf(fix, sizeof fix, "write a number from 1 to %zu", most);
        return wrong(l, "this is not a number that can stand here", fix);
    }
    *out = value;
    return E_ok;
}

static enum error words_expect(const struct line *l, size_t count, const char *form) {
    return l->count == count ? E_ok : wrong(l, "this line has too few or too many words", form);
}

static enum error header_read(struct iso_dialect *d, const struct line *l) {
    int encoding = 0;
    int included = 0;
    TRY(words_expect(l, 4, "write: header binary 2 excluding"));
    TRY(word_choose(l, 1, header_encodings, &encoding));
    TRY(word_number(l, 2, 6, &d->header_size));
    TRY(word_choose(l, 3, counting, &included));
    d->header = (enum iso_encoding)encoding;
    d->header_included = included == 1;
    if (d->header == ISO_BINARY && d->header_size != 2 && d->header_size != 4)
        return wrong(l, "a binary length header has 2 or 4 bytes", "write: header binary 2");
    if (d->header == ISO_ASCII && d->header_size < 2)
        return wrong(l, "a length header in digits has 2 to 6", "write: header ascii 4");
    return E_ok;
}

static enum error encoding_read(enum iso_encoding *out, const struct line *l,
                                const struct choice *choices) {
    int value = 0;
    TRY(words_expect(l, 2, "write the name of one encoding behind it"));
    TRY(word_choose(l, 1, choices, &value));
    *out = (enum iso_encoding)value;
    return E_ok;
}

static enum error name_read(char out[ISO_NAME_CHARS + 1], const struct line *l, size_t word) {
    size_t len = strlen(l->words[word]);
    if (len > ISO_NAME_CHARS)
        return wrong(l, "this name is too long", "use at most 31 characters");
    memcpy(out, l->words[word], len + 1);
    return E_ok;
}

static enum error mac_read(struct iso_dialect *d, const struct line *l) {
    int mac = 0, code = 0;
    TRY(words_expect(l, 3, "write: mac aes-cmac 96"));
    TRY(word_choose(l, 1, macs, &mac));
    TRY(word_choose(l, 2, mac_codes, &code));
    d->mac = (enum hsm_mac)mac;
    memcpy(d->mac_code, l->words[2], 3);
    return E_ok;
}

static enum error statement_read(struct iso_dialect *d, const struct line *l, enum statement s) {
    size_t version = 0;
    int wanted = 0;
    switch (s) {
    case ST_VERSION:
        TRY(words_expect(l, 2, "write: version 1"));
        return word_number(l, 1, 1, &version);
    case ST_NAME:
        TRY(words_expect(l, 2, "write: name NAME"));
        return name_read(d->name, l, 1);
    case ST_HEADER:
        return header_read(d, l);
    case ST_MTI:
        return encoding_read(&d->mti, l, text_encodings);
    case ST_BITMAP:
        return encoding_read(&d->bitmap, l, byte_encodings);
    case ST_LENGTHS:
        return encoding_read(&d->lengths, l, text_encodings);
    case ST_SIGN_ON:
        TRY(words_expect(l, 2, "write: sign-on required"));
        TRY(word_choose(l, 1, wanting, &wanted));
        d->sign_on = wanted == 1;
        return E_ok;
    case ST_MAC:
        return mac_read(d, l);
    case ST_COUNT:
        break;
    }
    return wrong(l, "unknown statement", "see dialects/iso87.dialect");
}

static bool encoding_fits(enum iso_kind kind, enum iso_encoding encoding) {
    if (kind == ISO_B)
        return encoding == ISO_BINARY || encoding == ISO_HEX;
    if (encoding == ISO_BCD)
        return kind == ISO_N || kind == ISO_Z;
    return encoding == ISO_ASCII || encoding == ISO_EBCDIC;
}

static enum error field_read(struct iso_dialect *d, const struct line *l) {
    size_t number = 0;
    struct iso_field f = { .known = true };
    int kind = 0;
    int encoding = 0;
    TRY(words_expect(l, 7, "write: field NUMBER KIND SHAPE LENGTH ENCODING NAME"));
    TRY(word_number(l, 1, ISO_FIELD_MAX, &number));
    TRY(word_choose(l, 2, kinds, &kind));
    TRY(word_choose(l, 3, shapes, &f.prefix_digits));
    TRY(word_number(l, 4, f.prefix_digits == 2 ? 99 : FIELD_LENGTH_MAX, &f.length));
    TRY(word_choose(l, 5, encodings, &encoding));
    TRY(name_read(f.name, l, 6));
    f.kind = (enum iso_kind)kind;
    f.encoding = (enum iso_encoding)encoding;
    if (number == 1)
        return wrong(l, "field 1 is the second bitmap", "leave the line out");
    if (d->fields[number].known)
        return wrong(l, "this field stands here twice", "keep one of the two lines");
    if (!encoding_fits(f.kind, f.encoding))
        return wrong(l, "this kind cannot have this encoding",
                     "n, z: ascii bcd ebcdic; an, ans, xn: ascii ebcdic; b: binary hex");
    d->fields[number] = f;
    return E_ok;
}

static enum error line_read(struct iso_dialect *d, const struct line *l, bool seen[ST_COUNT]) {
    int statement = 0;
    bool complete = true;
    for (size_t i = 0; i < ST_MUST_COUNT; i++)
        complete = complete && seen[i];
    if (strcmp(l->words[0], "field") == 0) {
        if (!complete)
            return wrong(l, "fields come after the other statements",
                         "write version, name, header, mti, bitmap and lengths first");
        return field_read(d, l);
    }
    TRY(word_choose(l, 0, statements, &statement));
    if (seen[statement])
        return wrong(l, "this statement stands here twice", "keep one of the two lines");
    seen[statement] = true;
    return statement_read(d, l, (enum statement)statement);
}

static bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts one line into words; a comment ends it. */
static enum error line_split(struct line *l, struct bytes text) {
    l->count = 0;
    for (size_t i = 0; i < text.len;) {
        if (is_blank(text.data[i])) {
            i++;
            continue;
        }
        if (text.data[i] == '#')
            break;
        size_t from = i;
        while (i < text.len && !is_blank(text.data[i]))
            i++;
        if (l->count == WORDS_MAX || i - from > WORD_CHARS)
            return wrong(l, "this line has too many or too long words", "shorten it");
        memcpy(l->words[l->count], text.data + from, i - from);
        l->words[l->count++][i - from] = 0;
    }
    return E_ok;
}

enum error iso_dialect_read(struct iso_dialect *out, const char *file_name, struct bytes text) {
    struct line l = { .file = file_name };
    bool seen[ST_COUNT] = { false };
    *out = (struct iso_dialect){ 0 };
    for (size_t at = 0; at < text.len;) {
        const uint8_t *end = memchr(text.data + at, '\n', text.len - at);
        size_t len = end ? (size_t)(end - text.data) - at : text.len - at;
        l.number++;
        TRY(line_split(&l, bytes_part(text, at, len)));
        if (l.count > 0)
            TRY(line_read(out, &l, seen));
        at += len + 1;
    }
    for (int number = 2; number <= ISO_FIELD_MAX; number++) {
        if (out->fields[number].known)
            return E_ok;
    }
    return wrong(&l, "the file ends without any field", "see dialects/iso87.dialect");
}

struct bytes iso_dialect_shipped(const char *name) {
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        if (strcmp(shipped[i].name, name) == 0)
            return bytes_of(shipped[i].from, (size_t)(shipped[i].to - shipped[i].from));
    }
    return (struct bytes){ NULL, 0 };
}

enum error iso_dialect_open(struct iso_dialect *out, struct disk *disk, const char *name) {
    struct bytes text = iso_dialect_shipped(name);
    struct buf file = { 0 };
    enum error e = E_ok;
    if (text.data)
        return iso_dialect_read(out, name, text);
    if (!strchr(name, '/')) {
        e = fail(E_config, "there is no dialect named \"%s\"", name);
        fail_try("dialect=iso87, dialect=iso87-bcd, or a path with a slash in it");
        return e;
    }
    e = disk_read_whole(disk, name, FILE_MAX, &file);
    if (!e)
        e = iso_dialect_read(out, name, buf_bytes(&file));
    else
        fail_while("reading the dialect of an ISO 8583 edge");
    buf_finish(&file);
    return e;
}
