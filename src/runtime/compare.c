/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Each table is a list of items in an order that both stores give: a key, a sub key, the rest as
 * text. The first pass hashes blocks of them, the second reads the block in which the two part. */
#include "runtime/compare.h"

#include "base/arena.h"
#include "base/check.h"
#include "runtime/forget.h"
#include "runtime/journal.h"
#include "values/json.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_ITEMS = 256 };

struct item {
    struct bytes key, sub, text;
};

struct list;
/* A pass over one list of one store. */
struct walk {
    const struct list *list;
    void (*on_item)(void *context, const struct item *item);
    void *context;
    struct buf text;
};

struct list {
    const char *name;
    enum error (*each)(struct store *store, struct walk *w);
    const struct store_table *table; /* of a declared one */
    size_t index;
    int64_t event_ms; /* of compare_options */
};

/* ---- the lists */

static void row_text(struct buf *out, const struct store_table *table, const struct value *values) {
    buf_clear(out);
    json_begin(out);
    for (size_t i = 0; i < table->column_count; i++) {
        if (values[i].kind == VALUE_INT)
            json_put_int(out, table->columns[i].name, values[i].integer);
        if (values[i].kind == VALUE_TEXT)
            journal_put_text(out, table->columns[i].name, values[i].text);
    }
    json_end(out);
}

static void item_give(struct walk *w, struct bytes key, struct bytes sub) {
    struct item item = { key, sub, buf_bytes(&w->text) };
    w->on_item(w->context, &item);
}

static void on_row(void *context, struct bytes key, struct bytes sub, const struct value *values,
                   size_t count) {
    struct walk *w = context;
    struct forgets at_end = { .now_ms = w->list->event_ms };
    (void)count;
    if (forget_is_over(&at_end, w->list->table, values))
        return;
    row_text(&w->text, w->list->table, values);
    item_give(w, key, sub);
}

static enum error rows_each(struct store *store, struct walk *w) {
    return store->ops->table_each(store, w->list->index, on_row, w);
}

static void on_position(void *context, struct bytes topic, int32_t partition,
                        const struct position *p) {
    struct walk *w = context;
    struct buf number = { 0 };
    buf_put_decimal(&number, partition);
    buf_clear(&w->text);
    json_begin(&w->text);
    json_put_int(&w->text, "next_offset", p->next_offset);
    json_put_int(&w->text, "last_offset", p->last_offset);
    json_put_int(&w->text, "last_hash", (int64_t)p->last_hash);
    json_put_text(&w->text, "cluster_id", bytes_text(p->cluster_id));
    json_put_int(&w->text, "event_ms", p->event_ms);
    json_end(&w->text);
    item_give(w, topic, buf_bytes(&number));
    buf_finish(&number);
}

static enum error positions_each(struct store *store, struct walk *w) {
    return store->ops->position_each(store, on_position, w);
}

static void on_lane(void *context, struct bytes lane, int64_t number) {
    struct walk *w = context;
    buf_clear(&w->text);
    json_begin(&w->text);
    json_put_int(&w->text, "number", number);
    json_end(&w->text);
    item_give(w, lane, bytes_text(""));
}

static enum error lanes_in_each(struct store *store, struct walk *w) {
    return store->ops->lane_in_each(store, on_lane, w);
}

static enum error lanes_out_each(struct store *store, struct walk *w) {
    return store->ops->lane_out_each(store, on_lane, w);
}

static void on_timer(void *context, const struct timer_row *t) {
    struct walk *w = context;
    buf_clear(&w->text);
    json_begin(&w->text);
    json_put_int(&w->text, "due_ms", t->due_ms);
    json_put_int(&w->text, "clock", t->clock);
    json_end(&w->text);
    item_give(w, t->key, t->name);
}

static enum error timers_each(struct store *store, struct walk *w) {
    TRY(store->ops->timer_due(store, TIMER_WALL, INT64_MAX, SIZE_MAX, on_timer, w));
    return store->ops->timer_due(store, TIMER_EVENT, INT64_MAX, SIZE_MAX, on_timer, w);
}

/* The packed input is the same when its length and hash are. */
static void on_parked(void *context, const struct parked_row *row) {
    struct walk *w = context;
    struct buf number = { 0 };
    buf_put_decimal(&number, row->number);
    buf_clear(&w->text);
    json_begin(&w->text);
    json_put_int(&w->text, "attempts", row->attempts);
    journal_put_text(&w->text, "reason", row->reason);
    json_put_int(&w->text, "bytes", (int64_t)row->packed.len);
    json_put_int(&w->text, "hash", (int64_t)bytes_hash(row->packed));
    json_end(&w->text);
    item_give(w, row->key, buf_bytes(&number));
    buf_finish(&number);
}

