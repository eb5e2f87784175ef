/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A partner's SFTP server: Debian's sshd, as this user, on a port of loopback, with keys made here.
 */
#include "base/disk.h"
#include "feeds.h"
#include "net/listener.h"
#include "values/base64.h"
#include "values/digest.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char program[] = "/usr/sbin/sshd", keygen[] = "/usr/bin/ssh-keygen";

/* Its own words go to the log that it is given, or nowhere. */
static pid_t child(const char *const *arguments) {
    pid_t parent = getpid(), pid = fork();
    if (pid != 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || !freopen("/dev/null", "r", stdin)
        || !freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
        _exit(3);
    (void)execv(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(127);
}

static enum error key_make(const char *path) {
    const char *const arguments[] = { keygen, "-q", "-t", "ed25519", "-N", "", "-f", path, NULL };
    int status = -1;
    pid_t pid = child(arguments);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        return fail(E_io, "%s made no key", keygen);
    return E_ok;
}

/* What `ssh-keygen -lf` prints: SHA-256 of what stands between the first two blanks. */
static enum error fingerprint_of(const char *public_key, struct buf *out) {
    struct buf file = { 0 }, blob = { 0 };
    uint8_t digest[SHA256_BYTES];
    enum error e = disk_read_whole(disk_real(), public_key, 4096, &file);
    const char *blank = e ? NULL : strchr(buf_text(&file), ' ');
    if (!e && !blank)
        e = fail(E_corrupt, "%s is no public key", public_key);
    if (!e && !base64_read(bytes_of(blank + 1, strcspn(blank + 1, " \n")), &blob))
        e = fail(E_corrupt, "%s is no public key", public_key);
    if (!e) {
        sha256(buf_bytes(&blob), digest);
        base64_put(out, bytes_of(digest, sizeof(digest)));
        while (out->len && out->data[out->len - 1] == '=')
            out->len--;
    }
    buf_finish(&file);
    buf_finish(&blob);
    return e;
}

static void *on_open(void *context, struct connection *c) {
    (void)c;
    return context;
}

/* One that nobody has now. */
static enum error port_find(struct loop *loop, int *port) {
    struct listener *l;
    struct listener_options options = { .handlers = { .on_open = on_open } };
    TRY(listener_open(&l, loop, &options));
    *port = listener_port(l);
    listener_close(l);
    return E_ok;
}

static enum error settings_write(const char *dir, int port) {
    char *path = text_format("%s/sshd.conf", dir);
    char *text = text_format("Port %d\nListenAddress 127.0.0.1\nHostKey %s/host\nPidFile none\n"
                             "UsePAM no\nStrictModes no\nAuthorizedKeysFile %s/partner.key.pub\n"
                             "PasswordAuthentication no\nPermitRootLogin yes\n"
                             "Subsystem sftp internal-sftp\n",
                             port, dir, dir);
    enum error e = disk_replace(disk_real(), path, bytes_text(text));
    free(text);
    free(path);
    return e;
}

static enum error keys_make(const char *dir) {
    char *host = text_format("%s/host", dir), *partner = text_format("%s/partner.key", dir);
    enum error e = key_make(host);
    if (!e)
        e = key_make(partner);
    free(host);
    free(partner);
    return e;
}

static enum error address_make(struct sshd *s, const char *dir, const char *folder, int port) {
    struct buf digest = { 0 };
    const struct passwd *user = getpwuid(getuid());
    char *public_key = text_format("%s/host.pub", dir);
    enum error e = fingerprint_of(public_key, &digest);
    if (!e && user)
        s->address = text_format("sftp://%s@127.0.0.1:%d/%s/%s?host_key=SHA256:%s&key=partner.key",
                                 user->pw_name, port, dir, folder, buf_text(&digest));
    free(public_key);
    buf_finish(&digest);
    return e;
}

static enum error server_run(struct sshd *s, const char *dir, int port) {
    char *settings = text_format("%s/sshd.conf", dir), *log = text_format("%s/sshd.log", dir);
    const char *const arguments[] = { program, "-D", "-f", settings, "-E", log, NULL };
    TRY(settings_write(dir, port));
    if (getuid() == 0)
        (void)!disk_make_dir(disk_real(), "/run/sshd");
    s->pid = child(arguments);
    free(settings);
    free(log);
    return s->pid > 0 ? E_ok : fail(E_io, "%s could not be started", program);
}

enum error sshd_start(struct sshd *s, struct loop *loop, const char *dir, const char *folder,
                      bool *there) {
    bool has_program = false, has_keygen = false;
    int port;
    *there = false;
    TRY(disk_exists(disk_real(), program, &has_program));
    TRY(disk_exists(disk_real(), keygen, &has_keygen));
    if (!has_program || !has_keygen)
        return E_ok;
    char *whole = realpath(dir, NULL);
    if (!whole)
        return fail(E_io, "%s has no path", dir);
    char *inbox = text_format("%s/%s", whole, folder);
    enum error e = disk_make_dir(disk_real(), inbox);
    if (!e)
        e = keys_make(whole);
    if (!e)
        e = port_find(loop, &port);
    if (!e)
        e = address_make(s, whole, folder, port);
    if (!e && s->address)
        e = server_run(s, whole, port);
    *there = !e && s->pid > 0;
    free(inbox);
    free(whole);
    return e;
}

void sshd_stop(struct sshd *s) {
    if (s->pid > 0 && kill(s->pid, SIGTERM) == 0)
        (void)waitpid(s->pid, NULL, 0);
    free(s->address);
    *s = (struct sshd){ 0 };
}
