/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo replay SYSTEM: feeds the journals of its tasks again and tells what differs. */
#include "commands.h"

#include "base/clock.h"
#include "options.h"
#include "parts.h"
#include "place.h"
#include "runtime/generation.h"
#include "runtime/schemas.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PROGRESS_MS = 1000, ALL_TASKS = -1 };

struct replay_call {
    const char *system, *service, *file, *dir, *broker, *from;
    int64_t task;
    int64_t into; /* 0: nothing is kept */
    bool json, switches, accept;
    struct place place;
    struct declaration *declaration;
    struct replayer_options options;
    int64_t told_ms;
    bool progress; /* on a terminal */
    int tasks, switched;
    int verdicts[REPLAY_NOT_CHECKED + 1]; /* how many of each */
};

const char replay_help[] =
    "octavo replay SYSTEM [options]    feed what the tasks took in again, and compare\n"
    "\n"
    "  --service NAME      only this service; default: every one that has a store\n"
    "  --task N            only this task\n"
    "  --from FILE         begin at this snapshot; default: where the journal begins\n"
    "  --into N            keep what is fed as generation N of the service, or go on with it\n"
    "  --switch            then, with the service stopped: generation N-1 ends, N begins\n"
    "  --accept-differences  switch though the two differ\n"
    "  --file FILE         a declaration instead of the shipped one\n"
    "  --broker HOST:PORT  default: the broker that runs in the data directory\n"
    "  --dir DIR           data directory; default $OCTAVO_DIR or ./octavo-data\n"
    "  --json              one JSON object with all that was found\n"
    "\n"
    "The services may be running: their stores are only read. Nothing is sent, no effect is done.\n"
    "Exit code: 0 equal, 1 something differs, 4 not checked (records or journal are gone),\n"
    "2 wrong usage, 3 failed.\n"
    "\n"
    "examples:\n"
    "  octavo replay accounts --service transaction-processor\n"
    "  octavo replay accounts --service transaction-processor --into 2\n";

static bool option_take(struct replay_call *c, int option) {
    switch (option) {
    case 's':
        c->service = optarg;
        return true;
    case 't':
        return command_read_number("task", optarg, INT32_MAX, &c->task);
    case 'r':
        c->from = optarg;
        return true;
    case 'i':
        if (!command_read_number("into", optarg, 1000000, &c->into))
            return false;
        c->into = c->into ? c->into : -1; /* given, and refused with what goes with it */
        return true;
    case 'w':
        c->switches = true;
        return true;
    case 'a':
        c->accept = true;
        return true;
    default:
        return option_usual(
            option, &(struct options_usual){
                        .dir = &c->dir, .file = &c->file, .broker = &c->broker, .json = &c->json });
    }
}

static const char *options_wrong(const struct replay_call *c) {
    if (!c->system)
        return "a SYSTEM is wanted";
    if (c->from && (!c->service || c->task == ALL_TASKS))
        return "--from FILE goes with --service and --task";
    if (c->into && (!c->service || c->task != ALL_TASKS || c->from || c->into < 2))
        return "--into N, from 2 on, goes with --service, and is of all its tasks";
    if ((c->switches && !c->into) || (c->accept && !c->switches))
        return "--accept-differences goes with --switch, and --switch with --into";
    return NULL;
}

