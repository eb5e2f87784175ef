/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Notes: small files of a system's data directory, by which a command tells its connectors what
 * they are to look at each time: no service need run, and none need be asked. */
#include "base/disk.h"
#include "runtime/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_NAME_MAX = 200, NOTE_TEXT_MAX = 4096 };

static bool is_name(const char *name) {
    size_t len = strlen(name);
    return len > 0 && len <= NOTE_NAME_MAX && name[0] != '.' && !strchr(name, '/');
}

static enum error note_write(const char *folder, const char *path, const char *text) {
    struct disk *d = disk_real();
    if (text) {
        TRY(disk_make_dir(d, folder));
        return disk_replace(d, path, bytes_text(text));
    }
    enum error e = disk_unlink(d, path);
    if (e == E_not_found)
        return E_ok;
    return e ? e : disk_sync_dir(d, folder);
}

bool octavo_note(struct octavo_session *s, const char *folder, const char *name, const char *text) {
    enum error e = E_ok;
    if (!is_name(folder) || !is_name(name) || (text && strlen(text) > NOTE_TEXT_MAX)) {
        e = fail(E_config, "\"%s\" is no name for a note, or its text is over 4 KiB", name);
    } else {
        char *dir = text_format("%s/%s", session_options_of(s)->data_dir, folder);
        char *path = text_format("%s/%s", dir, name);
        e = note_write(dir, path, text);
        free(path);
        free(dir);
    }
    if (e)
        error_print();
    return e == E_ok;
}
