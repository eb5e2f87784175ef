/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Lines, the list of ready ones and the heap of waiting ones. */
#include "runtime/schedule.h"

#include "base/check.h"
#include "base/table.h"

#include <stdlib.h>
#include <string.h>

struct line {
    size_t edge;
    struct bytes key;
    struct pending *head, *tail;
    enum { LINE_NOWHERE, LINE_READY, LINE_WAITING, LINE_ASIDE, LINE_OUT, LINE_PARKED } place;
    struct line *before, *after; /* LINE_READY, LINE_ASIDE: its neighbours */
    uint64_t share;              /* LINE_ASIDE: its head's */
    size_t at;                   /* LINE_WAITING: its place in the heap */
    uint8_t *name;               /* edge and key, as in the table */
    size_t name_len;
};

struct lines {
    struct line *first, *last;
    uint64_t share; /* of those that stand aside */
};

struct edge_lines {
    struct lines ready;
    struct lines *asides; /* a list for each share that is used up */
    size_t aside_count, aside_capacity;
    struct line **heap; /* waiting, the earliest due_ms first */
    size_t heap_count, heap_capacity;
    struct schedule_counts counts;
};

struct schedule {
    struct edge_lines *edges;
    size_t edge_count;
    struct table by_number;
    struct table lines; /* by edge and key */
    size_t content_bytes;
    struct buf scratch;
};

struct schedule *schedule_create(size_t edge_count) {
    struct schedule *s = memory_get(sizeof(*s));
    s->edges = memory_get(edge_count * sizeof(*s->edges));
    s->edge_count = edge_count;
    return s;
}

static void pending_free(struct pending *p) {
    free(p->memory);
    free(p->reason);
    free(p);
}

static void line_free(struct line *line) {
    free(line->name);
    free(line);
}

static void edge_finish(struct edge_lines *e) {
    free(e->heap);
    free(e->asides);
}

void schedule_destroy(struct schedule *s) {
    struct bytes key;
    void *value;
    if (!s)
        return;
    for (size_t at = 0; table_next(&s->by_number, &at, &key, &value);)
        pending_free(value);
    for (size_t at = 0; table_next(&s->lines, &at, &key, &value);)
        line_free(value);
    table_finish(&s->by_number);
    table_finish(&s->lines);
    for (size_t i = 0; i < s->edge_count; i++)
        edge_finish(&s->edges[i]);
    free(s->edges);
    buf_finish(&s->scratch);
    free(s);
}

/* ---- the heap of lines whose heads wait for a time */

static bool line_is_earlier(const struct line *a, const struct line *b) {
    if (a->head->due_ms != b->head->due_ms)
        return a->head->due_ms < b->head->due_ms;
    return a->head->number < b->head->number;
}

static void heap_set(struct edge_lines *e, size_t at, struct line *line) {
    e->heap[at] = line;
    line->at = at;
}

