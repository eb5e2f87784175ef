/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The caches held against their source, and what is behind told again.
 *
 * A row's checksum is SHA-256 over its id, its version and its fields; a range's is the sum of
 * those of its ids, so it does not depend on their order. Ranges that agree are done with. In one
 * that does not, each id is looked at: what is behind its source is counted, as a snapshot is some
 * seconds old; what its source never said is wrong. */
#include "caching.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANGES = 256, FIRST_FIELD = 3, ROWS_TOLD = 20 };

struct line {
    char *id;
    int64_t version;
    uint64_t sum; /* of id, version and fields */
};

/* The rows of a place; `sums` of those in a range of ids. */
struct side {
    struct line *lines;
    size_t count, capacity;
    uint64_t sums[RANGES];
    bool graves; /* a deleted one is not there */
};

static void digest_add(struct octavo_text text, char hex[65]) {
    char both[130];
    char of_text[65];
    octavo_sha256(text.data, text.len, of_text);
    (void)snprintf(both, sizeof(both), "%s%s", hex, of_text);
    octavo_sha256(both, strlen(both), hex);
}

static uint64_t row_sum(struct octavo_text id, const struct octavo_value *values, size_t count) {
    char hex[65] = "", number[32], first[17];
    digest_add(id, hex);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && i < FIRST_FIELD) /* time is told by the version, the third is each side's */
            continue;
        (void)snprintf(number, sizeof(number), "%d %" PRId64, (int)values[i].kind,
                       values[i].kind == OCTAVO_INT ? values[i].integer : 0);
        digest_add(octavo_text(number), hex);
        if (values[i].kind == OCTAVO_TEXT)
            digest_add(values[i].text, hex);
    }
    memcpy(first, hex, 16);
    first[16] = 0;
    return strtoull(first, NULL, 16);
}

static size_t range_of(const char *id) {
    char hex[65], first[3];
    octavo_sha256(id, strlen(id), hex);
    memcpy(first, hex, 2);
    first[2] = 0;
    return strtoul(first, NULL, 16);
}

static void side_add(struct side *side, struct octavo_text id, const struct octavo_value *values,
                     size_t count) {
    if (count < FIRST_FIELD || (side->graves && values[2].integer))
        return;
    if (side->count == side->capacity) {
        side->capacity = side->capacity ? side->capacity * 2 : 1024;
        side->lines = realloc(side->lines, side->capacity * sizeof(*side->lines));
    }
    struct line *line = side->lines ? &side->lines[side->count] : NULL;
    if (!line)
        abort();
    side->count++;
    line->id = strndup(id.data, id.len);
    line->version = values[0].integer;
    line->sum = row_sum(id, values, count);
    side->sums[range_of(line->id)] += line->sum;
}

static void on_source_row(void *context, struct octavo_text key, struct octavo_text sub,
                          const struct octavo_value *values, size_t count) {
    (void)key;
    side_add(context, sub, values, count);
}

static void on_cache_row(void *context, struct octavo_text key, struct octavo_text sub,
                         const struct octavo_value *values, size_t count) {
    (void)sub;
    side_add(context, key, values, count);
}

static int lines_compare(const void *a, const void *b) {
    return strcmp(((const struct line *)a)->id, ((const struct line *)b)->id);
}

static void side_sort(struct side *side) {
    if (side->count)
        qsort(side->lines, side->count, sizeof(*side->lines), lines_compare);
}

static void side_finish(struct side *side) {
    for (size_t i = 0; i < side->count; i++)
        free(side->lines[i].id);
    free(side->lines);
}

/* ---- one against the other */

enum { REPAIR_BYTES = 3500 };

/* What is to be told again: ids, or all of them where there are too many for a note. */
struct repair {
    bool wanted, all;
    char ids[REPAIR_BYTES];
    size_t len, count;
};

struct findings {
    struct octavo_session *session;
    size_t behind, wrong, ranges, told;
    struct repair *repair;
    int64_t number;
};

/* In quotes, as CSV has it: an id may hold anything. */
static void repair_add(struct findings *f, const char *id) {
    struct repair *r = f->repair;
    char line[2 * ID_CHARS + 40];
    size_t len = 0;
    r->count++;
    line[len++] = '"';
    for (; *id && len < 2 * ID_CHARS; id++) {
        line[len++] = *id;
        if (*id == '"')
            line[len++] = '"';
    }
    len += (size_t)snprintf(line + len, sizeof(line) - len, "\",%" PRId64 "\n", f->number);
    r->all = r->all || r->len + len > sizeof(r->ids);
    if (r->all)
        return;
    memcpy(r->ids + r->len, line, len);
    r->len += len;
}

static void behind_note(struct findings *f, const char *id) {
    f->behind++;
    if (f->repair->wanted)
        repair_add(f, id);
}

static void wrong_tell(struct findings *f, const char *id, const char *what) {
    f->wrong++;
    if (++f->told <= ROWS_TOLD && !octavo_json_wanted(f->session))
        octavo_print(f->session, "  %s: %s\n", id, what);
}

