/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The part of a session that is about sealed personal data. Private to the session's files. */
#ifndef OCTAVO_RUNTIME_SESSION_SEALED_H
#define OCTAVO_RUNTIME_SESSION_SEALED_H

#include "base/arena.h"
#include "runtime/outbox.h"
#include "runtime/session.h"

struct session_sealed;

void session_sealed_close(struct session_sealed *s); /* NULL is fine */
/* Keeps the event, sealed, until the flush; *at is opened when it is NULL. */
enum error session_sealed_send(struct octavo_session *s, struct session_sealed **at,
                               const struct declared_topic *topic,
                               const struct out_event *event) MUST_CHECK;
enum error session_sealed_flush(struct octavo_session *s, struct session_sealed *sealed) MUST_CHECK;

/* session.c */
enum error session_produce(struct octavo_session *s, const struct out_event *event) MUST_CHECK;
struct session_sealed **session_sealed_of(struct octavo_session *s);

#endif
