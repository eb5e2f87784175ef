/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The files that `octavo new` begins with; src/app/start has them, and they are in the binary. */
#ifndef OCTAVO_APP_START_H
#define OCTAVO_APP_START_H

#include "base/bytes.h"

enum start_language { START_ANY, START_PYTHON, START_C };

struct start_file {
    const char *name; /* below the new folder */
    const char *text;
    enum start_language language;
};

extern const char
    *const start_declaration; /* with @SYSTEM@, @HANDLER@, @BUSINESS@, @ANSWERS@, @WAIVERS@ */
extern const struct start_file start_files[]; /* ends with a NULL name */

#endif
