/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Parts of `octavo accounts audit`. */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_AUDIT_H
#define OCTAVO_SYSTEMS_ACCOUNTS_AUDIT_H

#include "octavo.h"

/* What accounts say they hold is the sum of their open holds. False: it cannot be read. */
bool holds_audit(struct octavo_session *s, int32_t task, uint64_t *faults);
/* What the topic told is what the books hold, and the other way round. */
bool log_audit(struct octavo_session *s, uint64_t *faults);

#endif
