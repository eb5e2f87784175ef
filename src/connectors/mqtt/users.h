/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Who may connect: the lines USER:PASSWORD of the edge's secret file. */
#ifndef OCTAVO_CONNECTORS_MQTT_USERS_H
#define OCTAVO_CONNECTORS_MQTT_USERS_H

#include "base/bytes.h"

/* Takes as long for a wrong password as for a right one. */
bool users_know(struct bytes file, struct bytes user, struct bytes password);

#endif
