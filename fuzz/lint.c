// rooms: lint
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any text as a declaration that is linted, also against itself, and as the schema of its events:
 * a report, never a crash. */
#include "lint/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum error same_text(void *context, const char *path, struct buf *out) {
    (void)path;
    buf_put_bytes(out, *(const struct bytes *)context);
    return E_ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes text = bytes_of(data, size);
    struct declaration *d;
    struct buf out = { 0 };
    if (declaration_read(&d, "octavo.yaml", text))
        return 0;
    struct lint_options options = { .declaration = d,
                                    .file = "octavo.yaml",
                                    .against = d,
                                    .against_file = "old.yaml",
                                    .read = same_text,
                                    .read_context = &text,
                                    .against_read = same_text,
                                    .against_context = &text,
                                    .read_handler = same_text };
    struct lint *l = lint_run(&options);
    struct lint_report report = lint_report(l);
    lint_text(&report, true, &out);
    buf_clear(&out);
    buf_put_text(&out, "[");
    lint_json(&report, "octavo.yaml", &out);
    buf_finish(&out);
    lint_destroy(l);
    declaration_destroy(d);
    return 0;
}
