/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Handing over: what is streamed in the order of commits, and between two transactions the rows of
 * a chunk that the stream has caught up with.
 *
 * The position of the last item is where the next read begins; a read that begins elsewhere is a
 * restart, and opens everything again. There the slot is looked at: one that is gone, was dropped
 * and made again, has lost its log, or is of another server cannot say what has happened since. So
 * a new one is made and all rows are read again under the next number, at whose end the handler
 * knows that what it has not seen under that number is gone. */
#include "capture/capture.h"

#include "capture/chunk.h"
#include "capture/item.h"
#include "capture/pgoutput.h"
#include "capture/postgres.h"
#include "connectors/url.h"

#include "base/clock.h"
#include "base/disk.h"
#include "base/event.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAIT_MS = 200,
    BUSY_MS = 1000, /* of frames that have nothing for us: then the server is told, and who stops */
    READ_BYTES_MAX = 1 << 20,
    CHUNK_ROWS = 1000,
    KEEP_BYTES = 16 << 20, /* of log that says nothing of the table: told, so that it can go */
    FRAME_HEAD = 25,       /* 'w', two LSNs, a time */
    KEEPALIVE_ASKS = 17,   /* 'k', an LSN, a time, whether it wants an answer */
    ASK_MS = 50,
    ADDRESS_BYTES_MAX = 4096,
    END_BYTES = 256, /* of an item: what capture_item_end adds, and more */
};

/* The transaction that is being streamed. */
struct transaction {
    bool open;
    uint32_t xid;
    int64_t time_ms;
    uint64_t lsn;   /* of its commit */
    uint64_t items; /* of our table, by now */
    uint64_t skip;  /* so many of its first were taken before the restart */
};

struct connector {
    struct url url;
    char *address_path; /* of the file that says how to connect */
    char *marker_path;  /* of the file that says that we make the slot */
    char *table;        /* SCHEMA"."NAME */
    const char *schema_name, *table_name;
    char *schema_owned;
    const char *key, *publication, *type;
    struct postgres server;
    bool open;
    struct capture_position at;
    char handed[CAPTURE_POSITION_BYTES]; /* of the item last handed over */
    struct pgoutput_relation relation;
    int key_at;
    bool has_relation;
    struct pgoutput_message message;
    struct transaction txn;
    struct streamed streamed;
    struct chunk chunk;
    size_t chunk_rows; /* of the next: less after one that was cut at its bytes */
    char *read_to; /* the key of the last row read: NULL, as `at` has it; longer if it is wrong */
    uint64_t xmin_wanted; /* before it a transaction may be streamed that no snapshot sees yet */
    uint64_t sent_lsn;    /* the server has sent all that was committed before it */
    int64_t asked_ms;
    int64_t again_ms; /* not before, another chunk is read in place of one that came too early */
    struct buf json;
};

struct reading {
    struct connector *c;
    size_t count, bytes, max;
    uint64_t taken_lsn;
    void (*on_item)(void *context, const struct source_item *item);
    void *context;
};

/* ---- open */

static bool name_is_good(const char *name) {
    size_t len = name ? strlen(name) : 0;
    return len && len <= PGOUTPUT_NAME_CHARS
           && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
                  == len;
}

static enum error names_read(struct connector *c) {
    const char *table = url_get(&c->url, "table");
    const char *dot = table ? strchr(table, '.') : NULL;
    c->schema_owned =
        dot ? text_copy_bytes(bytes_of(table, (size_t)(dot - table))) : text_copy("public");
    c->schema_name = c->schema_owned;
    c->table_name = dot ? dot + 1 : table;
    c->key = url_get(&c->url, "key");
    c->publication = url_get(&c->url, "publication");
    c->type = url_get(&c->url, "type") ? url_get(&c->url, "type") : "captured";
    if (!name_is_good(c->table_name) || !name_is_good(c->schema_name) || !name_is_good(c->key)
        || !name_is_good(c->publication) || !name_is_good(c->url.where) || !*c->type)
        return url_wrong(&c->url, "a slot, table, key and publication are wanted, of letters, "
                                  "digits and _");
    c->table = text_format("%s\".\"%s", c->schema_name, c->table_name);
    return E_ok;
}

