// rooms: schema values base
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* schema_suite FILE...: runs files of the official JSON Schema test suite. A group whose schema
 * uses what is documented as not known - $id, a $ref to another file - is left out and counted.
 * Prints what differs, then "PASSED passed FAILED failed LEFT left out".
 *
 *   schema_suite --value FILE SCHEMA     is the value what the schema describes? */
#include "base/disk.h"
#include "schema/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int passed, failed, left_out;

static bool is_known(const struct json_tree *node) {
    for (const struct json_tree *child = node->first; child; child = child->next) {
        bool named = node->kind == TREE_OBJECT && child->kind == TREE_TEXT;
        if (named && bytes_is_text(child->name, "$id"))
            return false;
        if (named && bytes_is_text(child->name, "$ref") && child->text.len
            && child->text.data[0] != '#')
            return false;
        if (!is_known(child))
            return false;
    }
    return true;
}

static void group_run(const char *file, const struct json_tree *group) {
    const struct json_tree *node = json_tree_find(group, "schema");
    const struct json_tree *tests = json_tree_find(group, "tests");
    const struct json_tree *about = json_tree_find(group, "description");
    struct buf text = { 0 }, why = { 0 };
    struct schema *schema = NULL;
    if (!is_known(node)) {
        left_out += (int)tests->count;
        return;
    }
    json_tree_write(&text, node);
    enum error e = schema_read(&schema, file, buf_bytes(&text));
    for (const struct json_tree *t = tests->first; t; t = t->next) {
        bool wanted = json_tree_find(t, "valid")->kind == TREE_TRUE;
        bool got = !e && schema_accepts(schema, json_tree_find(t, "data"), &why);
        if (!e && got == wanted) {
            passed++;
            continue;
        }
        const struct json_tree *what = json_tree_find(t, "description");
        (void)printf("%s: %.*s: %.*s: %s\n", file, (int)about->text.len,
                     (const char *)about->text.data, (int)what->text.len,
                     (const char *)what->text.data,
                     e     ? error_story()
                     : got ? "accepted"
                           : buf_text(&why));
        failed++;
    }
    schema_destroy(schema);
    buf_finish(&text);
    buf_finish(&why);
}

static enum error value_judge(const char *schema_file, const char *value_file) {
    struct buf text = { 0 }, value = { 0 }, why = { 0 };
    struct schema *schema = NULL;
    enum error e = disk_read_whole(disk_real(), schema_file, 16 << 20, &text);
    if (!e)
        e = disk_read_whole(disk_real(), value_file, 16 << 20, &value);
    if (!e)
        e = schema_read(&schema, schema_file, buf_bytes(&text));
    if (!e && !schema_accepts_text(schema, buf_bytes(&value), &why))
        e = fail(E_refused, "%s: %s", value_file, buf_text(&why));
    schema_destroy(schema);
    buf_finish(&text);
    buf_finish(&value);
    buf_finish(&why);
    return e;
}

int main(int count, char **arguments) {
    if (count == 4 && strcmp(arguments[1], "--value") == 0) {
        enum error e = value_judge(arguments[3], arguments[2]);
        if (e)
            error_print();
        return e != E_ok;
    }
    for (int i = 1; i < count; i++) {
        struct buf text = { 0 };
        struct arena arena = { 0 };
        struct json_tree *groups;
        if (disk_read_whole(disk_real(), arguments[i], 16 << 20, &text)
            || json_tree_read(&groups, &arena, buf_bytes(&text))) {
            error_print();
            return 3;
        }
        for (const struct json_tree *group = groups->first; group; group = group->next)
            group_run(arguments[i], group);
        arena_finish(&arena);
        buf_finish(&text);
    }
    (void)printf("%d passed %d failed %d left out\n", passed, failed, left_out);
    return failed > 0;
}
