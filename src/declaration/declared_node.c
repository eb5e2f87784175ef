/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading a tree of nodes by tables, and the errors that come of it. */
#include "declaration/declared_node.h"

#include "declaration/declared_describe.h"

#include <stdlib.h>
#include <string.h>

enum { FOUND_SHOWN = 40 };

/* ---- errors */

static void found_print(struct buf *out, const struct node *at) {
    if (at->kind == NODE_LIST)
        buf_put_text(out, "a list");
    if (at->kind == NODE_MAPPING)
        buf_put_text(out, "a mapping");
    if (at->kind != NODE_TEXT)
        return;
    buf_put_byte(out, '"');
    for (size_t i = 0; i < at->text.len && i < FOUND_SHOWN; i++) {
        uint8_t c = at->text.data[i];
        buf_put_byte(out, c < ' ' || c == 0x7f ? '?' : c);
    }
    buf_put_text(out, at->text.len > FOUND_SHOWN ? "...\"" : "\"");
}

enum error node_expected(struct reader *r, const struct node *at, struct wanted wanted) {
    if (r->describing) {
        describe_wanted(r, wanted);
        return E_ok;
    }
    struct buf found = { 0 };
    found_print(&found, at);
    enum error e = at->from ? fail(E_config, "%s: expected %s, found %s", at->from, wanted.what,
                                   buf_text(&found))
                            : fail(E_config, "%s:%zu:%zu: expected %s, found %s", r->name, at->line,
                                   at->column, wanted.what, buf_text(&found));
    buf_finish(&found);
    fail_try("write %s", wanted.example);
    return e;
}

/* Letters to change, add or remove to get from a to b. */
static size_t name_distance(const char *a, const char *b) {
    enum { LONGEST = 64 };
    size_t row[LONGEST + 1], a_len = strlen(a), b_len = strlen(b);
    if (a_len > LONGEST || b_len > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t above = row[j], change = corner + (a[i - 1] != b[j - 1]);
            size_t step = (above < row[j - 1] ? above : row[j - 1]) + 1;
            row[j] = change < step ? change : step;
            corner = above;
        }
    }
    return row[b_len];
}

void nearest_offer(struct nearest *n, const char *name) {
    size_t distance = name_distance(n->wrong, name);
    if (distance > 1 + strlen(name) / 3 || (n->name && distance >= n->distance))
        return;
    n->name = name;
    n->distance = distance;
}

enum error node_unknown(struct reader *r, const struct node *at, struct nearest n,
                        const char *kind) {
    struct buf found = { 0 };
    found_print(&found, at);
    enum error e = fail(E_config, "%s:%zu:%zu: expected %s, found %s", r->name, at->line,
                        at->column, kind, buf_text(&found));
    buf_finish(&found);
    if (n.name)
        fail_try("did you mean \"%s\"?", n.name);
    else if (memchr(at->text.data, ' ', at->text.len)) /* { a: one, two }: people do write this */
        fail_try("between { and } a text with a comma stands in quotes");
    else
        fail_try("remove it, or look up what is known in docs/formats/octavo-yaml.md");
    return e;
}

/* ---- single values */

static bool text_is_plain(const struct node *node) {
    if (node->kind != NODE_TEXT || node->text.len == 0)
        return false;
    for (size_t i = 0; i < node->text.len; i++)
        if (node->text.data[i] < ' ' || node->text.data[i] == 0x7f)
            return false;
    return true;
}

bool node_is_nothing(struct reader *r, const struct node *node) {
    if (r->describing)
        r->describing->or_nothing = true;
    return node->kind == NODE_TEXT && node->text.len == 0;
}

/* Numbers and truth values are texts to a file's reader, and other types to an editor. */
static enum error text_described(struct reader *r, void *into) {
    describe_type(r, "\"type\":[\"string\",\"number\",\"boolean\"]");
    *(const char **)into = "";
    return E_ok;
}

enum error node_text(struct reader *r, const struct node *node, void *into) {
    if (r->describing)
        return text_described(r, into);
    if (!text_is_plain(node))
        return node_expected(r, node, (struct wanted){ "a text in one line", "a value" });
    *(const char **)into = (const char *)node->text.data;
    return E_ok;
}

