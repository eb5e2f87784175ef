/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* fork, exec, waitpid and /proc. */
#include "process.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOG_SHOWN = 1500, OUTPUT_MAX = 64 << 20 };

void process_init(struct process *p, const char *name, const char *dir) {
    *p = (struct process){ .name = text_copy(name) };
    p->port_file = text_format("%s/run/%s.port", dir, name);
    p->log_file = text_format("%s/log/%s.log", dir, name);
}

void process_finish(struct process *p) {
    process_kill(p);
    for (int i = 0; i < PROCESS_ARGUMENTS_MAX; i++)
        free(p->arguments[i]);
    free(p->name);
    free(p->port_file);
    free(p->log_file);
    free(p->crash);
    *p = (struct process){ 0 };
}

void process_argument(struct process *p, const char *text) {
    int at = 0;
    while (p->arguments[at])
        at++;
    assert(at < PROCESS_ARGUMENTS_MAX - 1);
    p->arguments[at] = text_copy(text);
}

/* In the child, between fork and exec: nothing that takes a lock. */
static void child_begin(int parent) {
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(3);
}

static void child_settings(const struct buf *environment) {
    for (size_t at = 0; environment && at < environment->len;) {
        char *setting = (char *)environment->data + at;
        (void)putenv(setting);
        at += strlen(setting) + 1;
    }
}

static void child_redirect(int to, const char *path, int how) {
    int fd = open(path, how | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)dup2(fd, to);
}

enum error process_start(struct process *p, const char *crash) {
    int parent = getpid();
    assert(!p->pid);
    p->ready = p->elsewhere;
    if (p->elsewhere)
        return E_ok;
    (void)unlink(p->port_file);
    free(p->crash);
    p->crash = crash ? text_copy(crash) : NULL;
    char *armed = text_format("OCTAVO_CRASH=%s", crash ? crash : "");
    p->ready = p->paused = p->ordered = false;
    p->started_ns = clock_steady_ns(clock_real());
    p->starts++;
    p->pid = fork();
    if (p->pid == 0) {
        if (p->group && setresgid((gid_t)p->group, (gid_t)p->group, (gid_t)p->group))
            _exit(126);
        child_begin(parent); /* behind it: who changes groups outlives its parent again */
        child_redirect(STDERR_FILENO, p->log_file, O_WRONLY | O_CREAT | O_APPEND);
        child_redirect(STDOUT_FILENO, p->log_file, O_WRONLY | O_CREAT | O_APPEND);
        child_redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
        child_settings(p->environment);
        child_settings(p->preload);
        (void)putenv(armed);
        (void)execv(p->arguments[0], p->arguments);
        _exit(127);
    }
    free(armed);
    if (p->pid > 0)
        return E_ok;
    p->pid = 0;
    return fail_errno("start %s", p->name);
}

static void process_ended(struct process *p, int status) {
    p->pid = 0;
    p->ready = p->paused = false;
    p->code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    if (!p->ordered && !(p->crash && p->code == -SIGKILL))
        p->surprises++;
}

static void look_at_port(struct process *p) {
    struct buf text = { 0 };
    bool there = false;
    if (disk_exists(disk_real(), p->port_file, &there) || !there)
        return;
    if (!disk_read_whole(disk_real(), p->port_file, 32, &text) && text.len) {
        p->port = (int)strtol(buf_text(&text), NULL, 10);
        p->ready = true;
    }
    buf_finish(&text);
}

bool process_look(struct process *p) {
    int status;
    if (!p->pid)
        return p->elsewhere;
    if (waitpid(p->pid, &status, WNOHANG) == p->pid) {
        process_ended(p, status);
        return false;
    }
    if (!p->ready)
        look_at_port(p);
    return true;
}

void process_kill(struct process *p) {
    int status;
    if (!p->pid || !process_look(p))
        return;
    p->ordered = true;
    p->kills++;
    (void)kill(p->pid, SIGKILL);
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR) {
    }
    process_ended(p, status);
}

void process_ask_to_stop(struct process *p) {
    p->ordered = true;
    if (p->pid)
        (void)kill(p->pid, SIGTERM);
}

void process_pause(struct process *p, bool paused) {
    if (p->pid)
        (void)kill(p->pid, paused ? SIGSTOP : SIGCONT);
    p->paused = paused && p->pid;
}

static long memory_of(int pid) {
    char path[64];
    struct buf text = { 0 };
    struct file *f;
    long pages = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/statm", pid);
    if (disk_open(disk_real(), path, DISK_READ, &f))
        return 0;
    if (!disk_read_at(f, 0, &text, 256)) { /* its size is told as 0 */
        const char *space = strchr(buf_text(&text), ' ');
        pages = space ? strtol(space, NULL, 10) : 0;
    }
    disk_close(f);
    buf_finish(&text);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void count_name(void *context, const char *name) {
    (void)name;
    ++*(long *)context;
}

struct process_use process_use(const struct process *p) {
    struct process_use use = { 0 };
    char path[64];
    if (!p->pid)
        return use;
    (void)snprintf(path, sizeof(path), "/proc/%d/fd", p->pid);
    if (disk_list(disk_real(), path, count_name, &use.descriptors))
        use.descriptors = 0;
    use.memory_kib = memory_of(p->pid);
    return use;
}

char *process_last_words(const struct process *p) {
    struct buf text = { 0 };
    struct file *f = NULL;
    int64_t size = 0;
    enum error e = disk_open(disk_real(), p->log_file, DISK_READ, &f);
    if (!e)
        e = disk_size(f, &size);
    if (!e)
        e = disk_read_at(f, size > LOG_SHOWN ? size - LOG_SHOWN : 0, &text, LOG_SHOWN);
    disk_close(f);
    char *said = text_copy_bytes(e ? bytes_text("") : buf_bytes(&text));
    buf_finish(&text);
    return said;
}

static int command_fork(const struct command *c, const int fds[2]) {
    int parent = getpid();
    int pid = fork();
    if (pid)
        return pid;
    child_begin(parent);
    (void)dup2(fds[1], STDOUT_FILENO);
    child_redirect(STDERR_FILENO, c->errors ? c->errors : "/dev/null",
                   O_WRONLY | O_CREAT | O_APPEND);
    child_redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
    child_settings(c->environment);
    (void)execv(c->arguments[0], (char *const *)(uintptr_t)c->arguments);
    _exit(127);
}

/* Until it closes its output, or time is up. */
static bool command_read(const struct command *c, int fd, int64_t until_ms) {
    uint8_t part[4096];
    for (;;) {
        int64_t left = until_ms - clock_steady_ms(clock_real());
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        if (left <= 0 || poll(&wait, 1, (int)left) == 0)
            return false;
        ssize_t got = read(fd, part, sizeof(part));
        if (got == 0)
            return true;
        if (got > 0 && c->output && c->output->len < OUTPUT_MAX)
            buf_put(c->output, part, (size_t)got);
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            return true;
    }
}

enum error command_run(const struct command *c, int *code) {
    int fds[2];
    int status = 0;
    if (pipe2(fds, O_CLOEXEC))
        return fail_errno("pipe for %s", c->arguments[1]);
    int pid = command_fork(c, fds);
    (void)close(fds[1]);
    bool ended = pid > 0 && command_read(c, fds[0], clock_steady_ms(clock_real()) + c->limit_ms);
    (void)close(fds[0]);
    if (pid < 0)
        return fail_errno("start octavo %s", c->arguments[1]);
    if (!ended)
        (void)kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    *code = !ended || WIFSIGNALED(status) ? -1 : WEXITSTATUS(status);
    return E_ok;
}
