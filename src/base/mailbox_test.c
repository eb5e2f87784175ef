/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "base/mailbox.h"

#include "base/test.h"

#include <poll.h>

enum { LETTERS = 20000, POSTERS = 3 };

static bool is_readable(int fd) {
    struct pollfd p = { .fd = fd, .events = POLLIN };
    return poll(&p, 1, 0) == 1;
}

TEST(letters_come_out_in_the_order_they_were_posted) {
    struct mailbox *m = mailbox_create(3);
    int letters[7];
    for (int turn = 0; turn < 7; turn++) {
        CHECK(mailbox_post(m, &letters[turn]));
        CHECK(mailbox_take(m) == &letters[turn]);
    }
    CHECK(mailbox_post(m, &letters[0]));
    CHECK(mailbox_post(m, &letters[1]));
    CHECK(mailbox_take(m) == &letters[0]);
    CHECK(mailbox_take(m) == &letters[1]);
    CHECK(!mailbox_take(m));
    mailbox_destroy(m);
}

TEST(a_full_mailbox_refuses_and_keeps_what_it_has) {
    struct mailbox *m = mailbox_create(2);
    int a, b, c;
    CHECK(mailbox_post(m, &a));
    CHECK(mailbox_post(m, &b));
    CHECK(!mailbox_post(m, &c));
    CHECK(mailbox_take(m) == &a);
    CHECK(mailbox_post(m, &c));
    CHECK(mailbox_take(m) == &b);
    CHECK(mailbox_take(m) == &c);
    mailbox_destroy(m);
}

TEST(the_descriptor_is_readable_exactly_while_something_waits) {
    struct mailbox *m = mailbox_create(2);
    int a, b;
    CHECK(!is_readable(mailbox_fd(m)));
    CHECK(mailbox_post(m, &a));
    CHECK(is_readable(mailbox_fd(m)));
    CHECK(mailbox_post(m, &b));
    CHECK(is_readable(mailbox_fd(m)));
    CHECK(mailbox_take(m) == &a);
    CHECK(is_readable(mailbox_fd(m)));
    CHECK(mailbox_take(m) == &b);
    CHECK(!is_readable(mailbox_fd(m)));
    mailbox_destroy(m);
}

TEST(waiting_for_an_empty_mailbox_ends_with_its_time) {
    struct mailbox *m = mailbox_create(1);
    CHECK(!mailbox_wait(m, 0));
    CHECK(!mailbox_wait(m, 5));
    mailbox_destroy(m);
}

struct poster {
    struct mailbox *mailbox;
    struct thread *thread;
    int letters[LETTERS];
};

static void post_all(void *context) {
    struct poster *p = context;
    for (int i = 0; i < LETTERS; i++)
        mailbox_post_wait(p->mailbox, &p->letters[i]);
}

static struct poster *owner_of(struct poster *posters, const int *letter) {
    for (int i = 0; i < POSTERS; i++)
        if (letter >= posters[i].letters && letter < posters[i].letters + LETTERS)
            return &posters[i];
    return NULL;
}

TEST(many_threads_post_into_a_small_mailbox_and_none_is_lost_or_overtaken) {
    static struct poster posters[POSTERS];
    int next[POSTERS] = { 0 };
    struct mailbox *m = mailbox_create(4);
    for (int i = 0; i < POSTERS; i++) {
        posters[i].mailbox = m;
        posters[i].thread = thread_start("poster", post_all, &posters[i]);
    }
    for (int i = 0; i < POSTERS * LETTERS; i++) {
        int *letter = mailbox_wait(m, -1);
        struct poster *owner = owner_of(posters, letter);
        CHECK(owner);
        CHECK_INT(letter - owner->letters, next[owner - posters]++);
    }
    CHECK(!mailbox_take(m));
    for (int i = 0; i < POSTERS; i++)
        thread_join(posters[i].thread);
    mailbox_destroy(m);
}

TEST(destroying_and_joining_nothing_is_fine) {
    mailbox_destroy(NULL);
    thread_join(NULL);
}
