/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Change files of ASC X12 834, 005010X220A1: one interchange, one group, one transaction set, one
 * member after the other. Elements end with *, segments with ~, components with : and repetitions
 * with ^; none of them can be in a value: names lose them (x12_value).
 *
 *   ISA GS ST BGN N1*P5 N1*IN  { INS REF*0F REF*1L DTP*336 NM1 DMG HD DTP*348 DTP*349 }  SE GE IEA
 *
 * ISA is 106 bytes with its ~. The control number is the same in ISA13, IEA02, GS06 and GE02; SE01
 * counts the segments from ST to SE. */
#ifndef OCTAVO_SYSTEMS_ONBOARDING_X12_H
#define OCTAVO_SYSTEMS_ONBOARDING_X12_H

#include "person.h"

#define X12_CONTROL_MOST 999999999

struct x12_member {
    const char *type; /* 001 change, 021 addition, 024 end */
    const struct person *person;
    struct octavo_text policy, plan;
    int64_t hired, begins; /* days */
    int64_t ends;          /* of 024 */
};

/* The segments of one member; returns its length, or 0 when it does not fit. */
size_t x12_member(char *out, size_t room, const struct x12_member *m);

struct x12_file {
    int64_t control;
    int64_t time_ms;
    const char *sender, *receiver; /* at most 15 characters */
    const char *sponsor, *carrier;
    const char *members; /* what x12_member wrote, one behind the other */
};
size_t x12_file(char *out, size_t room, const struct x12_file *f);

#endif