static enum error parked_each(struct store *store, struct walk *w) {
    return store->ops->park_each(store, (struct bytes){ 0 }, 0, SIZE_MAX, on_parked, w);
}

static void on_effect(void *context, const struct effect_row *row) {
    struct walk *w = context;
    buf_clear(&w->text);
    json_begin(&w->text);
    journal_put_text(&w->text, "edge", row->edge);
    journal_put_text(&w->text, "type", row->type);
    json_put_int(&w->text, "time_ms", row->time_ms);
    journal_put_text(&w->text, "json", row->json);
    json_end(&w->text);
    item_give(w, row->key, row->id);
}

static enum error effects_each(struct store *store, struct walk *w) {
    return store->ops->effect_each(store, 0, SIZE_MAX, on_effect, w);
}

static void on_seen(void *context, const struct seen_row *row) {
    struct walk *w = context;
    buf_clear(&w->text);
    json_begin(&w->text);
    json_put_int(&w->text, "until_ms", row->until_ms);
    json_end(&w->text);
    item_give(w, row->source, row->id);
}

static enum error seen_each(struct store *store, struct walk *w) {
    return store->ops->seen_each(store, w->list->event_ms, on_seen, w);
}

/* Others say what store this is, what becomes of it, and what the wall's clock has measured. */
static bool fact_is_compared(struct bytes name) {
    static const char *const others[] = { "incarnation", "format_version", "building",
                                          "closed_by" };
    static const char effects[] = "effects:";
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (bytes_is_text(name, others[i]))
            return false;
    return name.len < sizeof(effects) - 1 || memcmp(name.data, effects, sizeof(effects) - 1) != 0;
}

static void on_fact(void *context, struct bytes name, struct bytes value) {
    struct walk *w = context;
    if (!fact_is_compared(name))
        return;
    buf_clear(&w->text);
    json_begin(&w->text);
    journal_put_text(&w->text, "value", value);
    json_end(&w->text);
    item_give(w, name, bytes_text(""));
}

static enum error facts_each(struct store *store, struct walk *w) {
    return store->ops->fact_each(store, on_fact, w);
}

static const struct list own_lists[] = {
    { .name = "parked", .each = parked_each },      { .name = "effect", .each = effects_each },
    { .name = "timer", .each = timers_each },       { .name = "lane_in", .each = lanes_in_each },
    { .name = "lane_out", .each = lanes_out_each }, { .name = "position", .each = positions_each },
    { .name = "seen", .each = seen_each },          { .name = "fact", .each = facts_each },
};

/* ---- the first pass: blocks */

struct tally {
    uint64_t *blocks;
    size_t count, capacity;
    uint64_t open; /* of the block that is not full */
    size_t items;
};

static void tally_close(struct tally *t) {
    if (t->count == t->capacity) {
        t->capacity = t->capacity ? t->capacity * 2 : 64;
        t->blocks = memory_resize(t->blocks, t->capacity * sizeof(*t->blocks));
    }
    t->blocks[t->count++] = t->open;
    t->open = 0;
}

static uint64_t mix(uint64_t hash, struct bytes bytes) {
    return (hash ^ bytes_hash(bytes) ^ bytes.len) * 0x9e3779b97f4a7c15u + 1;
}

static void tally_item(void *context, const struct item *item) {
    struct tally *t = context;
    t->open = mix(mix(mix(t->open, item->key), item->sub), item->text);
    if (++t->items % BLOCK_ITEMS == 0)
        tally_close(t);
}

static enum error list_tally(struct store *store, const struct list *list, struct tally *out) {
    struct walk w = { .list = list, .on_item = tally_item, .context = out };
    enum error e = list->each(store, &w);
    if (out->items % BLOCK_ITEMS)
        tally_close(out);
    buf_finish(&w.text);
    return e;
}

/* ---- the second: the items of one block */

struct block {
    size_t first; /* the number of its first item */
    size_t seen;
    size_t count;
    struct item items[BLOCK_ITEMS];
    struct arena texts;
};

static void block_item(void *context, const struct item *item) {
    struct block *b = context;
    size_t at = b->seen++;
    if (at < b->first || b->count == BLOCK_ITEMS)
        return;
    b->items[b->count++] =
        (struct item){ arena_copy(&b->texts, item->key), arena_copy(&b->texts, item->sub),
                       arena_copy(&b->texts, item->text) };
}

static enum error block_read(struct store *store, const struct list *list, struct block *out) {
    struct walk w = { .list = list, .on_item = block_item, .context = out };
    enum error e = list->each(store, &w);
    buf_finish(&w.text);
    return e;
}

