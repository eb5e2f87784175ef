/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The environment of a watched process, as systemd sets it. */
#include "life.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WATCHDOG_MAX_US = 2000000000 };

/* WATCHDOG_PID names whom the watchdog is for, when it is not everybody. */
static int64_t watchdog_ms(void) {
    const char *time_us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    if (!time_us || (pid && strtol(pid, NULL, 10) != getpid()))
        return 0;
    long long us = strtoll(time_us, NULL, 10);
    return us > 0 && us <= WATCHDOG_MAX_US ? us / 1000 : 0;
}

enum error life_begin(struct notifier **out, struct loop *l) {
    const char *path = getenv("NOTIFY_SOCKET");
    *out = NULL;
    if (!path || !path[0] || strncmp(path, "vsock:", 6) == 0)
        return E_ok; /* the other kind is for virtual machines */
    return notifier_open(out, l, path, watchdog_ms());
}

void life_ready(struct notifier *n) {
    notifier_tell(n, "READY=1");
}

void life_stopping(struct notifier *n) {
    notifier_tell(n, "STOPPING=1");
}
