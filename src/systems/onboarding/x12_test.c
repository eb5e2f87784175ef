/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "x12.h"

#include "base/test.h"
#include "day.h"

#include <stdio.h>
#include <string.h>

static char members[4000], file[8000];

static void member_add(const char *type, const char *family) {
    struct person p = { .employee = octavo_text("E1"),
                        .given = octavo_text("Anna"),
                        .family = octavo_text(family),
                        .birth = octavo_text("1990-02-28"),
                        .class = octavo_text("full-time") };
    size_t at = strlen(members);
    CHECK(x12_member(members + at, sizeof(members) - at,
                     &(struct x12_member){ .type = type,
                                           .person = &p,
                                           .policy = octavo_text("G1"),
                                           .plan = octavo_text("HMO"),
                                           .hired = 20788,
                                           .begins = 20819,
                                           .ends = 20900 }));
}

TEST(what_is_sealed_stands_in_its_place_with_the_form_it_is_opened_in) {
    struct person p = { .employee = octavo_text("E1"),
                        .given = octavo_text("{sealed:1:given:AAAA}"),
                        .family = octavo_text("{sealed:1:family:AAAA}"),
                        .birth = octavo_text("{sealed:1:birth:AAAA}"),
                        .class = octavo_text("full-time") };
    CHECK(x12_member(members, sizeof(members),
                     &(struct x12_member){ .type = "021",
                                           .person = &p,
                                           .policy = octavo_text("G1"),
                                           .plan = octavo_text("HMO") }));
    CHECK(strstr(members, "~NM1*IL*1*{sealed:1:family:AAAA|edi}*{sealed:1:given:AAAA|edi}****ZZ*E1~"
                          "DMG*D8*{sealed:1:birth:AAAA|digits}*U~"));
}

static void file_make(void) {
    CHECK(x12_file(file, sizeof(file),
                   &(struct x12_file){ .control = 1003,
                                       .time_ms = 1795435200000,
                                       .sender = "OCTAVO",
                                       .receiver = "CARRIER",
                                       .sponsor = "BANK",
                                       .carrier = "CARRIER",
                                       .members = members }));
}

TEST(isa_is_106_bytes_and_the_counts_are_right) {
    member_add("021", "Novak");
    member_add("024", "Weiss");
    file_make();
    CHECK_INT(file[105], '~');
    CHECK(strncmp(file + 106, "GS*BE*", 6) == 0);
    int segments = 0;
    for (const char *at = strstr(file, "ST*834"); at < strstr(file, "GE*1"); at++)
        segments += *at == '~';
    char wanted[32];
    (void)snprintf(wanted, sizeof(wanted), "SE*%d*0001~", segments);
    CHECK(strstr(file, wanted));
    CHECK(strstr(file, "*000001003*0*P*:~") && strstr(file, "IEA*1*000001003~"));
}

TEST(a_delimiter_in_a_name_is_none_in_the_file) {
    member_add("021", "No*vak~SE:x^");
    CHECK(strstr(members, "NM1*IL*1*No vak SE x*Anna****ZZ*E1~"));
}

TEST(a_long_name_is_cut_between_characters) {
    char name[200] = "x";
    for (size_t i = 1; i < 91; i++)
        name[i] = i % 2 ? '\xc3' : '\xa9';
    member_add("021", name);
    const char *at = strstr(members, "NM1*IL*1*") + 9;
    CHECK_INT((long long)strcspn(at, "*"), 59);
}

TEST(what_does_not_fit_is_not_written) {
    char small[50];
    struct person p = { .employee = octavo_text("E1"),
                        .given = octavo_text("A"),
                        .family = octavo_text("B"),
                        .class = octavo_text("temporary") };
    CHECK_INT((long long)x12_member(small, sizeof(small),
                                    &(struct x12_member){ .type = "021", .person = &p }),
              0);
}
