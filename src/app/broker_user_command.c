/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo broker user: who may connect. A password comes from a prompt or a file, never from the
 * arguments, which everybody on the machine can read. A broker that runs sees the change within a
 * second. */
#include "commands.h"
#include "options.h"

#include "base/disk.h"
#include "base/event.h"
#include "security/users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { TYPED_MAX = PASSWORD_MAX + 2 };

struct user_command {
    const char *users_file;
    const char *password_file;
    const char *verb;
    const char *name;
};

static const char help[] =
    "octavo broker user add NAME --users FILE    a new user, or a new password of one\n"
    "octavo broker user rm NAME --users FILE     nobody by this name gets in any more\n"
    "octavo broker user ls --users FILE\n"
    "\n"
    "  --users FILE           as the broker is given it; holds salted hashes, no passwords\n"
    "  --password-file FILE   its first line is the password; - reads standard input.\n"
    "                         Without it the password is asked for at the terminal\n"
    "\n"
    "A broker that runs with this file takes a change within a second; sessions of a user who was\n"
    "removed or has a new password end.\n"
    "\n"
    "examples:\n"
    "  octavo broker user add alice --users broker.users\n"
    "  octavo broker user add alice --users broker.users --password-file - < secret\n";

static bool options_read(struct user_command *u, int count, char **arguments) {
    static const struct option known[] = {
        { "users", 1, NULL, 'u' },
        { "password-file", 1, NULL, 'p' },
        OPTION_HELP,
        OPTION_END,
    };
    for (int c; (c = option_next(count, arguments, known)) != -1;)
        if (c == 'u')
            u->users_file = optarg;
        else if (c == 'p')
            u->password_file = optarg;
        else
            return false;
    u->verb = optind < count ? arguments[optind] : "";
    u->name = optind + 1 < count ? arguments[optind + 1] : NULL;
    bool lists = strcmp(u->verb, "ls") == 0;
    bool changes = strcmp(u->verb, "add") == 0 || strcmp(u->verb, "rm") == 0;
    return u->users_file && (lists || changes) && optind + (lists ? 1 : 2) == count;
}

/* ---- the password */

static enum error take_line(struct bytes text, struct buf *password) {
    const uint8_t *end = text.len ? memchr(text.data, '\n', text.len) : NULL;
    size_t len = end ? (size_t)(end - text.data) : text.len;
    if (len && text.data[len - 1] == '\r')
        len--;
    buf_put(password, text.data, len);
    return E_ok;
}

static enum error read_line(FILE *from, struct buf *password) {
    char typed[TYPED_MAX];
    if (!fgets(typed, sizeof(typed), from))
        return fail(E_usage, "no password was given");
    enum error e = take_line(bytes_text(typed), password);
    secret_forget(typed, sizeof(typed));
    return e;
}

static enum error read_file(const char *path, struct buf *password) {
    struct buf content = { 0 };
    TRY(disk_read_whole(disk_real(), path, 64 * 1024, &content));
    enum error e = take_line(buf_bytes(&content), password);
    secret_forget(content.data, content.len);
    buf_finish(&content);
    return e;
}

static enum error ask(const char *question, struct buf *password) {
    struct termios before, silent;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return fail_errno("the terminal");
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    (void)fputs(question, stderr);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    enum error e = read_line(stdin, password);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    (void)fputs("\n", stderr);
    return e;
}

static enum error ask_twice(struct buf *password) {
    struct buf again = { 0 };
    if (!isatty(STDIN_FILENO)) {
        enum error e = fail(E_usage, "there is no terminal to ask for a password");
        fail_try("--password-file FILE, or --password-file - for standard input");
        return e;
    }
    enum error e = ask("password: ", password);
    if (!e)
        e = ask("again: ", &again);
    if (!e && !secrets_equal(buf_bytes(password), buf_bytes(&again)))
        e = fail(E_refused, "the two passwords differ");
    secret_forget(again.data, again.len);
    buf_finish(&again);
    return e;
}

static enum error password_get(const struct user_command *u, struct buf *password) {
    if (!u->password_file)
        return ask_twice(password);
    if (strcmp(u->password_file, "-") == 0)
        return read_line(stdin, password);
    return read_file(u->password_file, password);
}

/* ---- the three verbs */

static enum error load(const struct user_command *u, struct users **out) {
    bool is_there = false, is_public = false;
    TRY(disk_exists(disk_real(), u->users_file, &is_there));
    if (!is_there && strcmp(u->verb, "add") == 0) {
        *out = users_create();
        return E_ok;
    }
    TRY(users_load(out, disk_real(), u->users_file));
    if (!disk_real_is_public(u->users_file, &is_public) && is_public)
        (void)fprintf(stderr, "octavo: %s: everybody on this machine may read it; chmod 600 it\n",
                      u->users_file);
    return E_ok;
}

static enum error add(const struct user_command *u, struct users *users) {
    struct buf password = { 0 };
    enum error e = password_get(u, &password);
    if (!e)
        e = users_put(users, u->name, buf_bytes(&password));
    secret_forget(password.data, password.len);
    buf_finish(&password);
    return e;
}

static enum error change(const struct user_command *u, struct users *users) {
    if (strcmp(u->verb, "ls") == 0) {
        for (size_t i = 0; i < users_count(users); i++)
            (void)printf("%s\n", users_at(users, i)->name);
        return E_ok;
    }
    if (strcmp(u->verb, "add") == 0)
        TRY(add(u, users));
    else
        TRY(users_remove(users, u->name));
    return users_save(users, disk_real(), u->users_file);
}

/* Two commands at the same time: the second waits to be called again. */
static enum error run_locked(const struct user_command *u) {
    struct users *users = NULL;
    struct file *lock = NULL;
    char *path = text_format("%s.lock", u->users_file);
    enum error e = disk_open(disk_real(), path, DISK_CREATE, &lock);
    free(path);
    if (!e)
        e = disk_lock(lock);
    if (!e)
        e = load(u, &users);
    if (!e)
        e = change(u, users);
    users_destroy(users);
    disk_close(lock);
    return e;
}

int broker_user_command(int count, char **arguments) {
    struct user_command u = { 0 };
    optind = 0; /* the words before are no arguments of ours */
    if (!options_read(&u, count, arguments)) {
        if (!command_asked_help(count, arguments))
            (void)fprintf(stderr,
                          "octavo: wrong usage: add NAME, rm NAME or ls, and --users FILE\n");
        static char name[] = "broker user";
        arguments[0] = name;
        return command_usage(count, arguments, help);
    }
    enum error e = run_locked(&u);
    if (e)
        error_print();
    return command_exit_code(e);
}
