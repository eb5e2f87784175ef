/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One message a call; a cursor remembers that something did not fit, and one check ends it. */
#include "capture/pgoutput.h"

#include <string.h>

enum { EPOCH_2000_S = 946684800 };

struct reader {
    const uint8_t *at, *end;
    bool bad;
};

static uint64_t number(struct reader *r, size_t size) {
    uint64_t v = 0;
    if ((size_t)(r->end - r->at) < size) {
        r->bad = true;
        r->at = r->end;
        return 0;
    }
    for (size_t i = 0; i < size; i++)
        v = v << 8 | *r->at++;
    return v;
}

static void name(struct reader *r, char out[PGOUTPUT_NAME_CHARS + 1]) {
    size_t left = (size_t)(r->end - r->at);
    const uint8_t *zero = left ? memchr(r->at, 0, left) : NULL;
    size_t len = zero ? (size_t)(zero - r->at) : 0;
    out[0] = 0;
    if (!zero || len > PGOUTPUT_NAME_CHARS) {
        r->bad = true;
        r->at = r->end;
        return;
    }
    memcpy(out, r->at, len + 1);
    r->at = zero + 1;
}

/* Microseconds since 2000. */
static int64_t moment(struct reader *r) {
    return (int64_t)number(r, 8) / 1000 + (int64_t)EPOCH_2000_S * 1000;
}

static void cell(struct reader *r, struct pgoutput_cell *c) {
    uint64_t kind = number(r, 1);
    *c = (struct pgoutput_cell){ PGOUTPUT_NULL, { NULL, 0 } };
    if (kind == 'u')
        c->kind = PGOUTPUT_UNCHANGED;
    if (kind == 'n' || kind == 'u')
        return;
    size_t len = kind == 't' ? (size_t)number(r, 4) : SIZE_MAX;
    if ((size_t)(r->end - r->at) < len) {
        r->bad = true;
        r->at = r->end;
        return;
    }
    *c = (struct pgoutput_cell){ PGOUTPUT_TEXT, bytes_of(r->at, len) };
    r->at += len;
}

static void tuple(struct reader *r, struct pgoutput_tuple *t) {
    t->count = (size_t)number(r, 2);
    if (t->count > PGOUTPUT_COLUMNS_MAX) {
        r->bad = true;
        t->count = 0;
    }
    for (size_t i = 0; i < t->count && !r->bad; i++)
        cell(r, &t->cells[i]);
}

static void relation(struct reader *r, struct pgoutput_relation *is) {
    is->id = (uint32_t)number(r, 4);
    name(r, is->schema);
    name(r, is->name);
    (void)number(r, 1); /* replica identity */
    is->count = (size_t)number(r, 2);
    if (is->count > PGOUTPUT_COLUMNS_MAX) {
        r->bad = true;
        is->count = 0;
    }
    for (size_t i = 0; i < is->count && !r->bad; i++) {
        (void)number(r, 1); /* part of the key */
        name(r, is->columns[i].name);
        is->columns[i].type = (uint32_t)number(r, 4);
        (void)number(r, 4); /* type modifier */
    }
}

/* 'K' or 'O' and what was; 'N' and what is. */
static void row(struct reader *r, struct pgoutput_message *m, bool wants_new) {
    m->relation = (uint32_t)number(r, 4);
    uint64_t which = number(r, 1);
    m->has_old = which == 'K' || which == 'O';
    if (m->has_old)
        tuple(r, &m->old);
    if (m->has_old && wants_new)
        which = number(r, 1);
    if (wants_new && which == 'N')
        tuple(r, &m->row);
    else if (wants_new || !m->has_old)
        r->bad = true;
}

static void truncate(struct reader *r, struct pgoutput_message *m) {
    uint64_t count = number(r, 4);
    (void)number(r, 1); /* CASCADE, RESTART IDENTITY */
    r->bad = r->bad || count > PGOUTPUT_COLUMNS_MAX;
    for (uint64_t i = 0; i < count && !r->bad; i++)
        m->truncated[m->truncated_count++] = (uint32_t)number(r, 4);
}

static void begin(struct reader *r, struct pgoutput_message *m) {
    m->kind = PGOUTPUT_BEGIN;
    m->lsn = number(r, 8);
    m->time_ms = moment(r);
    m->xid = (uint32_t)number(r, 4);
}

static void commit(struct reader *r, struct pgoutput_message *m) {
    m->kind = PGOUTPUT_COMMIT;
    (void)number(r, 1); /* flags */
    (void)number(r, 8); /* of the commit itself */
    m->lsn = number(r, 8);
    m->time_ms = moment(r);
}

static void body(struct reader *r, struct pgoutput_message *m, uint64_t kind) {
    static const struct {
        char letter;
        enum pgoutput_kind kind;
    } rows[] = { { 'I', PGOUTPUT_INSERT }, { 'U', PGOUTPUT_UPDATE }, { 'D', PGOUTPUT_DELETE } };
    m->kind = PGOUTPUT_OTHER;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (kind == (uint64_t)rows[i].letter) {
            m->kind = rows[i].kind;
            row(r, m, kind != 'D');
        }
    if (kind == 'B')
        begin(r, m);
    if (kind == 'C')
        commit(r, m);
    if (kind == 'R') {
        m->kind = PGOUTPUT_RELATION;
        relation(r, &m->is);
    }
    if (kind == 'T') {
        m->kind = PGOUTPUT_TRUNCATE;
        truncate(r, m);
    }
}

enum error pgoutput_read(struct pgoutput_message *out, struct bytes message) {
    struct reader r = { message.data, message.data + message.len, false };
    uint64_t kind = number(&r, 1);
    out->has_old = false;
    out->old.count = out->row.count = out->truncated_count = 0;
    if (!r.bad)
        body(&r, out, kind);
    if (r.bad)
        return fail(E_malformed,
                    "a message of pgoutput, kind %d, %zu bytes, is cut short, or has over %d "
                    "columns",
                    (int)kind, message.len, PGOUTPUT_COLUMNS_MAX);
    return E_ok;
}

/* An old row of its key only has NULL for all else, and one told whole has no such cell NULL. */
void pgoutput_fill(struct pgoutput_tuple *row, const struct pgoutput_tuple *old) {
    for (size_t i = 0; i < row->count && i < old->count; i++)
        if (row->cells[i].kind == PGOUTPUT_UNCHANGED && old->cells[i].kind == PGOUTPUT_TEXT)
            row->cells[i] = old->cells[i];
}

bool pgoutput_has_hole(const struct pgoutput_tuple *row) {
    for (size_t i = 0; i < row->count; i++)
        if (row->cells[i].kind == PGOUTPUT_UNCHANGED)
            return true;
    return false;
}
