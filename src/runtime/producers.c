/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The declared producers of a topic against the name in a source. */
#include "runtime/producers.h"

#include <string.h>

static bool produces(const struct declared_service *s, struct bytes topic) {
    for (size_t i = 0; i < s->produces_count; i++)
        if (bytes_is_text(topic, s->produces[i]))
            return true;
    return false;
}

/* What `rest` begins with, up to a slash; `rest` goes on behind it. */
static struct bytes name_cut(struct bytes *rest) {
    const uint8_t *slash = rest->len ? memchr(rest->data, '/', rest->len) : NULL;
    size_t len = slash ? (size_t)(slash - rest->data) : rest->len;
    struct bytes name = bytes_part(*rest, 0, len);
    *rest = bytes_part(*rest, len + (slash != NULL), rest->len - len - (slash != NULL));
    return name;
}

bool producers_declare(const struct declaration *d, struct bytes topic, struct bytes source) {
    static const char lead[] = "/octavo/";
    struct bytes rest = source, system = { 0 }, service = { 0 };
    bool any = false, declared = false;
    if (rest.len >= sizeof(lead) - 1 && memcmp(rest.data, lead, sizeof(lead) - 1) == 0) {
        rest = bytes_part(rest, sizeof(lead) - 1, rest.len - (sizeof(lead) - 1));
        system = name_cut(&rest);
        service = name_cut(&rest);
    }
    for (size_t i = 0; i < d->service_count; i++) {
        const struct declared_service *s = &d->services[i];
        if (!produces(s, topic))
            continue;
        any = true;
        declared =
            declared || (bytes_is_text(system, d->system) && bytes_is_text(service, s->name));
    }
    return declared || !any;
}
