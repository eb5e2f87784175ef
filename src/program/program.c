/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Lines to and from a program, and its restarts. */
#include "program.h"

#include "base/check.h"
#include "base/event.h"
#include "piped.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORDS_MAX = 64,
    READ_BYTES = 256 << 10,
    SAID_BYTES_MAX = 400, /* of a line of its standard error, in the log */
    SAID_LINES_MAX = 200, /* in the log, a second */
    START_BUDGET_MS = 30000,
    STOP_WAIT_MS = 2000,
    RESTARTS_IN_A_ROW = 6,
    BACKOFF_FIRST_MS = 50,
    BACKOFF_MOST_MS = 2000,
};

struct program {
    char *command, *dir, *who, *greeting;
    char *words[WORDS_MAX + 1]; /* into `line` */
    char *line;
    int64_t budget_ms;
    struct clock *clock;
    struct piped process;
    struct arena arena; /* of hello */
    struct hello hello;
    struct buf out;  /* not yet written */
    struct buf in;   /* read; the next line begins at `at` */
    size_t at, seen; /* no line ends before `seen` */
    struct buf said; /* a line of its standard error that has no end yet */
    char last_words[SAID_BYTES_MAX + 1];
    int64_t said_since_ms;
    int said_lines;
    int in_a_row; /* restarts without a good answer between */
    uint64_t restarts;
};

/* ---- what it says on its standard error */

/* The log is one line an event: no control character, and only so much of a line. */
static void words_shown(char *out, struct bytes line) {
    size_t len = line.len < SAID_BYTES_MAX ? line.len : SAID_BYTES_MAX;
    for (size_t i = 0; i < len; i++)
        out[i] = (char)(line.data[i] >= ' ' && line.data[i] != 0x7f ? line.data[i] : ' ');
    out[len] = 0;
}

static void line_said(struct program *p, struct bytes line) {
    int64_t now_ms = clock_steady_ms(p->clock);
    if (!line.len)
        return;
    words_shown(p->last_words, line);
    if (now_ms - p->said_since_ms > 1000) {
        if (p->said_lines > SAID_LINES_MAX)
            event_log(EV_program_said, "program=%s left_out=%d", p->who,
                      p->said_lines - SAID_LINES_MAX);
        p->said_since_ms = now_ms;
        p->said_lines = 0;
    }
    if (++p->said_lines <= SAID_LINES_MAX)
        event_log(EV_program_said, "program=%s text=%s", p->who, p->last_words);
}

static void said_split(struct program *p) {
    size_t from = 0;
    for (const uint8_t *end;
         p->said.len > from && (end = memchr(p->said.data + from, '\n', p->said.len - from));) {
        size_t len = (size_t)(end - p->said.data) - from;
        line_said(p, bytes_of(p->said.data + from, len));
        from += len + 1;
    }
    buf_drop_front(&p->said, from);
    if (p->said.len < 8 * SAID_BYTES_MAX)
        return;
    line_said(p, buf_bytes(&p->said)); /* a line that does not end */
    buf_clear(&p->said);
}

static void said_read(struct program *p) {
    char some[4096];
    for (ssize_t got; p->process.err >= 0;) {
        got = piped_read(p->process.err, some, sizeof(some));
        if (got == 0)
            piped_close(&p->process.err);
        if (got <= 0)
            break;
        buf_put(&p->said, some, (size_t)got);
        said_split(p);
    }
}

static void said_rest(struct program *p) {
    said_read(p);
    line_said(p, buf_bytes(&p->said));
    buf_clear(&p->said);
}

/* ---- lines */

static void out_write(struct program *p) {
    size_t done = 0;
    while (p->process.in >= 0 && done < p->out.len) {
        ssize_t wrote = piped_write(p->process.in, p->out.data + done, p->out.len - done);
        if (wrote == 0) /* it has ended, or has closed its input: the reader sees which */
            done = p->out.len;
        if (wrote <= 0)
            break;
        done += (size_t)wrote;
    }
    buf_drop_front(&p->out, done);
}

