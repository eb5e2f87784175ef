/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo schema: the JSON Schema of octavo.yaml, for editors. */
#include "commands.h"

#include "declaration/declaration.h"

#include <stdio.h>

const char schema_help[] = "octavo schema    a JSON Schema (draft-07) of octavo.yaml\n"
                           "\n"
                           "It is made from the tables that read the file. Editors that know it "
                           "complete names and show what\n"
                           "is wanted; what only the whole file can tell is said by reading it.\n"
                           "\n"
                           "example:\n"
                           "  octavo schema > octavo.schema.json\n";

int schema_command(int count, char **arguments) {
    struct buf out = { 0 };
    if (count > 1 && !command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: schema does not know \"%s\"\n", arguments[1]);
    if (count > 1)
        return command_usage(count, arguments, schema_help);
    declaration_schema(&out);
    (void)fwrite(out.data, 1, out.len, stdout);
    buf_finish(&out);
    return EXIT_DONE;
}
