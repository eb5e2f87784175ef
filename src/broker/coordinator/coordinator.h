/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Consumer groups (the classic protocol) as a pure state machine: requests and the time go in,
 * replies come out. It knows no socket, no storage and no clock, and keeps nothing over a restart:
 * members then hear UNKNOWN_MEMBER_ID and join again.
 *
 * A request carries a ticket, any number the caller can find its connection by. Every request gets
 * exactly one reply under its ticket, at once or, for a parked Join or Sync, in a later call;
 * unless the caller withdraws the ticket with coordinator_forget. Replies are collected: after each
 * call the caller takes coordinator_replies() and then clears them. A ticket that is parked must
 * not be used again before its reply.
 *
 * Requests borrow: everything kept is copied. Time is one steady count of milliseconds that never
 * goes back; it is handed in. Owner: the broker's loop thread. */
#ifndef OCTAVO_COORDINATOR_COORDINATOR_H
#define OCTAVO_COORDINATOR_COORDINATOR_H

#include "base/arena.h"
#include "base/bytes.h"

/* Kafka's error codes, as the wire knows them. */
enum group_error {
    GROUP_OK = 0,
    GROUP_NOT_AVAILABLE = 15, /* over a limit of ours that may pass: try again */
    GROUP_ILLEGAL_GENERATION = 22,
    GROUP_INCONSISTENT_PROTOCOL = 23,
    GROUP_INVALID_ID = 24,
    GROUP_UNKNOWN_MEMBER = 25,
    GROUP_INVALID_SESSION_TIMEOUT = 26,
    GROUP_REBALANCE_IN_PROGRESS = 27,
    GROUP_INVALID_REQUEST = 42, /* too many or too large protocols or assignments */
    GROUP_MEMBER_ID_REQUIRED = 79,
    GROUP_FULL = 81,
    GROUP_FENCED_INSTANCE = 82
};

enum { GROUP_SESSION_MIN_MS = 1000, GROUP_SESSION_MAX_MS = 30 * 60 * 1000 };

/* Zero means the default. */
struct coordinator_options {
    uint64_t seed;                  /* of the member ids' random part: give it real randomness */
    int32_t session_timeout_min_ms; /* GROUP_SESSION_MIN_MS */
    int32_t session_timeout_max_ms; /* GROUP_SESSION_MAX_MS; also caps the rebalance timeout */
    int32_t initial_delay_ms;       /* 0: an empty group's first members wait for others so long */
    size_t groups_max;              /* 10,000; at the limit an empty group is forgotten */
    size_t members_max;             /* 1,000 in a group, those that have only an id included */
    size_t member_bytes_max;        /* 1 MiB: names, metadata and assignment of one member */
    size_t bytes_max;               /* 64 MiB: the same of all members together */
};

struct coordinator;

struct coordinator *coordinator_create(const struct coordinator_options *options);
void coordinator_destroy(struct coordinator *c); /* NULL is fine */

/* ---- requests. A null `group_instance_id` (data NULL) means a dynamic member. */

struct join_protocol {
    struct bytes name;
    struct bytes metadata;
};

struct join_request {
    int16_t version; /* 0-9: from 4 a first join gets an id and MEMBER_ID_REQUIRED; 9 can skip */
    struct bytes group_id;
    struct bytes member_id; /* empty on the first join */
    struct bytes group_instance_id;
    struct bytes client_id; /* begins the member id */
    struct bytes client_host;
    struct bytes protocol_type; /* "consumer" */
    int32_t session_timeout_ms;
    int32_t rebalance_timeout_ms;          /* version 0 has none: give a negative one */
    const struct join_protocol *protocols; /* most wanted first */
    size_t protocol_count;
};

struct sync_assignment {
    struct bytes member_id;
    struct bytes assignment;
};

struct sync_request {
    struct bytes group_id;
    struct bytes member_id;
    struct bytes group_instance_id;
    int32_t generation;
    struct bytes protocol_type;                /* null before version 5: not compared */
    struct bytes protocol;                     /* the same */
    const struct sync_assignment *assignments; /* the leader's; else none */
    size_t assignment_count;
};

/* Who speaks: of Heartbeat, and to be checked before an OffsetCommit. */
struct group_speaker {
    struct bytes group_id;
    struct bytes member_id;
    struct bytes group_instance_id;
    int32_t generation; /* -1 with no member: a simple consumer, without a group's protocol */
};