void program_write(struct program *p, struct bytes line) {
    buf_put_bytes(&p->out, line);
    buf_put_byte(&p->out, '\n');
}

size_t program_unwritten(const struct program *p) {
    return p->out.len;
}

void program_push(struct program *p) {
    out_write(p);
    said_read(p);
}

static bool line_take(struct program *p, struct bytes *line) {
    if (p->in.len == p->seen)
        return false;
    const uint8_t *end = memchr(p->in.data + p->seen, '\n', p->in.len - p->seen);
    p->seen = p->in.len;
    if (!end)
        return false;
    size_t len = (size_t)(end - p->in.data) - p->at;
    *line = bytes_of(p->in.data + p->at, len);
    p->at += len + 1;
    p->seen = p->at;
    return true;
}

/* Lines that were taken stay where they are until the next call. */
static void in_shift(struct program *p) {
    if (p->at < p->in.len && p->at < READ_BYTES)
        return;
    buf_drop_front(&p->in, p->at);
    p->seen -= p->at;
    p->at = 0;
}

static enum error has_ended(struct program *p) {
    char how[32] = "an unknown reason";
    int64_t until_ms = clock_steady_ms(p->clock) + STOP_WAIT_MS;
    while (!piped_has_ended(&p->process, how) && clock_steady_ms(p->clock) < until_ms)
        (void)poll(NULL, 0, 1);
    said_rest(p);
    if (p->process.pid) /* it lives without its output */
        return fail(E_closed, "it has closed its standard output");
    return fail(E_closed, "it has ended by %s", how);
}

static enum error in_read(struct program *p, bool *more) {
    if (p->in.len - p->at > PROGRAM_LINE_BYTES_MAX)
        return fail(E_too_large, "it wrote a line of over %d bytes", PROGRAM_LINE_BYTES_MAX);
    buf_reserve(&p->in, READ_BYTES);
    ssize_t got = piped_read(p->process.out, p->in.data + p->in.len, READ_BYTES);
    *more = got > 0;
    if (got > 0)
        p->in.len += (size_t)got;
    return got == 0 ? has_ended(p) : E_ok;
}

static void io_wait(struct program *p, int64_t wait_ms) {
    struct pollfd all[] = {
        { .fd = p->process.out, .events = POLLIN },
        { .fd = p->process.err, .events = POLLIN },
        { .fd = p->out.len ? p->process.in : -1, .events = POLLOUT },
    };
    (void)poll(all, 3, wait_ms > 1000 ? 1000 : (int)wait_ms);
    if (all[1].revents)
        said_read(p);
    if (all[2].revents)
        out_write(p);
}

static enum error line_wait(struct program *p, int64_t budget_ms, struct bytes *line) {
    int64_t until_ms = clock_steady_ms(p->clock) + budget_ms;
    bool more;
    in_shift(p);
    if (line_take(p, line))
        return E_ok;
    out_write(p);
    for (;;) {
        TRY(in_read(p, &more));
        if (more && line_take(p, line))
            return E_ok;
        int64_t left_ms = until_ms - clock_steady_ms(p->clock);
        if (left_ms <= 0)
            return fail(E_timed_out, "it did not answer within %lld ms", (long long)budget_ms);
        if (!more)
            io_wait(p, left_ms);
    }
}

enum error program_read(struct program *p, struct bytes *line) {
    assert(p->process.out >= 0);
    return line_wait(p, p->budget_ms, line);
}

/* ---- starting and ending */

static void piped_gone(struct program *p) {
    said_rest(p);
    piped_kill(&p->process);
    piped_close_pipes(&p->process);
    buf_clear(&p->out);
    buf_clear(&p->in);
    p->at = p->seen = 0;
}

static enum error greet(struct program *p, struct arena *arena, struct hello *hello) {
    struct bytes line;
    int64_t budget_ms = p->budget_ms > START_BUDGET_MS ? p->budget_ms : START_BUDGET_MS;
    program_write(p, bytes_text(p->greeting));
    TRY_WHILE(line_wait(p, budget_ms, &line), "greeting it");
    return hello_read(hello, arena, line);
}

