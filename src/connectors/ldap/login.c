/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Logins of names. The list of reserved ones is what Debian, macOS and mail (RFC 2142) keep. */
#include "login.h"

#include <stdio.h>
#include <string.h>

static const char *const reserved[] = {
    "abuse",    "adm",      "admin",    "administrator", "apache",   "backup",     "bin",
    "daemon",   "ftp",      "games",    "gnats",         "guest",    "hostmaster", "info",
    "irc",      "list",     "lp",       "mail",          "man",      "messagebus", "mysql",
    "news",     "nobody",   "noc",      "operator",      "postgres", "postmaster", "proxy",
    "root",     "security", "shutdown", "sshd",          "support",  "sync",       "sys",
    "sysadmin", "system",   "test",     "user",          "uucp",     "webmaster",  "www",
    "www-data",
};

static const struct place {
    const char *name;
    bool of_family, first_only;
} places[] = {
    { "{given}", false, false },
    { "{family}", true, false },
    { "{g}", false, true },
    { "{f}", true, true },
};

static const struct place *place_at(const char *at) {
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (strncmp(at, places[i].name, strlen(places[i].name)) == 0)
            return &places[i];
    return NULL;
}

static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

bool login_pattern_is_good(const char *pattern) {
    bool has_place = false;
    while (*pattern) {
        const struct place *p = place_at(pattern);
        if (!p && !is_plain(*pattern))
            return false;
        has_place = has_place || p;
        pattern += p ? strlen(p->name) : 1;
    }
    return has_place;
}

static bool is_reserved(const char *login) {
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        if (strcmp(login, reserved[i]) == 0)
            return true;
    return false;
}

/* The pattern filled in, of any length. */
static void pattern_fill(struct latin *latin, const struct login_of *of, struct buf *out) {
    for (const char *at = of->pattern; *at;) {
        const struct place *p = place_at(at);
        size_t before = out->len;
        if (p)
            latin_put(latin, p->of_family ? of->family : of->given, out);
        else
            buf_put_byte(out, (uint8_t)*at);
        if (p && p->first_only && out->len > before)
            out->len = before + 1;
        at += p ? strlen(p->name) : 1;
    }
}

bool login_make(struct latin *latin, const struct login_of *of, int n, char out[LOGIN_CHARS + 1]) {
    struct buf whole = { 0 };
    char suffix[12] = "";
    pattern_fill(latin, of, &whole);
    if (n > 1)
        (void)snprintf(suffix, sizeof(suffix), "%d", n);
    struct bytes text = buf_bytes(&whole);
    while (text.len && (text.data[0] < 'a' || text.data[0] > 'z'))
        text = bytes_part(text, 1, text.len - 1);
    if (!text.len)
        text = bytes_text("u"); /* of a name without one letter: u2, u3 ... */
    size_t room = LOGIN_CHARS - strlen(suffix), len = text.len < room ? text.len : room;
    while (len > 1 && !(text.data[len - 1] >= 'a' && text.data[len - 1] <= 'z')
           && !(text.data[len - 1] >= '0' && text.data[len - 1] <= '9'))
        len--;
    (void)snprintf(out, LOGIN_CHARS + 1, "%.*s%s", (int)len, (const char *)text.data, suffix);
    buf_finish(&whole);
    return !is_reserved(out) && strlen(out) > 1;
}
