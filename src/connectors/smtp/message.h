/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A mail as RFC 5322 writes it, from an effect's fields {to, subject, body, from?}.
 *
 * The same effect gives the same bytes, however often and wherever: Message-ID comes from its id,
 * Date from its event. So a receiver that drops a Message-ID it has seen sees each mail once, and a
 * folder of mails has each once. Nothing of a field can become another header: a line break in an
 * address or a subject is refused. */
#ifndef OCTAVO_CONNECTORS_SMTP_MESSAGE_H
#define OCTAVO_CONNECTORS_SMTP_MESSAGE_H

#include "connectors/connector.h"

enum { MAIL_RECIPIENTS_MAX = 100, MAIL_ADDRESS_MAX = 254, MAIL_SUBJECT_MAX = 2048 };

struct mail {
    char from[MAIL_ADDRESS_MAX + 1];
    char (*to)[MAIL_ADDRESS_MAX + 1]; /* owned */
    size_t to_count;
    struct buf text; /* headers, an empty line, the body; lines end with CR LF */
    char id[128];    /* of the Message-ID, without its brackets */
};

bool mail_address_is_good(struct bytes address);
/* `from` stands in for an effect that names none; NULL: it must. E_refused: it is no mail. */
enum error mail_build(struct mail *out, const struct effect_request *r,
                      const char *from) MUST_CHECK;
void mail_finish(struct mail *m); /* an all-zero one is fine */

#endif
