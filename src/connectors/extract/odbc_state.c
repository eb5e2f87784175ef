/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* States that pass, by how they begin; 28 (who we are), 42 (the query) and all others do not. A
 * driver ends with 57014 (PostgreSQL's), 70100 (MariaDB's) or HY008 what took too long. */
#include "extract/odbc_state.h"

#include <stddef.h>
#include <string.h>

static const struct passing {
    const char *begins;
    enum error error;
} passing[] = {
    { "HYT", E_timed_out },   { "57014", E_timed_out }, { "70100", E_timed_out },
    { "HY008", E_timed_out }, { "08", E_network }, /* the connection */
    { "57P", E_network },                          /* the server ends, or begins */
    { "40", E_busy },                              /* rolled back */
    { "53", E_busy },                              /* no resources */
    { "55", E_busy },                              /* locked */
};

/* HY000, anything, of a connection means that nobody is there (MariaDB's). */
enum error odbc_error_of_state(bool of_connection, const char *state) {
    for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++)
        if (strncmp(state, passing[i].begins, strlen(passing[i].begins)) == 0)
            return passing[i].error;
    return of_connection && strcmp(state, "HY000") == 0 ? E_network : E_config;
}
