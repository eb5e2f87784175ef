/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Names in small ASCII letters, by ICU: "Łukasz" is "lukasz", "Юрий" is "urij", "Weiß" is "weiss".
 *
 * What is written depends on the text and on the version of ICU alone. A latin is its thread's. */
#ifndef OCTAVO_VALUES_LATIN_H
#define OCTAVO_VALUES_LATIN_H

#include "base/bytes.h"
#include "base/error.h"

struct latin;

enum error latin_open(struct latin **out)
    MUST_CHECK;                    /* E_unsupported: this ICU has no such rules */
void latin_close(struct latin *l); /* NULL is fine */
/* Appends letters a to z and digits; what is neither is left out. Reads at most 400 bytes. */
void latin_put(struct latin *l, struct bytes text, struct buf *out);

#endif