static void capture_close(struct connector *c) {
    url_finish(&c->url);
    postgres_close(&c->server);
    chunk_finish(&c->chunk);
    buf_finish(&c->json);
    free(c->schema_owned);
    free(c->table);
    free(c->address_path);
    free(c->marker_path);
    free(c->read_to);
    free(c);
}

static enum error capture_open(struct connector **out, const struct source_options *options) {
    static const char *const known[] = { "table", "key", "publication", "type", "server", NULL };
    static const struct url_form form = { "pgoutput", known,
                                          "pgoutput:octavo?table=customer&key=id&publication="
                                          "octavo&type=customer-captured" };
    struct connector *c = memory_get(sizeof(*c));
    enum error e = url_read(&c->url, &form, options->url);
    if (!e)
        e = names_read(c);
    if (e) {
        capture_close(c);
        return e;
    }
    const char *server = url_get(&c->url, "server");
    c->address_path = text_format("%s/%s", options->data_dir, server ? server : "postgresql");
    c->marker_path = text_format("%s/capture-%s", options->data_dir, c->url.where);
    *out = c;
    return E_ok;
}

/* ---- where to begin */

/* NULL: the slot goes on where we stand. */
static const char *slot_fault(const struct connector *c, const struct postgres_slot *slot,
                              uint64_t system, uint64_t lsn) {
    if (system != c->at.system)
        return "another server";
    if (!slot->exists)
        return "no slot";
    if (slot->lost)
        return "its log was removed";
    if (slot->confirmed > c->at.lsn)
        return "the slot has gone on without us";
    return lsn < c->at.lsn ? "the server went back in time" : NULL;
}

static enum error slot_begin(struct connector *c, const struct postgres_slot *slot,
                             uint64_t system) {
    uint64_t number = c->at.snapshot + 1, lsn;
    TRY(postgres_slot_create(&c->server, c->url.where, slot->exists, &lsn));
    c->at = (struct capture_position){ .system = system, .lsn = lsn, .snapshot = number };
    return E_ok;
}

static enum error slot_find(struct connector *c, bool is_new) {
    struct postgres_slot slot;
    uint64_t system, lsn;
    TRY(postgres_identify(&c->server, &system, &lsn));
    TRY(postgres_slot_find(&c->server, c->url.where, &slot));
    if (slot.active)
        return fail(E_busy, "postgresql: slot %s is being read by another process", c->url.where);
    if (is_new)
        TRY(postgres_slot_claim(c->url.where, &slot, c->marker_path));
    const char *fault = is_new ? NULL : slot_fault(c, &slot, system, lsn);
    if (fault)
        event_log(EV_source_gap, "slot=%s snapshot=%" PRIu64 " reason=\"%s\"", c->url.where,
                  c->at.snapshot + 1, fault);
    return is_new || fault ? slot_begin(c, &slot, system) : E_ok;
}

/* Read at each connecting, so that another server or password needs no restart. */
static enum error address_read(const struct connector *c, struct buf *out) {
    enum error e = disk_read_whole(disk_real(), c->address_path, ADDRESS_BYTES_MAX, out);
    if (e) {
        buf_finish(out);
        e = fail(E_config, "postgresql: the file %s cannot be read", c->address_path);
        fail_try("one line: host=HOST dbname=DATABASE user=USER password=PASSWORD");
        return e;
    }
    out->len = strcspn(buf_text(out), "\r\n");
    return E_ok;
}

static void read_to_set(struct connector *c, const char *key) {
    free(c->read_to);
    c->read_to = key ? text_copy(key) : NULL;
}

