/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Inside the coordinator: a group, its members, and the coordinator that owns both.
 *
 * Every struct is owned by the coordinator's thread; every pointer between them is owned downwards:
 * coordinator -> groups -> members. A parked ticket is found again through coordinator.parked. */
#ifndef OCTAVO_COORDINATOR_GROUP_H
#define OCTAVO_COORDINATOR_GROUP_H

#include "base/random.h"
#include "base/table.h"
#include "coordinator.h"

#define NEVER INT64_MAX

enum { PROTOCOLS_MAX = 16 }; /* of one member; a vote keeps its counts on the stack */

enum group_state { EMPTY, PREPARING_REBALANCE, COMPLETING_REBALANCE, STABLE };

struct group;

struct parked {
    bool waits;
    uint64_t ticket;
};

struct member {
    struct group *group;
    struct bytes id; /* this and the next three: own copies */
    struct bytes instance_id;
    struct bytes client_id;
    struct bytes client_host;
    struct join_protocol *protocols; /* one allocation with the bytes behind the array */
    size_t protocol_count;
    struct bytes assignment; /* own copy; of the current generation, once the leader sent it */
    int32_t session_timeout_ms;
    int32_t rebalance_timeout_ms;
    int64_t expires_ms; /* NEVER while a ticket is parked: a parked client sends no heartbeat */
    struct parked join;
    struct parked sync;
    bool knows_id;  /* it was told, or chose to be static: it can come back */
    bool must_sync; /* it was told of this generation and has not asked for its assignment */
    size_t bytes;   /* what it weighs in coordinator.bytes */
};

struct pending_id { /* given out with MEMBER_ID_REQUIRED, not yet joined */
    struct bytes id;
    int64_t expires_ms;
};

struct group {
    struct coordinator *coordinator;
    struct bytes id;
    enum group_state state;
    int32_t generation; /* only grows */
    struct bytes protocol_type;
    struct bytes protocol;   /* of the generation; null while there is none */
    struct member *leader;   /* one of members, or NULL until the next generation */
    struct member **members; /* in the order they came */
    size_t member_count;
    size_t member_capacity;
    struct pending_id *pending;
    size_t pending_count;
    int64_t gathers_until_ms; /* preparing, the first members of an empty group; else 0 */
    int64_t deadline_ms;      /* preparing: of the barrier; completing: of the Syncs; else NEVER */
};

struct coordinator {
    struct coordinator_options options; /* with the defaults filled in */
    struct table groups;
    struct table parked; /* ticket -> member */
    struct random random;
    uint64_t ids_given;
    size_t bytes;
    int64_t deadline_ms; /* never later than the earliest that is due */
    struct group_reply *replies;
    size_t reply_count;
    size_t reply_capacity;
    struct arena arena; /* all that replies point to */
};

/* coordinator.c */
bool coordinator_has_room(const struct coordinator *c, size_t bytes);
struct group *coordinator_find(const struct coordinator *c, struct bytes group_id);
struct group *coordinator_get(struct coordinator *c, struct bytes group_id); /* NULL: no room */
void coordinator_due(struct coordinator *c, int64_t at_ms); /* something happens at that time */

/* member.c */
struct bytes bytes_keep(struct bytes b); /* an own copy; null stays null */
void bytes_drop(struct bytes *b);
struct bytes member_new_id(struct coordinator *c, struct bytes client_id); /* own copy */
struct member *member_create(struct group *g, struct bytes own_id, const struct join_request *r);
void member_update(struct member *m, const struct join_request *r);
void member_destroy(struct member *m);
void member_rename(struct member *m, struct bytes own_id);
void member_assign(struct member *m, struct bytes assignment);
bool member_matches(const struct member *m, const struct join_request *r);
const struct join_protocol *member_protocol(const struct member *m, struct bytes name);
void member_touch(struct member *m, int64_t now_ms); /* a sign of life */
void member_park(struct member *m, struct parked *where, uint64_t ticket);
void member_unpark(struct member *m, struct parked *where, int64_t now_ms);
size_t protocols_bytes(const struct join_protocol *protocols, size_t count);

/* group.c */
struct group *group_create(struct coordinator *c, struct bytes id);
void group_destroy(struct group *g);
const char *group_state_name(enum group_state s);
struct member *group_find(const struct group *g, struct bytes member_id);
struct member *group_find_instance(const struct group *g, struct bytes instance_id);
/* GROUP_OK and the member, or why the speaker is none of the group's. */
enum group_error group_find_speaker(const struct group *g, const struct group_speaker *speaker,
                                    struct member **out);
void group_add(struct group *g, struct member *m);
void group_remove(struct group *g, struct member *m, int64_t now_ms); /* call group_settle after */
void group_settle(struct group *g, int64_t now_ms);                   /* after members have gone */
void group_add_pending(struct group *g, struct bytes own_id, int64_t expires_ms);
bool group_has_pending(const struct group *g, struct bytes member_id);
bool group_remove_pending(struct group *g, struct bytes member_id);
void group_prepare(struct group *g, int64_t now_ms); /* a rebalance begins, if none is under way */
void group_joined(struct group *g, int64_t now_ms);  /* a new member came while it prepares */
void group_advance(struct group *g, int64_t now_ms); /* ends the barrier once all have joined */
void group_finish_sync(struct group *g, int64_t now_ms); /* the leader's assignment is here */
void group_tick(struct group *g, int64_t now_ms);
int64_t group_next_deadline_ms(const struct group *g);
struct bytes group_choose_protocol(const struct group *g);
/* Could `m` (NULL: a new one) join with these? */
bool group_accepts(const struct group *g, const struct member *m, const struct join_request *r);

/* reply.c */
struct group_reply *reply_add(struct coordinator *c, uint64_t ticket, enum group_reply_kind kind,
                              enum group_error code);
struct group_reply *reply_join(struct member *m, uint64_t ticket); /* the current generation */
void reply_join_refused(struct coordinator *c, uint64_t ticket, enum group_error code,
                        struct bytes member_id);
void reply_sync(struct member *m, uint64_t ticket); /* the current assignment */
/* Whatever the member has parked is refused. */
void reply_parked(struct member *m, enum group_error code, int64_t now_ms);

#endif
