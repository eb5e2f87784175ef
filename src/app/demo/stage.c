/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The directory is only emptied when an earlier demo left its mark in it, and only under the lock
 * of who runs a system there. */
#include "stage.h"

#include "app/parts.h"
#include "base/check.h"
#include "base/event.h"
#include "base/tree.h"
#include "runtime/session.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TURN_MS = 20 };

static void on_stop_signal(void *context) {
    struct stage *s = context;
    s->call->interrupted = true;
    loop_stop(s->loop);
}

/* ---- what a person sees */

void stage_progress_end(struct stage *s) {
    if (s->progress_line)
        (void)fputs("\n", stderr);
    s->progress_line = false;
}

void stage_say(struct stage *s, const char *format, ...) {
    va_list list;
    stage_progress_end(s);
    (void)fprintf(stderr, "%2d  ", s->call->step++);
    va_start(list, format);
    (void)vfprintf(stderr, format, list);
    va_end(list);
    (void)fputs("\n", stderr);
}

static void on_step(void *context, const char *text) {
    stage_say(context, "%s", text);
}

void stage_progress(struct stage *s, int64_t done, int64_t total, const char *what) {
    long memory_kib = supervisor_memory_kib(s->running.supervisor);
    if (memory_kib > s->memory_kib)
        s->memory_kib = memory_kib;
    if (!isatty(STDERR_FILENO))
        return;
    (void)fprintf(stderr, "\r    %lld of %lld %s   ", (long long)done, (long long)total, what);
    s->progress_line = true;
}

char *stage_shell_word(const char *name) {
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+,:@%";
    struct buf word = { 0 };
    if (*name && strspn(name, plain) == strlen(name))
        return text_copy(name);
    buf_put_byte(&word, '\'');
    for (; *name; name++)
        if (*name == '\'')
            buf_put_text(&word, "'\\''");
        else
            buf_put_byte(&word, (uint8_t)*name);
    buf_put_byte(&word, '\'');
    char *text = text_copy(buf_text(&word));
    buf_finish(&word);
    return text;
}

/* ---- the directory */

static enum error directory_empty(const struct place *place) {
    struct file *lock;
    TRY(place_make(place, NULL));
    TRY(place_lock(place, &lock)); /* another demo may be running on it */
    enum error e = tree_remove(place->dir);
    disk_close(lock);
    return e;
}

static enum error directory_prepare(const struct place *place) {
    bool there, ours;
    char *mark = text_format("%s/octavo-demo", place->dir);
    enum error e = disk_exists(disk_real(), place->dir, &there);
    if (!e)
        e = disk_exists(disk_real(), mark, &ours);
    if (!e && there && !ours) {
        e = fail(E_exists, "%s is there and was not made by a demo", place->dir);
        fail_try("--dir with another name");
    }
    if (!e && there)
        e = directory_empty(place);
    if (!e)
        e = disk_make_dir(disk_real(), place->dir);
    if (!e)
        e = disk_replace(disk_real(), mark, bytes_text("octavo demo\n"));
    free(mark);
    return e;
}

/* ---- life */

enum error stage_open(struct stage *s, struct demo_call *call, const char *system) {
    *s = (struct stage){ .call = call, .place = place_of(call->dir) };
    if (!getenv("OCTAVO_LOG"))
        event_log_from(EVENT_error); /* the numbered steps say it in a reader's words */
    TRY(loop_create(&s->loop, clock_real()));
    loop_on_signal(s->loop, SIGTERM, on_stop_signal, s);
    loop_on_signal(s->loop, SIGINT, on_stop_signal, s);
    TRY(parts_declaration(&s->declaration, system, NULL));
    return directory_prepare(&s->place);
}

static char *text_edit(char *text, const struct stage_edit *edit) {
    const char *at = strstr(text, edit->from);
    assert(at && !strstr(at + 1, edit->from));
    char *edited =
        text_format("%.*s%s%s", (int)(at - text), text, edit->to, at + strlen(edit->from));
    free(text);
    return edited;
}

enum error stage_declare(struct stage *s, const struct stage_edit *edits) {
    const char *system = s->declaration->system;
    char *text = text_copy(parts_system(system)->declaration);
    for (; edits->from; edits++)
        text = text_edit(text, edits);
    s->file = text_format("%s/%s.yaml", s->place.dir, system);
    enum error e = disk_replace(disk_real(), s->file, bytes_text(text));
    free(text);
    declaration_destroy(s->declaration);
    s->declaration = NULL;
    return e ? e : parts_declaration(&s->declaration, NULL, s->file);
}

enum error stage_start(struct stage *s) {
    struct running_options options = {
        .loop = s->loop,
        .place = &s->place,
        .declaration = s->declaration,
        .file = s->file,
        .broker_port = (int)s->call->port,
        .edge_port = s->call->port ? -1 : 0, /* 0: nothing of this run is where others look */
        .logs_to_files = true,
        .on_step = on_step,
        .context = s,
    };
    return running_start(&s->running, &options);
}

enum error stage_session(struct stage *s, struct octavo_session **out) {
    char *dir = place_path(&s->place, s->declaration->system, NULL);
    struct session_options options = {
        .declaration = s->declaration,
        .store_kind = parts_store(s->declaration->store),
        .fold_kind = parts_store("fold"),
        .data_dir = dir,
        .bootstrap = s->running.broker,
        .json = s->call->json,
    };
    enum error e = session_create(out, &options);
    free(dir);
    return e;
}

void stage_close(struct stage *s) {
    running_stop(&s->running);
    declaration_destroy(s->declaration);
    loop_destroy(s->loop);
    place_finish(&s->place);
    free(s->file);
}

/* ---- while it runs */

int64_t stage_now_ms(const struct stage *s) {
    return clock_steady_ms(loop_clock(s->loop));
}

bool stage_turn(struct stage *s, int64_t until_ms) {
    if (s->call->interrupted || stage_now_ms(s) >= until_ms)
        return false;
    loop_turn(s->loop, TURN_MS);
    return !s->call->interrupted;
}

void stage_kill(struct stage *s, const char *service, const char *called) {
    if (s->call->no_kill)
        return;
    if (supervisor_kill(s->running.supervisor, service, SIGKILL))
        error_print();
    else
        stage_say(s, "kill -9 of the %s; it is started again", called);
}

void stage_stay(struct stage *s) {
    if (!s->call->stay || s->call->interrupted)
        return;
    (void)printf("\nIt stays up; Ctrl-C ends it.\n");
    (void)fflush(stdout);
    loop_run(s->loop);
}
