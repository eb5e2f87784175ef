/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The messages of authentication, as lists for messages.h, which says how they are read. */
#ifndef OCTAVO_WIRE_MESSAGES_SECURITY_H
#define OCTAVO_WIRE_MESSAGES_SECURITY_H

/* ---- SaslHandshake */

#define FIELDS_sasl_handshake_request(S, F, A, P) F(S, string, mechanism, 0, LAST)

#define FIELDS_sasl_handshake_response(S, F, A, P)                                                 \
    F(S, int16, error_code, 0, LAST)                                                               \
    P(S, string, mechanisms, 0, LAST)

/* ---- SaslAuthenticate */

#define FIELDS_sasl_authenticate_request(S, F, A, P) F(S, bytes, auth_bytes, 0, LAST)

#define FIELDS_sasl_authenticate_response(S, F, A, P)                                              \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, string, error_message, 0, LAST, NULLABLE(0))                                              \
    F(S, bytes, auth_bytes, 0, LAST)                                                               \
    F(S, int64, session_lifetime_ms, 1, LAST)

#endif
