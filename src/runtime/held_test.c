/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Replies of an edge that answers after the log; relay and tasks are told to it by hand. */
#include "runtime/held.h"

#include "base/test.h"
#include "runtime/requests.h"

#include <stdlib.h>
#include <string.h>

static struct service service;
static char said[256];
static int task_a, task_b; /* only their addresses count */

static enum error double_open(struct connector **out, const struct connector_options *options) {
    (void)options;
    *out = (struct connector *)&service; /* never looked into */
    return E_ok;
}

static bool double_reply(struct connector *c, uint64_t ticket, struct bytes json) {
    (void)c;
    (void)ticket;
    (void)strncat(said, (const char *)json.data, json.len);
    return true;
}

static void double_close(struct connector *c) {
    (void)c;
}

static const struct connector_service after_log = { .scheme = "late",
                                                    .after_log = true,
                                                    .open = double_open,
                                                    .reply = double_reply,
                                                    .close = double_close };
static const struct connector_service after_commit = {
    .scheme = "soon", .open = double_open, .reply = double_reply, .close = double_close
};
static const struct connector_service *const services[] = { &after_log, &after_commit, NULL };
static const struct connectors kinds = { .services = services };

static void given_edge(const char *url) {
    static struct declared_edge edge;
    edge = (struct declared_edge){ .name = "edge", .url = url };
    service = (struct service){ .options.connectors = &kinds };
    said[0] = 0;
    CHECK_OK(requests_open(&service, &edge));
}

static void finish(void) {
    held_forget(&service, NULL);
    requests_close(&service);
    table_finish(&service.tickets);
}

/* A commit of the task that replied one word, and sent what is in this row; 0: nothing. */
static void committed(const void *task, int64_t outbox_id, const char *word) {
    struct reply reply = { .request_key = bytes_text(word), .json = bytes_text(word) };
    struct committed done = { .outbox_id = outbox_id, .replies = &reply, .reply_count = 1 };
    (void)table_put(&service.tickets, bytes_text(word), (void *)(uintptr_t)8);
    held_add(&service, task, &done);
}

TEST(an_edge_that_answers_after_the_commit_is_not_held) {
    given_edge("soon://here");
    committed(&task_a, 7, "a");
    CHECK_TEXT(said, "a");
    finish();
}

TEST(a_reply_is_said_when_the_log_has_what_its_commit_sent) {
    given_edge("late://here");
    committed(&task_a, 7, "a");
    committed(&task_a, 8, "b");
    held_release(&service, &task_a, 6);
    CHECK_TEXT(said, "");
    held_release(&service, &task_a, 7);
    CHECK_TEXT(said, "a");
    held_release(&service, &task_a, 8);
    CHECK_TEXT(said, "ab");
    finish();
}

TEST(what_sent_nothing_waits_for_what_was_sent_before_it) {
    given_edge("late://here");
    committed(&task_a, 0, "a");
    CHECK_TEXT(said, "a");
    committed(&task_a, 7, "b");
    committed(&task_a, 0, "c");
    CHECK_TEXT(said, "a");
    held_release(&service, &task_a, 7);
    CHECK_TEXT(said, "abc");
    committed(&task_a, 0, "d");
    CHECK_TEXT(said, "abcd");
    finish();
}

TEST(tasks_are_held_and_forgotten_each_by_itself) {
    given_edge("late://here");
    committed(&task_a, 7, "a");
    committed(&task_b, 3, "b");
    held_forget(&service, &task_a);
    held_release(&service, &task_a, 7);
    CHECK_TEXT(said, "");
    held_release(&service, &task_b, 7);
    CHECK_TEXT(said, "b");
    committed(&task_b, 9, "c");
    held_release(&service, &task_b, 9);
    CHECK_TEXT(said, "bc");
    finish();
}
