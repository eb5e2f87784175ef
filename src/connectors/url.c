/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Taking an address apart. A bad address never quotes its own parameters back: one of them may be
 * what somebody took for the place of a password. */
#include "connectors/url.h"

#include <stdlib.h>
#include <string.h>

enum error url_wrong(const struct url *u, const char *what) {
    enum error e = fail(E_config, "address %s:...: %s", u->form->scheme, what);
    fail_try("%s", u->form->example);
    return e;
}

/* NULL when an escape is none or a zero byte. */
static char *decode(const char *text, size_t len) {
    char *out = memory_get(len + 1);
    size_t to = 0;
    for (size_t i = 0; i < len; i++) {
        int high, low;
        if (text[i] != '%') {
            out[to++] = text[i];
            continue;
        }
        high = i + 2 < len ? hex_digit((uint8_t)text[i + 1]) : -1;
        low = i + 2 < len ? hex_digit((uint8_t)text[i + 2]) : -1;
        if (high < 0 || low < 0 || high + low == 0) {
            free(out);
            return NULL;
        }
        out[to++] = (char)(high * 16 + low);
        i += 2;
    }
    return out;
}

static bool is_known(const struct url_form *form, const char *name) {
    for (const char *const *k = form->known; *k; k++)
        if (strcmp(*k, name) == 0)
            return true;
    return false;
}

static enum error parameter_read(struct url *u, const char *text, size_t len) {
    const char *equals = memchr(text, '=', len);
    if (!equals)
        return url_wrong(u, "a parameter is not NAME=VALUE");
    if (u->count == URL_PARAMETERS_MAX)
        return url_wrong(u, "it has too many parameters");
    struct url_parameter *p = &u->parameters[u->count++];
    size_t name_len = (size_t)(equals - text);
    p->name = text_copy_bytes(bytes_of(text, name_len));
    p->value = decode(equals + 1, len - name_len - 1);
    if (!is_known(u->form, p->name))
        return url_wrong(u, "a parameter is unknown");
    if (!p->value)
        return url_wrong(u, "a % is not followed by two hexadecimal digits other than 00");
    if (url_get(u, p->name) != p->value)
        return url_wrong(u, "a parameter is given twice");
    return E_ok;
}

static enum error parts_read(struct url *u) {
    size_t scheme_len = strlen(u->form->scheme);
    if (strncmp(u->text, u->form->scheme, scheme_len) != 0 || u->text[scheme_len] != ':')
        return url_wrong(u, "it has another scheme");
    const char *where = u->text + scheme_len + 1;
    size_t len = strcspn(where, "?");
    u->where = decode(where, len);
    if (!u->where)
        return url_wrong(u, "a % is not followed by two hexadecimal digits other than 00");
    if (!u->where[strspn(u->where, "/")] && strcmp(u->where, "/") != 0)
        return url_wrong(u, "nothing stands behind the scheme");
    for (const char *at = where + len; *at; at += len) {
        at++;
        len = strcspn(at, "&");
        TRY(parameter_read(u, at, len));
    }
    return E_ok;
}

enum error url_read(struct url *out, const struct url_form *form, const char *text) {
    *out = (struct url){ .form = form, .text = text_copy(text) };
    enum error e = parts_read(out);
    if (e)
        url_finish(out);
    return e;
}

void url_finish(struct url *u) {
    free(u->text);
    free(u->where);
    for (size_t i = 0; i < u->count; i++) {
        free(u->parameters[i].name);
        free(u->parameters[i].value);
    }
    *u = (struct url){ .form = u->form };
}

const char *url_get(const struct url *u, const char *name) {
    for (size_t i = 0; i < u->count; i++)
        if (strcmp(u->parameters[i].name, name) == 0)
            return u->parameters[i].value;
    return NULL;
}

static const char *path_of(const struct url *u) {
    return strncmp(u->where, "//", 2) == 0 ? u->where + 2 : u->where;
}

bool url_path_is_own(const struct url *u) {
    return path_of(u)[0] != '/';
}

char *url_path(const struct url *u, const char *data_dir) {
    const char *path = path_of(u);
    return url_path_is_own(u) ? text_format("%s/%s", data_dir, path) : text_copy(path);
}
