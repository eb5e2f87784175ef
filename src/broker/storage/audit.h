/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What `octavo broker audit` and `repair` ask of storage: everything in a directory is read and
 * held against everything else. */
#ifndef OCTAVO_STORAGE_AUDIT_H
#define OCTAVO_STORAGE_AUDIT_H

#include "storage/storage.h"

struct audit_options {
    struct disk *disk;
    struct clock *clock;
    const char *dir;
    void (*on_finding)(void *context, const char *text); /* valid during the call */
    void *context;
};

struct audit_counts {
    int64_t topics, partitions, segments, batches, records, bytes;
    int64_t frames;   /* of the log, behind the checkpoint */
    int64_t findings; /* damage */
    int64_t derived;  /* wrong in an index: a power cut may do that, the next reader mends it */
};

/* Changes nothing: the log is replayed in memory, over the files. What is checked: the log's
 * frames, the checkpoint, each batch with its checksum, its records and its place, both indexes,
 * and what partitions remember of producers and transactions against what the batches say.
 * E_not_found: no broker's directory; E_locked: a broker has it. */
enum error storage_audit(const struct audit_options *options, struct audit_counts *out) MUST_CHECK;

/* Makes the directory one that a broker can open. Each thing that is lost by that is told first.
 * `only_tries`: nothing is done, and the same is told. A log that is damaged where it was synced is
 * cut there; a segment is written anew without what is damaged in it, and the old one kept under
 * NAME.damaged. A checkpoint that is damaged cannot be repaired: E_corrupt. */
struct repair_counts {
    int64_t losses;
    int64_t mended;   /* batches that get a leader epoch which can be: told, and no loss */
    int64_t segments; /* written anew */
};
enum error storage_repair(const struct audit_options *options, bool only_tries,
                          struct repair_counts *out) MUST_CHECK;

#endif
