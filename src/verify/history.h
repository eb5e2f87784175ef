/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the outside world saw, and what was found at rest: one array of fixed records.
 *
 * A record has 64 bytes. `invoke` is written before something is attempted, one of `ok`, `fail` and
 * `info` (nobody knows) after it; `seen` is what a ledger, a topic or a double shows at the end.
 * The checks are functions of this array alone, so that a planted history can prove each of them
 * able to fail. Identities are hashes; what they stand for is kept beside them, for people. */
#ifndef OCTAVO_VERIFY_HISTORY_H
#define OCTAVO_VERIFY_HISTORY_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/table.h"

enum history_kind { HISTORY_invoke, HISTORY_ok, HISTORY_fail, HISTORY_info, HISTORY_seen };

/* What a record is about; what stands in its fields is said here and nowhere else. */
enum history_operation {
    HISTORY_withdrawal, /* id: request; key: account; value: what the account gets, minor units;
                           ok and fail: code */
    HISTORY_deposit,    /* the same */
    HISTORY_reversal,   /* id: the reversal; other: the request it takes back */
    HISTORY_leg,        /* seen: id: request that is posted; other: who did it, the same or a
                           reversal; key: account; value; place: entry; process: task */
    HISTORY_balance,    /* seen: key: account; value; process: task */
    HISTORY_record,     /* seen: id: ce_id; other: hash of its content; key: hash of its key; lane;
                           value: ce_sequence; place: offset; process: partition */
    HISTORY_announced,  /* seen: a record that tells of an entry: id, other as of a leg; place:
                           entry;  process: partition */
    HISTORY_input,      /* invoke, ok: an event of a user's file: id; key; value: its number */
    HISTORY_expected,   /* seen in a run without faults, as an effect is; value: it may be lost */
    HISTORY_effect,     /* seen at an edge or in a topic: id; key: of the place; other: content;
                           value: it must not be done again */
    HISTORY_position,   /* seen: lane: topic; process: partition; value: committed at the broker;
                           place: done, by the store, asked later */
    HISTORY_change,     /* of a customer: id: its key; key: the customer; place: what is written,
                           -1: deleted; ok: value: the version */
    HISTORY_read,       /* seen: key: the customer; value: version, 0: it is not there; place: what
                           was written; process: the reader's line */
    HISTORY_cached,     /* seen at rest, the same */
    HISTORY_source,     /* seen at rest, the same in the store */
    HISTORY_scheduled,  /* seen: a run of an extract: id: its file's name; key: the extract; value,
                           place: its interval */
    HISTORY_file,       /* seen at rest with the partner: id: name; other: hash of its content;
                           value: rows; place: its snapshot, -1: not of one; lane, key: its interval;
                           process: 1: its done-file is whole */
    HISTORY_glimpse,    /* the same when the name was first seen; value -1: a done-file, no file */
    HISTORY_message,    /* of a device: id: "DEVICE BOOT SEQ" */
    HISTORY_reading, /* seen: the same in the topic: key: the device; other: its points, "TIME VALUE
                        METRIC;..."; lane, value: ce_sequence; process: partition */
    HISTORY_rollup, /* seen at rest: id: "DEVICE METRIC/LEVEL/BEGIN"; other: its row, "COUNT SUM MIN
                       MAX FIRST TIME LAST TIME SQUARES" */
    HISTORY_alert,  /* seen at rest: id: its name; value: raised; place: cleared, 0: open */
    HISTORY_alarm,  /* seen in the topic: id: of the alert; key: "DEVICE METRIC"; place: time; code:
                       on, no; lane, value: ce_sequence; process: partition */
    HISTORY_asked, /* of HR: id: its key; key: the employee; code: hi, am, mo, rs, te, rh; value: 1:
                      the first day was long ago; ok: accepted */
    HISTORY_hire,  /* seen at rest: key: the employee; other: state; value: version; lane: login;
                      id: reference */
    HISTORY_account,  /* seen at rest: key: the employee; id: login; lane: number; code: on, no */
    HISTORY_coverage, /* seen in a carrier's file, in their order: id: the file; key: the employee;
                         code: 21, 01, 24; ??: the file is none */
    HISTORY_order,    /* seen by the vendor: id: reference; key: the employee; code: mk, cx */
    HISTORY_version,  /* seen in the topic: id: ce_id; key: the employee; value: version */
    HISTORY_OPERATIONS
};

enum { HISTORY_RECORD_BYTES = 64 };

struct history_record {
    int64_t time_ns; /* since the run began */
    uint64_t id;
    uint64_t other;
    uint64_t key;
    uint64_t lane;
    int64_t value;
    int64_t place;
    uint32_t process;
    uint8_t kind;
    uint8_t operation;
    char code[2]; /* of an answer: ISO 8583 field 39; of money: the last two digits of the currency
                   */
};

struct history {
    struct history_record *records;
    size_t count, capacity;
    struct table names; /* of 8 bytes of hash: char *, owned */
    int64_t began_ns;
};

/* The hash of a text, remembered with it. 0 is the hash of nothing. */
uint64_t history_name(struct history *h, struct bytes text);
uint64_t history_text(struct history *h, const char *text);
uint64_t history_hash(struct bytes content);                        /* without remembering */
const char *history_called(const struct history *h, uint64_t hash); /* "?" when nobody told */
/* Takes a copy; the time is put in when it is 0. */
void history_put(struct history *h, struct history_record record);
void history_finish(struct history *h);
/* One JSON object a line, replaced whole. */
enum error history_export(const struct history *h, const char *path) MUST_CHECK;

#endif
