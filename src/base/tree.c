/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* nftw, depth first. */
#include "base/tree.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>

enum { OPEN_DIRS_MAX = 16 };

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *where) {
    (void)s;
    (void)type;
    (void)where;
    return remove(path);
}

enum error tree_remove(const char *path) {
    if (nftw(path, remove_one, OPEN_DIRS_MAX, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return E_ok;
    return fail_errno("remove %s", path);
}
