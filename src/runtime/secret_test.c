/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Secrets are made once and stay. */
#include "runtime/secret.h"

#include "base/test.h"

#include <stdlib.h>
#include <sys/stat.h>

TEST(a_secret_is_made_once_for_its_owner_only_and_read_the_same_afterwards) {
    struct buf first = { 0 }, second = { 0 };
    struct stat s;
    char *path = text_format("%s/deep/card.key", test_dir());
    char *dir = text_format("%s/deep", test_dir());
    CHECK_OK(secret_load(disk_real(), dir, "card.key", &first));
    CHECK_OK(secret_load(disk_real(), dir, "card.key", &second));
    CHECK_INT((int)first.len, SECRET_BYTES);
    CHECK_BYTES(buf_bytes(&first), buf_bytes(&second));
    CHECK_INT(stat(path, &s), 0);
    CHECK_INT((int)(s.st_mode & 0777), 0600);
    buf_finish(&first);
    buf_finish(&second);
    free(path);
    free(dir);
}
