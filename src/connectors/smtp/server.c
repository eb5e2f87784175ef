/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading the address of a mail server. A password goes over TLS or to this very machine: on any
 * other path STARTTLS is wanted whatever the server offers, so that nobody in between can have it
 * left out. */
#include "smtp/server.h"

#include <stdlib.h>
#include <string.h>

static const char *const known[] = { "from", "tls", "ca", NULL };
static const struct url_form smtp_form = { "smtp", known,
                                           "smtp://mail.example:587?from=bank@example.org" };
static const struct url_form smtps_form = { "smtps", known,
                                            "smtps://mail.example?from=bank@example.org" };

/* HOST[:PORT]; a number in brackets is an IPv6 address. Nothing that libcurl would read as more. */
static enum error host_check(struct mail_server *s, struct bytes *host) {
    const char *text = s->url.where + 2;
    bool bracket = text[0] == '[';
    size_t len = bracket ? strcspn(text, "]") + 1 : strcspn(text, ":");
    if (strncmp(s->url.where, "//", 2) != 0 || !len || (bracket && text[len - 1] != ']'))
        return url_wrong(&s->url, "no host stands behind ://");
    const char *port = text + len;
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:";
    *host = bracket ? bytes_of(text + 1, len - 2) : bytes_of(text, len);
    for (size_t i = 0; i < host->len; i++)
        if (!strchr(letters, host->data[i]))
            return url_wrong(&s->url, "its host has a character that no host has");
    if (*port
        && (*port != ':' || !port[1] || strspn(port + 1, "0123456789") != strlen(port + 1)
            || strlen(port + 1) > 5 || strtol(port + 1, NULL, 10) > 65535))
        return url_wrong(&s->url, "its port is no number from 1 to 65535");
    return E_ok;
}

static bool host_is_here(struct bytes host) {
    return bytes_is_text(host, "localhost") || bytes_is_text(host, "::1")
           || (host.len > 4 && memcmp(host.data, "127.", 4) == 0
               && strspn((const char *)host.data, "0123456789.") >= host.len);
}

static enum error parameters_check(struct mail_server *s, bool here) {
    const char *tls = url_get(&s->url, "tls");
    s->from = url_get(&s->url, "from");
    s->ca = url_get(&s->url, "ca");
    if (s->from && !mail_address_is_good(bytes_text(s->from)))
        return url_wrong(&s->url, "its `from` is no address");
    if (tls && strcmp(tls, "required") != 0)
        return url_wrong(&s->url, "its `tls` can only be `required`, which it is on other hosts");
    s->wants_tls = !here || tls;
    return E_ok;
}

/* Neither its bytes nor their number are told: it may be a secret of another kind. */
static enum error secret_read(struct mail_server *s, const struct sink_options *o) {
    if (!o->secret)
        return E_ok;
    const char *end = memchr(o->secret, '\n', o->secret_len);
    size_t len = end ? (size_t)(end - o->secret) : o->secret_len;
    const char *colon = len ? memchr(o->secret, ':', len) : NULL;
    bool good = colon && colon > o->secret && colon < o->secret + len - 1;
    for (size_t i = 0; i < len; i++)
        good = good && (unsigned char)o->secret[i] >= ' ';
    if (!good) {
        enum error e = fail(E_config, "the secret file of a mail server holds no USER:PASSWORD");
        fail_try("write them into the file's first line, or take `secret_file` away");
        return e;
    }
    size_t user_len = (size_t)(colon - o->secret);
    s->user = text_copy_bytes(bytes_of(o->secret, user_len));
    s->password = text_copy_bytes(bytes_of(colon + 1, len - user_len - 1));
    return E_ok;
}

static enum error server_read(struct mail_server *s, const struct sink_options *o) {
    struct bytes host = { 0 };
    TRY(host_check(s, &host));
    TRY(parameters_check(s, host_is_here(host)));
    const char *domain = s->from ? strchr(s->from, '@') + 1 : "localhost";
    s->address = text_format("%s:%s/%s", s->url.form->scheme, s->url.where, domain);
    return secret_read(s, o);
}

enum error mail_server_read(struct mail_server *out, const char *scheme,
                            const struct sink_options *options) {
    *out = (struct mail_server){ 0 };
    TRY(url_read(&out->url, strcmp(scheme, "smtps") == 0 ? &smtps_form : &smtp_form, options->url));
    enum error e = server_read(out, options);
    if (e)
        mail_server_finish(out);
    return e;
}

void mail_server_finish(struct mail_server *s) {
    url_finish(&s->url);
    free(s->address);
    free(s->user);
    free(s->password);
    *s = (struct mail_server){ 0 };
}
