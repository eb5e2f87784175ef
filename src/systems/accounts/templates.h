/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What customers are told, in words: templates/LANGUAGE.txt, which are inside the binary.
 *
 * A file has a section [NAME] for each notice: a line "Subject: ...", an empty line, the body. Both
 * hold {amount} {balance} {time} {account} {reference}; any other {word} stays as it is. A language
 * that has no file is told in English, with its own numbers and dates. */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_TEMPLATES_H
#define OCTAVO_SYSTEMS_ACCOUNTS_TEMPLATES_H

#include "octavo.h"

enum { NOTICE_SUBJECT_CHARS = 400, NOTICE_BODY_CHARS = 4000 };

struct notice_words {
    struct octavo_text amount, balance, time, account, reference;
};

struct notice_text {
    char subject[NOTICE_SUBJECT_CHARS];
    char body[NOTICE_BODY_CHARS];
};

/* False: no such notice. What is too long is cut between two characters. */
bool notice_write(struct notice_text *out, struct octavo_text locale, const char *name,
                  const struct notice_words *words);

#endif
