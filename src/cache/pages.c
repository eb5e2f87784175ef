/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Blocks in pages. */
#include "pages.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { BEHIND = 8, LEAST_UNITS = 2 };

/* A free block's links, behind its head; a block of one unit has none and is in no list. */
struct links {
    uint32_t head, next, previous;
};

static uint8_t *block_at(const struct pages *p, uint32_t ref) {
    const struct page *page = &p->pages[ref / PAGE_UNITS];
    return page->data + (size_t)(ref % PAGE_UNITS) * UNIT_BYTES;
}

static uint32_t head_of(const struct pages *p, uint32_t ref) {
    uint32_t head;
    memcpy(&head, block_at(p, ref), sizeof(head));
    return head;
}

static uint32_t units_of(const struct pages *p, uint32_t ref) {
    return head_of(p, ref) >> 8;
}

/* ---- writing, and the picture of what was */

static void page_copy(struct pages *p, struct page *page) {
    memcpy(p->image + page->image_at, page->data, page->image_len);
    page->image_len = 0;
}

static uint8_t *block_write(struct pages *p, uint32_t ref) {
    struct page *page = &p->pages[ref / PAGE_UNITS];
    if (page->image_len)
        page_copy(p, page);
    return block_at(p, ref);
}

static void head_put(struct pages *p, uint32_t ref, size_t units, uint8_t table) {
    uint32_t head = (uint32_t)units << 8 | table;
    memcpy(block_write(p, ref), &head, sizeof(head));
}

/* ---- lists of free blocks */

static size_t class_of(size_t units) {
    return units < FREE_CLASSES ? units : FREE_CLASSES - 1;
}

static struct links links_get(const struct pages *p, uint32_t ref) {
    struct links links;
    memcpy(&links, block_at(p, ref), sizeof(links));
    return links;
}

static void links_put(struct pages *p, uint32_t ref, const struct links *links) {
    memcpy(block_write(p, ref), links, sizeof(*links));
}

static void class_mark(struct pages *p, size_t class) {
    uint64_t bit = 1ULL << class % 64;
    if (p->free_first[class])
        p->free_classes[class / 64] |= bit;
    else
        p->free_classes[class / 64] &= ~bit;
}

/* A block that is all zeros becomes a free one. */
static void list_add(struct pages *p, uint32_t ref, size_t units) {
    size_t class = class_of(units);
    uint32_t first = p->free_first[class];
    struct links links = { (uint32_t)units << 8 | BLOCK_FREE, first, 0 };
    p->bytes_free += units * UNIT_BYTES;
    if (units < LEAST_UNITS) {
        head_put(p, ref, units, BLOCK_FREE);
        return;
    }
    links_put(p, ref, &links);
    if (first) {
        links = links_get(p, first);
        links.previous = ref;
        links_put(p, first, &links);
    }
    p->free_first[class] = ref;
    class_mark(p, class);
}

/* Out of its list, all zeros again. */
static void list_take(struct pages *p, uint32_t ref) {
    struct links links = links_get(p, ref), other;
    size_t units = links.head >> 8, class = class_of(units);
    const struct links none = { 0 };
    p->bytes_free -= units * UNIT_BYTES;
    if (units < LEAST_UNITS) {
        memset(block_write(p, ref), 0, UNIT_BYTES);
        return;
    }
    if (links.next) {
        other = links_get(p, links.next);
        other.previous = links.previous;
        links_put(p, links.next, &other);
    }
    if (links.previous) {
        other = links_get(p, links.previous);
        other.next = links.next;
        links_put(p, links.previous, &other);
    } else {
        p->free_first[class] = links.next;
        class_mark(p, class);
    }
    links_put(p, ref, &none);
}

/* One of at least so many units; 0: there is none. */
static uint32_t list_find(const struct pages *p, size_t units) {
    for (size_t class = class_of(units); class < FREE_CLASSES; class ++) {
        uint64_t others = p->free_classes[class / 64] >> class % 64;
        if (!others) {
            class |= 63;
            continue;
        }
        class += (size_t)__builtin_ctzll(others);
        uint32_t ref = p->free_first[class];
        while (ref && units_of(p, ref) < units) /* only where lengths differ */
            ref = links_get(p, ref).next;
        if (ref)
            return ref;
    }
    return 0;
}

/* ---- pages */

static uint32_t first_ref(size_t page) {
    return (uint32_t)(page * PAGE_UNITS);
}