static enum error start(struct program *p, struct arena *arena, struct hello *hello) {
    p->last_words[0] = 0;
    TRY(piped_start(&p->process, p->words, p->dir));
    enum error e = greet(p, arena, hello);
    if (!e) {
        event_log(EV_program_started, "program=%s pid=%d", p->who, (int)p->process.pid);
        return E_ok;
    }
    char *story = text_copy_bytes(bytes_of(error_story(), strcspn(error_story(), "\n")));
    piped_gone(p);
    const char *colon = strchr(story, ':');
    e = fail(E_config, "program %s:%s%s%s", p->command, colon ? colon + 1 : story,
             p->last_words[0] ? "; it said: " : "", p->last_words);
    fail_try("run it by hand in %s: its first line must be its hello (docs/formats/program.md)",
             p->dir ? p->dir : "this directory");
    free(story);
    return e;
}

static void words_split(struct program *p) {
    size_t count = 0;
    char *at = p->line;
    while (count < WORDS_MAX) {
        at += strspn(at, " ");
        if (!*at)
            break;
        p->words[count++] = at;
        at += strcspn(at, " ");
        if (*at)
            *at++ = 0;
    }
}

enum error program_create(struct program **out, const struct program_options *options) {
    struct program *p = memory_get(sizeof(*p));
    p->command = text_copy(options->command);
    p->line = text_copy(options->command);
    p->dir = options->dir ? text_copy(options->dir) : NULL;
    p->who = text_copy(options->who);
    p->greeting = text_copy(options->greeting);
    p->budget_ms = options->budget_ms;
    p->clock = options->clock;
    p->process = (struct piped){ 0, -1, -1, -1 };
    words_split(p);
    enum error e =
        p->words[0] ? start(p, &p->arena, &p->hello) : fail(E_config, "program: no command");
    *out = e ? NULL : p;
    if (e)
        program_destroy(p);
    return e;
}

static void wait_a_while(struct program *p) {
    int64_t wait_ms = BACKOFF_FIRST_MS;
    for (int i = 2; i < p->in_a_row && wait_ms < BACKOFF_MOST_MS; i++)
        wait_ms *= 2;
    if (p->in_a_row > 1)
        (void)poll(NULL, 0, (int)(wait_ms < BACKOFF_MOST_MS ? wait_ms : BACKOFF_MOST_MS));
}

enum error program_restart(struct program *p) {
    struct arena arena = { 0 };
    enum error e = E_ok;
    piped_gone(p);
    do {
        struct hello hello; /* what it handles was settled when it was first started */
        p->in_a_row++;
        p->restarts++;
        wait_a_while(p);
        event_log(EV_program_restarted, "program=%s in_a_row=%d", p->who, p->in_a_row);
        e = start(p, &arena, &hello);
    } while (e && p->in_a_row < RESTARTS_IN_A_ROW);
    arena_finish(&arena);
    return e;
}

void program_answered_well(struct program *p) {
    p->in_a_row = 0;
}

uint64_t program_restarts(const struct program *p) {
    return p->restarts;
}

const char *program_last_words(const struct program *p) {
    return p->last_words;
}

const struct hello *program_hello(const struct program *p) {
    return &p->hello;
}

static void ask_to_end(struct program *p) {
    char how[32];
    int64_t until_ms = clock_steady_ms(p->clock) + STOP_WAIT_MS;
    piped_close(&p->process.in);
    while (p->process.pid && clock_steady_ms(p->clock) < until_ms
           && !piped_has_ended(&p->process, how)) {
        said_read(p);
        (void)poll(NULL, 0, 2);
    }
}

void program_destroy(struct program *p) {
    if (!p)
        return;
    ask_to_end(p);
    piped_gone(p);
    arena_finish(&p->arena);
    buf_finish(&p->out);
    buf_finish(&p->in);
    buf_finish(&p->said);
    free(p->command);
    free(p->line);
    free(p->dir);
    free(p->who);
    free(p->greeting);
    free(p);
}
