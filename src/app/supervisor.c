/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* fork, exec, waitpid: the few lines every supervisor needs, on our loop. */
#include "supervisor.h"

#include "base/check.h"
#include "base/event.h"
#include "commands.h"
#include "net/notify.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ARGUMENTS_MAX = 32,
    READY_STEP_MS = 5,
    READY_LIMIT_MS = 60000,
    STOP_LIMIT_MS = 15000,
    STOP_UNREADY_MS = 1000, /* it waits for something, and no signal ends that */
    WATCH_EVERY_MS = 1000,
    SILENCE_MS = 10000,
    SILENCE_AT_END_MS = 30000, /* while it stops it waits for the broker and the disk */
    RESTART_PAUSE_MS = 50,
    FORK_RETRY_MS = 1000,
    FAST_DEATHS_MAX = 20,
    FAST_DEATH_MS = 2000
};

struct child {
    struct child *next;
    struct supervisor *supervisor;
    char *name;
    char *arguments[ARGUMENTS_MAX];
    char *ready_file;
    char *log_file;
    pid_t pid; /* 0: not running */
    int restarts;
    int fast_deaths; /* in a row: a child that cannot live is not started for ever */
    int64_t started_ms;
    int64_t heard_ms;   /* its last sign of life */
    int64_t silence_ms; /* that is death; 0: it is not ready yet */
    bool given_up;
    bool was_ready;   /* once */
    bool wrong_usage; /* it refused its configuration: another start cannot end better */
    struct loop_timer *restart_timer;
};

struct supervisor {
    struct loop *loop;
    struct child *children; /* last started first: the order of stopping */
    struct notified *notified;
    struct loop_timer *watch_timer;
    int64_t watched_ms;
    bool stopping;
};

static void child_exec(const struct child *c, pid_t parent) {
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(3);
    int log = c->log_file ? open(c->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (log >= 0)
        (void)dup2(log, STDERR_FILENO);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)dup2(nothing, STDIN_FILENO);
    (void)dup2(nothing, STDOUT_FILENO);
    (void)execv("/proc/self/exe", c->arguments);
    _exit(127);
}

static enum error child_start(struct child *c) {
    pid_t parent = getpid();
    (void)unlink(c->ready_file);
    c->started_ms = clock_steady_ms(loop_clock(c->supervisor->loop));
    c->silence_ms = 0;
    c->pid = fork();
    if (c->pid == 0)
        child_exec(c, parent);
    if (c->pid < 0) {
        c->pid = 0;
        return fail_errno("start %s", c->name);
    }
    event_log(EV_process_started, "name=%s pid=%d", c->name, (int)c->pid);
    return E_ok;
}

static void on_restart(void *context) {
    struct child *c = context;
    if (c->supervisor->stopping || c->pid)
        return;
    c->restarts++;
    if (child_start(c)) { /* no process left, say: tried again, or it would never be there again */
        error_print();
        loop_timer_start(c->restart_timer, FORK_RETRY_MS);
    }
}

static void on_child_end(struct child *c, int status) {
    int64_t lived_ms = clock_steady_ms(loop_clock(c->supervisor->loop)) - c->started_ms;
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    c->pid = 0;
    if (c->supervisor->stopping)
        return;
    c->fast_deaths = lived_ms < FAST_DEATH_MS && !killed ? c->fast_deaths + 1 : 0;
    c->wrong_usage = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_USAGE;
    c->given_up = c->fast_deaths > FAST_DEATHS_MAX || c->wrong_usage;
    event_log(EV_process_ended, "name=%s signal=%d code=%d%s", c->name,
              WIFSIGNALED(status) ? WTERMSIG(status) : 0,
              WIFEXITED(status) ? WEXITSTATUS(status) : 0, c->given_up ? " given_up=1" : "");
    if (!c->given_up)
        loop_timer_start(c->restart_timer, RESTART_PAUSE_MS * (1 + c->fast_deaths));
    else if (c->was_ready) /* else supervisor_start tells */
        loop_stop(c->supervisor->loop);
}

static void reap(void *context) {
    struct supervisor *s = context;
    for (struct child *c = s->children; c; c = c->next) {
        int status;
        if (c->pid && waitpid(c->pid, &status, WNOHANG) == c->pid)
            on_child_end(c, status);
    }
}

/* ---- watching */

