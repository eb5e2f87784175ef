/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What is written of a file, made smaller on the way: gzip (RFC 1952, without name and time, so
 * that the same rows are the same bytes) or zstd (RFC 8878, with its checksum). Memory is the
 * library's and one piece. */
#ifndef OCTAVO_CONNECTORS_EXTRACT_COMPRESS_H
#define OCTAVO_CONNECTORS_EXTRACT_COMPRESS_H

#include "base/bytes.h"
#include "base/error.h"

struct compress;

enum compress_kind { COMPRESS_NONE, COMPRESS_GZIP, COMPRESS_ZSTD };
enum error compress_open(struct compress **out, enum compress_kind kind) MUST_CHECK;
void compress_close(struct compress *c); /* NULL is fine */
/* Appends what comes of `in` by now; with `last` all of it and the end. */
enum error compress_put(struct compress *c, struct bytes in, bool last, struct buf *out) MUST_CHECK;

#endif
