/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A vendor of background checks for the demo of onboarding: POST /orders, GET and DELETE
 * /orders/REFERENCE. An order is pending when it is made and complete when it is read; of every
 * seventh the first answer is lost, as it is when a connection breaks. */
#ifndef OCTAVO_APP_DEMO_VENDOR_H
#define OCTAVO_APP_DEMO_VENDOR_H

#include "base/table.h"
#include "net/http.h"

struct vendor {
    struct http_server *server;
    struct table orders;  /* reference -> struct order */
    int64_t made, posted; /* orders, and requests for one: more when answers were lost */
};

enum error vendor_open(struct vendor *v, struct loop *loop) MUST_CHECK;
void vendor_close(struct vendor *v); /* of one that is all zero, too */
/* How many orders were made under EMPLOYEE-1. */
int vendor_orders_of(const struct vendor *v, const char *employee);

#endif
