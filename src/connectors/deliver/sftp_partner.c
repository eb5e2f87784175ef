/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A partner that is an SFTP server:
 *
 *   sftp://USER@HOST[:PORT]/FOLDER?host_key=SHA256:DIGEST&key=FILE[&stall=SECONDS][&mode=0640]
 *
 * host_key is what `ssh-keygen -lf` prints of the server's key, and is wanted: a server that shows
 * another one is refused before anything of ours is told it (E_refused, never tried again by
 * itself). key is a private key's file in the data directory. FOLDER is as the server names it; two
 * slashes make it absolute.
 *
 * libcurl finds and connects the host, libssh2 speaks over that socket: it gives us each step, a
 * new file that is new, and a rename by SFTP's own rule, which replaces nothing. A server that
 * replaces all the same is met by a look before. */
#include "connectors/url.h"
#include "deliver/partner.h"
#include "values/base64.h"

#include <curl/curl.h>
#include <libssh2.h>
#include <libssh2_sftp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    CONNECT_S = 15,
    STALL_S = 30,
    FILE_MODE = 0640,
    HOST_DIGEST_BYTES = 32,
    PATH_MOST = 1024,
    WINDOW_BYTES = 1 << 20
};

struct partner {
    struct url url;
    char *user, *host, *folder, *key;
    const char *port;
    CURL *curl; /* has the socket */
    curl_socket_t socket;
    unsigned mode;
    long stall_ms; /* so long a server may say nothing */
    bool broken;   /* nobody is there to say goodbye to */
    LIBSSH2_SESSION *session;
    LIBSSH2_SFTP *sftp;
    LIBSSH2_SFTP_HANDLE *writing, *reading;
    struct buf window; /* what is written and not acknowledged, from window_at on */
    size_t window_at;
    char *reading_name;
    int64_t reading_at;
};

/* ---- errors */

static enum error server_failed(struct partner *p, const char *what, const char *name) {
    char *text = NULL;
    int code = libssh2_session_last_error(p->session, &text, NULL, 0);
    unsigned long status =
        code == LIBSSH2_ERROR_SFTP_PROTOCOL && p->sftp ? libssh2_sftp_last_error(p->sftp) : 0;
    enum error e = E_network;
    if (code == LIBSSH2_ERROR_TIMEOUT || code == LIBSSH2_ERROR_SOCKET_TIMEOUT)
        e = E_timed_out;
    if (status == LIBSSH2_FX_NO_SUCH_FILE || status == LIBSSH2_FX_NO_SUCH_PATH)
        e = E_not_found;
    else if (status == LIBSSH2_FX_PERMISSION_DENIED || status == LIBSSH2_FX_WRITE_PROTECT)
        e = E_refused;
    else if (status == LIBSSH2_FX_NO_SPACE_ON_FILESYSTEM || status == LIBSSH2_FX_QUOTA_EXCEEDED)
        e = E_disk_full;
    else if (status == LIBSSH2_FX_FILE_ALREADY_EXISTS)
        e = E_exists;
    else if (status)
        e = E_io;
    p->broken = p->broken || e == E_network || e == E_timed_out;
    return fail(e, "sftp: %s %s: %s (%lu)", what, name, text ? text : "", status);
}

/* ---- the address */

static enum error user_and_host_read(struct partner *p) {
    const char *where = p->url.where + 2, *at = strchr(where, '@'), *slash = strchr(where, '/');
    if (strncmp(p->url.where, "//", 2) != 0 || !at || !slash || at > slash || at == where)
        return url_wrong(&p->url, "it is not //USER@HOST/FOLDER");
    p->user = text_copy_bytes(bytes_of(where, (size_t)(at - where)));
    p->host = text_copy_bytes(bytes_of(at + 1, (size_t)(slash - at - 1)));
    char *colon = strrchr(p->host, ':');
    p->port = "22";
    if (colon && !strchr(colon, ']')) {
        *colon = 0;
        p->port = colon + 1;
    }
    size_t digits = strspn(p->port, "0123456789");
    if (!*p->host || !digits || p->port[digits] || digits > 5
        || strcspn(p->host, "/?#@\\ ") != strlen(p->host))
        return url_wrong(&p->url, "its host or port is none");
    p->folder = text_copy(slash[1] ? slash + 1 : ".");
    return E_ok;
}

