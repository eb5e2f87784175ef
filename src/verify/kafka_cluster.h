/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A cluster that is not ours, lent for one run. The system's topics and groups must not be there
 * before, as a run counts every record from the first; what a run has made is removed behind it. */
#ifndef OCTAVO_VERIFY_KAFKA_CLUSTER_H
#define OCTAVO_VERIFY_KAFKA_CLUSTER_H

#include "base/error.h"

#include <stdbool.h>

struct cluster;
struct house;

/* Refused while one of the topics exists: it may be somebody's. */
enum error cluster_claim(struct cluster **out, const struct house *h) MUST_CHECK;
void cluster_leave(struct cluster *c, bool keep); /* keep: topics and groups stay; NULL is fine */

#endif
