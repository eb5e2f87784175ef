/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* nftw, depth first. */
#include "base/tree.h"

#include "base/bytes.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPEN_DIRS_MAX = 16 };

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *where) {
    (void)s;
    (void)type;
    (void)where;
    return remove(path);
}

enum error tree_make(const char *prefix, char **path) {
    char *made = text_format("%s.XXXXXX", prefix);
    if (mkdtemp(made)) {
        *path = made;
        return E_ok;
    }
    enum error e = fail_errno("make a directory %s.XXXXXX", prefix);
    free(made);
    return e;
}

enum error tree_remove(const char *path) {
    if (nftw(path, remove_one, OPEN_DIRS_MAX, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return E_ok;
    return fail_errno("remove %s", path);
}
