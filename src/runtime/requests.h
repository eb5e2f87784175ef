/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The edges of a service that take requests: who asks at which of them is told the reply there. */
#ifndef OCTAVO_RUNTIME_REQUESTS_H
#define OCTAVO_RUNTIME_REQUESTS_H

#include "connectors/connector.h"
#include "declaration/declaration.h"

struct service;
struct requests;

enum error requests_open(struct service *s, const struct declared_edge *edge) MUST_CHECK;
/* One of them answers only when what a request became is in the log (connector.h, after_log). */
bool requests_wait_for_log(const struct service *s);
bool requests_has(const struct service *s); /* it takes some */
int requests_port(const struct service *s); /* of the first edge declared; 0: none */
/* To whom asked last by this key, if it still waits. */
void requests_reply(struct service *s, struct bytes key, struct bytes json);
void requests_close(struct service *s);

#endif