static enum error begin_at(struct connector *c, struct bytes after) {
    struct buf address = { 0 };
    c->at = (struct capture_position){ 0 };
    if (after.len)
        TRY(capture_position_read(&c->at, after));
    TRY(address_read(c, &address));
    enum error e = postgres_open(&c->server, buf_text(&address));
    buf_finish(&address);
    TRY(e);
    TRY(postgres_publication_check(&c->server, c->publication, c->schema_name, c->table_name));
    TRY(slot_find(c, !after.len));
    TRY(chunk_running(&c->server, &c->xmin_wanted));
    c->txn = (struct transaction){ .skip = c->at.skip };
    c->streamed.count = 0;
    c->has_relation = false;
    c->sent_lsn = 0;
    c->chunk_rows = CHUNK_ROWS;
    read_to_set(c, NULL);
    return postgres_stream_begin(
        &c->server, &(struct postgres_stream){ c->url.where, c->publication, c->at.lsn });
}

static void end(struct connector *c) {
    postgres_close(&c->server);
    chunk_finish(&c->chunk);
    c->open = false;
}

/* ---- items */

/* Of a row that is wrong the key may be too long for `at`, so the place in the chunk stands for it.
 */
static char *item_id(const struct connector *c, struct bytes key, const char *op) {
    char id[64];
    (void)snprintf(id, sizeof(id), "%" PRIX64 "-%" PRIX64 "-", c->at.system, c->at.lsn);
    if (c->txn.open)
        return text_format("%s%" PRIu64, id, c->at.skip);
    if (strcmp(op, "wrong") == 0)
        return text_format("%s%" PRIu64 "-wrong-%zu-%.*s", id, c->at.snapshot, c->chunk.at,
                           (int)key.len, (const char *)key.data);
    return text_format("%s%" PRIu64 "-%s-%.*s", id, c->at.snapshot, op, (int)key.len,
                       (const char *)key.data);
}

/* An item of its own key, so that nothing else waits behind it, parked as it will be. */
static void wrong_begin(struct connector *c, struct bytes *key, const char **op,
                        const char *reason) {
    bool is_key = !capture_key_fault(*key);
    capture_item_wrong(&c->json, *key, reason);
    *op = "wrong";
    if (!is_key)
        *key = key->len ? capture_key_part(*key) : bytes_text("(empty key)");
}

static void item_hand(struct reading *r, struct bytes key, const char *op) {
    struct connector *c = r->c;
    bool is_row = !c->txn.open;
    uint64_t lsn = is_row ? c->at.lsn : c->txn.lsn;
    const char *fault = capture_key_fault(key);
    if (!fault && (!c->json.len || c->json.len > JSON_BYTES_MAX - END_BYTES))
        fault = "the row has over the 1 MiB that an event can hold";
    if (fault)
        wrong_begin(c, &key, &op, fault);
    capture_item_end(&c->json, op, c->at.snapshot, lsn);
    char *id = item_id(c, key, op);
    struct source_item item = { .type = c->type,
                                .id = bytes_text(id),
                                .key = key,
                                .json = buf_bytes(&c->json),
                                .position = capture_position_text(&c->at, c->handed),
                                .time_ms = is_row ? 0 : c->txn.time_ms };
    r->on_item(r->context, &item);
    free(id);
    r->count++;
    r->bytes += c->json.len;
}

/* An item of the transaction; one that was taken before the restart is passed by, and so is the end
 * of a row that could not be taken. */
static void change_hand(struct reading *r, struct bytes key, const char *op) {
    struct connector *c = r->c;
    if (c->chunk.loaded && !snapshot_sees(&c->chunk.snapshot, c->txn.xid))
        chunk_remove(&c->chunk, key);
    c->txn.items++;
    if (c->txn.items <= c->txn.skip)
        return;
    c->at.skip = c->txn.items;
    if (strcmp(op, "gone") != 0 || !capture_key_fault(key))
        item_hand(r, key, op);
}

