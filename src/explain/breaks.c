/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What would break an answer: in general, and by what this declaration leaves to others. */
#include "explain/mechanism.h"

#include <string.h>

static const char *const always[ANSWERS] = {
    "a caller that gives up earlier than the deadline and does not ask again with the same "
    "identity",
    "a reader that acts on a command that another one fulfils, or waits for one it takes for an "
    "event",
    "a caller that asks again under another identity; a repeat that comes after its window",
    "a key with more than one task can do; more processes than partitions",
    "a handler that reaches past its step to another store; a copy of a store put back by hand",
    "a second writer of the same events; another partition count in a topic that has records",
    "a program that hashes keys otherwise; a key that means something else in one of the events",
    "a change of an event that its readers were not asked about",
};

static void outside_put(const struct declaration *d, const char *names, struct buf *out) {
    for (size_t i = 0; i < d->outside_count; i++)
        buf_print(out, "%s, which Octavo does not run: %s\n", d->outside[i].name, names);
}

static void blind_put(const struct declaration *d, struct buf *out) {
    for (size_t i = 0; i < d->service_count; i++)
        for (size_t k = 0; k < d->services[i].edge_count; k++)
            if (d->services[i].edges[k].effects.class == CLASS_BLIND)
                buf_print(out,
                          "a crash between %s and the note of it: it is %s; the window is "
                          "measured\n",
                          d->services[i].edges[k].name,
                          d->services[i].edges[k].effects.at_most_once ? "not done again"
                                                                       : "done again");
}

void breaks_put(const struct declaration *d, int question, struct buf *out) {
    buf_print(out, "%s\n", always[question - 1]);
    if (question == 3)
        blind_put(d, out);
    if (question == 3)
        outside_put(d, "an id of its own for a repeat", out);
    if (question == 6 || question == 7)
        outside_put(d, "another partitioner, or a producer that is not idempotent", out);
}
