/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Starting and ending a process. Between fork and exec only what is safe beside other threads is
 * called; a failed exec says why on its standard error and ends with 127, as a shell does. */
#include "piped.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIPE_BYTES = 1 << 20 };

struct pipes {
    int in[2], out[2], err[2];
};

static void pair_close(int pair[2]) {
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0)
            (void)close(pair[i]);
}

static void pipes_close(struct pipes *p) {
    pair_close(p->in);
    pair_close(p->out);
    pair_close(p->err);
}

/* A wider pipe is fewer turns between the two; without one it works as well. */
static enum error pipes_open(struct pipes *p) {
    *p = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
    if (pipe2(p->in, O_CLOEXEC) < 0 || pipe2(p->out, O_CLOEXEC) < 0 || pipe2(p->err, O_CLOEXEC) < 0)
        return fail_errno("pipes to a program");
    (void)fcntl(p->in[1], F_SETPIPE_SZ, PIPE_BYTES);
    (void)fcntl(p->out[0], F_SETPIPE_SZ, PIPE_BYTES);
    if (fcntl(p->in[1], F_SETFL, O_NONBLOCK) < 0 || fcntl(p->out[0], F_SETFL, O_NONBLOCK) < 0
        || fcntl(p->err[0], F_SETFL, O_NONBLOCK) < 0)
        return fail_errno("pipes to a program");
    return E_ok;
}

static void child_say(const char *what) {
    const char *why = strerrordesc_np(errno);
    (void)!write(STDERR_FILENO, what, strlen(what));
    (void)!write(STDERR_FILENO, ": ", 2);
    (void)!write(STDERR_FILENO, why, strlen(why));
    (void)!write(STDERR_FILENO, "\n", 1);
}

_Noreturn static void child_run(const struct pipes *p, char *const *words, const char *dir) {
    sigset_t none;
    (void)dup2(p->in[0], STDIN_FILENO);
    (void)dup2(p->out[1], STDOUT_FILENO);
    (void)dup2(p->err[1], STDERR_FILENO);
    (void)close_range(STDERR_FILENO + 1, ~0U, 0);
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    if (dir && chdir(dir) < 0)
        child_say(dir);
    else if (execvp(words[0], words) < 0)
        child_say(words[0]);
    _exit(127);
}

enum error piped_start(struct piped *p, char *const *words, const char *dir) {
    struct pipes pipes;
    *p = (struct piped){ 0, -1, -1, -1 };
    enum error e = pipes_open(&pipes);
    if (!e) {
        p->pid = fork();
        if (p->pid == 0)
            child_run(&pipes, words, dir);
        if (p->pid < 0)
            e = fail_errno("start %s", words[0]);
    }
    if (e) {
        p->pid = 0;
        pipes_close(&pipes);
        return e;
    }
    p->in = pipes.in[1];
    p->out = pipes.out[0];
    p->err = pipes.err[0];
    pipes.in[1] = pipes.out[0] = pipes.err[0] = -1;
    pipes_close(&pipes);
    return E_ok;
}

bool piped_has_ended(struct piped *p, char how[32]) {
    int status;
    if (!p->pid || waitpid(p->pid, &status, WNOHANG) != p->pid)
        return false;
    (void)kill(-p->pid, SIGKILL); /* what it left behind */
    p->pid = 0;
    if (WIFSIGNALED(status))
        (void)snprintf(how, 32, "signal %d", WTERMSIG(status));
    else
        (void)snprintf(how, 32, "exit code %d", WEXITSTATUS(status));
    return true;
}

void piped_kill(struct piped *p) {
    if (!p->pid)
        return;
    (void)kill(-p->pid, SIGKILL);
    (void)kill(p->pid, SIGKILL); /* it may not lead its group yet */
    (void)waitpid(p->pid, NULL, 0);
    p->pid = 0;
}

void piped_close(int *end) {
    if (*end >= 0)
        (void)close(*end);
    *end = -1;
}

void piped_close_pipes(struct piped *p) {
    piped_close(&p->in);
    piped_close(&p->out);
    piped_close(&p->err);
}

/* A pipe whose other end is gone has ended, whatever the call says of it. */
static ssize_t moved(ssize_t count) {
    if (count >= 0)
        return count;
    return errno == EAGAIN || errno == EINTR ? -1 : 0;
}

ssize_t piped_read(int fd, void *to, size_t size) {
    return moved(read(fd, to, size));
}

ssize_t piped_write(int fd, const void *from, size_t size) {
    assert(size > 0);
    return moved(write(fd, from, size));
}
