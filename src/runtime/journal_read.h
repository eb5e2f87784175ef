/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A line of the input journal, read back entry by entry (journal.h writes it).
 *
 * An entry is one flat object whose first member says what kind it is; journal_forms.def lists the
 * kinds and their members, so a new kind is a row there. One member may hold an object, the body of
 * a request or an outcome: it is not looked into, and given byte for byte as it stands. A text that
 * is not UTF-8, or holds a zero, stands as hexadecimal digits under its name with `_hex` behind it;
 * the reader gives it back under its own name.
 *
 * A line comes from a file that anybody may have edited: every wrong one is E_corrupt, and a line
 * over JOURNAL_LINE_MAX is not looked at. */
#ifndef OCTAVO_RUNTIME_JOURNAL_READ_H
#define OCTAVO_RUNTIME_JOURNAL_READ_H

#include "base/arena.h"
#include "base/error.h"

enum { JOURNAL_MEMBERS_MAX = 10, JOURNAL_LINE_MAX = 1 << 30 };

enum journal_kind {
#define FORM(kind, first, members) JOURNAL_##kind,
#include "runtime/journal_forms.def"
#undef FORM
    JOURNAL_KINDS
};

struct journal_member {
    struct bytes name;
    enum journal_value { JOURNAL_INT, JOURNAL_TEXT, JOURNAL_OBJECT } kind;
    int64_t integer;
    struct bytes text; /* of a text, unescaped; of an object, its bytes with the braces */
};

struct journal_entry {
    enum journal_kind kind;
    size_t count;
    struct journal_member members[JOURNAL_MEMBERS_MAX];
};

struct journal_reader {
    struct bytes line; /* borrowed until the reader is done */
    size_t at;
    struct arena *texts; /* where unescaped texts go; the caller resets it */
};

/* The next entry; it borrows from the line and from the arena. */
enum error journal_next(struct journal_reader *r, struct journal_entry *out,
                        bool *found) MUST_CHECK;
/* Members that the form says are there are there, of the kind it says. */
struct bytes journal_text_of(const struct journal_entry *e, const char *name); /* or no bytes */
int64_t journal_int_of(const struct journal_entry *e, const char *name, int64_t absent);
struct bytes journal_object_of(const struct journal_entry *e, const char *name);

#endif
