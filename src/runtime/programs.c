/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Asking a program for what a handler does. Everything under way is a flight; the program answers
 * in the order it was asked, so flights are a queue: the first without an answer is the one whose
 * line comes next. */
#include "runtime/programs.h"

#include "base/check.h"
#include "base/crash_point.h"
#include "base/table.h"
#include "program/program.h"
#include "runtime/program_event.h"
#include "runtime/task_inside.h"

#include <stdlib.h>
#include <string.h>

enum {
    FORESEEN_BYTES_MAX = 4 << 20, /* written ahead */
    HELD_BYTES_MAX = 32 << 20,    /* answers that came before their turn */
    GETS_MAX = 10000,             /* rows that one event may ask for */
};

struct flight {
    int64_t n;
    struct task *task;
    const void *topic; /* of the record, as its address: only compared */
    int32_t partition;
    int64_t offset; /* -1: no record, or asked at its turn */
    struct bytes key;
    bool stale;    /* taken; or its key was touched since, or nobody will want it */
    bool answered; /* then `answer` has it */
    struct buf answer;
};

/* First the handlers: a step knows its task's table of handlers, and so its program. */
struct programmed {
    struct octavo_handler handlers[PROGRAM_HANDLES_MAX + 1];
    struct octavo_service service;
    struct program *program;
    const struct declared_service *declared;
    bool asks, has_rows;
    struct flight *flights;
    size_t first, count, capacity; /* flights[first..count) may still be wanted */
    int64_t next_n;
    size_t held_bytes;
    struct table foreseen_keys;
    struct arena keys;  /* of flights */
    struct arena arena; /* of one answer */
    struct json json;   /* scratch */
    struct buf line;
    struct buf taken; /* a held answer whose turn it is */
    struct programs_counts counts;
};

static enum octavo_outcome program_call(struct octavo_step *s);

bool programs_is(const struct octavo_service *service) {
    return service && service->handlers[0].call == program_call;
}

static struct programmed *programmed_of(const struct octavo_handler *handlers) {
    assert(handlers[0].call == program_call);
    return (struct programmed *)(uintptr_t)handlers;
}

/* ---- flights */

static void flights_forget(struct programmed *p) {
    for (size_t i = 0; i < p->count; i++)
        buf_clear(&p->flights[i].answer);
    p->first = p->count = 0;
    p->held_bytes = 0;
    arena_reset(&p->keys);
}

static struct flight *flight_add(struct programmed *p, struct task *t, const struct input *in) {
    if (p->first == p->count)
        flights_forget(p);
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? p->capacity * 2 : 64;
        p->flights = memory_resize(p->flights, p->capacity * sizeof(*p->flights));
        memset(p->flights + p->count, 0, (p->capacity - p->count) * sizeof(*p->flights));
    }
    struct flight *f = &p->flights[p->count++];
    struct buf answer = f->answer; /* its memory is used again */
    buf_clear(&answer);
    *f = (struct flight){ .n = p->next_n++, .task = t, .offset = -1, .answer = answer };
    f->key = arena_copy(&p->keys, in->key);
    if (in->kind == INPUT_RECORD) {
        f->topic = in->topic.data;
        f->partition = in->partition;
        f->offset = in->offset;
    }
    return f;
}

static void flight_stale(struct programmed *p, struct flight *f) {
    f->stale = true;
    if (f->answered)
        p->held_bytes -= f->answer.len;
    buf_finish(&f->answer);
}

/* What was foreseen before it and was not asked for at its turn never will be. */
static struct flight *flight_find(struct programmed *p, const struct octavo_step *s) {
    const struct input *in = s->in;
    for (size_t i = p->first; in->kind == INPUT_RECORD && i < p->count; i++) {
        struct flight *f = &p->flights[i];
        if (f->stale || f->task != s->task || f->offset != in->offset
            || f->partition != in->partition || f->topic != in->topic.data)
            continue;
        for (size_t before = p->first; before < i; before++)
            if (!p->flights[before].stale)
                flight_stale(p, &p->flights[before]);
        return f;
    }
    return NULL;
}

/* An event is about to be asked for whose like was not foreseen: what was, of its key, is too old.
 */
static void key_touched(struct programmed *p, const struct input *in) {
    for (size_t i = p->first; i < p->count; i++)
        if (!p->flights[i].stale && bytes_equal(p->flights[i].key, in->key))
            flight_stale(p, &p->flights[i]);
}

static void flights_shift(struct programmed *p) {
    while (p->first < p->count && p->flights[p->first].answered && p->flights[p->first].stale)
        p->first++;
}

/* Reads until the flight `wanted` has its answer; every line belongs to the first without one. */
static enum error answer_read_for(struct programmed *p, size_t wanted, struct bytes *line) {
    for (size_t i = p->first; i <= wanted; i++) {
        struct flight *f = &p->flights[i];
        if (f->answered)
            continue;
        TRY(program_read(p->program, line));
        f->answered = true;
        if (i == wanted)
            return E_ok;
        if (f->stale)
            continue;
        if (p->held_bytes + line->len > HELD_BYTES_MAX) {
            f->stale = true;
            continue;
        }
        buf_put_bytes(&f->answer, *line);
        p->held_bytes += line->len;
    }
    struct flight *f = &p->flights[wanted]; /* it was there already */
    p->held_bytes -= f->answer.len;
    buf_finish(&p->taken);
    p->taken = f->answer; /* which is read long after its flight is done */
    f->answer = (struct buf){ 0 };
    *line = buf_bytes(&p->taken);
    return E_ok;
}

