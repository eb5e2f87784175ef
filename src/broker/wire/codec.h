/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Messages as data: a table of fields per message, one walker that decodes, one that encodes.
 *
 * A field knows its type, the versions that carry it, since when it may be null and what it is in a
 * version without it. Versions from `flexible_from` on are written compactly (lengths and counts
 * are varints of n + 1, 0 is null) and close every struct with tagged fields; we know no tags:
 * unknown ones are skipped when reading, none are written.
 *
 * In a struct a string or bytes is `struct bytes`, an array is a pointer and a `<name>_count`; a
 * NULL pointer is null, not empty. Where the protocol has no null, NULL is written as empty. */
#ifndef OCTAVO_WIRE_CODEC_H
#define OCTAVO_WIRE_CODEC_H

#include "base/arena.h"
#include "base/cursor.h"
#include "base/error.h"

enum field_type {
    FIELD_bool,
    FIELD_int8,
    FIELD_int16,
    FIELD_int32,
    FIELD_int64,
    FIELD_string,
    FIELD_bytes,
    FIELD_struct
};

struct message;

struct field {
    const char *name;
    enum field_type type; /* of the items, when it is an array */
    bool is_array;
    bool nullable;
    int16_t first; /* versions that carry it */
    int16_t last;
    int16_t nullable_from;
    uint16_t at;       /* offset in the struct */
    uint16_t count_at; /* offset of an array's count */
    int64_t otherwise; /* an integer's value before anything is set, and in other versions */
    const struct message *item; /* FIELD_struct */
};

struct message {
    const char *name;
    const struct field *fields;
    size_t field_count;
    size_t size;           /* of the C struct */
    int16_t flexible_from; /* of a whole message; what is inside follows it */
};

/* What decoding one message may take from the arena: 16 bytes for each of the message, 8 MiB. */
enum { DECODE_MEMORY_RATIO = 16, DECODE_MEMORY_FREE = 4096, DECODE_MEMORY_MAX = 8 << 20 };
enum { TAGGED_FIELDS_MAX = 64 };

/* Reads `out` (a struct of m->size bytes) from the front of `in`; bytes behind the message are
 * left. Strings and bytes borrow from `in`, arrays live in the arena. E_malformed, or E_too_large
 * when the message would take more memory than the above; the story names the field. */
enum error message_decode(const struct message *m, int16_t version, struct cursor *in,
                          struct arena *arena, void *out) MUST_CHECK;
/* Appends `in` (a struct of m->size bytes); fields that the version lacks are left out. E_too_large
 * when a string or array is longer than the version can say; `out` is then as before. */
enum error message_encode(const struct message *m, int16_t version, const void *in,
                          struct buf *out) MUST_CHECK;

/* The same, but a `bytes` whose data is message_elsewhere is written as its length only: what it is
 * goes there on the way, and where is appended to `holes`, a size_t each. */
extern const uint8_t message_elsewhere[1];
enum error message_encode_around(const struct message *m, int16_t version, const void *in,
                                 struct buf *out, struct buf *holes) MUST_CHECK;

void message_init(const struct message *m, void *out); /* zero, integers as the protocol defaults */
/* `count` initialised structs, valid until the arena's reset; never NULL, also for none. */
void *message_items(const struct message *m, size_t count, struct arena *arena);

/* Tagged fields, as headers carry them too: skipped; more than 64 make the cursor bad. */
void tagged_fields_skip(struct cursor *in);

#endif
