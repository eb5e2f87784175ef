/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The archive: FOLDER/RUN/ holds one file and its manifest.
 *
 *   SHA256.data     the bytes, under their own digest; synced before anything names them
 *   manifest.json   a flat object: run, extract, rows, bytes, sha256, ...; a run is there when this
 *                   is there, and the file it names is the run's
 *   new-HEX.part    a file that is being written, by whoever drew HEX
 *
 * The manifest appears whole and is never replaced (disk_put_new): of two owners of a run that are
 * at it at once, the one that comes second finds the first one's manifest, whose file is the run's,
 * and takes its own away. Whoever begins takes the .part files of others away: one who comes back
 * from a stall can rename nothing any more. */
#ifndef OCTAVO_CONNECTORS_EXTRACT_ARCHIVE_H
#define OCTAVO_CONNECTORS_EXTRACT_ARCHIVE_H

#include "base/disk.h"
#include "extract/compress.h"

enum { ARCHIVE_SHA_CHARS = 64, ARCHIVE_MANIFEST_MAX = 1 << 20 };

/* What a manifest says of its file. */
struct archived {
    int64_t rows, bytes;
    char sha256[ARCHIVE_SHA_CHARS + 1];
};

/* *there: the run is made; then *out says what of. E_corrupt: its manifest is none. */
enum error archive_look(struct disk *d, const char *run, bool *there,
                        struct archived *out) MUST_CHECK;

/* A file that grows: text is encoded, then compressed, then hashed and written. Memory is a buffer
 * for each. */
struct archive_file;
struct archive_options {
    enum compress_kind compress;
    struct bytes encoding; /* of what is written, by its IANA name; empty: UTF-8, as it comes */
};
/* NULL is fine for options. E_config: an encoding that nobody knows. */
enum error archive_begin(struct archive_file **out, struct disk *d, const char *run,
                         const struct archive_options *options) MUST_CHECK;
/* The caller appends to it and calls archive_flow, which writes when enough has come. */
struct buf *archive_room(struct archive_file *f);
enum error archive_flow(struct archive_file *f) MUST_CHECK;
/* Synced and under its digest; out->rows is left alone. */
enum error archive_seal(struct archive_file *f, struct archived *out) MUST_CHECK;
/* The manifest is put in place, or another one is there: then *out is what that one says. */
enum error archive_publish(struct archive_file *f, struct bytes manifest,
                           struct archived *out) MUST_CHECK;
void archive_end(struct archive_file *f); /* NULL is fine; what is not published goes */

#endif
