/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* dry-run: what an extract would give, as the first rows of its file; nothing is scheduled, written
 * or delivered. The connector of the processor's edge is asked to look, in this process. */
#include "arguments.h"
#include "calendar.h"
#include "extracts.h"

#include <stdio.h>

static void on_text(void *context, struct octavo_text text) {
    struct octavo_session *s = context;
    if (!octavo_json_wanted(s)) {
        octavo_print(s, "%.*s", (int)text.len, text.data);
        return;
    }
    octavo_print(s, "{");
    octavo_print_member(s, "text", text);
    octavo_print(s, "}\n");
}

void extracts_look_begin(struct octavo_session *s) {
    octavo_publish_begin(s, "extract-scheduled", "extract-scheduled", octavo_text("dry-run"),
                         octavo_text("dry-run"));
}

bool extracts_look(struct octavo_session *s) {
    return octavo_look(s, "extract-processor", "extraction", on_text, s);
}

struct wish {
    struct octavo_session *session;
    int64_t until_ms; /* 0: up to where the schedule is */
    bool found, good;
};

static void on_extract(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *v, size_t count) {
    struct wish *w = context;
    struct calendar calendar = { { v[EXTRACT_SCHEDULE].text, v[EXTRACT_ZONE].text,
                                   v[EXTRACT_GAP].text, v[EXTRACT_OVERLAP].text },
                                 v[EXTRACT_DAYS].text,
                                 v[EXTRACT_HOLIDAYS].text };
    int64_t until_ms = w->until_ms ? w->until_ms : v[EXTRACT_UNTIL].integer, from_ms;
    (void)key;
    (void)sub;
    (void)count;
    w->found = true;
    extracts_look_begin(w->session);
    octavo_publish_text(w->session, "definition", v[EXTRACT_DEFINITION].text);
    if (until_ms)
        octavo_publish_int(w->session, "until", until_ms);
    if (until_ms && calendar.schedule.when.len && calendar_previous(&calendar, until_ms, &from_ms))
        octavo_publish_int(w->session, "from", from_ms);
    w->good = extracts_look(w->session);
}

int extracts_dry_run(struct octavo_session *s, int count, char **arguments) {
    const char *extract = NULL, *at = NULL;
    struct wish w = { .session = s };
    const struct octavo_option options[] = { { "--at", &at, NULL }, { NULL, NULL, NULL } };
    int code =
        octavo_arguments_read(s, arguments, &(struct octavo_words){ "EXTRACT", &extract }, options);
    (void)count;
    if (!code)
        code = moment_option(s, "--at", at, &w.until_ms);
    if (code)
        return code;
    if (!octavo_rows(s, "extract-scheduler", "extract", extract, on_extract, &w))
        return FAILED;
    if (w.found)
        return w.good ? DONE : FOUND_WRONG;
    (void)fprintf(stderr, "octavo: there is no extract %s; see `octavo extracts ls`\n", extract);
    return FOUND_WRONG;
}