static bool options_read(struct replay_call *c, int count, char **arguments) {
    static const struct option known[] = {
        { "service", 1, NULL, 's' },
        { "task", 1, NULL, 't' },
        { "from", 1, NULL, 'r' },
        OPTION_FILE,
        OPTION_BROKER,
        OPTION_DIR,
        OPTION_JSON,
        { "into", 1, NULL, 'i' },
        { "switch", 0, NULL, 'w' },
        { "accept-differences", 0, NULL, 'a' },
        OPTION_HELP,
        OPTION_END,
    };
    c->task = ALL_TASKS;
    for (int option; (option = option_next(count, arguments, known)) != -1;)
        if (!option_take(c, option))
            return false;
    c->system = optind < count ? arguments[optind] : NULL;
    const char *wrong = options_wrong(c);
    if (wrong && !command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: %s\n", wrong);
    return !wrong;
}

/* ---- telling, for people */

static void on_progress(void *context, int64_t id, int64_t last_id) {
    struct replay_call *c = context;
    int64_t now_ms = clock_steady_ms(clock_real());
    if (now_ms - c->told_ms < PROGRESS_MS)
        return;
    c->told_ms = now_ms;
    (void)fprintf(stderr, "%s.%s/%d: commit %" PRId64 " of %" PRId64 "%s", c->system,
                  c->options.declared->name, c->options.task, id, last_id,
                  c->progress ? "   \r" : "\n");
    (void)fflush(stderr);
}

static void tell_line(const char *name, struct buf *text) {
    if (text->len)
        (void)printf("  %-10s %s\n", name, buf_text(text));
}

static void tell_when(int64_t at_ms) {
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm parts;
    char text[32];
    if (!at_ms || !gmtime_r(&seconds, &parts))
        return;
    (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    (void)printf(" (%s.%03dZ)", text, (int)(at_ms % 1000));
}

static void tell_difference(struct replay_result *r) {
    struct replay_difference *d = &r->first;
    if (d->commit) {
        (void)printf("  %" PRId64 " of %" PRId64 " commits differ, the first is commit %" PRId64,
                     r->differing, r->last_id - r->first_id + 1, d->commit);
        tell_when(d->at_ms);
        (void)printf("\n");
    } else {
        (void)printf("  no commit differs, but a table does: a row was changed from outside\n");
    }
    tell_line("took", &d->took);
    tell_line("recorded", &d->recorded);
    tell_line("replayed", &d->replayed);
    tell_line("input", &d->input);
    tell_line("table", &d->table);
    tell_line("key", &d->key);
    if (d->table.len) {
        (void)printf("  %-10s %s\n", "row then",
                     d->row_recorded.len ? buf_text(&d->row_recorded) : "none");
        (void)printf("  %-10s %s\n", "row now",
                     d->row_replayed.len ? buf_text(&d->row_replayed) : "none");
    }
    if (d->written_by)
        (void)printf("  %-10s commit %" PRId64 "\n", "written by", d->written_by);
}

static void tell_task(struct replay_call *c, struct replay_result *r) {
    (void)printf("%s.%s/%d: %s", c->system, c->options.declared->name, c->options.task,
                 replay_verdict_word(r->verdict));
    if (r->verdict == REPLAY_EQUAL)
        (void)printf(", %" PRId64 " commits from %" PRId64 ", %" PRId64
                     " inputs, every table the same",
                     r->last_id - r->first_id + 1, r->first_id, r->inputs);
    (void)printf("\n");
    if (r->verdict == REPLAY_DIFFERS)
        tell_difference(r);
    tell_line("reason", &r->reason);
    if (r->silent)
        (void)printf("  %" PRId64 " commits of an older format were judged by their tables only\n",
                     r->silent);
}

/* ---- telling, for programs */

static void json_difference(struct buf *out, struct replay_difference *d) {
    json_put_int(out, "commit", d->commit);
    json_put_int(out, "at_ms", d->at_ms);
    json_put_text(out, "what", buf_bytes(&d->what));
    json_put_text(out, "took", buf_bytes(&d->took));
    json_put_text(out, "recorded", buf_bytes(&d->recorded));
    json_put_text(out, "replayed", buf_bytes(&d->replayed));
    json_put_text(out, "input", buf_bytes(&d->input));
    json_put_text(out, "table", buf_bytes(&d->table));
    json_put_text(out, "key", buf_bytes(&d->key));
    json_put_text(out, "row_recorded", buf_bytes(&d->row_recorded));
    json_put_text(out, "row_replayed", buf_bytes(&d->row_replayed));
    json_put_int(out, "written_by", d->written_by);
}

static void json_task(struct replay_call *c, struct replay_result *r) {
    struct buf out = { 0 };
    json_begin(&out);
    json_put_text(&out, "service", bytes_text(c->options.declared->name));
    json_put_int(&out, "task", c->options.task);
    json_put_text(&out, "verdict", bytes_text(replay_verdict_word(r->verdict)));
    json_put_int(&out, "first_commit", r->first_id);
    json_put_int(&out, "last_commit", r->last_id);
    json_put_int(&out, "inputs", r->inputs);
    json_put_int(&out, "differing", r->differing);
    json_put_int(&out, "without_outputs", r->silent);
    json_put_text(&out, "reason", buf_bytes(&r->reason));
    if (r->verdict == REPLAY_DIFFERS)
        json_difference(&out, &r->first);
    json_end(&out);
    (void)printf("%s%s", c->tasks ? ",\n " : "", buf_text(&out));
    buf_finish(&out);
}

/* ---- running */

static enum error task_replay(struct replay_call *c) {
    struct replay_result result = { 0 };
    bool found = false;
    TRY(replayer_has_store(&c->options, &found));
    if (!found)
        return E_ok;
    enum error e =
        c->into ? generation_build(&c->options, &result) : replayer_run(&c->options, &result);
    if (!e) {
        c->json ? json_task(c, &result) : tell_task(c, &result);
        c->verdicts[result.verdict]++;
        c->tasks++;
    }
    replay_result_finish(&result);
    return e;
}

/* ---- the switch */

struct switching {
    struct store **old; /* of each task; NULL: it has no store */
    int32_t count;
};

/* All of them first: one that runs stops the switch before it has begun. */
static enum error tasks_lock(struct replay_call *c, struct switching *w) {
    bool found;
    for (int32_t n = 0; n < w->count; n++) {
        c->options.task = n;
        TRY(replayer_has_store(&c->options, &found));
        if (found)
            TRY(generation_lock(&c->options, &w->old[n]));
    }
    return E_ok;
}

static enum error task_switch(struct replay_call *c, struct store *old) {
    struct generation_switch s = { &c->options, old, c->accept, clock_wall_ms(clock_real()) };
    if (!generation_is_switched(&c->options, old))
        TRY(task_replay(c));
    if (c->verdicts[REPLAY_NOT_CHECKED] || (c->verdicts[REPLAY_DIFFERS] && !c->accept))
        return E_ok; /* told, and the exit code says it */
    TRY(generation_switch(&s));
    c->switched++;
    return E_ok;
}

static enum error tasks_switch(struct replay_call *c, struct switching *w) {
    TRY(tasks_lock(c, w));
    for (int32_t n = 0; n < w->count; n++) {
        c->options.task = n;
        if (w->old[n])
            TRY(task_switch(c, w->old[n]));
    }
    if (c->switched && !c->json)
        (void)printf(
            "%d tasks of %s.%s are generation %d now; declare `generation: %d` and start it\n",
            c->switched, c->system, c->service, (int)c->into, (int)c->into);
    return E_ok;
}

static enum error service_switch(struct replay_call *c) {
    struct switching w = { .count = replayer_tasks(c->declaration, c->options.declared) };
    w.old = memory_get(((size_t)w.count + 1) * sizeof(struct store *));
    enum error e = tasks_switch(c, &w);
    for (int32_t n = 0; n < w.count; n++)
        if (w.old[n])
            w.old[n]->ops->close(w.old[n]);
    free(w.old);
    return e;
}

static enum error tasks_replay(struct replay_call *c, const struct declared_service *declared,
                               const struct octavo_service *code) {
    c->options.declared = declared;
    c->options.handlers = code->handlers;
    c->options.into = (int32_t)c->into;
    if (c->switches)
        return service_switch(c);
    for (int32_t n = 0; n < replayer_tasks(c->declaration, declared); n++) {
        c->options.task = n;
        if (c->task == ALL_TASKS || c->task == n)
            TRY(task_replay(c));
    }
    return E_ok;
}

static enum error service_replay(struct replay_call *c, const struct declared_service *declared) {
    const struct octavo_service *code = NULL;
    struct schemas *schemas;
    TRY(parts_schemas(c->declaration, c->file, &schemas));
    enum error e = parts_service(c->declaration, declared, &code);
    c->options.schemas = schemas;
    if (!e)
        e = tasks_replay(c, declared, code);
    parts_service_end(code);
    schemas_close(schemas);
    return e;
}

static enum error fold_refused(const char *service) {
    enum error e =
        fail(E_usage, "%s is a fold: it keeps no journal that could be replayed", service);
    fail_try("stop it and move its .fold files away: it is then made again from its topics");
    return e;
}

static enum error services_replay(struct replay_call *c) {
    if (c->service && !declaration_service(c->declaration, c->service))
        return fail(E_usage, "system %s declares no service %s", c->system, c->service);
    if (c->service && declaration_service(c->declaration, c->service)->state == STATE_FOLD)
        return fold_refused(c->service);
    for (size_t i = 0; i < c->declaration->service_count; i++) {
        const struct declared_service *service = &c->declaration->services[i];
        if (c->service ? strcmp(service->name, c->service) == 0 : service->state != STATE_FOLD)
            TRY(service_replay(c, service));
    }
    if (c->tasks || c->switched)
        return E_ok;
    enum error e = fail(E_not_found, "%s: there is no store to replay", c->options.store_url);
    fail_try("octavo up %s, or --dir with the right directory", c->system);
    return e;
}

static enum error prepare(struct replay_call *c) {
    TRY(parts_declaration(&c->declaration, c->system, c->file));
    c->options.declaration = c->declaration;
    c->options.store_kind = parts_store(c->declaration->store);
    c->options.snapshot = c->from;
    c->options.on_progress = on_progress;
    c->options.context = c;
    c->progress = isatty(STDERR_FILENO) == 1;
    if (!c->options.store_kind)
        return fail(E_config, "store %s: not in this binary", c->declaration->store);
    if (c->broker)
        return E_ok;
    enum error e = fail(E_usage, "no broker runs in %s", c->place.dir);
    fail_try("octavo broker --dir %s/broker, or --broker HOST:PORT", c->place.dir);
    return e;
}

static char *store_url(const struct replay_call *c) {
    const char *store = c->declaration->store;
    char *dir = place_path(&c->place, c->declaration->system, NULL);
    char *url = strchr(store, ':') ? text_copy(store) : text_format("%s:%s", store, dir);
    free(dir);
    return url;
}

static int exit_code(const struct replay_call *c, enum error e) {
    if (e) {
        error_print();
        return command_exit_code(e);
    }
    if (c->verdicts[REPLAY_DIFFERS])
        return EXIT_FOUND;
    return c->verdicts[REPLAY_NOT_CHECKED] ? EXIT_NOT_CHECKED : EXIT_DONE;
}

static enum error replay(struct replay_call *c) {
    TRY(prepare(c));
    char *url = store_url(c), *work = place_path(&c->place, "replay", NULL);
    c->options.store_url = url;
    c->options.work_dir = work;
    c->options.bootstrap = c->broker;
    if (c->json)
        (void)printf("{\"system\":\"%s\",\"tasks\":[\n ", c->system);
    enum error e = services_replay(c);
    if (c->json)
        (void)printf("]}\n");
    free(url);
    free(work);
    return e;
}

int replay_command(int count, char **arguments) {
    struct replay_call c = { 0 };
    if (!options_read(&c, count, arguments))
        return command_usage(count, arguments, replay_help);
    c.place = place_of(c.dir);
    char *broker = c.broker ? text_copy(c.broker) : place_broker(&c.place);
    c.broker = broker;
    int code = exit_code(&c, replay(&c));
    declaration_destroy(c.declaration);
    free(broker);
    place_finish(&c.place);
    return code;
}
