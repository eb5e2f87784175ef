/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A small language for stories about one group, "g": each call goes to the one coordinator of the
 * test, its replies are copied into `seen`, found again by ticket. No ticket is answered twice. */
#ifndef OCTAVO_COORDINATOR_STORY_TEST_H
#define OCTAVO_COORDINATOR_STORY_TEST_H

#include "coordinator.h"

enum { SEEN_MAX = 4096, SESSION = 10000, REBALANCE = 60000 };

struct seen {
    bool there;
    enum group_reply_kind kind;
    int code;
    int generation;
    char protocol[32];
    char leader[64];
    char member_id[300];
    bool skip_assignment;
    size_t member_count;
    char first_metadata[32];
    char assignment[32];
    int left[4];
};

struct who { /* one client; zero fields are the usual */
    const char *id;
    const char *instance;
    const char *metadata;
    const char *protocol;  /* default range */
    const char *protocol2; /* none */
    const char *type;
    int version; /* default 3: no id required */
    int session;
    int rebalance;
};

extern struct coordinator *c;
extern int64_t now;
extern uint64_t last_ticket;
extern struct seen seen[SEEN_MAX];

void begin(void);
void begin_with(struct coordinator_options options);
void drain(void); /* takes the replies */
void wait_ms(int64_t ms);
struct bytes text_or_null(const char *text);
struct seen *join(struct who w);
struct group_speaker speaker(const char *id, const char *instance, int generation);
int heartbeat(const char *id, int generation);
int commit(const char *id, int generation);
struct seen *sync_with(const char *id, int generation, const struct sync_assignment *list,
                       size_t count);
struct seen *sync_group(const char *id, int generation);
int leave(const char *id, const char *instance);
const char *state(void);
/* Two members, stable in generation 2: the first leads and got "A", the second got "B". */
void given_two(const char **one, const char **two);
/* One member, alone and stable in generation 1, with the assignment "A". */
struct seen *given_one(struct who w);

#endif
