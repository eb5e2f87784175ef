/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* This process's side of being watched: by systemd (Type=notify, WatchdogSec=) or by `octavo up`.
 * Where nobody watches nothing is told. */
#ifndef OCTAVO_APP_LIFE_H
#define OCTAVO_APP_LIFE_H

#include "net/notify.h"

/* From NOTIFY_SOCKET and WATCHDOG_USEC; NULL when nobody watches. Before anything changes them. */
enum error life_begin(struct notifier **out, struct loop *l) MUST_CHECK;
void life_ready(struct notifier *n);
void life_stopping(struct notifier *n);

#endif
