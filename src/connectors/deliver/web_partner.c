/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A partner behind HTTP: a server that takes PUT, or S3 (web_address.h says how both are named).
 *
 * There is no rename there, and none is needed: a PUT is seen when all of it has come, or never.
 * The request names the content's length, and to S3 its SHA-256, before the first byte; the last
 * piece is handed over only when what we have read is what was announced. `If-None-Match: *` lets
 * the server refuse a name that is taken. A redirect is not followed, no proxy is asked: the file
 * goes to the host that the address says, or nowhere. */
#include "base/check.h"
#include "base/clock.h"
#include "deliver/partner.h"
#include "deliver/web_address.h"
#include "values/digest.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CONNECT_S = 15, PIECE_BYTES = 256 << 10, SAID_BYTES = 2048, HEADERS_MAX = 8 };
static const int64_t put_most = (int64_t)5 << 30; /* what S3 takes in one request */
static const char nothing_sha[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct partner {
    struct web_address address;
    CURL *curl;
    char reason[CURL_ERROR_SIZE];
};

/* One request, and what came of it. */
struct call {
    struct partner *partner;
    const char *method, *name, *range, *sha256;
    struct partner_content *content; /* of a PUT */
    struct buf piece;                /* of the content: what is read and not yet sent, from `at` */
    size_t at;
    enum error content_error;
    struct buf *body; /* takes at most body_most bytes; NULL: nobody wants it */
    size_t body_most;
    struct sha256_running *hash; /* of the body; NULL: nobody wants it */
    struct buf said;             /* what a refusal says */
    long status;
    int64_t bytes; /* that the server says the body has; -1: it does not */
};

/* ---- what came back */

static size_t on_body(char *data, size_t size, size_t count, void *context) {
    struct call *c = context;
    size_t len = size * count;
    (void)curl_easy_getinfo(c->partner->curl, CURLINFO_RESPONSE_CODE, &c->status);
    if (c->status < 200 || c->status > 299) {
        size_t room = SAID_BYTES - c->said.len;
        buf_put(&c->said, data, len < room ? len : room);
        return len;
    }
    if (c->hash)
        sha256_add(c->hash, bytes_of(data, len));
    if (!c->body)
        return len;
    size_t room = c->body_most - c->body->len;
    buf_put(c->body, data, len < room ? len : room);
    return len <= room ? len : 0; /* more than was asked for: enough */
}

static size_t on_content(char *out, size_t size, size_t count, void *context) {
    struct call *c = context;
    size_t room = size * count;
    if (c->at == c->piece.len) {
        buf_clear(&c->piece);
        c->at = 0;
        c->content_error = c->content->read(c->content->context, &c->piece, PIECE_BYTES);
        if (c->content_error)
            return CURL_READFUNC_ABORT;
    }
    size_t len = c->piece.len - c->at < room ? c->piece.len - c->at : room;
    memcpy(out, c->piece.data + c->at, len);
    c->at += len;
    return len;
}

/* <Code>RequestTimeTooSkewed</Code> of S3, else the first line, without what is not plain. */
static void said_write(const struct call *c, char out[96]) {
    const char *text = c->said.len ? (const char *)c->said.data : "", *code;
    size_t left = c->said.len, len = 0;
    for (code = text; left > 6 && memcmp(code, "<Code>", 6) != 0; code++)
        left--;
    if (left > 6) {
        text = code + 6;
        left -= 6;
    } else {
        left = c->said.len;
    }
    while (len < 80 && len < left && text[len] >= ' ' && text[len] < 127 && text[len] != '<')
        len++;
    (void)snprintf(out, 96, "%s%.*s", len ? ": " : "", (int)len, text);
}

static enum error error_of_status(long status) {
    if (status == 404 || status == 410)
        return E_not_found;
    if (status == 412 || status == 409)
        return E_exists;
    if (status == 413)
        return E_too_large;
    if (status == 507)
        return E_disk_full;
    if (status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501))
        return E_busy;
    return E_refused; /* 3xx, too: another address is a person's to write down */
}

