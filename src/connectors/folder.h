/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The folder that a sink puts files into: the WHERE of its address.
 *
 * It is opened anew for each effect, so that one that was mounted meanwhile is the one written to.
 * A folder in the data directory is ours and is made; any other is somebody's, and when it is
 * missing (not mounted) the edge is down: a folder made in its place would swallow files. */
#ifndef OCTAVO_CONNECTORS_FOLDER_H
#define OCTAVO_CONNECTORS_FOLDER_H

#include "base/disk.h"
#include "connectors/connector.h"
#include "connectors/url.h"

struct folder {
    char *path;
    size_t data_dir_len; /* of the path, when it lies there and is ours; else 0 */
    bool is_made;
};

void folder_init(struct folder *f, const struct url *url, const char *data_dir);
void folder_finish(struct folder *f);
/* A disk beneath it; disk_beneath_close gives it back. */
enum error folder_open(struct folder *f, struct disk **out) MUST_CHECK;
/* What an error of the disk means for the effect; `begun`: disk_put_new was at it. */
void folder_answer_error(struct effect_answer *a, enum error e, bool begun);

#endif
