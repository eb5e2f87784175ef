/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One handler per row of wire/apis.def, each in the file that is named by its key; and what group
 * replies are turned into. */
#ifndef OCTAVO_SERVER_API_API_H
#define OCTAVO_SERVER_API_API_H

#include "server/request.h"

#define API(key, name, ...)                                                                        \
    void name##_on_request(struct request *r, const struct name##_request *body);
#include "wire/apis.def"
#undef API

void api_versions_reply(struct request *r, enum kafka_error code);

struct group_reply;
void join_group_reply(struct request *r, const struct group_reply *reply);
void sync_group_reply(struct request *r, const struct group_reply *reply);
void heartbeat_reply(struct request *r, const struct group_reply *reply);
void leave_group_reply(struct request *r, const struct group_reply *reply);

#endif
