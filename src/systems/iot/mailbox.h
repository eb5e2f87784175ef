/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What waits for devices at a gateway.
 *
 * Each gateway reads all of device-command and keeps for each device the commands and wishes that
 * it has not taken: whichever gateway the device comes to has them. A wish replaces an older one of
 * its name. device-state decides how many there may be, and when one is taken. */
#ifndef OCTAVO_SYSTEMS_IOT_MAILBOX_H
#define OCTAVO_SYSTEMS_IOT_MAILBOX_H

#include "octavo.h"

enum { COMMANDS_MAX = 100, COMMAND_NAME_CHARS = 64 };

/* Requests of the edge. */
enum octavo_outcome mailbox_on_asked(struct octavo_step *s); /* commands-asked */
enum octavo_outcome mailbox_on_left(struct octavo_step *s);  /* commands-left-asked */
/* Of device-state. */
enum octavo_outcome mailbox_on_issued(struct octavo_step *s);    /* command-issued */
enum octavo_outcome mailbox_on_changed(struct octavo_step *s);   /* desired-changed */
enum octavo_outcome mailbox_on_delivered(struct octavo_step *s); /* command-delivered */

/* What a kept session was subscribed to, into the reply that is begun; `clean`: it is forgotten. */
void mailbox_session(struct octavo_step *s, struct octavo_text client, bool clean);

#endif
