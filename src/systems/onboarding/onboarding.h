/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The system "onboarding": one hire, three services. README.md says what it promises. */
#ifndef OCTAVO_SYSTEMS_ONBOARDING_H
#define OCTAVO_SYSTEMS_ONBOARDING_H

#include "octavo.h"

extern const struct octavo_system onboarding_system;
extern const char onboarding_files[]; /* events/, as app/parts.h reads them */

extern const struct octavo_handler hire_handlers[];
extern const struct octavo_handler account_handlers[];
extern const struct octavo_handler benefits_handlers[];
extern const struct octavo_handler check_handlers[];

int onboarding_list(struct octavo_session *s, int count, char **arguments);
int onboarding_show(struct octavo_session *s, int count, char **arguments);
int onboarding_retry(struct octavo_session *s, int count, char **arguments);
int onboarding_skip(struct octavo_session *s, int count, char **arguments);
int onboarding_erase(struct octavo_session *s, int count, char **arguments);
int onboarding_audit(struct octavo_session *s, int count, char **arguments);
int onboarding_import(struct octavo_session *s, int count, char **arguments);
int onboarding_ask(struct octavo_session *s, int count, char **arguments);

#endif
