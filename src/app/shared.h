/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A system of the user's own: a shared object that exports `const struct octavo_system
 * octavo_system` and includes octavo.h, nothing else of ours. It is loaded once and stays. */
#ifndef OCTAVO_APP_SHARED_H
#define OCTAVO_APP_SHARED_H

#include "base/error.h"
#include "octavo.h"

/* True for "./mine.so:SERVICE"; "SYSTEM.SERVICE" is in this binary. */
bool shared_is(const char *handler);
/* E_config with the remedy: it cannot be loaded, was built for another octavo.h, or has no such
 * service. */
enum error shared_service(const char *handler, const struct octavo_service **out) MUST_CHECK;

#endif