static enum error answer_judge(const struct call *c) {
    char said[96];
    if (c->status >= 200 && c->status <= 299)
        return E_ok;
    said_write(c, said);
    bool stalled = c->status == 400 && strcmp(said, ": RequestTimeout") == 0; /* S3's 408 */
    enum error e =
        fail(stalled ? E_busy : error_of_status(c->status), "%s %s of %s: it answers %ld%s",
             c->method, c->name, c->partner->address.host, c->status, said);
    if (c->status >= 300 && c->status <= 399)
        fail_try("write the address that it means into `places`");
    if (c->status == 501 && c->content)
        fail_try("add guard=no to its address: it does not know `If-None-Match: *`");
    return e;
}

/* A server that shows a certificate nobody vouches for is like one with another host key. */
static enum error call_failed(const struct call *c, CURLcode code) {
    const char *why = c->partner->reason[0] ? c->partner->reason : curl_easy_strerror(code);
    enum error e = E_network;
    if (c->content_error)
        return c->content_error;
    if (code == CURLE_OPERATION_TIMEDOUT)
        e = E_timed_out;
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR)
        e = E_refused;
    if (code == CURLE_SSL_CACERT_BADFILE)
        e = E_config;
    return fail(e, "%s %s of %s: %.150s", c->method, c->name, c->partner->address.host, why);
}

/* ---- asking */

struct headers {
    struct s3_header list[HEADERS_MAX];
    size_t count;
};

static void header_add(struct headers *h, const char *name, const char *value) {
    if (value)
        h->list[h->count++] = (struct s3_header){ name, value };
}

static struct curl_slist *line_add(struct curl_slist *list, const char *name, const char *value) {
    char *line = text_format("%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(list, line);
    assert(longer);
    free(line);
    return longer;
}

/* By name, as the signature wants them. */
static struct curl_slist *headers_make(const struct call *c, const char *path) {
    const struct web_address *a = &c->partner->address;
    char time[S3_TIME_CHARS];
    struct headers h = { .count = 0 };
    struct curl_slist *list = NULL;
    s3_time_write(clock_wall_ms(clock_real()), time);
    header_add(&h, "host", a->host);
    header_add(&h, "if-none-match", c->content && !a->no_guard ? "*" : NULL);
    header_add(&h, "range", c->range);
    if (a->secret) {
        header_add(&h, "x-amz-content-sha256", c->sha256 ? c->sha256 : nothing_sha);
        header_add(&h, "x-amz-date", time);
    }
    for (size_t i = 0; i < h.count; i++)
        list = line_add(list, h.list[i].name, h.list[i].value);
    if (a->secret || a->token) {
        struct buf value = { 0 };
        const struct s3_key key = { a->key_id, a->secret, a->region };
        const struct s3_request r = { c->method, path, h.list, h.count };
        if (a->secret)
            s3_authorization_put(&r, &key, time, &value);
        else
            buf_print(&value, "Bearer %s", a->token);
        list = line_add(list, "authorization", buf_text(&value));
        secret_forget(value.data, value.len);
        buf_finish(&value);
    }
    return list;
}

static void handle_set(struct call *c, const char *url, struct curl_slist *headers) {
    CURL *h = c->partner->curl;
    const struct web_address *a = &c->partner->address;
    curl_easy_reset(h);
    bool good =
        !curl_easy_setopt(h, CURLOPT_URL, url) && !curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers)
        && !curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, c->method)
        && !curl_easy_setopt(h, CURLOPT_NOBODY, strcmp(c->method, "HEAD") == 0 ? 1L : 0L)
        && !curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https")
        && !curl_easy_setopt(h, CURLOPT_PROXY, "") && !curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L)
        && !curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L)
        && !curl_easy_setopt(h, CURLOPT_PATH_AS_IS, 1L)
        && !curl_easy_setopt(h, CURLOPT_ERRORBUFFER, c->partner->reason)
        && !curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S)
        && !curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1L)
        && !curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, a->stall_s)
        && !curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body)
        && !curl_easy_setopt(h, CURLOPT_WRITEDATA, c)
        && (!a->login || !curl_easy_setopt(h, CURLOPT_USERPWD, a->login))
        && (!a->ca || !curl_easy_setopt(h, CURLOPT_CAINFO, a->ca));
    if (good && c->content)
        good = !curl_easy_setopt(h, CURLOPT_UPLOAD, 1L)
               && !curl_easy_setopt(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)c->content->bytes)
               && !curl_easy_setopt(h, CURLOPT_UPLOAD_BUFFERSIZE, (long)PIECE_BYTES)
               && !curl_easy_setopt(h, CURLOPT_READFUNCTION, on_content)
               && !curl_easy_setopt(h, CURLOPT_READDATA, c);
    assert(good);
}