/* ---- foreseeing */

void programs_foresee_begin(const struct octavo_service *service) {
    struct programmed *p = programmed_of(service->handlers);
    for (size_t i = p->first; i < p->count; i++)
        if (!p->flights[i].stale)
            flight_stale(p, &p->flights[i]);
    flights_shift(p);
    table_clear(&p->foreseen_keys);
}

static bool is_handled(const struct programmed *p, struct bytes type) {
    for (const struct octavo_handler *h = p->handlers; h->type; h++)
        if (bytes_is_text(type, h->type))
            return true;
    return false;
}

/* One of a key: what the next of it is given is what this one leaves. */
static bool is_foreseeable(struct programmed *p, struct task *t, const struct input *in) {
    if (p->asks || in->key.len > OUT_NAME_MAX || in->json.len > OUT_BYTES_MAX
        || !is_handled(p, in->type) || (t->park.count && task_is_parked(t, in->key)))
        return false;
    if (in->json.data) {
        enum error e = json_read(&p->json, in->json);
        if (!e)
            json_finish(&p->json);
        if (e)
            return false;
    }
    return !p->has_rows || !table_put(&p->foreseen_keys, in->key, p);
}

enum error programs_foresee(const struct octavo_service *service, struct task *t,
                            const struct input *in, bool *full) {
    struct programmed *p = programmed_of(service->handlers);
    const char *too_many;
    *full = program_unwritten(p->program) > FORESEEN_BYTES_MAX;
    if (*full || !is_foreseeable(p, t, in))
        return E_ok;
    buf_clear(&p->line);
    TRY(program_event_write(&p->line, p->next_n, t, in, &too_many));
    if (too_many)
        return E_ok;
    (void)flight_add(p, t, in);
    program_write(p->program, buf_bytes(&p->line));
    p->counts.foreseen++;
    return E_ok;
}

void programs_foresee_send(const struct octavo_service *service) {
    program_push(programmed_of(service->handlers)->program);
}

/* ---- asking */

/* What a program got wrong is the event's lot: it is parked, and the service goes on. */
static enum octavo_outcome park(struct octavo_step *s, struct programmed *p) {
    char *story = text_copy_bytes(bytes_of(error_story(), strcspn(error_story(), "\n")));
    const char *colon = strchr(story, ':');
    const char *words = program_last_words(p->program);
    enum octavo_outcome outcome =
        octavo_refuse(s, OCTAVO_PARK, "the program:%s%s%s", colon ? colon + 1 : story,
                      words[0] ? "; it said: " : "", words);
    free(story);
    return outcome;
}

/* Rows that it asks for, as the step sees them now. */
static enum error gets_answer(struct octavo_step *s, struct programmed *p, struct answer *a) {
    struct bytes line;
    int64_t n = a->n;
    for (int i = 0; a->outcome == ANSWER_GET; i++) {
        if (!p->asks)
            return fail(E_malformed, "it asks for a row, and no table is declared with `ask`");
        if (i == GETS_MAX)
            return fail(E_malformed, "it asked for more than %d rows", GETS_MAX);
        buf_clear(&p->line);
        program_row_write(&p->line, s, a);
        if (s->faulty || s->error)
            return s->error ? s->error : fail(E_malformed, "%s", buf_text(s->reason));
        program_write(p->program, buf_bytes(&p->line));
        arena_reset(&p->arena);
        TRY(program_read(p->program, &line));
        TRY(answer_read(a, &p->arena, line));
        if (a->n != n)
            return fail(E_malformed, "an answer has `n` %lld, not %lld", (long long)a->n,
                        (long long)n);
    }
    return E_ok;
}

static enum error answer_take(struct octavo_step *s, struct programmed *p, struct flight *f,
                              struct answer *a) {
    struct bytes line;
    int64_t n = f->n;
    size_t at = (size_t)(f - p->flights);
    arena_reset(&p->arena);
    CRASH_POINT(program_asked);
    TRY(answer_read_for(p, at, &line));
    TRY(answer_read(a, &p->arena, line));
    CRASH_POINT(program_answered);
    if (a->n != n)
        return fail(E_malformed, "an answer has `n` %lld, not %lld", (long long)a->n, (long long)n);
    return gets_answer(s, p, a);
}