static bool items_equal(const struct item *a, const struct item *b) {
    return bytes_equal(a->key, b->key) && bytes_equal(a->sub, b->sub)
           && bytes_equal(a->text, b->text);
}

static void found_fill(struct compare_found *out, const char *table, const struct item *recorded,
                       const struct item *replayed) {
    struct item any = { 0 };
    if (replayed) {
        any = *replayed;
        buf_put_bytes(&out->replayed, any.text);
    }
    if (recorded) {
        any = *recorded;
        buf_put_bytes(&out->recorded, any.text);
    }
    out->found = true;
    buf_put_text(&out->table, table);
    buf_put_bytes(&out->key, any.key);
    buf_put_bytes(&out->sub, any.sub);
}

/* Two rows of different names: the smaller is one that the other side does not have. */
static void blocks_part(const char *table, const struct block *recorded,
                        const struct block *replayed, struct compare_found *out) {
    size_t i = 0;
    while (i < recorded->count && i < replayed->count
           && items_equal(&recorded->items[i], &replayed->items[i]))
        i++;
    const struct item *a = i < recorded->count ? &recorded->items[i] : NULL;
    const struct item *b = i < replayed->count ? &replayed->items[i] : NULL;
    int order = a && b ? bytes_compare(a->key, b->key) : 0;
    if (a && b && !order)
        order = bytes_compare(a->sub, b->sub);
    assert(a || b);
    found_fill(out, table, order > 0 ? NULL : a, order < 0 ? NULL : b);
}

static enum error block_compare(const struct compare_options *o, const struct list *list,
                                size_t first, struct compare_found *out) {
    struct block *blocks = memory_get(2 * sizeof(*blocks));
    blocks[0].first = blocks[1].first = first;
    enum error e = block_read(o->recorded, list, &blocks[0]);
    if (!e)
        e = block_read(o->replayed, list, &blocks[1]);
    if (!e)
        blocks_part(list->name, &blocks[0], &blocks[1], out);
    arena_finish(&blocks[0].texts);
    arena_finish(&blocks[1].texts);
    free(blocks);
    return e;
}

static enum error list_compare(const struct compare_options *o, const struct list *list,
                               struct compare_found *out) {
    struct tally a = { 0 }, b = { 0 };
    size_t block = 0;
    enum error e = list_tally(o->recorded, list, &a);
    if (!e)
        e = list_tally(o->replayed, list, &b);
    while (block < a.count && block < b.count && a.blocks[block] == b.blocks[block])
        block++;
    bool equal = block == a.count && block == b.count;
    free(a.blocks);
    free(b.blocks);
    return e || equal ? e : block_compare(o, list, block * BLOCK_ITEMS, out);
}

enum error compare_stores(const struct compare_options *o, struct compare_found *out) {
    for (size_t i = 0; i < o->table_count && !out->found; i++) {
        struct list list = { o->tables[i].name, rows_each, &o->tables[i], i, o->event_ms };
        TRY_WHILE(list_compare(o, &list, out), "comparing table %s", list.name);
    }
    for (size_t i = 0; i < sizeof(own_lists) / sizeof(own_lists[0]) && !out->found; i++) {
        struct list list = own_lists[i];
        list.event_ms = o->event_ms;
        if (!o->without_lanes_out || list.each != lanes_out_each)
            TRY_WHILE(list_compare(o, &list, out), "comparing table %s", list.name);
    }
    return E_ok;
}

/* ---- one row */

static enum error row_read(struct store *store, const struct store_table *table,
                           const struct compare_row *row, struct buf *text) {
    struct value *values = memory_get((table->column_count + 1) * sizeof(*values));
    bool found = false;
    enum error e = store->ops->row_get(store, row->table, row->key, row->sub, values, &found);
    if (!e && found)
        row_text(text, table, values);
    free(values);
    return e;
}

enum error compare_row(const struct compare_options *o, const struct compare_row *row,
                       struct compare_found *out) {
    const struct store_table *table = &o->tables[row->table];
    assert(!table->log && !out->found);
    enum error e = row_read(o->recorded, table, row, &out->recorded);
    if (!e)
        e = row_read(o->replayed, table, row, &out->replayed);
    if (e || bytes_equal(buf_bytes(&out->recorded), buf_bytes(&out->replayed))) {
        compare_found_finish(out);
        return e;
    }
    out->found = true;
    buf_put_text(&out->table, table->name);
    buf_put_bytes(&out->key, row->key);
    buf_put_bytes(&out->sub, row->sub);
    return E_ok;
}

void compare_found_finish(struct compare_found *f) {
    buf_finish(&f->table);
    buf_finish(&f->key);
    buf_finish(&f->sub);
    buf_finish(&f->recorded);
    buf_finish(&f->replayed);
    f->found = false;
}