static void pair_judge(struct findings *f, const struct line *source, const struct line *cache) {
    if (!cache)
        behind_note(f, source->id);
    else if (!source)
        behind_note(f, cache->id); /* deleted since the snapshot: the source's row is a grave */
    else if (cache->version > source->version)
        wrong_tell(f, cache->id, "the cache has a version that its source has not");
    else if (cache->version < source->version)
        behind_note(f, source->id);
    else if (cache->sum != source->sum)
        wrong_tell(f, cache->id, "the same version with other content");
}

static void sides_compare(struct findings *f, const struct side *source, const struct side *cache) {
    size_t i = 0, j = 0;
    for (size_t range = 0; range < RANGES; range++)
        f->ranges += source->sums[range] != cache->sums[range];
    while (i < source->count || j < cache->count) {
        int order = i == source->count  ? 1
                    : j == cache->count ? -1
                                        : strcmp(source->lines[i].id, cache->lines[j].id);
        const struct line *here = order <= 0 ? &source->lines[i++] : NULL;
        const struct line *there = order >= 0 ? &cache->lines[j++] : NULL;
        const char *id = here ? here->id : there->id;
        if (source->sums[range_of(id)] != cache->sums[range_of(id)])
            pair_judge(f, here, there);
    }
}

static bool cache_audit(struct findings *all, const struct side *source, const char *entity,
                        int32_t task) {
    struct octavo_session *s = all->session;
    struct side cache = { 0 };
    struct findings f = { .session = s, .repair = all->repair, .number = all->number };
    bool read =
        octavo_rows_of_task(s, "operational-data-cache", task, entity, NULL, on_cache_row, &cache);
    side_sort(&cache);
    if (read)
        sides_compare(&f, source, &cache);
    if (read && octavo_json_wanted(s))
        octavo_print(s,
                     "{\"cache\":%d,\"rows\":%zu,\"source\":%zu,\"ranges_off\":%zu,"
                     "\"behind\":%zu,\"wrong\":%zu}\n",
                     (int)task, cache.count, source->count, f.ranges, f.behind, f.wrong);
    else if (read)
        octavo_print(s,
                     "cache %d: %zu rows, its source has %zu; of %d ranges %zu differ: %zu rows "
                     "behind, %zu wrong\n",
                     (int)task, cache.count, source->count, RANGES, f.ranges, f.behind, f.wrong);
    all->wrong += f.wrong;
    side_finish(&cache);
    return read;
}

/* ---- repair */

static void on_number(void *context, struct octavo_text key, struct octavo_text sub,
                      const struct octavo_value *values, size_t count) {
    struct findings *f = context;
    (void)key;
    if (count && octavo_text_is(sub, f->repair->ids)) /* the entity's name, for the moment */
        f->number = values[0].integer;
}

/* The number behind that of the newest repair, which names the note. */
static bool number_find(struct findings *f, const char *entity) {
    (void)snprintf(f->repair->ids, sizeof(f->repair->ids), "%s", entity);
    bool read = octavo_rows(f->session, "crm", "captured", NULL, on_number, f);
    f->number++;
    return read;
}

/* For the CRM's edge `repair`, where it has one: a second later at most. All are those of its id
 * pages, as a handler cannot go through a table. */
static bool repair_ask(const struct findings *f, const char *entity) {
    const struct repair *r = f->repair;
    char text[REPAIR_BYTES + 64], name[32], folder[ENTITY_CHARS + 16];
    if (!r->count)
        return true;
    if (r->all)
        (void)snprintf(text, sizeof(text), "id,number\n*,%" PRId64 "\n", f->number);
    else
        (void)snprintf(text, sizeof(text), "id,number\n%.*s", (int)r->len, r->ids);
    (void)snprintf(name, sizeof(name), "%012" PRId64 ".csv", f->number);
    (void)snprintf(folder, sizeof(folder), "repair-%.*s", ENTITY_CHARS, entity);
    if (!octavo_note(f->session, folder, name, text))
        return false;
    if (!octavo_json_wanted(f->session))
        octavo_print(f->session,
                     "%s told again by the CRM, if it has the edge csv:%s?key=id&type=%s-repair; "
                     "look again in a while\n%s",
                     r->all ? "all that it has in its id pages are" : "those are", folder, entity,
                     r->all ? "those made before it had any are not: tell each, POST "
                              ".../ID/told\n"
                            : "");
    return true;
}

int caching_audit(struct octavo_session *s, int count, char **arguments) {
    const char *entity = "customer";
    struct side source = { .graves = true };
    struct repair repair = { 0 };
    struct findings f = { .session = s, .repair = &repair };
    const struct octavo_option options[] = { { "--repair", NULL, &repair.wanted },
                                             { NULL, NULL, NULL } };
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "[ENTITY]", &entity }, options))
        return USAGE;
    bool read = octavo_rows(s, "crm", entity, NULL, on_source_row, &source);
    if (read && repair.wanted)
        read = number_find(&f, entity);
    side_sort(&source);
    for (int32_t task = 0; read && task < octavo_tasks(s, "operational-data-cache"); task++)
        if (octavo_task_has_store(s, "operational-data-cache", task))
            read = cache_audit(&f, &source, entity, task);
    if (read)
        read = repair_ask(&f, entity);
    side_finish(&source);
    if (!read)
        return FAILED;
    return f.wrong ? FOUND_WRONG : DONE;
}
