/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The audit finds what was lost, repeated and moved behind a customer's back. */
#include "audit.h"

#include "base/test.h"

static struct audit a;

static void posted(const char *id, int64_t amount) {
    audit_entry(&a, bytes_text(id), amount);
}

static void check(int64_t lost, int64_t repeated, int64_t stray) {
    struct audit_result r = audit_conclude(&a);
    CHECK_INT(r.lost, lost);
    CHECK_INT(r.repeated, repeated);
    CHECK_INT(r.stray, stray);
}

TEST(a_ledger_that_did_what_was_said_is_clean) {
    audit_approved(&a, "in", 100);
    audit_approved(&a, "out", -30);
    posted("in", 100);
    posted("out", -30);
    posted("taken back", -50);
    posted("taken back", 50);
    check(0, 0, 0);
    CHECK_INT(a.sum, 70);
    audit_finish(&a);
}

TEST(lost_repeated_and_stray_entries_are_told_apart) {
    audit_approved(&a, "lost in", 100);
    audit_approved(&a, "lost out", -100);
    audit_approved(&a, "reversed although approved", -100);
    audit_approved(&a, "twice in", 100);
    audit_approved(&a, "twice out", -100);
    posted("reversed although approved", -100);
    posted("reversed although approved", 100);
    posted("twice in", 100);
    posted("twice in", 100);
    posted("twice out", -100);
    posted("twice out", -100);
    posted("behind a 91", -20);
    check(3, 2, 1);
    audit_finish(&a);
}
