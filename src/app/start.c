/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The files of src/app/start, as they are: what a new system begins with is tested as it stands. */
#include "start.h"

#define START_FILE(name, path)                                                                     \
    __asm__(".section .rodata\n" #name ": .incbin \"" path "\"\n.byte 0\n.previous\n");            \
    extern const char name[] __attribute__((visibility("hidden")))

START_FILE(start_yaml, "src/app/start/octavo.yaml");
START_FILE(start_placed, "src/app/start/order-placed.json");
START_FILE(start_accepted, "src/app/start/order-accepted.json");
START_FILE(start_refused, "src/app/start/order-refused.json");
START_FILE(start_python, "src/app/start/orders.py.txt");
START_FILE(start_c, "src/app/start/orders.c.txt");
START_FILE(start_make, "src/app/start/Makefile.txt");
START_FILE(start_header, "include/octavo.h");
START_FILE(start_test, "src/app/start/first.jsonl");
START_FILE(start_expected, "src/app/start/first.expected");

const char *const start_declaration = start_yaml;

const struct start_file start_files[] = {
    { "events/order-placed.json", start_placed, START_ANY },
    { "events/order-accepted.json", start_accepted, START_ANY },
    { "events/order-refused.json", start_refused, START_ANY },
    { "orders.py", start_python, START_PYTHON },
    { "orders.c", start_c, START_C },
    { "octavo.h", start_header, START_C },
    { "Makefile", start_make, START_C },
    { "tests/first.jsonl", start_test, START_ANY },
    { "tests/first.expected", start_expected, START_ANY },
    { NULL, NULL, START_ANY },
};
