// rooms: lint
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What lint takes: reading the shipped systems' declarations and running every rule over them.
 *
 *   lint [ROUNDS]      so many times (100)
 *
 * Prints `name value unit`. */
#include "base/clock.h"
#include "base/disk.h"
#include "lint/lint.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const files[] = {
    "src/systems/extracts/octavo.yaml",   "src/systems/iot/octavo.yaml",
    "src/systems/onboarding/octavo.yaml", "src/systems/accounts/octavo.yaml",
    "src/systems/caching/octavo.yaml",
};

enum { FILES = sizeof(files) / sizeof(*files) };

static enum error file_read(void *context, const char *path, struct buf *out) {
    (void)context;
    return disk_read_whole(disk_real(), path, 1 << 20, out);
}

static void lint_one(const char *file, struct bytes text) {
    struct declaration *d;
    if (declaration_read(&d, file, text)) {
        error_print();
        exit(3);
    }
    struct lint_options options = { .declaration = d, .file = file, .read = file_read };
    lint_destroy(lint_run(&options));
    declaration_destroy(d);
}

int main(int count, char **arguments) {
    long rounds = count > 1 ? strtol(arguments[1], NULL, 10) : 100;
    struct buf text[FILES] = { 0 };
    int there = 0;
    for (int i = 0; i < FILES; i++) /* those that are shipped by now */
        there += !disk_read_whole(disk_real(), files[i], 1 << 20, &text[i]);
    int64_t start_ns = clock_steady_ns(clock_real());
    for (long round = 0; round < rounds; round++)
        for (int i = 0; i < FILES; i++)
            if (text[i].len)
                lint_one(files[i], buf_bytes(&text[i]));
    int64_t took_ns = clock_steady_ns(clock_real()) - start_ns;
    (void)printf("lint_systems %d systems\n", there);
    (void)printf("lint_all_systems %.3f ms\n", (double)took_ns / 1e6 / (double)rounds);
    for (int i = 0; i < FILES; i++)
        buf_finish(&text[i]);
    return 0;
}