static void on_state(void *context, int pid, const char *state) {
    struct supervisor *s = context;
    struct child *c = s->children;
    while (c && c->pid != pid)
        c = c->next;
    if (!c)
        return; /* one that has just ended, or nobody of ours */
    c->heard_ms = clock_steady_ms(loop_clock(s->loop));
    if (notified_says(state, "READY=1"))
        c->silence_ms = SILENCE_MS;
    if (notified_says(state, "STOPPING=1"))
        c->silence_ms = SILENCE_AT_END_MS;
}

/* Who was stopped himself has heard nobody: then nobody is judged. */
static void on_watch(void *context) {
    struct supervisor *s = context;
    int64_t now_ms = clock_steady_ms(loop_clock(s->loop));
    bool slept = now_ms - s->watched_ms > SILENCE_MS / 2;
    for (struct child *c = s->children; c; c = c->next) {
        if (slept)
            c->heard_ms = now_ms;
        if (!c->pid || !c->silence_ms || now_ms - c->heard_ms <= c->silence_ms)
            continue;
        event_log(EV_process_silent, "name=%s pid=%d silent_ms=%lld", c->name, (int)c->pid,
                  (long long)(now_ms - c->heard_ms));
        (void)kill(c->pid, SIGKILL);
        c->silence_ms = 0; /* once is enough */
    }
    s->watched_ms = now_ms;
    loop_timer_start(s->watch_timer, WATCH_EVERY_MS);
}

/* The environment is set here, where no thread and no child of ours reads it yet. */
static void tell_children(const char *notify_path) {
    char silence_us[24];
    (void)snprintf(silence_us, sizeof(silence_us), "%d000", SILENCE_MS);
    (void)setenv("NOTIFY_SOCKET", notify_path, 1);
    (void)setenv("WATCHDOG_USEC", silence_us, 1);
    (void)unsetenv("WATCHDOG_PID"); /* it named us */
}

enum error supervisor_create(struct supervisor **out, struct loop *l, const char *notify_path) {
    struct supervisor *s = memory_get(sizeof(*s));
    *out = NULL;
    enum error e = notified_open(&s->notified, l, notify_path, on_state, s);
    if (e) {
        free(s);
        return e;
    }
    s->loop = l;
    s->watch_timer = loop_timer_create(l, on_watch, s);
    s->watched_ms = clock_steady_ms(loop_clock(l));
    loop_timer_start(s->watch_timer, WATCH_EVERY_MS);
    tell_children(notify_path);
    loop_on_signal(l, SIGCHLD, reap, s);
    *out = s;
    return E_ok;
}

static void child_stop(struct supervisor *s, struct child *c) {
    int64_t limit_ms = c->silence_ms ? STOP_LIMIT_MS : STOP_UNREADY_MS;
    int64_t until_ms = clock_steady_ms(loop_clock(s->loop)) + limit_ms;
    if (c->pid)
        (void)kill(c->pid, SIGTERM);
    while (c->pid && clock_steady_ms(loop_clock(s->loop)) < until_ms) {
        loop_turn(s->loop, READY_STEP_MS);
        reap(s);
    }
    if (!c->pid)
        return;
    (void)kill(c->pid, SIGKILL);
    (void)waitpid(c->pid, NULL, 0);
    c->pid = 0;
}

static void child_destroy(struct child *c) {
    for (size_t i = 0; i < ARGUMENTS_MAX; i++)
        free(c->arguments[i]);
    loop_timer_destroy(c->restart_timer);
    free(c->name);
    free(c->ready_file);
    free(c->log_file);
    free(c);
}

void supervisor_destroy(struct supervisor *s) {
    if (!s)
        return;
    s->stopping = true;
    while (s->children) {
        struct child *c = s->children;
        child_stop(s, c);
        (void)unlink(c->ready_file); /* its port may be another's tomorrow */
        s->children = c->next;
        child_destroy(c);
    }
    loop_off_signal(s->loop, SIGCHLD);
    loop_timer_destroy(s->watch_timer);
    notified_close(s->notified);
    free(s);
}

static struct child *child_find(const struct supervisor *s, const char *name) {
    struct child *c = s->children;
    while (c && strcmp(c->name, name) != 0)
        c = c->next;
    return c;
}

