// rooms: connectors/smtp
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any fields as a mail: refused, or one whose headers are the ones we wrote and no others, in lines
 * that no server cuts. */
#include "base/check.h"
#include "smtp/message.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mail_check(const struct mail *m) {
    static const char *const known[] = {
        "Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-"
    };
    bool in_body = false;
    for (size_t at = 0; at < m->text.len;) {
        const uint8_t *line = m->text.data + at, *end = memchr(line, '\n', m->text.len - at);
        assert(end && end > line && end[-1] == '\r');
        size_t len = (size_t)(end - line) - 1;
        bool good = in_body || len == 0 || line[0] == ' ';
        for (size_t i = 0; !good && i < sizeof(known) / sizeof(*known); i++)
            good = memcmp(line, known[i], strlen(known[i]) < len ? strlen(known[i]) : len) == 0;
        assert(good);
        assert(len <= 998);
        assert(!memchr(line, '\r', len));
        in_body = in_body || len == 0;
        at += len + 2;
    }
    assert(in_body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct mail mail;
    struct effect_request r = { .id = bytes_text("e-1"), .json = bytes_of(data, size) };
    if (!mail_build(&mail, &r, "b@e")) {
        mail_check(&mail);
        mail_finish(&mail);
    }
    return 0;
}
