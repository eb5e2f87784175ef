/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Asserts that stay on in every build: one condition each, a bug in Octavo when it fails.
 * The outside world is never asserted about; it gets an `enum error`. */
#ifndef OCTAVO_BASE_CHECK_H
#define OCTAVO_BASE_CHECK_H

_Noreturn void check_failed(const char *condition, const char *file, int line);

#undef assert
#define assert(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

#endif
