/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For the tests of a shipped system's handlers: every event that they make is held against the
 * schema that its declaration names. At run time they are trusted (schemas.h), because of this. */
#ifndef OCTAVO_RUNTIME_PROMISED_FIXTURE_H
#define OCTAVO_RUNTIME_PROMISED_FIXTURE_H

#include "base/disk.h"
#include "base/test.h"
#include "declaration/declaration.h"
#include "runtime/outbox.h"
#include "runtime/schemas.h"

#include <stdint.h>
#include <stdlib.h>

static inline enum error promised_text(void *folder, const char *path, struct buf *out) {
    char *whole = text_format("%s/%s", (const char *)folder, path);
    enum error e = disk_read_whole(disk_real(), whole, 1 << 20, out);
    free(whole);
    return e;
}

/* folder: of the declaration, from the project's root. To be closed with schemas_close. */
static inline struct schemas *promised_open(const struct declaration *declaration,
                                            const char *folder) {
    struct schemas *schemas;
    CHECK_OK(schemas_open(&schemas, &(struct schemas_options){
                                        .declaration = declaration,
                                        .read = promised_text,
                                        .context = (void *)(uintptr_t)folder,
                                    }));
    return schemas;
}

static inline void promised_check(struct schemas *schemas, const struct out_event *e) {
    struct buf why = { 0 };
    if (e->value.data && !schemas_accept(schemas, e->topic, e->type, e->value, &why))
        test_failed(__FILE__, __LINE__, "%.*s is not as its schema says: %s", (int)e->type.len,
                    (const char *)e->type.data, buf_text(&why));
    buf_finish(&why);
}

#endif
