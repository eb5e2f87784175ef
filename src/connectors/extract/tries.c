/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The count in the file `tries`. */
#include "extract/tries.h"

#include <stdlib.h>

static enum error tries_read(struct disk *d, const char *path, int *count) {
    struct buf text = { 0 };
    enum error e = disk_read_whole(d, path, 16, &text);
    *count = e ? 0 : (int)strtol(buf_text(&text), NULL, 10);
    buf_finish(&text);
    return e == E_not_found ? E_ok : e;
}

enum error tries_begin(struct disk *d, const char *run) {
    char *path = text_format("%s/tries", run);
    int count;
    enum error e = tries_read(d, path, &count);
    if (!e && count >= TRIES_MOST) {
        tries_end(d, run);
        e = fail(E_config,
                 "its extraction was begun %d times in a row, and each time the process "
                 "ended with it",
                 count);
        fail_try("look into the log of the processor; `octavo extracts retry` tries it again");
    } else if (!e) {
        char *text = text_format("%d\n", count + 1);
        e = disk_replace(d, path, bytes_text(text));
        free(text);
    }
    free(path);
    return e;
}

/* What cannot be taken away counts once too often: a number, no harm. */
void tries_end(struct disk *d, const char *run) {
    char *path = text_format("%s/tries", run);
    (void)!disk_unlink(d, path);
    free(path);
}