/* In a block or over several lines of the file: the line ends are blanks to who reads it. */
enum error node_prose(struct reader *r, const struct node *node, void *into) {
    if (r->describing)
        return text_described(r, into);
    static const struct wanted prose = { "a text, in quotes where it has a comma",
                                         "\"what is to be known\"" };
    if (node->kind != NODE_TEXT || node->text.len == 0)
        return node_expected(r, node, prose);
    char *text = (char *)node->text.data;
    for (size_t i = 0; i < node->text.len; i++)
        if (text[i] == '\n' || text[i] == '\t')
            text[i] = ' ';
        else if ((uint8_t)text[i] < ' ' || text[i] == 0x7f)
            return node_expected(r, node, prose);
    *(const char **)into = text;
    return E_ok;
}

enum error node_choice(struct reader *r, const struct node *node, const char *const *names,
                       int *index) {
    struct buf what = { 0 };
    if (r->describing) {
        describe_choice(r, names);
        return E_ok;
    }
    for (int i = 0; names[i]; i++) {
        if (bytes_is_text(node->text, names[i])) {
            if (index)
                *index = i;
            buf_finish(&what);
            return E_ok;
        }
        buf_print(&what, "%s%s", i == 0 ? "" : names[i + 1] ? ", " : " or ", names[i]);
    }
    enum error e = node_expected(r, node, (struct wanted){ buf_text(&what), names[0] });
    buf_finish(&what);
    return e;
}

static bool number_read(const struct node *node, struct range range, int32_t *out) {
    if (!text_is_plain(node) || node->text.len > 9)
        return false;
    int32_t value = 0;
    for (size_t i = 0; i < node->text.len; i++) {
        if (node->text.data[i] < '0' || node->text.data[i] > '9')
            return false;
        value = value * 10 + (node->text.data[i] - '0');
    }
    *out = value;
    return value >= range.least && value <= range.most;
}

enum error node_number(struct reader *r, const struct node *node, struct range range, void *into) {
    if (r->describing) {
        describe_type(r, "\"type\":\"integer\",\"minimum\":%d,\"maximum\":%d", (int)range.least,
                      (int)range.most);
        return E_ok;
    }
    if (number_read(node, range, into))
        return E_ok;
    char *what = text_format("a whole number from %d to %d", range.least, range.most);
    char *example = text_format("%d", range.least);
    enum error e = node_expected(r, node, (struct wanted){ what, example });
    free(what);
    free(example);
    return e;
}

/* ---- numbers with a unit, the smallest first */

struct unit {
    const char *name;
    int64_t value;
};

struct units {
    const struct unit *array;
    size_t count;
};

