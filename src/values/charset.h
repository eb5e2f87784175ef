/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* UTF-8 into other encodings, by ICU, under their IANA names: ISO-8859-1, windows-1252, UTF-16LE.
 * Nothing is ever replaced by a question mark: what an encoding cannot say is an error. */
#ifndef OCTAVO_VALUES_CHARSET_H
#define OCTAVO_VALUES_CHARSET_H

#include "base/bytes.h"
#include "base/error.h"

struct charset;

/* E_config: there is no such encoding, one with states (ISO-2022-JP, UTF-7), or one
 * that begins with a byte order mark (UTF-16; UTF-16LE and UTF-16BE do not). */
enum error charset_open(struct charset **out, struct bytes name) MUST_CHECK;
void charset_close(struct charset *c); /* NULL is fine */
/* Appends whole characters; E_config: one that this encoding does not have, with the text before
 * it; or no UTF-8. */
enum error charset_put(struct charset *c, struct bytes utf8, struct buf *out) MUST_CHECK;

#endif
