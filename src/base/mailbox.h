/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Threads and the bounded mailboxes between them. Data has one owning thread; others post.
 *
 * A mailbox carries pointers, in order, from any number of threads to one. Its fd (an eventfd) is
 * readable while something waits, so that a net loop can watch it. */
#ifndef OCTAVO_BASE_MAILBOX_H
#define OCTAVO_BASE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

struct mailbox;
struct thread;

struct mailbox *mailbox_create(size_t slots);
void mailbox_destroy(struct mailbox *m);            /* what was never taken stays the poster's */
bool mailbox_post(struct mailbox *m, void *letter); /* false when full; letter is not NULL */
void mailbox_post_wait(struct mailbox *m, void *letter); /* waits for a free slot */
void *mailbox_take(struct mailbox *m);                   /* NULL when empty */
void *mailbox_wait(struct mailbox *m, int timeout_ms);   /* -1: for ever; NULL on time-out */
int mailbox_fd(struct mailbox *m);

struct thread *thread_start(const char *name, void (*run)(void *), void *context);
void thread_join(struct thread *t); /* waits for its end and frees it; NULL is fine */

#endif