static const struct unit times[] = {
    { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 }
};
static const struct units of_time = { times, sizeof(times) / sizeof(*times) };
static const struct unit sizes_known[] = {
    { "B", 1 }, { "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 }
};
static const struct units of_size = { sizes_known, sizeof(sizes_known) / sizeof(*sizes_known) };

/* At most nine digits, so that no unit can make it overflow. */
static bool unit_read(const struct node *node, struct units units, int64_t *out) {
    size_t digits = 0;
    int64_t value = 0;
    if (!text_is_plain(node))
        return false;
    while (digits < node->text.len && digits < 9 && node->text.data[digits] >= '0'
           && node->text.data[digits] <= '9')
        value = value * 10 + (node->text.data[digits++] - '0');
    struct bytes unit = bytes_part(node->text, digits, node->text.len - digits);
    for (size_t i = 0; digits && i < units.count; i++)
        if (bytes_is_text(unit, units.array[i].name)) {
            *out = value * units.array[i].value;
            return true;
        }
    return false;
}

/* In the largest unit that says it whole. */
static char *unit_text(struct units units, int64_t value) {
    size_t i = units.count - 1;
    while (i > 0 && (value == 0 || value % units.array[i].value != 0))
        i--;
    return text_format("%lld%s", (long long)(value / units.array[i].value), units.array[i].name);
}

struct unit_wanted {
    const char *what;
    struct units units;
    int64_t least, most;
};

static enum error unit_expected(struct reader *r, const struct node *node,
                                const struct unit_wanted *w) {
    char *least = unit_text(w->units, w->least), *most = unit_text(w->units, w->most);
    char *what = text_format("%s, from %s to %s", w->what, least, most);
    if (r->describing)
        describe_unit(r, w->units.array == times ? "ms|s|m|h|d" : "B|KiB|MiB|GiB", what);
    enum error e = node_expected(r, node, (struct wanted){ what, most });
    free(least);
    free(most);
    free(what);
    return e;
}

enum error node_duration(struct reader *r, const struct node *node, struct span span,
                         int64_t *out_ms) {
    if (!r->describing && unit_read(node, of_time, out_ms) && *out_ms >= span.least_ms
        && *out_ms <= span.most_ms)
        return E_ok;
    return unit_expected(r, node,
                         &(struct unit_wanted){ "a time of ms, s, m, h or d", of_time,
                                                span.least_ms, span.most_ms });
}

enum error node_size(struct reader *r, const struct node *node, struct sizes sizes,
                     int64_t *out_bytes) {
    if (!r->describing && unit_read(node, of_size, out_bytes) && *out_bytes >= sizes.least
        && *out_bytes <= sizes.most)
        return E_ok;
    return unit_expected(
        r, node,
        &(struct unit_wanted){ "a size of B, KiB, MiB or GiB", of_size, sizes.least, sizes.most });
}

enum error node_bool(struct reader *r, const struct node *node, void *into) {
    bool yes = bytes_is_text(node->text, "true");
    if (r->describing) {
        describe_type(r, "\"type\":\"boolean\"");
        return E_ok;
    }
    if (!yes && !bytes_is_text(node->text, "false"))
        return node_expected(r, node, (struct wanted){ "true or false", "true" });
    *(bool *)into = yes;
    return E_ok;
}

/* ---- mappings with known fields */

/* Every name is a text and stands once. Quadratic: callers have bounded the count. */
static enum error names_check(struct reader *r, const struct node *mapping) {
    for (const struct node *n = mapping->first; n; n = n->next) {
        if (!text_is_plain(n->name))
            return node_expected(r, n->name, (struct wanted){ "a name", "name: value" });
        for (const struct node *o = mapping->first; o != n; o = o->next)
            if (bytes_equal(o->name->text, n->name->text))
                return node_expected(r, n->name,
                                     (struct wanted){ "each name once", "the two as one" });
    }
    return E_ok;
}

static enum error field_is_known(struct reader *r, const struct node *name,
                                 const struct field *fields) {
    struct nearest n = { .wrong = (const char *)name->text.data };
    for (const struct field *f = fields; f->name; f++) {
        if (bytes_is_text(name->text, f->name))
            return E_ok;
        nearest_offer(&n, f->name);
    }
    return node_unknown(r, name, n, "the name of a field");
}

static enum error read_field(struct reader *r, const struct node *mapping, const struct field *f,
                             void *into) {
    const struct node *n = mapping->first;
    while (n && !bytes_is_text(n->name->text, f->name))
        n = n->next;
    if (n) {
        echo_begin(r, f->name, n);
        enum error read = f->read ? f->read(r, n, (char *)into + f->offset) : E_ok;
        echo_end(r, n);
        return read;
    }
    if (!f->required)
        return E_ok;
    enum error e = fail(E_config, "%s:%zu:%zu: expected a field \"%s\"", r->name, mapping->line,
                        mapping->column, f->name);
    fail_try("add a line \"%s: ...\"", f->name);
    return e;
}

enum error node_fields(struct reader *r, const struct node *node, const struct field *fields,
                       void *into) {
    enum { FIELDS_MAX = 32 };
    if (r->describing) {
        describe_fields(r, fields, into);
        return E_ok;
    }
    if (node->kind != NODE_MAPPING || node->count > FIELDS_MAX)
        return node_expected(r, node,
                             (struct wanted){ "a mapping of known fields", "name: value" });
    TRY(names_check(r, node));
    for (const struct node *n = node->first; n; n = n->next)
        TRY(field_is_known(r, n->name, fields));
    for (const struct field *f = fields; f->name; f++)
        TRY(read_field(r, node, f, into));
    echo_absent(r, fields, node);
    return E_ok;
}

/* ---- collections */

static enum error collection_expected(struct reader *r, const struct node *node,
                                      const struct collection *c) {
    char *what = text_format("a mapping of at most %zu %s", c->most, c->what);
    enum error e = node_expected(r, node, (struct wanted){ what, "name: { ... }" });
    free(what);
    return e;
}

enum error node_collection(struct reader *r, const struct node *node, const struct collection *c,
                           struct entries *out) {
    if (r->describing) {
        describe_collection(r, c);
        return E_ok;
    }
    if (node->kind != NODE_MAPPING || node->count > c->most)
        return collection_expected(r, node, c);
    TRY(names_check(r, node));
    *out = (struct entries){ arena_get(r->arena, node->count * c->entry_size), 0 };
    for (const struct node *n = node->first; n; n = n->next) {
        void *entry = (char *)out->array + out->count++ * c->entry_size;
        TRY(node_text(r, n->name, entry));
        if (!c->name_is_good(*(const char **)entry))
            return node_expected(r, n->name, *c->name_wanted);
        echo_begin(r, *(const char **)entry, n);
        TRY(c->read_entry(r, n, entry));
        echo_end(r, n);
    }
    return E_ok;
}