static void row_hand(struct reading *r, const struct pgoutput_tuple *t, const char *op) {
    struct connector *c = r->c;
    struct bytes key = t->cells[c->key_at].text;
    buf_clear(&c->json);
    capture_item_begin(&c->json, capture_key_part(key));
    for (size_t i = 0; i < t->count && i < c->relation.count && strcmp(op, "put") == 0; i++)
        if (t->cells[i].kind != PGOUTPUT_UNCHANGED)
            capture_item_cell(&c->json, c->relation.columns[i].name, c->relation.columns[i].type,
                              t->cells[i].kind == PGOUTPUT_NULL ? NULL : &t->cells[i].text);
    change_hand(r, key, op);
}

/* All rows are read again, and who is not seen then is known to be gone. */
static void read_again(struct connector *c, const char *reason) {
    chunk_finish(&c->chunk);
    read_to_set(c, NULL);
    event_log(EV_source_gap, "slot=%s snapshot=%" PRIu64 " reason=\"%s\"", c->url.where,
              c->at.snapshot + 1, reason);
    c->at.snapshot++;
    c->at.whole = c->at.has_key = false;
}

/* The row has cells that the log does not have, for they are stored out of line and are as they
 * were. A chunk that has them gives up its row to this one, so it is read again: nothing of it was
 * told yet. Under another key they are in no item that was ever told. */
static void hole_take(struct connector *c, bool key_changed) {
    struct bytes key = c->message.row.cells[c->key_at].text;
    if (key_changed && c->txn.items >= c->txn.skip)
        read_again(c, "a key was changed of a row with columns that are not in the log");
    else if (chunk_has(&c->chunk, key) && !snapshot_sees(&c->chunk.snapshot, c->txn.xid))
        chunk_finish(&c->chunk);
}

static enum error change_take(struct reading *r) {
    struct connector *c = r->c;
    struct pgoutput_message *m = &c->message;
    if (!c->has_relation || m->relation != c->relation.id)
        return E_ok; /* another table of the publication */
    struct pgoutput_tuple *now = m->kind == PGOUTPUT_DELETE ? &m->old : &m->row;
    size_t key = (size_t)c->key_at;
    if (now->count <= key || (m->has_old && m->old.count <= key))
        return fail(E_malformed, "postgresql: a row without its key");
    if (m->kind == PGOUTPUT_DELETE) {
        row_hand(r, now, "gone");
        return E_ok;
    }
    bool key_changed = m->has_old && m->old.cells[key].kind == PGOUTPUT_TEXT
                       && !bytes_equal(m->old.cells[key].text, now->cells[key].text);
    if (m->has_old)
        pgoutput_fill(now, &m->old);
    if (pgoutput_has_hole(now))
        hole_take(c, key_changed);
    if (key_changed)
        row_hand(r, &m->old, "gone");
    row_hand(r, now, "put");
    return E_ok;
}

static enum error relation_take(struct connector *c) {
    const struct pgoutput_relation *is = &c->message.is;
    if (strcmp(is->schema, c->schema_name) != 0 || strcmp(is->name, c->table_name) != 0)
        return E_ok;
    c->relation = *is;
    c->has_relation = true;
    c->key_at = -1;
    for (size_t i = 0; i < is->count; i++)
        if (strcmp(is->columns[i].name, c->key) == 0)
            c->key_at = (int)i;
    if (c->key_at < 0)
        return fail(E_config, "postgresql: table %s has no column %s", c->table_name, c->key);
    return E_ok;
}

/* All rows went at once: what is there is read again, and the rest is known to be gone. */
static void truncate_take(struct connector *c) {
    for (size_t i = 0; i < c->message.truncated_count; i++) {
        if (!c->has_relation || c->message.truncated[i] != c->relation.id)
            continue;
        read_again(c, "the table was truncated");
    }
}

static void commit_take(struct connector *c) {
    c->at.lsn = c->sent_lsn = c->message.lsn;
    c->at.skip = 0;
    if (c->txn.items)
        c->txn.skip = 0;
    c->txn.open = false;
    c->txn.items = 0;
}

