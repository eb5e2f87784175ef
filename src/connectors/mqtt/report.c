/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Names and values are checked here, so that whoever cuts the line finds what was meant. */
#include "report.h"

#include "values/json_tree.h"

#include <string.h>

static bool value_is_good(struct bytes value) {
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] < ' ' || value.data[i] == 127 || value.data[i] == ';')
            return false;
    return value.len <= REPORT_VALUE_CHARS;
}

static const char *member_put(struct payload *out, const struct json_tree *m) {
    struct bytes value = m->kind == TREE_TRUE    ? bytes_text("true")
                         : m->kind == TREE_FALSE ? bytes_text("false")
                                                 : m->text;
    if (m->kind == TREE_OBJECT || m->kind == TREE_LIST || m->kind == TREE_NULL)
        return "its values are numbers, true, false or texts";
    if (!topic_name_is_good(m->name, REPORT_NAME_CHARS) || memchr(m->name.data, '=', m->name.len)
        || memchr(m->name.data, '/', m->name.len))
        return "one of its names is no name";
    if (!value_is_good(value))
        return "one of its values is too long, or has a ; in it";
    if (out->count == REPORT_NAMES_MAX)
        return "more than 64 names";
    if (out->count++)
        buf_put_byte(&out->points, ';');
    buf_put_bytes(&out->points, m->name);
    buf_put_byte(&out->points, '=');
    buf_put_bytes(&out->points, value);
    return NULL;
}

const char *report_read(struct payload *out, struct arena *arena, struct bytes bytes) {
    struct json_tree *tree;
    const char *wrong = NULL;
    payload_begin(out);
    if (!bytes.len || json_tree_read(&tree, arena, bytes) || tree->kind != TREE_OBJECT)
        return "it is no JSON object";
    for (const struct json_tree *m = tree->first; m && !wrong; m = m->next) {
        if (!bytes_is_text(m->name, "version")) {
            wrong = member_put(out, m);
            continue;
        }
        out->has_identity = m->kind == TREE_NUMBER && m->is_integer && m->integer >= 0;
        out->sequence = out->has_identity ? m->integer : 0;
        wrong = out->has_identity ? NULL : "its version is no whole number";
    }
    return wrong;
}
