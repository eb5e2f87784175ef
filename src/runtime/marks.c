/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Positions of sources. A service has a few of them at most, so a list is enough. */
#include "runtime/marks.h"

#include <stdlib.h>

static void mark_destroy(struct mark *mark) {
    buf_finish(&mark->now);
    buf_finish(&mark->kept);
    free(mark->name);
    free(mark);
}

static void copy(struct buf *to, const struct buf *from) {
    buf_clear(to);
    buf_put_bytes(to, buf_bytes(from));
}

enum error marks_mark(struct marks *m, struct bytes name, struct mark **out) {
    bool found;
    for (*out = m->first; *out; *out = (*out)->next)
        if (bytes_is_text(name, (*out)->name))
            return E_ok;
    struct mark *mark = memory_get(sizeof(*mark));
    mark->name = text_copy_bytes(name);
    enum error e = m->store->ops->fact_get(m->store, mark->name, &mark->now, &found);
    if (e) {
        mark_destroy(mark);
        return e;
    }
    copy(&mark->kept, &mark->now);
    mark->next = m->first;
    *out = m->first = mark;
    return E_ok;
}

void mark_set(struct mark *mark, struct bytes position) {
    buf_clear(&mark->now);
    buf_put_bytes(&mark->now, position);
    mark->touched = true;
}

bool marks_wait(const struct marks *m) {
    for (const struct mark *mark = m->first; mark; mark = mark->next)
        if (mark->unstored)
            return true;
    return false;
}

enum error marks_write(struct marks *m) {
    for (struct mark *mark = m->first; mark; mark = mark->next)
        if (mark->touched || mark->unstored)
            TRY(m->store->ops->fact_put(m->store, mark->name, buf_bytes(&mark->now)));
    return E_ok;
}

void marks_keep(struct marks *m) {
    for (struct mark *mark = m->first; mark; mark = mark->next) {
        if (!mark->touched)
            continue;
        copy(&mark->kept, &mark->now);
        mark->touched = false;
        mark->unstored = true;
    }
}

void marks_stored(struct marks *m) {
    marks_keep(m);
    for (struct mark *mark = m->first; mark; mark = mark->next)
        mark->unstored = false;
}

void marks_drop(struct marks *m) {
    for (struct mark *mark = m->first; mark; mark = mark->next) {
        if (mark->touched)
            copy(&mark->now, &mark->kept);
        mark->touched = false;
    }
}

void marks_finish(struct marks *m) {
    while (m->first) {
        struct mark *mark = m->first;
        m->first = mark->next;
        mark_destroy(mark);
    }
}