static enum error message_take(struct reading *r, struct bytes message) {
    struct connector *c = r->c;
    TRY(pgoutput_read(&c->message, message));
    switch (c->message.kind) {
    case PGOUTPUT_BEGIN:
        c->txn.open = true;
        c->txn.xid = c->message.xid;
        c->txn.lsn = c->message.lsn;
        c->txn.time_ms = c->message.time_ms;
        streamed_add(&c->streamed, c->txn.xid);
        break;
    case PGOUTPUT_COMMIT:
        commit_take(c);
        break;
    case PGOUTPUT_RELATION:
        return relation_take(c);
    case PGOUTPUT_INSERT:
    case PGOUTPUT_UPDATE:
    case PGOUTPUT_DELETE:
        return change_take(r);
    case PGOUTPUT_TRUNCATE:
        truncate_take(c);
        break;
    case PGOUTPUT_OTHER:
        break;
    }
    return E_ok;
}

/* ---- the stream */

static uint64_t lsn_at(struct bytes frame, size_t from) {
    uint64_t v = 0;
    for (size_t i = 0; i < 8; i++)
        v = v << 8 | frame.data[from + i];
    return v;
}

static enum error frame_take(struct reading *r, struct bytes frame) {
    struct connector *c = r->c;
    if (frame.data[0] == 'w' && frame.len > FRAME_HEAD)
        return message_take(r, bytes_part(frame, FRAME_HEAD, frame.len - FRAME_HEAD));
    if (frame.data[0] == 'k' && frame.len >= 9 && !c->txn.open) {
        c->sent_lsn = lsn_at(frame, 1);
        if (c->sent_lsn > c->at.lsn && !c->txn.skip)
            c->at.lsn = c->sent_lsn; /* all before it has been sent, and taken */
    }
    if (frame.data[0] == 'k' && frame.len > KEEPALIVE_ASKS && frame.data[KEEPALIVE_ASKS])
        return postgres_tell(&c->server, r->taken_lsn, false);
    return E_ok;
}

static bool chunk_is_ready(const struct connector *c) {
    return c->chunk.loaded && !c->txn.open && c->sent_lsn >= c->chunk.until_lsn;
}

static enum error chunk_begin(struct connector *c) {
    int again_ms;
    const char *after = c->read_to ? c->read_to : c->at.has_key ? c->at.key : NULL;
    struct chunk_options o = {
        c->table, c->key, c->chunk_rows, after, c->xmin_wanted, &c->streamed
    };
    TRY(chunk_load(&c->chunk, &c->server, &o, &again_ms));
    c->again_ms = clock_steady_ms(clock_real()) + again_ms;
    if (!c->chunk.loaded)
        return E_ok;
    c->xmin_wanted = 0;
    bool was_cut = c->chunk.count < c->chunk_rows && !c->chunk.last;
    size_t twice = 2 * c->chunk_rows < CHUNK_ROWS ? 2 * c->chunk_rows : CHUNK_ROWS;
    c->chunk_rows = was_cut ? c->chunk.count : twice;
    return E_ok;
}

static void whole_hand(struct reading *r) {
    struct connector *c = r->c;
    chunk_finish(&c->chunk);
    read_to_set(c, NULL);
    c->at.whole = true;
    c->at.has_key = false;
    buf_clear(&c->json);
    capture_item_begin(&c->json, bytes_text("-"));
    item_hand(r, bytes_text("-"), "whole");
}

static void chunk_row_hand(struct reading *r, const struct chunk_row *row) {
    struct connector *c = r->c;
    struct bytes key = bytes_text(row->key);
    if (!capture_key_fault(key)) {
        memcpy(c->at.key, row->key, key.len + 1);
        c->at.has_key = true;
    }
    buf_clear(&c->json);
    if (row->json)
        buf_put_text(&c->json, row->json);
    item_hand(r, key, "put");
}