struct leave_member {
    struct bytes member_id; /* may be empty when the instance id is given */
    struct bytes group_instance_id;
};

struct leave_request {
    struct bytes group_id;
    bool batched; /* version 3 and above: each member has a code of its own */
    const struct leave_member *members;
    size_t member_count;
};

void coordinator_join(struct coordinator *c, uint64_t ticket, const struct join_request *request,
                      int64_t now_ms);
void coordinator_sync(struct coordinator *c, uint64_t ticket, const struct sync_request *request,
                      int64_t now_ms);
void coordinator_heartbeat(struct coordinator *c, uint64_t ticket,
                           const struct group_speaker *speaker, int64_t now_ms);
void coordinator_leave(struct coordinator *c, uint64_t ticket, const struct leave_request *request,
                       int64_t now_ms);
/* May this speaker commit offsets? Answers at once, no reply. Counts as a sign of life. */
enum group_error coordinator_check_commit(struct coordinator *c,
                                          const struct group_speaker *speaker, int64_t now_ms);

/* ---- time and connections */

/* Fires what is due: sessions, rebalances, ids never used. */
void coordinator_tick(struct coordinator *c, int64_t now_ms);
/* When to tick next; INT64_MAX: not before the next request. May be early, never late. */
int64_t coordinator_next_deadline_ms(const struct coordinator *c);
/* The connection is gone: no reply for this ticket, from now on the member's session runs. A member
 * that has never been told its id is removed. An unknown ticket is fine. */
void coordinator_forget(struct coordinator *c, uint64_t ticket, int64_t now_ms);

/* ---- replies */

enum group_reply_kind {
    GROUP_REPLY_JOIN,
    GROUP_REPLY_SYNC,
    GROUP_REPLY_HEARTBEAT, /* only `code` */
    GROUP_REPLY_LEAVE
};

struct join_reply_member {
    struct bytes member_id;
    struct bytes group_instance_id; /* null: dynamic */
    struct bytes metadata;
};

struct leave_reply_member {
    struct bytes member_id;
    struct bytes group_instance_id;
    enum group_error code;
};

struct group_reply {
    uint64_t ticket;
    enum group_reply_kind kind;
    enum group_error code;
    int32_t generation;         /* join; -1 with an error */
    struct bytes protocol_type; /* join, sync; empty with an error */
    struct bytes protocol;      /* join, sync; empty with an error */
    struct bytes leader;        /* join */
    struct bytes member_id;     /* join; also with MEMBER_ID_REQUIRED */
    bool skip_assignment;       /* join version 9: a static leader came back, nothing to assign */
    const struct join_reply_member *members; /* join: the leader's list, else none */
    size_t member_count;
    struct bytes assignment;               /* sync */
    const struct leave_reply_member *left; /* leave: in the request's order */
    size_t left_count;
};

/* The replies since the last clear, in order; they and all they point to live until the next
 * coordinator_replies_clear. The pointer itself is only good until the next call of any kind. */
const struct group_reply *coordinator_replies(const struct coordinator *c, size_t *count);
void coordinator_replies_clear(struct coordinator *c);

/* ---- looking in (DescribeGroups, ListGroups) */

struct group_member_view {
    struct bytes member_id;
    struct bytes group_instance_id;
    struct bytes client_id;
    struct bytes client_host;
    struct bytes metadata; /* of the chosen protocol; empty unless the group is stable */
    struct bytes assignment;
};

struct group_view {
    struct bytes group_id;
    const char *state; /* Kafka's name: Empty, PreparingRebalance, CompletingRebalance, Stable */
    int32_t generation;
    struct bytes protocol_type;
    struct bytes protocol;
    struct bytes leader;
    const struct group_member_view *members;
    size_t member_count;
};

/* Views are copied into the arena. False: no such group (Kafka says "Dead"). */
bool coordinator_view(const struct coordinator *c, struct bytes group_id, struct arena *arena,
                      struct group_view *out);
bool coordinator_has_group(const struct coordinator *c, struct bytes group_id);
/* Whether somebody is in it, or has just been given an id to come in with. */
bool coordinator_group_is_busy(const struct coordinator *c, struct bytes group_id);
void coordinator_delete_group(struct coordinator *c, struct bytes group_id); /* not a busy one */
/* Group ids, from *at = 0 until false; the id lives until the next request. */
bool coordinator_next_group(const struct coordinator *c, size_t *at, struct bytes *group_id);

#endif
