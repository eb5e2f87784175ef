/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Out of memory ends the program. */
#include "verb.h"

#include <stdlib.h>
#include <string.h>

void *verb_room(void *array, size_t count, size_t *room, size_t size) {
    if (count < *room)
        return array;
    *room = *room ? 2 * *room : 64;
    void *longer = realloc(array, *room * size);
    if (!longer)
        abort(); /* memory */
    return longer;
}

char *verb_text_keep(struct octavo_text t) {
    char *copy = malloc(t.len + 1);
    if (!copy)
        abort(); /* memory */
    memcpy(copy, t.data, t.len);
    copy[t.len] = 0;
    return copy;
}