static enum error address_read(struct partner *p, const char *address, const char *data_dir) {
    static const char *const known[] = { "host_key", "key", "stall", "mode", NULL };
    static const struct url_form form = {
        "sftp", known, "sftp://octavo@sftp.acme.example/in?host_key=SHA256:...&key=acme.key"
    };
    TRY(url_read(&p->url, &form, address));
    const char *host_key = url_get(&p->url, "host_key"), *key = url_get(&p->url, "key");
    if (!host_key || strncmp(host_key, "SHA256:", 7) != 0)
        return url_wrong(&p->url, "its host_key is wanted: what ssh-keygen -lf prints, SHA256:...");
    if (!key || !*key)
        return url_wrong(&p->url, "its key is wanted: a private key's file in the data directory");
    TRY(partner_mode(&p->url, FILE_MODE, &p->mode));
    const char *stall = url_get(&p->url, "stall");
    p->stall_ms = 1000 * (stall ? strtol(stall, NULL, 10) : STALL_S);
    if (p->stall_ms < 1000 || p->stall_ms > 3600000)
        return url_wrong(&p->url, "its stall is 1 to 3600 seconds");
    p->key = key[0] == '/' ? text_copy(key) : text_format("%s/%s", data_dir, key);
    return user_and_host_read(p);
}

/* ---- connecting */

