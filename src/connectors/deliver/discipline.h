/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How a file gets to a partner, whatever the partner is:
 *
 *   .NAME.HEX.part   written in the same folder, hashed as it goes, sealed, its size looked at
 *   NAME             by a rename that replaces nothing
 *   NAME.done        last: "SHA256  NAME\n", so that `sha256sum -c` reads it
 *
 * NAME with our digest is ours, whoever put it there; with another it is never touched (E_exists).
 * A rename whose answer is lost, or is an error, is decided by looking at both names. Whoever
 * begins takes away the .part files of NAME that others left: one who comes back from a stall finds
 * nothing to rename. One that has taken longer than it may renames nothing.
 *
 * A partner without renames gets NAME and NAME.done in one request each, which is seen when all of
 * it is there: the last piece goes out once our own file has the digest and the time is not over.
 */
#ifndef OCTAVO_CONNECTORS_DELIVER_DISCIPLINE_H
#define OCTAVO_CONNECTORS_DELIVER_DISCIPLINE_H

#include "base/disk.h"
#include "deliver/partner.h"

enum { DELIVERY_SHA_CHARS = 64 };

struct delivery {
    const struct partner_kind *kind;
    struct partner *partner;
    struct disk *from; /* where the file lies */
    const char *path;
    const char *name;    /* at the partner's; no slash */
    const char *sha256;  /* hexadecimal, lower case */
    int64_t bytes;       /* -1: nobody said */
    bool again;          /* sent once more: a done-file whose file is gone does not count */
    bool no_done;        /* the partner wants no done-file */
    int64_t deadline_ns; /* by the steady clock: behind it nothing is renamed (E_timed_out) */
};

/* E_exists: NAME is there with other content. E_corrupt: our own file is not what sha256 says. */
enum error delivery_perform(struct delivery *d) MUST_CHECK;
/* *done: NAME is there with our digest, and its done-file. */
enum error delivery_look(struct delivery *d, bool *done) MUST_CHECK;

#endif
