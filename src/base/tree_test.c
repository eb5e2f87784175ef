/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Removing trees. */
#include "base/tree.h"

#include "base/disk.h"
#include "base/test.h"

#include <stdlib.h>
#include <string.h>

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

TEST(a_directory_for_a_while_is_another_each_time_and_its_owners_alone) {
    char *prefix = text_format("%s/while", test_dir()), *nowhere = NULL;
    char *first = NULL, *second = NULL, *under = text_format("%s/absent/while", test_dir());
    bool public = true;
    CHECK_OK(tree_make(prefix, &first));
    CHECK_OK(tree_make(prefix, &second));
    CHECK(strcmp(first, second) != 0);
    CHECK_OK(disk_real_is_public(first, &public));
    CHECK(!public);
    CHECK_ERROR(tree_make(under, &nowhere), E_io);
    CHECK(!nowhere);
    CHECK_OK(tree_remove(first));
    CHECK_OK(tree_remove(second));
    free(first);
    free(second);
    free(prefix);
    free(under);
}