/* Some bytes behind a page may be read, and are nothing (packed.h). */
static void page_make(struct pages *p, size_t at, size_t size) {
    p->pages[at] = (struct page){ .data = memory_get(size + BEHIND), .size = (uint32_t)size };
    p->bytes += size;
}

static size_t page_add(struct pages *p) {
    p->pages = memory_grow(p->pages, p->count, &p->capacity, sizeof(*p->pages));
    assert(p->count < UINT32_MAX / PAGE_UNITS); /* 32 GiB */
    p->pages[p->count] = (struct page){ 0 };
    return p->count++;
}

/* What is left of the page that is being filled is a free block. */
static void filling_end(struct pages *p) {
    struct page *page = p->count ? &p->pages[p->filling] : NULL;
    if (!page || !page->data || page->used >= page->size)
        return;
    uint32_t used = page->used;
    page->used = page->size;
    list_add(p, first_ref(p->filling) + used / UNIT_BYTES, (page->size - used) / UNIT_BYTES);
}

/* Ref 0 means none, so nothing but an empty block stands there. */
static void filling_begin(struct pages *p) {
    filling_end(p);
    p->filling = page_add(p);
    page_make(p, p->filling, PAGE_BYTES);
    if (p->filling != 0)
        return;
    p->pages[0].used = UNIT_BYTES;
    list_add(p, 0, 1);
}

static size_t pages_for(size_t units) {
    return (units + PAGE_UNITS - 1) / PAGE_UNITS;
}

/* So many pages one behind the other that nobody has. */
static size_t run_find(struct pages *p, size_t wanted) {
    size_t run = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct page *page = &p->pages[i];
        if (page->data && page->size > PAGE_BYTES)
            i += pages_for(page->size / UNIT_BYTES) - 1;
        run = page->data ? 0 : run + 1;
        if (run == wanted)
            return i + 1 - wanted;
    }
    size_t first = p->count;
    for (size_t i = 0; i < wanted; i++)
        (void)page_add(p);
    return first;
}

static uint32_t long_take(struct pages *p, size_t units) {
    size_t first = run_find(p, pages_for(units));
    page_make(p, first, units * UNIT_BYTES);
    p->pages[first].used = p->pages[first].size;
    return first_ref(first);
}

static void long_give(struct pages *p, uint32_t ref) {
    struct page *page = &p->pages[ref / PAGE_UNITS];
    (void)block_write(p, ref);
    p->bytes -= page->size;
    free(page->data);
    *page = (struct page){ 0 };
}

/* ---- blocks */

static size_t units_for(size_t bytes) {
    size_t units = (BLOCK_HEAD + bytes + UNIT_BYTES - 1) / UNIT_BYTES;
    return units < LEAST_UNITS ? LEAST_UNITS : units;
}

static uint32_t short_take(struct pages *p, size_t units) {
    uint32_t ref = list_find(p, units);
    if (ref) {
        size_t found = units_of(p, ref);
        list_take(p, ref);
        if (found > units)
            list_add(p, ref + (uint32_t)units, found - units);
        return ref;
    }
    if (!p->count || p->pages[p->filling].used + units * UNIT_BYTES > p->pages[p->filling].size)
        filling_begin(p);
    struct page *page = &p->pages[p->filling];
    ref = first_ref(p->filling) + page->used / UNIT_BYTES;
    page->used += (uint32_t)(units * UNIT_BYTES);
    return ref;
}

uint32_t pages_take(struct pages *p, uint8_t table, size_t bytes) {
    size_t units = units_for(bytes);
    assert(table != BLOCK_FREE && units < 1U << 24);
    if (!p->count)
        filling_begin(p);
    uint32_t ref = units > PAGE_UNITS ? long_take(p, units) : short_take(p, units);
    head_put(p, ref, units, table);
    return ref;
}

void pages_give(struct pages *p, uint32_t ref) {
    const struct page *page = &p->pages[ref / PAGE_UNITS];
    size_t units = units_of(p, ref);
    if (page->size > PAGE_BYTES) {
        long_give(p, ref);
        return;
    }
    size_t behind = ref % PAGE_UNITS + units;
    memset(block_write(p, ref), 0, units * UNIT_BYTES);
    if (behind * UNIT_BYTES < page->used && pages_table(p, ref + (uint32_t)units) == BLOCK_FREE) {
        uint32_t next = ref + (uint32_t)units;
        units += units_of(p, next);
        list_take(p, next);
    }
    list_add(p, ref, units);
}

const uint8_t *pages_row(const struct pages *p, uint32_t ref) {
    return block_at(p, ref) + BLOCK_HEAD;
}

