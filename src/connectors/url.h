/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The address of a sink or source, taken apart: SCHEME:WHERE?NAME=VALUE&NAME=VALUE.
 *
 * WHERE and the values may hold %XX; "%00", a parameter twice or without "=", and a NAME that the
 * connector does not know are E_config: a misspelt limit is no limit. Every text is owned by the
 * url and valid until url_finish. */
#ifndef OCTAVO_CONNECTORS_URL_H
#define OCTAVO_CONNECTORS_URL_H

#include "base/bytes.h"
#include "base/error.h"

enum { URL_PARAMETERS_MAX = 16 };

struct url_form {
    const char *scheme;
    const char *const *known; /* names of parameters; ends with NULL */
    const char *example;      /* for the remedy of every error */
};

struct url {
    const struct url_form *form;
    char *text;  /* as it was given */
    char *where; /* decoded; not empty */
    struct url_parameter {
        char *name;
        char *value;
    } parameters[URL_PARAMETERS_MAX];
    size_t count;
};

enum error url_read(struct url *out, const struct url_form *form, const char *text) MUST_CHECK;
void url_finish(struct url *u);                             /* a url that is all zero is fine */
const char *url_get(const struct url *u, const char *name); /* NULL: not given */
enum error url_wrong(const struct url *u, const char *what) MUST_CHECK; /* E_config, the remedy */

/* WHERE as a path: what begins with / stands for itself, anything else is in data_dir; "//" in
 * front, as people write it, is passed by. Owned by the caller. */
char *url_path(const struct url *u, const char *data_dir);
bool url_path_is_own(const struct url *u); /* it is in data_dir */

#endif
