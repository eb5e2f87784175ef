/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* audit: what the runs' rows say, held against what was announced of them, event by event.
 *
 * A run is told to be produced once and delivered at least once with one digest; a run that is
 * delivered was announced so, and one that was announced so is delivered. */
#include "arguments.h"
#include "extracts.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct audited {
    char *run;
    char sha256[65];
    int produced, delivered;
    bool differs; /* one run, two digests */
};

struct audit {
    struct octavo_session *session;
    void *announced; /* tree of struct audited */
    void *ids;       /* tree of texts: an event that a crash had sent twice is one */
    size_t runs, delivered, failed, pending, faults;
};

static int audited_compare(const void *a, const void *b) {
    return strcmp(((const struct audited *)a)->run, ((const struct audited *)b)->run);
}

static struct audited *audited_of(struct audit *a, struct octavo_text run) {
    struct audited *fresh = calloc(1, sizeof(*fresh));
    char *name = calloc(1, run.len + 1);
    if (!fresh || !name)
        abort(); /* out of memory */
    memcpy(name, run.data, run.len);
    fresh->run = name;
    struct audited **found = tsearch(fresh, &a->announced, audited_compare);
    if (!found)
        abort();
    if (*found != fresh) {
        free(name);
        free(fresh);
    }
    return *found;
}

static int text_compare(const void *a, const void *b) {
    return strcmp(a, b);
}

static bool is_repeat(struct audit *a, struct octavo_text id) {
    char *text = calloc(1, id.len + 1);
    if (!text)
        abort(); /* out of memory */
    memcpy(text, id.data, id.len);
    char **found = tsearch(text, &a->ids, text_compare);
    if (!found)
        abort();
    if (*found == text)
        return false;
    free(text);
    return true;
}

static bool on_announced(void *context, const struct octavo_record *record) {
    struct audit *a = context;
    struct octavo_text run, sha256;
    bool produced = octavo_text_is(record->type, "extract-produced");
    if ((!produced && !octavo_text_is(record->type, "extract-delivered"))
        || !octavo_record_text(record, "run", &run)
        || !octavo_record_text(record, "sha256", &sha256) || sha256.len > 64
        || is_repeat(a, record->id))
        return true;
    struct audited *x = audited_of(a, run);
    x->differs = x->differs || (x->sha256[0] && !octavo_text_is(sha256, x->sha256));
    memcpy(x->sha256, sha256.data, sha256.len);
    *(produced ? &x->produced : &x->delivered) += 1;
    return true;
}

static void fault(struct audit *a, struct octavo_text run, const char *what) {
    a->faults++;
    octavo_print(a->session, "%.*s: %s\n", (int)run.len, run.data, what);
}

static void on_run(void *context, struct octavo_text key, struct octavo_text sub,
                   const struct octavo_value *v, size_t count) {
    struct audit *a = context;
    struct octavo_text state = v[RUN_STATE].text;
    bool delivered = octavo_text_is(state, "delivered");
    struct audited *x = audited_of(a, key);
    (void)sub;
    (void)count;
    a->runs++;
    a->delivered += delivered;
    a->failed += octavo_text_is(state, "failed") || octavo_text_is(state, "undelivered");
    a->pending += octavo_text_is(state, "extracting") || octavo_text_is(state, "delivering");
    if (x->differs)
        fault(a, key, "was announced with two digests");
    if (x->produced > 1)
        fault(a, key, "was announced as produced more than once");
    if (delivered && !x->delivered)
        fault(a, key, "is delivered, and that was not announced");
    if (x->delivered > v[RUN_SENDS].integer)
        fault(a, key, "was announced as delivered more often than it was sent");
    if (x->sha256[0] && !octavo_text_is(v[RUN_SHA256].text, x->sha256))
        fault(a, key, "was announced with another digest");
}

static void audited_free(void *node) {
    struct audited *x = node;
    free(x->run);
    free(x);
}

int extracts_audit(struct octavo_session *s, int count, char **arguments) {
    struct audit a = { .session = s };
    int code = octavo_arguments_read(s, arguments, &(struct octavo_words){ "", NULL }, NULL);
    (void)count;
    if (code)
        return code;
    bool read = octavo_records(s, "extract-announced", on_announced, &a)
                && octavo_rows(s, "extract-processor", "run", NULL, on_run, &a);
    tdestroy(a.announced, audited_free);
    tdestroy(a.ids, free);
    if (!read)
        return FAILED;
    octavo_print(s,
                 octavo_json_wanted(s)
                     ? "{\"runs\":%zu,\"delivered\":%zu,\"failed\":%zu,\"pending\":%zu,"
                       "\"faults\":%zu}\n"
                     : "runs %zu, delivered %zu, failed %zu, pending %zu\nfaults %zu\n",
                 a.runs, a.delivered, a.failed, a.pending, a.faults);
    return a.faults || a.failed ? FOUND_WRONG : DONE;
}
