/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The stores as files on disk, read by SQL of our own: what the books say, not what their owner
 * says of them. Opened read-only for each question and closed again. */
#ifndef OCTAVO_VERIFY_STORES_H
#define OCTAVO_VERIFY_STORES_H

#include "base/bytes.h"
#include "base/error.h"

enum { STORE_COLUMNS_MAX = 12 };

struct store_value {
    struct bytes text; /* of any value; valid during the call */
    int64_t integer;   /* 0 of a text */
};

struct store_place {
    const char *service;
    uint32_t task;
    const char *path;
};

typedef void store_on_row(void *context, const struct store_place *place,
                          const struct store_value *row);

struct store_question {
    const char *dir; /* DIR/SYSTEM */
    const char *system;
    const char *service; /* NULL: each */
    const char *sql;
    store_on_row *on_row;
    void *context;
};

/* Asks each store of the newest generation. E_busy: one of them could not be read just now. */
enum error stores_ask(const struct store_question *q, size_t *stores) MUST_CHECK;

#endif
