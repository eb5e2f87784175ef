/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* By which columns a fold's rows are found besides their key: `unique: [email]`, `index: [city]`.
 * They are named before or after `columns`, but read after them. */
#include "declaration/declared_describe.h"

static const struct sizes memory_sizes = { 1 << 20, (int64_t)1 << 40 };

enum error declared_memory_max_read(struct reader *r, const struct node *node, void *into) {
    return node_size(r, node, memory_sizes, into);
}

static enum error columns_read(struct reader *r, const struct node *node,
                               const struct declared_table *table, uint64_t *columns) {
    static const struct wanted list = { "a list of columns of this table", "[email]" };
    static const struct wanted once = { "each column once, in `unique` or in `index`",
                                        "index: [city]" };
    const struct store_table *t = &table->table;
    if (r->describing) {
        describe_list(r, "columns of this table");
        return E_ok;
    }
    if (node->kind != NODE_LIST)
        return node_expected(r, node, list);
    for (const struct node *item = node->first; item; item = item->next) {
        size_t i = 0;
        while (i < t->column_count && !bytes_is_text(item->text, t->columns[i].name))
            i++;
        if (i == t->column_count)
            return node_expected(r, item, list);
        if ((table->unique | table->index) >> i & 1)
            return node_expected(r, item, once);
        *columns |= 1ULL << i;
    }
    return E_ok;
}

enum error declared_unique_read(struct reader *r, const struct node *node, void *into) {
    struct declared_table *table = into;
    return columns_read(r, node, table, &table->unique);
}

enum error declared_index_read(struct reader *r, const struct node *node, void *into) {
    struct declared_table *table = into;
    return columns_read(r, node, table, &table->index);
}

void declared_indexes_note(struct reader *r, struct declared_service *s) {
    size_t count = 0;
    for (size_t i = 0; i < s->table_count; i++)
        count += (size_t)__builtin_popcountll(s->tables[i].unique | s->tables[i].index);
    struct store_index *indexes = arena_get(r->arena, (count + 1) * sizeof(*indexes));
    s->indexes = indexes;
    for (size_t i = 0; i < s->table_count; i++) {
        const struct declared_table *t = &s->tables[i];
        for (size_t c = 0; c < t->table.column_count; c++)
            if ((t->unique | t->index) >> c & 1)
                indexes[s->index_count++] = (struct store_index){ i, c, t->unique >> c & 1 };
    }
}
