/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A handler has no clock, and a timer that fires three days late bears the time it was due. Who
 * must know how late it is asks here: the answer is an input like any other, stands in the journal,
 * and is the same when the input is fed again. */
#include "clock/clock.h"

#include "base/clock.h"
#include "connectors/url.h"
#include "values/json.h"

#include <string.h>

struct connector {
    bool open; /* it has no state, and a connector is not NULL */
};

static struct connector the_clock = { true };

static enum error clock_open(struct connector **out, const struct sink_options *options) {
    static const char *const known[] = { NULL };
    static const struct url_form form = { "clock", known, "clock:wall" };
    struct url url;
    TRY(url_read(&url, &form, options->url));
    enum error e = strcmp(url.where, "wall") == 0 ? E_ok : url_wrong(&url, "it is no `wall`");
    url_finish(&url);
    *out = &the_clock;
    return e;
}

static void clock_perform(struct connector *c, const struct effect_request *r,
                          struct effect_answer *a) {
    (void)c;
    (void)r;
    a->verdict = EFFECT_DONE;
    json_begin(a->told);
    json_put_int(a->told, "now_ms", clock_wall_ms(clock_real()));
    json_end(a->told);
}

static void clock_close(struct connector *c) {
    (void)c;
}

const struct connector_sink clock_sink = {
    .scheme = "clock",
    .can = SINK_NATURAL,
    .open = clock_open,
    .perform = clock_perform,
    .close = clock_close,
};
