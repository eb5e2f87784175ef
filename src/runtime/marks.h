/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How far a task has read each of its sources: the source's own text, the fact "edge:NAME" of its
 * store. As with places: `now` in the open group, `kept` after it, and the store. */
#ifndef OCTAVO_RUNTIME_MARKS_H
#define OCTAVO_RUNTIME_MARKS_H

#include "store/store.h"

struct mark {
    char *name; /* edge:NAME */
    struct buf now;
    struct buf kept;
    bool touched;  /* in the open group */
    bool unstored; /* kept, and the store does not know it yet */
    struct mark *next;
};

struct marks {
    struct store *store;
    struct mark *first;
};

/* Made, and read from the store, at its first use; stays valid. Empty: never read. */
enum error marks_mark(struct marks *m, struct bytes name, struct mark **out) MUST_CHECK;
void mark_set(struct mark *mark, struct bytes position);

bool marks_wait(const struct marks *m); /* something is kept that the store does not know */
enum error marks_write(struct marks *m) MUST_CHECK;
void marks_keep(struct marks *m);
void marks_stored(struct marks *m);
void marks_drop(struct marks *m);
void marks_finish(struct marks *m);

#endif