static void chunk_hand(struct reading *r) {
    struct connector *c = r->c;
    const struct chunk_row *row = chunk_next(&c->chunk);
    if (row) {
        chunk_row_hand(r, row);
        return;
    }
    if (c->chunk.last) {
        whole_hand(r);
        return;
    }
    const char *last = c->chunk.rows[c->chunk.count - 1].key;
    read_to_set(c, last);
    if (!capture_key_fault(bytes_text(last))) {
        memcpy(c->at.key, last, strlen(last) + 1);
        c->at.has_key = true;
    }
    chunk_finish(&c->chunk);
}

/* While a chunk waits, the server is asked how far it has sent: it tells by itself only seldom. */
static enum error stream_ask(struct connector *c, uint64_t taken_lsn) {
    int64_t now_ms = clock_steady_ms(clock_real());
    if (!c->chunk.loaded || now_ms - c->asked_ms < ASK_MS)
        return E_ok;
    c->asked_ms = now_ms;
    return postgres_tell(&c->server, taken_lsn, true);
}

/* *idle: nothing came within its time. */
static enum error turn(struct reading *r, int wait_ms, bool *idle) {
    struct connector *c = r->c;
    struct bytes frame;
    *idle = false;
    if (chunk_is_ready(c)) {
        chunk_hand(r);
        return E_ok;
    }
    if (!c->at.whole && !c->chunk.loaded && !c->txn.open
        && clock_steady_ms(clock_real()) >= c->again_ms)
        TRY(chunk_begin(c));
    TRY(stream_ask(c, r->taken_lsn));
    TRY(postgres_next(&c->server, wait_ms, &frame));
    *idle = !frame.len;
    return frame.len ? frame_take(r, frame) : E_ok;
}

/* Log that says nothing of the table is let go by an item that says nothing either. */
static void keep_hand(struct reading *r) {
    struct connector *c = r->c;
    if (r->count || c->txn.open || !c->at.whole || c->at.lsn < r->taken_lsn + KEEP_BYTES)
        return;
    buf_clear(&c->json);
    capture_item_begin(&c->json, bytes_text("-"));
    item_hand(r, bytes_text("-"), "keep");
}

/* A read ends though frames go on coming: the next one tells the server that we are here. */
static enum error read_some(struct reading *r, struct bytes after) {
    struct connector *c = r->c;
    struct capture_position taken = c->at;
    int64_t until_ms = clock_steady_ms(clock_real()) + WAIT_MS;
    if (after.len)
        TRY(capture_position_read(&taken, after));
    r->taken_lsn = taken.lsn;
    TRY(postgres_tell(&c->server, taken.lsn, false));
    while (r->count < r->max - 1 && r->bytes < READ_BYTES_MAX) {
        bool idle;
        int64_t left_ms = until_ms - clock_steady_ms(clock_real());
        int wait_ms = r->count || left_ms <= 0 ? 0 : c->chunk.loaded ? ASK_MS : (int)left_ms;
        TRY(turn(r, wait_ms, &idle));
        if ((idle && (r->count || left_ms <= 0)) || left_ms <= -BUSY_MS)
            break;
    }
    keep_hand(r);
    return E_ok;
}

static enum error capture_read(struct connector *c, struct bytes after_position, size_t max,
                               void (*on_item)(void *context, const struct source_item *item),
                               void *context) {
    struct reading r = { .c = c, .max = max, .on_item = on_item, .context = context };
    enum error e = E_ok;
    if (c->open && !bytes_equal(after_position, bytes_text(c->handed)))
        end(c);
    if (!c->open) {
        e = begin_at(c, after_position);
        c->open = !e;
        (void)snprintf(c->handed, sizeof(c->handed), "%.*s", (int)after_position.len,
                       (const char *)after_position.data);
    }
    if (!e)
        e = read_some(&r, after_position);
    if (e)
        end(c);
    return e;
}

const struct connector_source capture_source = {
    .scheme = "pgoutput",
    .open = capture_open,
    .read = capture_read,
    .close = capture_close,
};
