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
    DOUBLE_away,  /* closes every connection */
    DOUBLE_lossy, /* does what it is asked, and closes before it says so */
};

struct double_effect {
    struct bytes id, content;
};

struct double_server;
typedef void double_on_effect(void *context, const struct double_effect *effect);

struct double_options {
    enum double_speaks speaks;
    double_on_effect *on_effect;
    void *context;
};

enum error double_open(struct double_server **out, const struct double_options *options) MUST_CHECK;
void double_close(struct double_server *d); /* NULL is fine */
int double_port(const struct double_server *d);
void double_turn(struct double_server *d, enum double_mood mood); /* never waits */
uint64_t double_hurt(const struct double_server *d); /* connections that a mood has broken */

#endif
