/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Servers that the outside world would have, played: a mail server and a receiver of HTTP requests.
 * They record what they are given, by its own identity (Message-ID, Idempotency-Key), and are as
 * bad as real ones when a fault says so. No thread: they are given turns. */
#ifndef OCTAVO_VERIFY_DOUBLE_H
#define OCTAVO_VERIFY_DOUBLE_H

#include "base/bytes.h"
#include "base/error.h"

enum double_speaks { DOUBLE_smtp, DOUBLE_http };

enum double_mood {
    DOUBLE_well,
    DOUBLE_away,    /* closes every connection */
    DOUBLE_lossy,   /* does what it is asked, and closes before it says so */
    DOUBLE_failing, /* does nothing, and says so: 503, 451 */
    DOUBLE_lying,   /* does it, and says that it failed */
    DOUBLE_slow,    /* does it, and says so a good while later */
};

struct double_effect {
    struct bytes id, content;
    struct bytes method, path, head; /* of a request */
};

struct double_answer {
    int status;      /* 200 */
    struct buf body; /* JSON; {} when it stays empty */
};

struct double_server;
typedef void double_on_effect(void *context, const struct double_effect *effect);

struct double_options {
    enum double_speaks speaks;
    double_on_effect *on_effect;
    /* HTTP: what is said to a request that was told to on_effect; NULL: 200 and {} */
    void (*answer)(void *context, const struct double_effect *effect, struct double_answer *out);
    void *context;
};

enum error double_open(struct double_server **out, const struct double_options *options) MUST_CHECK;
void double_close(struct double_server *d); /* NULL is fine */
int double_port(const struct double_server *d);
void double_turn(struct double_server *d, enum double_mood mood); /* never waits */
uint64_t double_hurt(const struct double_server *d); /* connections that a mood has broken */

#endif
