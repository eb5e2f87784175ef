/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The SMTP sinks: an effect is a mail. See README.md.
 *
 *   smtp://mail.example:587?from=bank@example.org     a server; STARTTLS wanted unless on loopback
 *   smtps://mail.example?from=bank@example.org        a server that speaks TLS at once
 *   smtp+folder:FOLDER?from=bank@example.org          no server: .eml files */
#ifndef OCTAVO_CONNECTORS_SMTP_SMTP_H
#define OCTAVO_CONNECTORS_SMTP_SMTP_H

#include "connectors/connector.h"

extern const struct connector_sink smtp_sink;
extern const struct connector_sink smtps_sink;
extern const struct connector_sink smtp_folder_sink;

#endif