static struct child *child_create(struct supervisor *s, const struct child_options *options) {
    struct child *c = memory_get(sizeof(*c));
    c->supervisor = s;
    c->name = text_copy(options->name);
    c->ready_file = text_copy(options->ready_file);
    c->log_file = options->log_file ? text_copy(options->log_file) : NULL;
    c->restart_timer = loop_timer_create(s->loop, on_restart, c);
    c->arguments[0] = text_copy("octavo");
    for (size_t i = 0; options->arguments[i]; i++) {
        assert(i + 2 < ARGUMENTS_MAX);
        c->arguments[i + 1] = text_copy(options->arguments[i]);
    }
    c->next = s->children;
    s->children = c;
    return c;
}

static bool ready_port(const struct child *c, int *port) {
    char text[16] = { 0 };
    int fd = open(c->ready_file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    if (got <= 0 || !strchr(text, '\n'))
        return false;
    *port = (int)strtol(text, NULL, 10);
    return true;
}

static enum error not_ready(const struct child *c) {
    enum error e = c->wrong_usage   ? fail(E_config, "%s refuses to start", c->name)
                   : c->fast_deaths ? fail(E_closed, "%s ends as soon as it starts", c->name)
                                    : fail(E_timed_out, "%s does not become ready", c->name);
    if (c->log_file)
        fail_try("look at the last lines of %s", c->log_file);
    else
        fail_try("the lines above say why");
    return e;
}

enum error supervisor_start(struct supervisor *s, const struct child_options *options, int *port) {
    struct child *c = child_create(s, options);
    int64_t until_ms = clock_steady_ms(loop_clock(s->loop)) + READY_LIMIT_MS;
    TRY(child_start(c));
    while (!ready_port(c, port)) {
        if (loop_is_stopped(s->loop))
            return fail(E_closed, "stopped before %s was ready", c->name);
        if (clock_steady_ms(loop_clock(s->loop)) > until_ms || c->given_up || c->fast_deaths > 2)
            return not_ready(c);
        loop_turn(s->loop, READY_STEP_MS);
    }
    c->was_ready = true;
    return E_ok;
}

enum error supervisor_judge(const struct supervisor *s) {
    const struct child *c = s->children;
    while (c && !c->given_up)
        c = c->next;
    if (!c)
        return E_ok;
    enum error e = c->wrong_usage
                       ? fail(E_config, "%s refuses its configuration", c->name)
                       : fail(E_closed, "%s has ended %d times in a row as soon as it started",
                              c->name, c->fast_deaths);
    if (c->log_file)
        fail_try("look at the last lines of %s", c->log_file);
    else
        fail_try("the lines above say why");
    return e;
}

void supervisor_set_argument(struct supervisor *s, const char *name, const char *option,
                             const char *value) {
    struct child *c = child_find(s, name);
    assert(c);
    for (size_t i = 0; i + 1 < ARGUMENTS_MAX && c->arguments[i + 1]; i++)
        if (strcmp(c->arguments[i], option) == 0) {
            free(c->arguments[i + 1]);
            c->arguments[i + 1] = text_copy(value);
            return;
        }
}

enum error supervisor_kill(struct supervisor *s, const char *name, int signal) {
    struct child *c = child_find(s, name);
    if (!c || !c->pid)
        return fail(E_not_found, "no running process %s", name);
    if (kill(c->pid, signal) < 0)
        return fail_errno("kill %s", name);
    return E_ok;
}

int supervisor_restarts(const struct supervisor *s, const char *name) {
    const struct child *c = child_find(s, name);
    return c ? c->restarts : 0;
}

int supervisor_pid(const struct supervisor *s, const char *name) {
    const struct child *c = child_find(s, name);
    return c ? c->pid : 0;
}

/* A line of /proc/PID/FILE in KiB; 0: it is not there. */
static long process_says_kib(pid_t pid, const char *file, const char *what) {
    char path[64], line[128];
    long kib = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, what, strlen(what)) == 0)
            kib = strtol(line + strlen(what), NULL, 10);
    if (f)
        (void)fclose(f);
    return kib;
}

/* Its share of what is resident: the sum over processes counts a shared page once. */
static long process_memory_kib(pid_t pid) {
    long share = process_says_kib(pid, "smaps_rollup", "Pss:");
    return share ? share : process_says_kib(pid, "status", "VmRSS:");
}

long supervisor_memory_kib(const struct supervisor *s) {
    long kib = process_memory_kib(getpid());
    for (const struct child *c = s->children; c; c = c->next)
        kib += c->pid ? process_memory_kib(c->pid) : 0;
    return kib;
}
