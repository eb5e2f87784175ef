/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The file sink: file:FOLDER. An effect is a file, put whole, once. See README.md. */
#ifndef OCTAVO_CONNECTORS_FILE_FILE_H
#define OCTAVO_CONNECTORS_FILE_FILE_H

#include "base/disk.h"
#include "connectors/connector.h"

extern const struct connector_sink file_sink;

/* The same on a disk of the caller's, in place of the address: what tests take faults from. */
struct connector *file_connector_on(struct disk *disk);

#endif
