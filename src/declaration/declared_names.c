/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What names in an octavo.yaml look like, and those that must be declared where they are used. */
#include "declaration/declared_describe.h"
#include "declaration/declared_node.h"

#include <stdlib.h>
#include <string.h>

enum {
    TOPICS_NAMED_MAX = 256,
    NAME_MAX_LEN = 48,
    TOPIC_NAME_MAX = 249, /* Kafka's own limit */
};

static bool name_is_made_of(const char *name, const char *others) {
    if (name[0] < 'a' || name[0] > 'z' || strlen(name) > NAME_MAX_LEN)
        return false;
    for (; *name; name++)
        if (!(*name >= 'a' && *name <= 'z') && !strchr(others, *name))
            return false;
    return true;
}

/* System and service names are parts of file names and of ce_source: no dot, no slash. */
bool is_part_name(const char *name) {
    return name_is_made_of(name, "0123456789-");
}

bool is_table_name(const char *name) {
    return name_is_made_of(name, "0123456789_");
}

bool is_column_name(const char *name) {
    return is_table_name(name) && strcmp(name, "key") != 0 && strcmp(name, "sub") != 0
           && strcmp(name, "entry") != 0;
}

bool is_topic_name(const char *name) {
    static const char known[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return strlen(name) <= TOPIC_NAME_MAX && strcmp(name, ".") != 0 && strcmp(name, "..") != 0
           && strspn(name, known) == strlen(name);
}

const struct wanted part_name_wanted = {
    "a name of small letters, digits and '-', at most 48, a letter first", "account-keeper"
};
const struct wanted table_name_wanted = {
    "a name of small letters, digits and '_', at most 48, a letter first", "card_limit"
};
const struct wanted column_name_wanted = {
    "a name of small letters, digits and '_', a letter first, other than key, sub and entry",
    "balance"
};
const struct wanted topic_name_wanted = {
    "a topic name of letters, digits, '-', '_' and '.', at most 249", "account-transaction"
};

const char *path_beside(struct reader *r, const char *path) {
    const char *slash = strrchr(r->name, '/');
    if (path[0] == '/' || !slash)
        return path;
    char *whole = text_format("%.*s%s", (int)(slash - r->name) + 1, r->name, path);
    const char *kept = arena_text(r->arena, bytes_text(whole));
    free(whole);
    return kept;
}

enum error declared_path_read(struct reader *r, const struct node *node, void *into) {
    const char **out = into;
    TRY(node_text(r, node, out));
    *out = path_beside(r, *out);
    return E_ok;
}

static enum error read_topic_name(struct reader *r, const struct node *node, const char **out) {
    const struct declaration *d = r->declaration;
    TRY(node_text(r, node, out));
    if (declaration_topic(d, *out))
        return E_ok;
    struct nearest n = { .wrong = *out };
    for (size_t i = 0; i < d->topic_count; i++)
        nearest_offer(&n, d->topics[i].name);
    return node_unknown(r, node, n, "a topic that `topics` declares");
}

enum error declared_topic_names(struct reader *r, const struct node *node, struct names *out) {
    static const struct wanted list = { "a list of topic names", "[account-transaction]" };
    if (r->describing) {
        describe_list(r, "topic names");
        return E_ok;
    }
    if (node->kind != NODE_LIST || node->count > TOPICS_NAMED_MAX)
        return node_expected(r, node, list);
    out->array = arena_get(r->arena, node->count * sizeof(*out->array));
    for (const struct node *item = node->first; item; item = item->next) {
        TRY(read_topic_name(r, item, &out->array[out->count]));
        for (size_t i = 0; i < out->count; i++)
            if (strcmp(out->array[i], out->array[out->count]) == 0)
                return node_expected(r, item, (struct wanted){ "each topic once", "it once" });
        out->count++;
    }
    return E_ok;
}
