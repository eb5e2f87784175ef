/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Where mail goes: the address of a server, checked, and one session with it. */
#ifndef OCTAVO_CONNECTORS_SMTP_SERVER_H
#define OCTAVO_CONNECTORS_SMTP_SERVER_H

#include "connectors/url.h"
#include "smtp/message.h"

/* What a URL and a secret file say. Texts borrow from the url and the secret. */
struct mail_server {
    struct url url;
    char *
        address; /* smtp://HOST:PORT/NAME: as libcurl wants it, NAME being what we call ourselves */
    const char *from;      /* NULL: each effect names its own */
    const char *ca;        /* a file of certificates to trust instead of the system's; or NULL */
    bool wants_tls;        /* STARTTLS, before anything else is said */
    char *user, *password; /* NULL: none */
};

/* `scheme` is smtp or smtps. The secret holds USER:PASSWORD in its first line. */
enum error mail_server_read(struct mail_server *out, const char *scheme,
                            const struct sink_options *options) MUST_CHECK;
void mail_server_finish(struct mail_server *s);

#endif
