/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Customers who buy: CDNOW's purchases in the order of their days (OCTAVO_DATA/cdnow), each the
 * making or a change of a customer, written to the CRM over HTTP by several callers. A customer
 * belongs to one caller, which asks again with the same Idempotency-Key until it is answered. */
#ifndef OCTAVO_APP_DEMO_CUSTOMERS_H
#define OCTAVO_APP_DEMO_CUSTOMERS_H

#include "base/bytes.h"
#include "base/error.h"

struct loop;
struct customers;

enum { CUSTOMER_ID_CHARS = 16 };

/* What a customer is after what was answered. */
struct customer {
    char id[CUSTOMER_ID_CHARS];
    int64_t purchases, spent; /* cents */
    int64_t version;
};

struct customers_options {
    struct loop *loop;
    int port; /* of the CRM */
    int callers;
    int64_t purchases_max; /* 0: all */
};

/* Reads the data, or makes some up, and begins to write. */
enum error customers_start(struct customers **out, const struct customers_options *o) MUST_CHECK;
const char *customers_source(const struct customers *c);
int64_t customers_written(const struct customers *c); /* purchases that were answered */
int64_t customers_total(const struct customers *c);
int64_t customers_asked_again(const struct customers *c);
int64_t customers_refused(const struct customers *c); /* answered with what cannot be */
void customers_end(struct customers *c); /* nothing new is asked; what is under way is waited for */
bool customers_are_done(const struct customers *c);
/* Those who were written; valid until destroyed. */
const struct customer *customers_all(const struct customers *c, size_t *count);
void customers_destroy(struct customers *c); /* NULL is fine */

#endif