static enum error socket_open(struct partner *p) {
    char *url = text_format("http://%s:%s", p->host, p->port);
    p->curl = curl_easy_init();
    CURLcode code = p->curl ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    if (!code)
        code = curl_easy_setopt(p->curl, CURLOPT_URL, url);
    if (!code)
        code = curl_easy_setopt(p->curl, CURLOPT_CONNECT_ONLY, 1L);
    if (!code)
        code = curl_easy_setopt(p->curl, CURLOPT_NOSIGNAL, 1L);
    if (!code)
        code = curl_easy_setopt(p->curl, CURLOPT_NOPROXY, "*");
    if (!code)
        code = curl_easy_setopt(p->curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    if (!code)
        code = curl_easy_perform(p->curl);
    if (!code)
        code = curl_easy_getinfo(p->curl, CURLINFO_ACTIVESOCKET, &p->socket);
    free(url);
    return code
               ? fail(E_network, "sftp: %s port %s: %s", p->host, p->port, curl_easy_strerror(code))
               : E_ok;
}

/* Before the user's name is told, and long before a key signs anything. */
static enum error host_check(struct partner *p) {
    const char *digest = libssh2_hostkey_hash(p->session, LIBSSH2_HOSTKEY_HASH_SHA256);
    struct buf shown = { 0 };
    if (digest)
        base64_put(&shown, bytes_of(digest, HOST_DIGEST_BYTES));
    while (shown.len && shown.data[shown.len - 1] == '=')
        shown.len--;
    bool good = digest && strcmp(buf_text(&shown), url_get(&p->url, "host_key") + 7) == 0;
    enum error e = E_ok;
    if (!good) {
        e = fail(E_refused, "sftp: %s shows another host key, SHA256:%s", p->host,
                 buf_text(&shown));
        fail_try("ask the partner; if it changed its key, write the new one into `places`");
    }
    buf_finish(&shown);
    return e;
}

/* A key that is not taken is a person's to mend; a line that is lost meanwhile mends itself. One
 * code of libssh2 says both, that an answer was waited for in vain and that the signature was not
 * enough; its text tells which. */
static enum error signing_failed(struct partner *p) {
    char *text = NULL;
    int code = libssh2_session_last_error(p->session, &text, NULL, 0);
    bool waited = !text || strncmp(text, "Waiting", 7) == 0;
    enum error e = server_failed(p, "signing in as", p->user);
    if (code != LIBSSH2_ERROR_AUTHENTICATION_FAILED && code != LIBSSH2_ERROR_FILE
        && (code != LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED || waited))
        return e;
    return fail(E_refused, "sftp: %s does not take the key %s of %s", p->host,
                url_get(&p->url, "key"), p->user);
}

static enum error session_open(struct partner *p) {
    TRY(socket_open(p));
    p->session = libssh2_session_init();
    if (!p->session)
        return fail(E_io, "sftp: libssh2 has no session to give");
    libssh2_session_set_blocking(p->session, 1);
    libssh2_session_set_timeout(p->session, p->stall_ms);
    if (libssh2_session_handshake(p->session, p->socket))
        return server_failed(p, "greeting", p->host);
    TRY(host_check(p));
    if (libssh2_userauth_publickey_fromfile(p->session, p->user, NULL, p->key, NULL))
        return signing_failed(p);
    p->sftp = libssh2_sftp_init(p->session);
    return p->sftp ? E_ok : server_failed(p, "beginning at", p->host);
}

static void reading_end(struct partner *p) {
    if (p->reading)
        (void)libssh2_sftp_close(p->reading);
    free(p->reading_name);
    p->reading = NULL;
    p->reading_name = NULL;
}

/* libssh2 frees what it has only once its goodbyes have failed, and waits for each answer: on a
 * line that is gone they fail at once. */
static void sftp_close(struct partner *p) {
    if (p->broken && p->session)
        (void)shutdown(p->socket, SHUT_RDWR);
    reading_end(p);
    if (p->writing)
        (void)libssh2_sftp_close(p->writing);
    if (p->sftp)
        (void)libssh2_sftp_shutdown(p->sftp);
    if (p->session) {
        (void)libssh2_session_disconnect(p->session, "done");
        (void)libssh2_session_free(p->session);
    }
    curl_easy_cleanup(p->curl);
    buf_finish(&p->window);
    url_finish(&p->url);
    free(p->user);
    free(p->host);
    free(p->folder);
    free(p->key);
    free(p);
}

static enum error sftp_open(struct partner **out, const char *address, const char *data_dir) {
    struct partner *p = memory_get(sizeof(*p));
    enum error e = address_read(p, address, data_dir);
    if (!e)
        e = session_open(p);
    if (e) {
        sftp_close(p);
        return e;
    }
    *out = p;
    return E_ok;
}

/* ---- files */

static unsigned path_write(const struct partner *p, const char *name, char path[PATH_MOST]) {
    int len = snprintf(path, PATH_MOST, "%s/%s", p->folder, name);
    return len > 0 && len < PATH_MOST ? (unsigned)len : 0;
}

static enum error sftp_create(struct partner *p, const char *name) {
    char path[PATH_MOST];
    unsigned len = path_write(p, name, path);
    if (p->writing)
        (void)libssh2_sftp_close(p->writing);
    buf_clear(&p->window);
    p->window_at = 0;
    p->writing = libssh2_sftp_open_ex(p->sftp, path, len,
                                      LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT | LIBSSH2_FXF_EXCL,
                                      (long)p->mode, LIBSSH2_SFTP_OPENFILE);
    return p->writing ? E_ok : server_failed(p, "making", name);
}

/* libssh2 knows by count what of the window it has sent already, and sends the rest: so many
 * requests are in flight as the window is long, and the line never waits between two pieces. */
static enum error window_flow(struct partner *p, size_t left_most) {
    while (p->window.len - p->window_at > left_most) {
        ssize_t written = libssh2_sftp_write(
            p->writing, (const char *)p->window.data + p->window_at, p->window.len - p->window_at);
        if (written <= 0)
            return server_failed(p, "writing", "");
        p->window_at += (size_t)written;
    }
    if (p->window_at < WINDOW_BYTES && p->window_at < p->window.len)
        return E_ok;
    memmove(p->window.data, p->window.data + p->window_at, p->window.len - p->window_at);
    p->window.len -= p->window_at;
    p->window_at = 0;
    return E_ok;
}

static enum error sftp_append(struct partner *p, struct bytes part) {
    buf_put_bytes(&p->window, part);
    return window_flow(p, WINDOW_BYTES);
}

/* A server without fsync@openssh.com has said all it can by closing the file. */
static enum error sftp_seal(struct partner *p) {
    enum error e = E_ok;
    TRY(window_flow(p, 0));
    if (libssh2_sftp_fsync(p->writing)
        && libssh2_sftp_last_error(p->sftp) != LIBSSH2_FX_OP_UNSUPPORTED)
        e = server_failed(p, "syncing", "");
    if (libssh2_sftp_close(p->writing) && !e)
        e = server_failed(p, "closing", "");
    p->writing = NULL;
    return e;
}

static enum error sftp_size(struct partner *p, const char *name, int64_t *bytes) {
    LIBSSH2_SFTP_ATTRIBUTES found = { 0 };
    char path[PATH_MOST];
    unsigned len = path_write(p, name, path);
    *bytes = -1;
    if (libssh2_sftp_stat_ex(p->sftp, path, len, LIBSSH2_SFTP_LSTAT, &found)) {
        enum error e = server_failed(p, "looking for", name);
        return e == E_not_found ? E_ok : e;
    }
    *bytes = found.flags & LIBSSH2_SFTP_ATTR_SIZE ? (int64_t)found.filesize : 0;
    return E_ok;
}

static enum error reading_begin(struct partner *p, const char *name) {
    char path[PATH_MOST];
    unsigned len = path_write(p, name, path);
    reading_end(p);
    p->reading =
        libssh2_sftp_open_ex(p->sftp, path, len, LIBSSH2_FXF_READ, 0, LIBSSH2_SFTP_OPENFILE);
    if (!p->reading)
        return server_failed(p, "opening", name);
    p->reading_name = text_copy(name);
    p->reading_at = 0;
    return E_ok;
}

/* Files are read in order; the handle stays open from piece to piece. */
static enum error sftp_read(struct partner *p, const char *name, int64_t at, struct buf *append_to,
                            size_t len) {
    if (!p->reading || strcmp(p->reading_name, name) != 0 || p->reading_at != at) {
        TRY(reading_begin(p, name));
        libssh2_sftp_seek64(p->reading, (uint64_t)at);
        p->reading_at = at;
    }
    buf_reserve(append_to, len);
    size_t taken = 0;
    while (taken < len) {
        ssize_t got =
            libssh2_sftp_read(p->reading, (char *)append_to->data + append_to->len, len - taken);
        if (got < 0)
            return server_failed(p, "reading", name);
        if (got == 0)
            break;
        append_to->len += (size_t)got;
        taken += (size_t)got;
        p->reading_at += got;
    }
    return E_ok;
}

static enum error sftp_rename_new(struct partner *p, const char *from, const char *to) {
    char old_path[PATH_MOST], new_path[PATH_MOST];
    unsigned old_len = path_write(p, from, old_path), new_len = path_write(p, to, new_path);
    int64_t bytes;
    TRY(sftp_size(p, to, &bytes));
    if (bytes >= 0)
        return fail(E_exists, "sftp: %s is there", to);
    if (libssh2_sftp_rename_ex(p->sftp, old_path, old_len, new_path, new_len, 0))
        return server_failed(p, "renaming to", to);
    return E_ok;
}

static enum error sftp_remove(struct partner *p, const char *name) {
    char path[PATH_MOST];
    unsigned len = path_write(p, name, path);
    return libssh2_sftp_unlink_ex(p->sftp, path, len) ? server_failed(p, "removing", name) : E_ok;
}

static enum error sftp_list(struct partner *p, partner_on_name *on_name, void *context) {
    char name[PATH_MOST];
    LIBSSH2_SFTP_ATTRIBUTES ignored;
    LIBSSH2_SFTP_HANDLE *folder = libssh2_sftp_open_ex(
        p->sftp, p->folder, (unsigned)strlen(p->folder), 0, 0, LIBSSH2_SFTP_OPENDIR);
    if (!folder)
        return server_failed(p, "listing", p->folder);
    int len;
    while ((len = libssh2_sftp_readdir_ex(folder, name, sizeof(name) - 1, NULL, 0, &ignored)) > 0) {
        name[len] = 0;
        on_name(context, name);
    }
    enum error e = len < 0 ? server_failed(p, "listing", p->folder) : E_ok;
    (void)libssh2_sftp_close(folder);
    return e;
}

/* A server settles its names by itself; nothing in SFTP asks it to. */
static enum error sftp_settle(struct partner *p) {
    (void)p;
    return E_ok;
}

enum error sftp_partner_prepare(void) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || libssh2_init(0))
        return fail(E_unsupported, "libssh2 cannot begin");
    return E_ok;
}

const struct partner_kind sftp_partner_kind = {
    .scheme = "sftp",
    .open = sftp_open,
    .close = sftp_close,
    .create = sftp_create,
    .append = sftp_append,
    .seal = sftp_seal,
    .size = sftp_size,
    .read = sftp_read,
    .rename_new = sftp_rename_new,
    .remove = sftp_remove,
    .list = sftp_list,
    .settle = sftp_settle,
};
