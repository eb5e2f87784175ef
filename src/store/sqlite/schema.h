/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The tables of a store's file: our own and the declared ones. docs/formats/store.md */
#ifndef OCTAVO_STORE_SQLITE_SCHEMA_H
#define OCTAVO_STORE_SQLITE_SCHEMA_H

#include "connection.h"
#include "store/store.h"

/* Names and columns that can be a table at all; E_config says what cannot and why. */
enum error tables_check(const struct store_options *options) MUST_CHECK;
/* Makes what is missing and raises an older format to ours, in one transaction; refuses a file of a
 * format that it does not know (E_unsupported) or one whose declared tables have other columns
 * (E_config). */
enum error schema_settle(struct connection *c, const struct store_options *options) MUST_CHECK;
/* For readers: E_unsupported as above, E_not_found when nothing was ever written. */
enum error schema_check(struct connection *c) MUST_CHECK;

#endif
