/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Handlers: what stands in their files, as far as they are files. Those in this binary are held
 * to the same by the build (tools/reach.txt). */
#include "lint/impure.h"
#include "lint/rule.h"

#include <stdlib.h>
#include <string.h>

/* The word of a program's command that is its text, as seen from here; owned by the arena. */
static const char *program_file(struct lint *l, const struct declared_service *s) {
    const char *end = s->program + strlen(s->program);
    for (const char *at = s->program; at < end; at += strcspn(at, " ") + 1) {
        int len = (int)strcspn(at, " ");
        if (len < 4 || (memcmp(at + len - 3, ".py", 3) != 0 && memcmp(at + len - 3, ".js", 3) != 0))
            continue;
        const char *name = strncmp(at, "./", 2) == 0 ? at + 2 : at;
        const char *dir = s->program_dir && at[0] != '/' ? s->program_dir : "";
        return lint_print(l, "%s%.*s", dir, len - (int)(name - at), name);
    }
    return NULL;
}

static const char *handler_file(struct lint *l, const struct declared_service *s) {
    if (s->program)
        return program_file(l, s);
    const char *colon = strrchr(s->handler, ':');
    return colon ? lint_print(l, "%.*s", (int)(colon - s->handler), s->handler) : NULL;
}

static void ide6_found(struct lint *l, const struct declared_service *s, const char *path,
                       const struct impure *found) {
    struct lint_finding *f = finding_of(l, s->name);
    finding_place(l, f, declaration_at(l->d, "services", s->name, "handler", NULL),
                  "services.%s: its handler", s->name);
    finding_place_in(f, path, (struct declared_at){ found->line ? found->line : 1, 1 },
                     lint_print(l, found->line ? "%s stands here" : "it wants %s", found->what));
    finding_story(l, f,
                  "%s dies behind a commit that nobody heard of, and its last event comes again.\n"
                  "This time it is answered otherwise, and two truths are in the world.",
                  s->name);
}

void rule_IDE6(struct lint *l) {
    for (size_t i = 0; l->options->read_handler && i < l->d->service_count; i++) {
        const struct declared_service *s = &l->d->services[i];
        const char *path = handler_file(l, s);
        struct buf file = { 0 };
        struct impure found;
        if (path && !l->options->read_handler(l->options->read_context, path, &file)
            && impure_find(path, buf_bytes(&file), &found))
            ide6_found(l, s, path, &found);
        buf_finish(&file);
    }
}
