/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Mailbox: a ring under a mutex with an eventfd as its doorbell; and the thread wrapper.
 * The only file that may take a lock. */
#include "base/mailbox.h"

#include "base/bytes.h"
#include "base/check.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct mailbox {
    pthread_mutex_t mutex;
    pthread_cond_t arrived;
    pthread_cond_t taken;
    void **ring;
    size_t slots;
    size_t first;
    size_t count;
    int fd;
};

struct thread {
    pthread_t id;
    const char *name;
    void (*run)(void *);
    void *context;
};

struct mailbox *mailbox_create(size_t slots) {
    struct mailbox *m = memory_get(sizeof(*m));
    pthread_condattr_t monotonic;
    assert(slots > 0);
    m->ring = memory_get(slots * sizeof(*m->ring));
    m->slots = slots;
    m->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert(m->fd >= 0);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&m->mutex, NULL);
    (void)pthread_cond_init(&m->arrived, &monotonic);
    (void)pthread_cond_init(&m->taken, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return m;
}

void mailbox_destroy(struct mailbox *m) {
    if (!m)
        return;
    (void)pthread_mutex_destroy(&m->mutex);
    (void)pthread_cond_destroy(&m->arrived);
    (void)pthread_cond_destroy(&m->taken);
    (void)close(m->fd);
    free(m->ring);
    free(m);
}

static void ring_bell(struct mailbox *m) {
    uint64_t one = 1;
    ssize_t put = write(m->fd, &one, sizeof(one));
    assert(put == sizeof(one) || errno == EAGAIN);
}

static void silence_bell(struct mailbox *m) {
    uint64_t count;
    ssize_t got = read(m->fd, &count, sizeof(count));
    assert(got == sizeof(count) || errno == EAGAIN);
}

static void ring_put(struct mailbox *m, void *letter) {
    assert(letter);
    m->ring[(m->first + m->count++) % m->slots] = letter;
    if (m->count == 1)
        ring_bell(m);
    (void)pthread_cond_signal(&m->arrived);
}

static void *ring_take(struct mailbox *m) {
    if (!m->count)
        return NULL;
    void *letter = m->ring[m->first];
    m->first = (m->first + 1) % m->slots;
    if (--m->count == 0)
        silence_bell(m);
    (void)pthread_cond_signal(&m->taken);
    return letter;
}

bool mailbox_post(struct mailbox *m, void *letter) {
    (void)pthread_mutex_lock(&m->mutex);
    bool room = m->count < m->slots;
    if (room)
        ring_put(m, letter);
    (void)pthread_mutex_unlock(&m->mutex);
    return room;
}

void mailbox_post_wait(struct mailbox *m, void *letter) {
    (void)pthread_mutex_lock(&m->mutex);
    while (m->count == m->slots)
        (void)pthread_cond_wait(&m->taken, &m->mutex);
    ring_put(m, letter);
    (void)pthread_mutex_unlock(&m->mutex);
}

void *mailbox_take(struct mailbox *m) {
    (void)pthread_mutex_lock(&m->mutex);
    void *letter = ring_take(m);
    (void)pthread_mutex_unlock(&m->mutex);
    return letter;
}

static struct timespec after_ms(int timeout_ms) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

void *mailbox_wait(struct mailbox *m, int timeout_ms) {
    struct timespec until = after_ms(timeout_ms < 0 ? 0 : timeout_ms);
    int result = 0;
    (void)pthread_mutex_lock(&m->mutex);
    while (!m->count && result != ETIMEDOUT)
        result = timeout_ms < 0 ? pthread_cond_wait(&m->arrived, &m->mutex)
                                : pthread_cond_timedwait(&m->arrived, &m->mutex, &until);
    void *letter = ring_take(m);
    (void)pthread_mutex_unlock(&m->mutex);
    return letter;
}

int mailbox_fd(struct mailbox *m) {
    return m->fd;
}

static void *thread_main(void *context) {
    struct thread *t = context;
    (void)pthread_setname_np(pthread_self(), t->name);
    t->run(t->context);
    return NULL;
}

struct thread *thread_start(const char *name, void (*run)(void *), void *context) {
    struct thread *t = memory_get(sizeof(*t));
    sigset_t all, old;
    *t = (struct thread){ .name = name, .run = run, .context = context };
    (void)sigfillset(&all); /* signals belong to the main thread */
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    int result = pthread_create(&t->id, NULL, thread_main, t);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    assert(result == 0);
    return t;
}

void thread_join(struct thread *t) {
    if (!t)
        return;
    (void)pthread_join(t->id, NULL);
    free(t);
}