uint8_t pages_table(const struct pages *p, uint32_t ref) {
    return (uint8_t)head_of(p, ref);
}

size_t pages_room(const struct pages *p, uint32_t ref) {
    return (size_t)units_of(p, ref) * UNIT_BYTES - BLOCK_HEAD;
}

uint8_t *pages_write(struct pages *p, uint32_t ref) {
    return block_write(p, ref) + BLOCK_HEAD;
}

void pages_finish(struct pages *p) {
    for (size_t i = 0; i < p->count; i++)
        free(p->pages[i].data);
    free(p->pages);
    *p = (struct pages){ 0 };
}

/* ---- the image */

void pages_image_begin(struct pages *p, struct buf *out) {
    size_t bytes = 0, count = 0, from = out->len;
    assert(!p->image);
    for (size_t i = 0; i < p->count; i++) {
        bytes += p->pages[i].used ? p->pages[i].used + sizeof(uint32_t) : 0;
        count += p->pages[i].used > 0;
    }
    buf_reserve(out, bytes + 64); /* and what is put behind it */
    buf_put_be32(out, (uint32_t)count);
    p->image = out->data;
    for (size_t i = 0; i < p->count; i++) {
        struct page *page = &p->pages[i];
        if (!page->used)
            continue;
        buf_put_be32(out, page->used);
        page->image_len = page->used;
        page->image_at = out->len;
        out->len += page->used; /* what stands there comes in time */
    }
    assert(out->data == p->image && out->len == from + sizeof(uint32_t) + bytes);
    p->image_next = 0;
    p->image_pages = p->count;
}

bool pages_image_step(struct pages *p, size_t pages_most) {
    assert(p->image);
    for (; p->image_next < p->image_pages && pages_most; p->image_next++)
        if (p->pages[p->image_next].image_len) {
            page_copy(p, &p->pages[p->image_next]);
            pages_most--;
        }
    if (p->image_next < p->image_pages)
        return false;
    p->image = NULL;
    return true;
}

void pages_image_drop(struct pages *p) {
    for (size_t i = 0; i < p->count; i++)
        p->pages[i].image_len = 0;
    p->image = NULL;
}

/* ---- back from one */

static bool is_zero(struct bytes bytes) {
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.data[i])
            return false;
    return true;
}

/* Links of another process are not believed. */
static bool free_take(struct pages *p, uint32_t ref, size_t units) {
    size_t skip = units < LEAST_UNITS ? BLOCK_HEAD : sizeof(struct links);
    uint8_t *block = block_at(p, ref);
    if (!is_zero(bytes_of(block + skip, units * UNIT_BYTES - skip)))
        return false;
    memset(block, 0, skip);
    list_add(p, ref, units);
    return true;
}

static bool block_take(struct pages *p, uint32_t ref, size_t units,
                       const struct pages_reader *reader) {
    uint8_t table = pages_table(p, ref);
    if (table == BLOCK_FREE)
        return units <= PAGE_UNITS && free_take(p, ref, units);
    if (ref == 0 || units < LEAST_UNITS)
        return false;
    struct bytes row = bytes_of(pages_row(p, ref), pages_room(p, ref));
    int now = reader->on_row(reader->context, table, ref, row);
    if (now >= 0 && now != table)
        head_put(p, ref, units, (uint8_t)now);
    return now >= 0;
}

static size_t room_for(struct pages *p, size_t len) {
    if (len > PAGE_BYTES)
        return run_find(p, pages_for(len / UNIT_BYTES));
    filling_end(p);
    p->filling = page_add(p);
    return p->filling;
}

bool pages_take_image(struct pages *p, struct bytes blocks, const struct pages_reader *reader) {
    if (blocks.len % UNIT_BYTES || !blocks.len || blocks.len > UINT32_MAX / 2)
        return false;
    size_t at = room_for(p, blocks.len);
    page_make(p, at, blocks.len > PAGE_BYTES ? blocks.len : PAGE_BYTES);
    struct page *page = &p->pages[at];
    page->used = (uint32_t)blocks.len;
    memcpy(page->data, blocks.data, blocks.len);
    size_t all = blocks.len / UNIT_BYTES, units;
    for (size_t unit = 0; unit < all; unit += units) {
        uint32_t ref = first_ref(at) + (uint32_t)unit;
        units = units_of(p, ref);
        bool is_whole = units && units <= all - unit && (all <= PAGE_UNITS || units == all);
        if (!is_whole || !block_take(p, ref, units, reader))
            return false;
    }
    return true;
}
