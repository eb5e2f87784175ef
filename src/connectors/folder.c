/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Folders of sinks. */
#include "connectors/folder.h"

#include "connectors/answer.h"

#include <stdlib.h>
#include <string.h>

void folder_init(struct folder *f, const struct url *url, const char *data_dir) {
    *f = (struct folder){ .path = url_path(url, data_dir) };
    f->data_dir_len = url_path_is_own(url) ? strlen(data_dir) : 0;
}

void folder_finish(struct folder *f) {
    free(f->path);
    *f = (struct folder){ 0 };
}

/* And every directory above it up to the data directory is made to stay. */
static enum error folder_make(struct folder *f) {
    char *path = text_copy(f->path);
    enum error e = disk_make_dir(disk_real(), path);
    for (char *slash = strrchr(path, '/'); !e && (size_t)(slash - path) >= f->data_dir_len;
         slash = strrchr(path, '/')) {
        *slash = 0;
        e = disk_sync_dir(disk_real(), path);
    }
    free(path);
    f->is_made = e == E_ok;
    return e;
}

enum error folder_open(struct folder *f, struct disk **out) {
    if (f->data_dir_len && !f->is_made)
        TRY(folder_make(f));
    return disk_beneath(f->path, out);
}

/* After an input/output error nobody knows whether the name is there: whoever tries again finds it,
 * or puts it from the first byte. */
void folder_answer_error(struct effect_answer *a, enum error e, bool begun) {
    a->edge_down = false;
    if (e == E_exists || e == E_refused) {
        answer_story(a, EFFECT_REFUSED);
        return;
    }
    a->edge_down = e != E_disk_full && e != E_locked; /* a smaller file may fit; one is at it */
    answer_story(a, begun && e == E_io ? EFFECT_UNKNOWN : EFFECT_AGAIN);
}