/* At its turn: with the rows as they are now, behind what is under way. */
static enum error flight_send(struct octavo_step *s, struct programmed *p, struct flight **out) {
    const char *too_many;
    *out = NULL;
    key_touched(p, s->in);
    buf_clear(&p->line);
    s->error = program_event_write(&p->line, p->next_n, s->task, s->in, &too_many);
    if (s->error)
        return s->error;
    if (too_many)
        return fail(E_too_large,
                    "its key has over %d rows or %d bytes of them in table %s: "
                    "declare `ask: true` there",
                    PROGRAM_ROWS_MAX, PROGRAM_ROWS_BYTES_MAX, too_many);
    *out = flight_add(p, s->task, s->in);
    program_write(p->program, buf_bytes(&p->line));
    p->counts.asked++;
    return E_ok;
}

/* Nothing that is under way will be answered: the rest of it is asked at its turn. */
static enum error program_afresh(struct programmed *p) {
    flights_forget(p);
    p->counts.restarts++;
    return program_restart(p->program);
}

/* How far an event has come when it fails. */
struct asking {
    bool sent, alone;
};

static enum error event_ask(struct octavo_step *s, struct programmed *p, struct answer *a,
                            struct asking *how) {
    struct flight *f = flight_find(p, s);
    flights_shift(p);
    *how = (struct asking){ f != NULL, false };
    if (!f) {
        TRY(flight_send(s, p, &f));
        *how = (struct asking){ true, p->first + 1 == p->count };
    }
    enum error e = answer_take(s, p, f, a);
    if (!e) {
        flight_stale(p, f);
        flights_shift(p);
        program_answered_well(p->program);
    }
    return e;
}

static enum octavo_outcome answer_do(struct octavo_step *s, struct programmed *p,
                                     const struct answer *a) {
    struct octavo_text reason = { (const char *)a->reason.data, a->reason.len };
    static const enum octavo_outcome outcomes[] = {
        [ANSWER_RETRY] = OCTAVO_RETRY, [ANSWER_PARK] = OCTAVO_PARK, [ANSWER_STOP] = OCTAVO_STOP
    };
    if (a->outcome != ANSWER_DONE)
        return octavo_refuse(s, outcomes[a->outcome], "%.*s", (int)reason.len,
                             reason.data ? reason.data : "");
    program_apply(s, &p->arena, a);
    s->unfit = s->unfit || s->faulty; /* what is not declared is the program's mistake, not ours */
    return s->faulty ? OCTAVO_PARK : OCTAVO_DONE;
}

/* Two attempts; the second one has a fresh program to itself. */
static enum octavo_outcome program_call(struct octavo_step *s) {
    struct programmed *p = programmed_of(s->task->options.handlers);
    struct answer a;
    struct asking how;
    for (int attempt = 0;; attempt++) {
        enum error e = event_ask(s, p, &a, &how);
        if (!e)
            return answer_do(s, p, &a);
        if (s->error)
            return OCTAVO_STOP;
        enum octavo_outcome parked = park(s, p);
        s->faulty = false; /* of a row that it asked for */
        if (how.sent && program_afresh(p)) {
            s->error = E_handler;
            return OCTAVO_STOP;
        }
        if (!how.sent || attempt || (e == E_timed_out && how.alone))
            return parked;
    }
}

/* ---- open and close */

static void handlers_fill(struct programmed *p) {
    const struct hello *hello = program_hello(p->program);
    for (size_t i = 0; i < hello->count; i++)
        p->handlers[i] = (struct octavo_handler){ hello->handles[i], program_call };
    p->service = (struct octavo_service){ p->declared->name, p->handlers };
}

enum error programs_open(const struct octavo_service **out,
                         const struct programs_options *options) {
    const struct declared_service *s = options->declared;
    struct programmed *p = memory_get(sizeof(*p));
    struct buf greeting = { 0 };
    char *who = text_format("%s.%s", options->declaration->system, s->name);
    program_greeting(&greeting, options->declaration, s);
    struct program_options program = {
        .command = s->program,
        .dir = s->program_dir,
        .who = who,
        .greeting = buf_text(&greeting),
        .budget_ms = s->budget_ms ? s->budget_ms : PROGRAM_BUDGET_MS,
        .clock = options->clock,
    };
    p->declared = s;
    p->asks = program_asks(s);
    p->has_rows = program_is_given_any(s);
    p->handlers[0].call = program_call;
    enum error e = program_create(&p->program, &program);
    if (!e)
        handlers_fill(p);
    p->service.handlers = p->handlers;
    *out = &p->service;
    if (e) {
        programs_close(&p->service);
        *out = NULL;
    }
    free(who);
    buf_finish(&greeting);
    return e;
}

void programs_close(const struct octavo_service *service) {
    if (!programs_is(service))
        return;
    struct programmed *p = programmed_of(service->handlers);
    program_destroy(p->program);
    for (size_t i = 0; i < p->capacity; i++)
        buf_finish(&p->flights[i].answer);
    free(p->flights);
    table_finish(&p->foreseen_keys);
    arena_finish(&p->keys);
    arena_finish(&p->arena);
    buf_finish(&p->line);
    buf_finish(&p->taken);
    free(p);
}

void programs_tick(const struct octavo_service *service) {
    if (programs_is(service))
        program_push(programmed_of(service->handlers)->program);
}

struct programs_counts programs_counts(const struct octavo_service *service) {
    return programmed_of(service->handlers)->counts;
}
