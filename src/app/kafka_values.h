/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The properties that a declaration passes on to librdkafka, with secrets from where they are kept.
 */
#ifndef OCTAVO_APP_KAFKA_VALUES_H
#define OCTAVO_APP_KAFKA_VALUES_H

#include "declaration/declaration.h"

/* environment:NAME is that variable's value, credential:NAME the file of that name in
 * $CREDENTIALS_DIRECTORY; anything else is meant as it stands. E_config: there is none. */
enum error kafka_values_use(const struct declaration *d) MUST_CHECK;

/* The same for clients that are not the runtime's: d->kafka.count values, owned, in the order of
 * the declaration. What is behind them is zero; kafka_values_forget frees them in any case. */
enum error kafka_values_read(const struct declaration *d, char ***values) MUST_CHECK;
void kafka_values_forget(const struct declaration *d, char **values);

#endif
