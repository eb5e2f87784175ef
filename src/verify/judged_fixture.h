/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the checks of a load say of a history that a test made: the first that finds something
 * wrong. Each must have looked at something. */
#ifndef OCTAVO_VERIFY_JUDGED_FIXTURE_H
#define OCTAVO_VERIFY_JUDGED_FIXTURE_H

#include "base/test.h"
#include "check.h"

/* Its name; "": nothing is wrong. */
static inline const char *judged_by(const struct check *of_load, const struct history *h) {
    struct evidence e = { .history = h };
    for (const struct check *check = of_load; check->name; check++) {
        struct verdict v = { 0 };
        check->judge(&e, &v);
        CHECK(v.looked_at > 0);
        if (v.wrong)
            return check->name;
    }
    return "";
}

#endif