/* The caller frees nothing of it: what came stands in *c. */
static enum error call_make(struct call *c) {
    struct partner *p = c->partner;
    struct buf path = { 0 };
    curl_off_t bytes = -1;
    buf_put_text(&path, p->address.path);
    buf_put_byte(&path, '/');
    s3_path_put(c->name, &path);
    char *url = text_format("%s%s", p->address.base, buf_text(&path));
    struct curl_slist *headers = headers_make(c, buf_text(&path));
    p->reason[0] = 0;
    handle_set(c, url, headers);
    CURLcode code = curl_easy_perform(p->curl);
    (void)curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &c->status);
    (void)curl_easy_getinfo(p->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &bytes);
    c->bytes = (int64_t)bytes;
    bool enough = code == CURLE_WRITE_ERROR && c->body;
    bool refused = c->status >= 300 && code == CURLE_SEND_ERROR; /* it did not want to read on */
    enum error e = code && !enough && !refused ? call_failed(c, code) : answer_judge(c);
    curl_slist_free_all(headers);
    buf_finish(&path);
    buf_finish(&c->said);
    buf_finish(&c->piece);
    free(url);
    return e;
}

/* ---- a partner */

static void web_close(struct partner *p) {
    curl_easy_cleanup(p->curl);
    web_address_finish(&p->address);
    free(p);
}

static enum error web_open(struct partner **out, const char *address, const char *data_dir) {
    struct partner *p = memory_get(sizeof(*p));
    enum error e = web_address_read(&p->address, address, data_dir);
    if (!e)
        p->curl = curl_easy_init();
    if (!e && !p->curl)
        e = fail(E_unsupported, "libcurl has no handle to give");
    if (e) {
        web_close(p);
        return e;
    }
    *out = p;
    return E_ok;
}

static enum error web_put(struct partner *p, const char *name, struct partner_content *content) {
    struct call c = { .partner = p, .method = "PUT", .name = name };
    if (content->bytes > put_most)
        return fail(E_too_large, "%s has %" PRId64 " bytes, one PUT takes 5 GiB", name,
                    content->bytes);
    c.sha256 = content->sha256;
    c.content = content;
    return call_make(&c);
}

static enum error web_size(struct partner *p, const char *name, int64_t *bytes) {
    struct call c = { .partner = p, .method = "HEAD", .name = name };
    enum error e = call_make(&c);
    *bytes = -1;
    if (e == E_not_found)
        return E_ok;
    if (!e && c.bytes < 0)
        e = fail(E_refused, "HEAD %s of %s: it does not say Content-Length", name, p->address.host);
    if (!e)
        *bytes = c.bytes;
    return e;
}

static enum error web_read(struct partner *p, const char *name, int64_t at, struct buf *append_to,
                           size_t len) {
    char range[64];
    struct call c = { .partner = p, .method = "GET", .name = name, .body = append_to };
    c.body_most = append_to->len + len;
    (void)snprintf(range, sizeof(range), "bytes=%" PRId64 "-%" PRId64, at, at + (int64_t)len - 1);
    c.range = range;
    return call_make(&c);
}

static enum error web_hash(struct partner *p, const char *name, char hex[2 * SHA256_BYTES + 1]) {
    uint8_t digest[SHA256_BYTES];
    struct call c = { .partner = p, .method = "GET", .name = name, .hash = sha256_begin() };
    enum error e = call_make(&c);
    sha256_end(c.hash, digest);
    sha256_hex(digest, hex);
    return e;
}

static enum error web_remove(struct partner *p, const char *name) {
    struct call c = { .partner = p, .method = "DELETE", .name = name };
    return call_make(&c);
}

/* What a PUT answered is kept. */
static enum error web_settle(struct partner *p) {
    (void)p;
    return E_ok;
}

#define WEB_KIND(name)                                                                             \
    {                                                                                              \
        .scheme = name, .open = web_open, .close = web_close, .put = web_put, .size = web_size,    \
        .read = web_read, .hash = web_hash, .remove = web_remove, .settle = web_settle,            \
    }
const struct partner_kind http_partner_kind = WEB_KIND("http");
const struct partner_kind https_partner_kind = WEB_KIND("https");
const struct partner_kind s3_partner_kind = WEB_KIND("s3");
