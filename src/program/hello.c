/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* {"octavo":1,"handles":["order-placed","timer:pay-by"]} */
#include "hello.h"

#include "values/json_tree.h"

#include <string.h>

static enum error type_read(struct hello *out, struct arena *arena, const struct json_tree *item) {
    if (item->kind != TREE_TEXT || item->text.len == 0 || item->text.len > 255
        || memchr(item->text.data, 0, item->text.len))
        return fail(E_malformed, "its `handles` holds what is no event type");
    out->handles[out->count++] = arena_text(arena, item->text);
    return E_ok;
}

enum error hello_read(struct hello *out, struct arena *arena, struct bytes line) {
    struct json_tree *tree;
    *out = (struct hello){ 0 };
    TRY(json_tree_read(&tree, arena, line));
    const struct json_tree *version = json_tree_find(tree, "octavo");
    const struct json_tree *handles = json_tree_find(tree, "handles");
    if (!version || !version->is_integer)
        return fail(E_malformed, "its first line does not say which protocol it speaks");
    if (version->integer != PROGRAM_VERSION)
        return fail(E_unsupported, "it speaks version %lld of the protocol, not %d",
                    (long long)version->integer, PROGRAM_VERSION);
    if (!handles || handles->kind != TREE_LIST || handles->count == 0
        || handles->count > PROGRAM_HANDLES_MAX)
        return fail(E_malformed, "its `handles` is no list of 1 to %d event types",
                    PROGRAM_HANDLES_MAX);
    out->handles = arena_get(arena, handles->count * sizeof(*out->handles));
    for (const struct json_tree *item = handles->first; item; item = item->next)
        TRY(type_read(out, arena, item));
    return E_ok;
}
