/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What directories say of people, without the people. */
#include "nameless.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

static void check_said(const char *said, const char *wanted) {
    const struct entry anna = { .login = bytes_text("anna.novakova2"),
                                .employee = bytes_text("E17"),
                                .given = bytes_text("Anna Mária"),
                                .family = bytes_text("Nováková") };
    char reason[256];
    (void)snprintf(reason, sizeof(reason), "%s", said);
    reason_make_nameless(reason, &anna);
    CHECK_TEXT(reason, wanted);
}

TEST(what_a_directory_says_of_a_person_is_told_without_name_login_and_dn) {
    check_said("Already exists (sAMAccountName 'Anna.Novakova2' is in use)",
               "Already exists (sAMAccountName '.......' is in use)");
    check_said("no such object uid=anna.novakova2,ou=people,dc=example,dc=org",
               "no such object uid=...,ou=...,dc=...,dc=...");
    check_said("entry <cn=Nováková Anna,dc=x> of E17 refused",
               "entry <cn=...,dc=...> of E17 refused");
    check_said("ANNA NOVáKOVá does not fit; mária neither", "... ... does not fit; ... neither");
    check_said("annals of the novakova family", "annals of the novakova family");
}

TEST(a_reason_stays_one_of_256_bytes) {
    char reason[256];
    const struct entry e = { .given = bytes_text("aa") };
    for (size_t i = 0; i + 3 < sizeof(reason); i += 3)
        memcpy(reason + i, "aa ", 4);
    reason_make_nameless(reason, &e);
    CHECK(strlen(reason) < sizeof(reason) && strncmp(reason, "... ... ...", 11) == 0);
    memset(reason, 'x', sizeof(reason) - 1);
    reason[sizeof(reason) - 1] = 0;
    reason_make_nameless(reason, &e);
    CHECK(strlen(reason) > 200);
}
