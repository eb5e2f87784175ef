/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The system "iot": devices, what they measure rolled up exactly, and what is unusual about it.
 * README.md says what it promises. */
#ifndef OCTAVO_SYSTEMS_IOT_H
#define OCTAVO_SYSTEMS_IOT_H

#include "octavo.h"

extern const struct octavo_system iot_system;
extern const char iot_files[]; /* events/, as app/parts.h reads them */

extern const struct octavo_handler iot_gateway_handlers[];
extern const struct octavo_handler iot_processor_handlers[];
extern const struct octavo_handler iot_keeper_handlers[];
extern const struct octavo_handler iot_detection_handlers[];
extern const struct octavo_handler iot_desk_handlers[];
extern const struct octavo_handler iot_state_handlers[];

enum octavo_outcome iot_keeper_on_changed(struct octavo_step *s); /* rollup-changed */

int iot_list(struct octavo_session *s, int count, char **arguments);
int iot_show(struct octavo_session *s, int count, char **arguments);
int iot_rollups(struct octavo_session *s, int count, char **arguments);
int iot_alerts(struct octavo_session *s, int count, char **arguments);
int iot_acknowledge(struct octavo_session *s, int count, char **arguments);
int iot_snooze(struct octavo_session *s, int count, char **arguments);
int iot_tail(struct octavo_session *s, int count, char **arguments);
int iot_dead(struct octavo_session *s, int count, char **arguments);
int iot_command(struct octavo_session *s, int count, char **arguments);
int iot_desire(struct octavo_session *s, int count, char **arguments);
int iot_state(struct octavo_session *s, int count, char **arguments);
int iot_score(struct octavo_session *s, int count, char **arguments);

#endif
