// rooms: connectors/ldap
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any text as a file of the directory's folder: an account or refused, and an account that was read
 * is written and read again as the same one. */
#include "ldap/ldif.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct directory d = { .base = (char *)(uintptr_t) "dc=x", .dialect = &dialect_posix };
    struct arena a = { 0 };
    struct buf text = { 0 };
    struct entry e, again;
    if (!ldif_entry_read(bytes_of(data, size), &a, &e)) {
        e.login = bytes_text("login"); /* of ours, as it is a DN */
        ldif_entry_put(&text, &d, &e);
        if (ldif_entry_read(buf_bytes(&text), &a, &again) || again.uid_number != e.uid_number)
            abort();
        for (size_t i = 0; i < ENTRY_TEXTS; i++)
            if (!bytes_equal(*entry_text(&e, i), *entry_text(&again, i)))
                abort();
    }
    struct ldif_group g, same;
    buf_clear(&text);
    if (!ldif_group_read(bytes_of(data, size), &a, &g)) {
        ldif_group_put(&text, &d, &g);
        if (ldif_group_read(buf_bytes(&text), &a, &same) || same.number != g.number
            || !bytes_equal(same.name, g.name))
            abort();
    }
    buf_finish(&text);
    arena_finish(&a);
    return 0;
}
