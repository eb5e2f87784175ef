/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Every line is looked at, and every byte of what is shown. */
#include "users.h"

#include <string.h>

static struct bytes line_take(struct bytes *left) {
    const uint8_t *end = memchr(left->data, '\n', left->len);
    size_t len = end ? (size_t)(end - left->data) : left->len;
    struct bytes line = bytes_part(*left, 0, len);
    *left = bytes_part(*left, len + (end != NULL), left->len - len - (end != NULL));
    return line;
}

static bool same(struct bytes secret, struct bytes shown) {
    unsigned differs = secret.len != shown.len;
    for (size_t i = 0; i < shown.len; i++)
        differs |= (unsigned)(shown.data[i] ^ (i < secret.len ? secret.data[i] : 0));
    return !differs;
}

bool users_know(struct bytes file, struct bytes user, struct bytes password) {
    bool known = false;
    while (file.len) {
        struct bytes line = line_take(&file);
        const uint8_t *colon = line.len ? memchr(line.data, ':', line.len) : NULL;
        size_t name_len = colon ? (size_t)(colon - line.data) : 0;
        if (!name_len)
            continue;
        bool is_user = bytes_equal(bytes_part(line, 0, name_len), user);
        bool right = same(bytes_part(line, name_len + 1, line.len - name_len - 1), password);
        known = known || (is_user && right);
    }
    return known;
}
