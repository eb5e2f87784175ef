/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What every demo needs: an empty data directory, its system running in it, numbered steps on
 * standard error, a process killed in the middle.
 *
 * stage_open, then history or other input, stage_start, the input fed while loop_turn is called
 * (stage_turn), stage_kill in the middle, the result printed, stage_try_next, stage_stay,
 * stage_close. */
#ifndef OCTAVO_APP_DEMO_STAGE_H
#define OCTAVO_APP_DEMO_STAGE_H

#include "app/running.h"
#include "declaration/declaration.h"
#include "demo.h"
#include "octavo.h"

struct stage {
    struct demo_call *call;
    struct loop *loop;
    struct place place;
    struct declaration *declaration;
    char *file; /* of a declaration that is not the shipped one (stage_declare); NULL: it is */
    struct running running;
    long memory_kib;    /* the most that all processes held when stage_progress was called */
    bool progress_line; /* one is on the screen */
};

/* The loop, the shipped declaration, and call->dir emptied. E_exists: it is there and no demo made
 * it. What was opened is closed by stage_close, also after an error. */
enum error stage_open(struct stage *s, struct demo_call *call, const char *system) MUST_CHECK;
/* Before stage_start: the shipped declaration with some of its text, each there once, replaced. */
struct stage_edit {
    const char *from, *to; /* the last one is NULL */
};
enum error stage_declare(struct stage *s, const struct stage_edit *edits) MUST_CHECK;
enum error stage_start(struct stage *s) MUST_CHECK; /* the broker and a process per service */
/* To look into the stores, as a verb of the system does; the caller destroys it. */
enum error stage_session(struct stage *s, struct octavo_session **out) MUST_CHECK;
void stage_close(struct stage *s);

int64_t stage_now_ms(const struct stage *s);
/* One turn of the loop; false: it is `until_ms`, or Ctrl-C was pressed. */
bool stage_turn(struct stage *s, int64_t until_ms);
/* kill -9 of a service, or of "broker"; said as `called`. It is started again by itself. Not with
 * --no-kill. */
void stage_kill(struct stage *s, const char *service, const char *called);

/* A numbered line. */
void stage_say(struct stage *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line that is written over, at a terminal only: "DONE of TOTAL what, N a second". */
void stage_progress(struct stage *s, int64_t done, int64_t total, const char *what);
void stage_progress_end(struct stage *s); /* before something else is printed */

/* A name as a shell takes it. Owned by the caller. */
char *stage_shell_word(const char *name);
void stage_stay(struct stage *s); /* until Ctrl-C, if call->stay */

#endif
