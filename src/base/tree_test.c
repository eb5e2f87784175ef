/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Removing trees. */
#include "base/tree.h"

#include "base/disk.h"
#include "base/test.h"

#include <stdlib.h>

TEST(a_tree_is_removed_with_all_that_is_in_it_and_an_absent_one_is_fine) {
    bool there;
    char *deep = text_format("%s/a/b/c", test_dir());
    char *top = text_format("%s/a", test_dir());
    CHECK_OK(disk_make_dir(disk_real(), deep));
    CHECK_OK(tree_remove(top));
    CHECK_OK(disk_exists(disk_real(), top, &there));
    CHECK(!there);
    CHECK_OK(tree_remove(top));
    free(deep);
    free(top);
}
