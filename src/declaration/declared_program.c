/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A handler that is a program on stdin and stdout (docs/formats/program.md): program:COMMAND, words
 * with spaces between, run in the folder of the declaration, so that ./orders.py is found wherever
 * octavo is called from. */
#include "declaration/declared_node.h"

#include <stdlib.h>
#include <string.h>

static const char *folder_of(struct reader *r) {
    const char *slash = strrchr(r->name, '/');
    return slash ? arena_text(r->arena, bytes_of(r->name, (size_t)(slash - r->name) + 1)) : NULL;
}

bool declared_program_read(struct reader *r, struct declared_service *s) {
    static const char lead[] = "program:";
    if (strncmp(s->handler, lead, sizeof(lead) - 1) != 0)
        return false;
    const char *command = s->handler + sizeof(lead) - 1;
    command += strspn(command, " ");
    if (!*command)
        return false;
    s->program = command;
    s->program_dir = folder_of(r);
    return true;
}

enum error declared_program_check(struct reader *r, const struct node *node,
                                  const struct declared_service *s) {
    static const struct wanted program = { "`ask` at a table of a service whose handler is a "
                                           "program",
                                           "handler: program:./orders.py" };
    for (size_t i = 0; i < s->table_count; i++) {
        if (s->program && s->state == STATE_FOLD && !s->tables[i].table.log)
            s->tables[i].asked = true; /* a fold does not find rows by their key alone */
        if (s->tables[i].asked && !s->program)
            return node_expected(r, node, program);
    }
    return E_ok;
}
