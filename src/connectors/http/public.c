/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Which addresses are of the public network (IANA's special-purpose registries): what is not surely
 * public is private. */
#include "http/http_sink.h"

#include <stdlib.h>
#include <string.h>

static bool four_read(const char *address, unsigned out[4]) {
    for (int i = 0; i < 4; i++) {
        char *end;
        if (*address < '0' || *address > '9')
            return false;
        unsigned long n = strtoul(address, &end, 10);
        if (n > 255 || *end != (i < 3 ? '.' : 0))
            return false;
        out[i] = (unsigned)n;
        address = end + 1;
    }
    return true;
}

static bool four_is_public(const char *address) {
    unsigned n[4];
    if (!four_read(address, n))
        return false;
    return n[0] != 0 && n[0] != 10 && n[0] != 127 && n[0] < 224
           && !(n[0] == 100 && n[1] >= 64 && n[1] < 128) && !(n[0] == 169 && n[1] == 254)
           && !(n[0] == 172 && n[1] >= 16 && n[1] < 32) && !(n[0] == 192 && n[1] == 168)
           && !(n[0] == 192 && n[1] == 0 && n[2] == 0) && !(n[0] == 198 && (n[1] & ~1U) == 18);
}

/* 2000::/3 is all of the public one there is; of it 2002::/16 and 2001:0::/32 hold others' inside.
 */
bool address_is_public(const char *address) {
    if (!strchr(address, ':'))
        return four_is_public(address);
    if (strncasecmp(address, "::ffff:", 7) == 0)
        return four_is_public(address + 7);
    char *end;
    unsigned long first = strtoul(address, &end, 16);
    bool tunnel = first == 0x2002 || (first == 0x2001 && strncmp(end, "::", 2) == 0)
                  || (first == 0x2001 && strncmp(end, ":0:", 3) == 0);
    return end == address + 4 && *end == ':' && first >= 0x2000 && first < 0x4000 && !tunnel;
}
