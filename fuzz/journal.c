// rooms: runtime
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The journal's reader takes any bytes; what it takes, written again by the writer, is taken again
 * and the same. */
#include "base/check.h"
#include "runtime/journal.h"
#include "runtime/journal_read.h"
#include "values/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void entry_write(struct buf *out, const struct journal_entry *e) {
    char name[32];
    buf_put_byte(out, out->len ? ',' : '[');
    json_begin(out);
    for (size_t i = 0; i < e->count; i++) {
        const struct journal_member *m = &e->members[i];
        assert(m->name.len < sizeof(name));
        for (size_t j = 0; j < m->name.len; j++)
            name[j] = (char)m->name.data[j];
        name[m->name.len] = 0;
        if (m->kind == JOURNAL_INT)
            json_put_int(out, name, m->integer);
        else if (m->kind == JOURNAL_TEXT)
            journal_put_text(out, name, m->text);
        else
            buf_print(out, "%s\"%s\":%.*s", i ? "," : "", name, (int)m->text.len,
                      (const char *)m->text.data);
    }
    json_end(out);
}

/* False: it was refused. */
static bool line_copy(struct bytes line, struct buf *out) {
    struct arena texts = { 0 };
    struct journal_reader r = { line, 0, &texts };
    struct journal_entry e;
    bool found = true;
    enum error error = E_ok;
    while (!error && found) {
        error = journal_next(&r, &e, &found);
        if (!error && found)
            entry_write(out, &e);
    }
    buf_put_byte(out, ']');
    arena_finish(&texts);
    return !error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf once = { 0 }, twice = { 0 };
    bool zero = false; /* an object's text is printed as text here */
    for (size_t i = 0; i < size; i++)
        zero = zero || !data[i];
    if (line_copy(bytes_of(data, size), &once) && !zero) {
        bool again = line_copy(buf_bytes(&once), &twice);
        assert(again);
        assert(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    }
    buf_finish(&once);
    buf_finish(&twice);
    return 0;
}