static void heap_rise(struct edge_lines *e, struct line *line) {
    size_t at = line->at;
    for (; at && line_is_earlier(line, e->heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap_set(e, at, e->heap[(at - 1) / 2]);
    heap_set(e, at, line);
}

static void heap_sink(struct edge_lines *e, struct line *line) {
    size_t at = line->at;
    for (size_t child; (child = at * 2 + 1) < e->heap_count; at = child) {
        if (child + 1 < e->heap_count && line_is_earlier(e->heap[child + 1], e->heap[child]))
            child++;
        if (!line_is_earlier(e->heap[child], line))
            break;
        heap_set(e, at, e->heap[child]);
    }
    heap_set(e, at, line);
}

static void heap_add(struct edge_lines *e, struct line *line) {
    if (e->heap_count == e->heap_capacity) {
        e->heap_capacity = e->heap_capacity ? e->heap_capacity * 2 : 64;
        e->heap = memory_resize(e->heap, e->heap_capacity * sizeof(struct line *));
    }
    heap_set(e, e->heap_count++, line);
    heap_rise(e, line);
}

static void heap_remove(struct edge_lines *e, struct line *line) {
    struct line *last = e->heap[--e->heap_count];
    if (last == line)
        return;
    heap_set(e, line->at, last);
    heap_sink(e, last);
    heap_rise(e, last);
}

/* ---- lists: of lines whose heads may be tried, and of those whose share is used up */

static void lines_add(struct lines *l, struct line *line) {
    line->before = l->last;
    line->after = NULL;
    *(l->last ? &l->last->after : &l->first) = line;
    l->last = line;
}

static void lines_remove(struct lines *l, struct line *line) {
    *(line->before ? &line->before->after : &l->first) = line->after;
    *(line->after ? &line->after->before : &l->last) = line->before;
}

static struct lines *aside_of(struct edge_lines *e, uint64_t share) {
    for (size_t i = 0; i < e->aside_count; i++)
        if (e->asides[i].share == share)
            return &e->asides[i];
    if (e->aside_count == e->aside_capacity) {
        e->aside_capacity = e->aside_capacity ? e->aside_capacity * 2 : 8;
        e->asides = memory_resize(e->asides, e->aside_capacity * sizeof(*e->asides));
    }
    e->asides[e->aside_count] = (struct lines){ .share = share };
    return &e->asides[e->aside_count++];
}

static void aside_remove(struct edge_lines *e, struct line *line) {
    struct lines *aside = aside_of(e, line->share);
    lines_remove(aside, line);
    if (!aside->first)
        *aside = e->asides[--e->aside_count];
}

/* ---- where a line stands */

static void line_leave(struct schedule *s, struct line *line) {
    struct edge_lines *e = &s->edges[line->edge];
    switch (line->place) {
    case LINE_NOWHERE:
        break;
    case LINE_READY:
        lines_remove(&e->ready, line);
        break;
    case LINE_WAITING:
        heap_remove(e, line);
        break;
    case LINE_ASIDE:
        aside_remove(e, line);
        break;
    case LINE_OUT:
        e->counts.out--;
        break;
    case LINE_PARKED:
        e->counts.parked--;
        break;
    }
    line->place = LINE_NOWHERE;
}

/* By what its head is: a line whose head waits for no time is ready. */
static void line_enter(struct schedule *s, struct line *line) {
    struct edge_lines *e = &s->edges[line->edge];
    assert(line->place == LINE_NOWHERE);
    if (line->head->state == EFFECT_PARKED) {
        line->place = LINE_PARKED;
        e->counts.parked++;
    } else if (line->head->due_ms > 0) {
        line->place = LINE_WAITING;
        heap_add(e, line);
    } else {
        line->place = LINE_READY;
        lines_add(&e->ready, line);
    }
}

static struct bytes line_name(struct schedule *s, size_t edge, struct bytes key) {
    buf_clear(&s->scratch);
    buf_put_be32(&s->scratch, (uint32_t)edge);
    buf_put_bytes(&s->scratch, key);
    return buf_bytes(&s->scratch);
}

static struct line *line_of(struct schedule *s, size_t edge, struct bytes key) {
    struct bytes name = line_name(s, edge, key);
    struct line *line = table_find(&s->lines, name);
    if (line)
        return line;
    line = memory_get(sizeof(*line));
    line->edge = edge;
    line->name = memory_get(name.len);
    line->name_len = name.len;
    memcpy(line->name, name.data, name.len);
    line->key = bytes_of(line->name + 4, name.len - 4);
    (void)table_put(&s->lines, name, line);
    s->edges[edge].counts.lines++;
    return line;
}

/* ---- effects come and go */

static struct bytes number_name(const int64_t *number) {
    return bytes_of(number, sizeof(*number));
}

static struct bytes text_keep(uint8_t **to, struct bytes text) {
    uint8_t *at = *to;
    if (text.len)
        memcpy(at, text.data, text.len);
    *to += text.len;
    return bytes_of(at, text.len);
}

/* The texts in one piece of memory; the content only within the budget. */
static void texts_keep(struct schedule *s, struct pending *p, const struct effect_row *row) {
    size_t content = row->type.len + row->json.len;
    bool keeps = s->content_bytes + content <= SCHEDULE_BYTES_MAX;
    p->memory = memory_get(row->id.len + (keeps ? content : 0));
    uint8_t *to = p->memory;
    p->id = text_keep(&to, row->id);
    if (!keeps)
        return;
    p->type = text_keep(&to, row->type);
    p->json = text_keep(&to, row->json);
    s->content_bytes += content;
}

void pending_set_reason(struct pending *p, const char *reason) {
    char *copy = reason && reason[0] ? text_copy(reason) : NULL;
    free(p->reason);
    p->reason = copy;
}

struct pending *schedule_add(struct schedule *s, size_t edge, const struct effect_row *row) {
    assert(edge < s->edge_count);
    struct line *line = line_of(s, edge, row->key);
    struct pending *p = memory_get(sizeof(*p));
    p->number = row->number;
    p->state = row->state;
    p->attempts = row->attempts;
    p->requested_ms = row->requested_ms;
    p->deadline_ms = row->deadline_ms;
    p->due_ms = row->due_ms;
    p->time_ms = row->time_ms;
    p->line = line;
    texts_keep(s, p, row);
    if (row->reason.len)
        p->reason = text_copy_bytes(row->reason);
    void *before = table_put(&s->by_number, number_name(&p->number), p);
    assert(!before);
    s->edges[edge].counts.effects++;
    *(line->tail ? &line->tail->next : &line->head) = p;
    line->tail = p;
    if (line->head == p)
        line_enter(s, line);
    return p;
}

struct pending *schedule_find(const struct schedule *s, int64_t number) {
    return table_find(&s->by_number, number_name(&number));
}

struct pending *schedule_search(const struct schedule *s, struct bytes id) {
    size_t at = 0;
    struct pending *p = schedule_each(s, &at);
    while (p && !bytes_equal(p->id, id))
        p = schedule_each(s, &at);
    return p;
}

struct pending *schedule_head(struct schedule *s, size_t edge, struct bytes key) {
    const struct line *line = table_find(&s->lines, line_name(s, edge, key));
    return line ? line->head : NULL;
}

static void line_unlink(struct line *line, const struct pending *p) {
    struct pending *before = NULL;
    if (line->head == p) {
        line->head = p->next;
    } else {
        for (before = line->head; before->next != p;)
            before = before->next;
        before->next = p->next;
    }
    if (line->tail == p)
        line->tail = before;
}

void schedule_remove(struct schedule *s, struct pending *p) {
    struct line *line = p->line;
    bool was_head = line->head == p;
    if (was_head)
        line_leave(s, line); /* while its head is still there to compare */
    line_unlink(line, p);
    if (was_head && line->head)
        line_enter(s, line);
    s->edges[line->edge].counts.effects--;
    if (!line->head) {
        s->edges[line->edge].counts.lines--;
        (void)table_remove(&s->lines, bytes_of(line->name, line->name_len));
        line_free(line);
    }
    s->content_bytes -= p->type.len + p->json.len;
    (void)table_remove(&s->by_number, number_name(&p->number));
    pending_free(p);
}

/* ---- being tried */

struct pending *schedule_next(struct schedule *s, size_t edge, int64_t now_ms) {
    struct edge_lines *e = &s->edges[edge];
    while (e->heap_count && e->heap[0]->head->due_ms <= now_ms) {
        struct line *line = e->heap[0];
        line_leave(s, line);
        line->place = LINE_READY;
        lines_add(&e->ready, line);
    }
    return e->ready.first ? e->ready.first->head : NULL;
}

int64_t schedule_next_ms(const struct schedule *s, size_t edge) {
    const struct edge_lines *e = &s->edges[edge];
    if (e->ready.first)
        return 0;
    return e->heap_count ? e->heap[0]->head->due_ms : INT64_MAX;
}

void schedule_aside(struct schedule *s, struct pending *p) {
    struct line *line = p->line;
    assert(line->head == p);
    assert(line->place == LINE_READY);
    line_leave(s, line);
    line->place = LINE_ASIDE;
    line->share = p->share;
    lines_add(aside_of(&s->edges[line->edge], p->share), line);
}

void schedule_admit(struct schedule *s, size_t edge, size_t (*room)(void *context, uint64_t share),
                    void *context) {
    struct edge_lines *e = &s->edges[edge];
    for (size_t i = 0; i < e->aside_count;) {
        size_t before = e->aside_count, left = room(context, e->asides[i].share);
        for (; left && e->aside_count == before; left--) {
            struct line *line = e->asides[i].first;
            line_leave(s, line); /* the last of its list takes the list away */
            line->place = LINE_READY;
            lines_add(&e->ready, line);
        }
        i += e->aside_count == before;
    }
}

void schedule_out(struct schedule *s, struct pending *p) {
    assert(p->line->head == p);
    assert(p->line->place == LINE_READY);
    line_leave(s, p->line);
    p->line->place = LINE_OUT;
    s->edges[p->line->edge].counts.out++;
}

void schedule_again(struct schedule *s, struct pending *p, int64_t due_ms) {
    assert(p->line->head == p);
    assert(p->state != EFFECT_PARKED);
    line_leave(s, p->line);
    p->lease = 0;
    p->due_ms = due_ms;
    line_enter(s, p->line);
}

void schedule_park(struct schedule *s, struct pending *p) {
    assert(p->line->head == p);
    line_leave(s, p->line);
    p->lease = 0;
    p->state = EFFECT_PARKED;
    line_enter(s, p->line);
}

/* ---- looking */

size_t pending_edge(const struct pending *p) {
    return p->line->edge;
}

struct bytes pending_key(const struct pending *p) {
    return p->line->key;
}

bool pending_is_head(const struct pending *p) {
    return p->line->head == p;
}

struct schedule_counts schedule_counts(const struct schedule *s, size_t edge) {
    return s->edges[edge].counts;
}

size_t schedule_count(const struct schedule *s) {
    return s->by_number.count;
}

struct pending *schedule_each(const struct schedule *s, size_t *at) {
    struct bytes name;
    void *value;
    return table_next(&s->by_number, at, &name, &value) ? value : NULL;
}
