/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An address is taken apart before anything is asked: one that is wrong is a person's to mend. */
#include "deliver/web_address.h"

#include "base/disk.h"
#include "connectors/url.h"
#include "values/digest.h"

#include <stdlib.h>
#include <string.h>

enum { SECRET_BYTES_MAX = 8192, STALL_S = 30, STALL_MOST_S = 3600 };

void web_address_finish(struct web_address *a) {
    char *secrets[] = { a->login, a->token, a->secret };
    for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
        if (secrets[i])
            secret_forget(secrets[i], strlen(secrets[i]));
        free(secrets[i]);
    }
    free(a->base);
    free(a->host);
    free(a->path);
    free(a->key_id);
    free(a->region);
    free(a->ca);
    *a = (struct web_address){ 0 };
}

/* ---- files of the data directory */

static char *file_path(const char *name, const char *data_dir) {
    return name[0] == '/' ? text_copy(name) : text_format("%s/%s", data_dir, name);
}

/* Without what an editor leaves behind it. */
static enum error secret_read(const struct url *u, const char *parameter, const char *data_dir,
                              char **out) {
    const char *name = url_get(u, parameter);
    struct buf text = { 0 };
    if (!name)
        return E_ok;
    char *path = file_path(name, data_dir);
    enum error e = disk_read_whole(disk_real(), path, SECRET_BYTES_MAX, &text);
    free(path);
    if (!e) {
        *out = text_copy_bytes(buf_bytes(&text));
        (*out)[strcspn(*out, "\r\n")] = 0;
        secret_forget(text.data, text.len);
    }
    buf_finish(&text);
    return !e && !**out ? url_wrong(u, "a file of its secrets is empty") : e;
}

static enum error key_read(struct web_address *a, const struct url *u, const char *data_dir) {
    char *words = NULL;
    enum error e = secret_read(u, "key", data_dir, &words);
    if (e || !words)
        return e ? e : url_wrong(u, "its key is wanted: a file with KEY-ID and SECRET");
    size_t id = strcspn(words, " \t"), gap = strspn(words + id, " \t");
    size_t secret = strcspn(words + id + gap, " \t");
    if (!id || !secret)
        e = url_wrong(u, "its key's file has not the two words KEY-ID SECRET");
    a->key_id = text_copy_bytes(bytes_of(words, id));
    a->secret = text_copy_bytes(bytes_of(words + id + gap, secret));
    secret_forget(words, strlen(words));
    free(words);
    return e;
}

/* ---- the address */

static bool is_host(const char *host) {
    static const char good[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]_";
    return *host && strspn(host, good) == strlen(host);
}

static bool is_this_machine(const char *host) {
    static const char *const ours[] = { "127.0.0.1", "localhost", "[::1]" };
    for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
        size_t len = strlen(ours[i]);
        if (strncmp(host, ours[i], len) == 0 && (!host[len] || host[len] == ':'))
            return true;
    }
    return false;
}

/* `rest` is //HOST[:PORT] and, perhaps, a path. */
static enum error host_read(struct web_address *a, const struct url *u, const char *scheme,
                            const char *rest) {
    size_t len = strncmp(rest, "//", 2) == 0 ? strcspn(rest + 2, "/") : 0;
    a->host = text_copy_bytes(bytes_of(rest + (len ? 2 : 0), len));
    a->base = text_format("%s://%s", scheme, a->host);
    return is_host(a->host) ? E_ok : url_wrong(u, "it names no host");
}

static void path_set(struct web_address *a, const char *folder) {
    struct buf path = { 0 };
    s3_path_put(folder, &path);
    while (path.len && path.data[path.len - 1] == '/')
        path.len--;
    a->path = text_copy_bytes(buf_bytes(&path));
    buf_finish(&path);
}

static enum error common_read(struct web_address *a, const struct url *u, const char *data_dir) {
    const char *stall = url_get(u, "stall"), *guard = url_get(u, "guard"), *ca = url_get(u, "ca");
    a->stall_s = stall ? strtol(stall, NULL, 10) : STALL_S;
    a->no_guard = guard && strcmp(guard, "no") == 0;
    a->ca = ca ? file_path(ca, data_dir) : NULL;
    if (a->stall_s < 1 || a->stall_s > STALL_MOST_S)
        return url_wrong(u, "its stall is 1 to 3600 seconds");
    return guard && !a->no_guard ? url_wrong(u, "its guard is no, or not said") : E_ok;
}

static enum error http_read(struct web_address *a, const struct url *u, const char *data_dir) {
    TRY(host_read(a, u, u->form->scheme, u->where));
    path_set(a, u->where + 2 + strlen(a->host));
    TRY(common_read(a, u, data_dir));
    TRY(secret_read(u, "login", data_dir, &a->login));
    TRY(secret_read(u, "token", data_dir, &a->token));
    if (a->login && a->token)
        return url_wrong(u, "it has a login and a token: which?");
    if (a->login && !strchr(a->login, ':'))
        return url_wrong(u, "its login's file has no USER:PASSWORD");
    if ((a->login || a->token) && strcmp(u->form->scheme, "http") == 0 && !is_this_machine(a->host))
        return url_wrong(u, "a secret would go over http to another machine: say https");
    return E_ok;
}

static enum error s3_read(struct web_address *a, const struct url *u, const char *data_dir) {
    const char *endpoint = url_get(u, "endpoint"), *region = url_get(u, "region");
    bool tls = endpoint && strncmp(endpoint, "https:", 6) == 0;
    if (!endpoint || (!tls && strncmp(endpoint, "http:", 5) != 0))
        return url_wrong(u, "its endpoint is wanted: https://HOST");
    TRY(host_read(a, u, tls ? "https" : "http", endpoint + (tls ? 6 : 5)));
    const char *behind = endpoint + (tls ? 6 : 5) + 2 + strlen(a->host);
    if (*behind && strcmp(behind, "/") != 0)
        return url_wrong(u, "its endpoint is a host without a path");
    if (!region || !*region || strpbrk(region, "/, \t\r\n"))
        return url_wrong(u, "its region is wanted, such as eu-central-1");
    if (strncmp(u->where, "//", 2) != 0 || !u->where[2] || u->where[2] == '/')
        return url_wrong(u, "it names no bucket");
    path_set(a, u->where + 1);
    a->region = text_copy(region);
    TRY(common_read(a, u, data_dir));
    return key_read(a, u, data_dir);
}

enum error web_address_read(struct web_address *out, const char *address, const char *data_dir) {
    static const char *const http_known[] = { "login", "token", "ca", "stall", "guard", NULL };
    static const char *const s3_known[] = { "endpoint", "region", "key", "ca",
                                            "stall",    "guard",  NULL };
    static const struct url_form forms[] = {
        { "http", http_known, "http://127.0.0.1:8080/in" },
        { "https", http_known, "https://acme.example/in?token=acme.token" },
        { "s3", s3_known,
          "s3://bucket/in?endpoint=https://storage.example&region=eu-central-1&key=acme.key" },
    };
    size_t len = strcspn(address, ":"), nth = 0;
    struct url url;
    while (nth < 2
           && (strlen(forms[nth].scheme) != len || memcmp(address, forms[nth].scheme, len) != 0))
        nth++;
    *out = (struct web_address){ 0 };
    enum error e = url_read(&url, &forms[nth], address);
    if (!e)
        e = nth == 2 ? s3_read(out, &url, data_dir) : http_read(out, &url, data_dir);
    url_finish(&url);
    if (e)
        web_address_finish(out);
    return e;
}
