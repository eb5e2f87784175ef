/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A vendor of background checks, played: orders under its customer's reference, and signed webhooks
 * (standardwebhooks.com) until they are taken, some twice, some forged. Who has the digit of bad
 * luck is found "consider", everybody else clear. What is ordered and cancelled goes into the
 * history. */
#ifndef OCTAVO_VERIFY_AGENCY_H
#define OCTAVO_VERIFY_AGENCY_H

#include "double.h"
#include "history.h"

#include <poll.h>

struct agency;

struct agency_options {
    struct history *history;
    uint64_t seed;
    const char *secret_file; /* of the webhooks; may appear later */
};

enum error agency_open(struct agency **out, const struct agency_options *options) MUST_CHECK;
void agency_close(struct agency *v); /* NULL is fine */
int agency_port(const struct agency *v);
void agency_calls(struct agency *v, int webhook_port); /* where its webhooks go */
/* `ahead_s`: of its customer's clock. Never waits. */
void agency_turn(struct agency *v, enum double_mood mood, int64_t ahead_s);
struct pollfd agency_poll(const struct agency *v); /* of the webhook that is on its way */
bool agency_is_idle(const struct agency *v);       /* no order pends, every webhook was taken */
uint64_t agency_orders(const struct agency *v);
uint64_t agency_refused(const struct agency *v); /* forged webhooks that were not taken */
uint64_t agency_fooled(const struct agency *v);  /* those that were */
bool agency_finds(struct bytes employee);        /* something: bad luck */

#endif
