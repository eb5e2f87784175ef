/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the demo replays: movements on accounts, in order, with the balance the source says.
 *
 * Two sources: the Berka data set (PKDD'99, a Czech bank), read from FOLDER/berka/trans.csv; and,
 * where there is no such file, an invented bank made from a seed. `source` says which it was. */
#ifndef OCTAVO_APP_DEMO_HISTORY_H
#define OCTAVO_APP_DEMO_HISTORY_H

#include "base/disk.h"
#include "base/table.h"

enum { CARD_DIGITS = 16, HISTORY_NONE = -1 };

struct movement {
    int32_t account; /* index into accounts */
    int32_t date;    /* YYMMDD, as the source has it */
    int32_t next;    /* the account's next movement; HISTORY_NONE */
    bool deposit;
    int64_t amount;  /* minor units (haler), above 0 */
    int64_t balance; /* what the source says is there afterwards; may be negative */
};

struct history_account {
    int64_t id;
    char card[CARD_DIGITS + 1]; /* a test number: 999999, the id, a check digit */
    int32_t first;              /* movement */
    int32_t last;
};

/* All movements of one account on one day. */
struct account_day {
    int32_t account;
    int32_t last;    /* its last movement in file order */
    int64_t closing; /* the source's running balance at the end of the day */
};

struct history {
    struct movement *movements; /* in file order, which is date order */
    int32_t movement_count;
    struct history_account *accounts;
    int32_t account_count;
    struct account_day *days;
    int32_t day_count;
    bool invented;
    char *source;       /* for people */
    struct table index; /* account id -> position + 1, while reading */
};

struct history_options {
    struct disk *disk;     /* NULL: the real one */
    const char *folder;    /* NULL: OCTAVO_DATA, else ../shared/data */
    uint64_t seed;         /* of the invented bank */
    int32_t movements_max; /* only the first so many; 0: all */
};

/* A file that is there but cannot be read is an error; only a missing one is replaced. */
enum error history_open(struct history **out, const struct history_options *options) MUST_CHECK;
void history_destroy(struct history *h); /* NULL is fine */

/* For the sources: an account is made at its first movement; `next` and days come at the end. */
struct history *history_create(const char *source);
void history_add(struct history *h, int64_t account_id, const struct movement *m);
void history_close(struct history *h);

void card_of_account(int64_t account_id, char out[CARD_DIGITS + 1]);

enum error berka_read(struct history *h, const char *name, struct bytes text,
                      int32_t movements_max) MUST_CHECK;
void bank_invent(struct history *h, uint64_t seed, int32_t movements_max);

#endif
