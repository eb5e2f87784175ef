/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Accounts of people in a directory, as effects.
 *
 *   ldif:FOLDER?base=dc=example,dc=org            a folder of LDIF files that slapadd accepts
 *   ldap://HOST:PORT?base=...&bind=DN             a server; the secret file has the password
 *   ldaps://..., ldapi:SOCKET?base=...
 *
 * An effect of type `account` says how an account shall be: employee, given, family, department,
 * title, state (enabled, disabled). What is told: login, uid_number, how (made, found, changed). */
#ifndef OCTAVO_CONNECTORS_LDAP_LDAP_H
#define OCTAVO_CONNECTORS_LDAP_LDAP_H

#include "connectors/connector.h"

extern const struct connector_sink ldif_sink, ldap_sink, ldaps_sink, ldapi_sink;

#endif
