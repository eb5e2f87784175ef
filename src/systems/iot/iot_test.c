/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "iot.h"

#include "base/disk.h"
#include "base/test.h"
#include "declaration/declaration.h"

#include <string.h>

TEST(the_declaration_in_the_binary_is_the_file_and_can_be_read) {
    struct buf file = { 0 };
    struct declaration *d;
    CHECK_OK(disk_read_whole(disk_real(), "src/systems/iot/octavo.yaml", 1 << 20, &file));
    CHECK_TEXT(iot_system.declaration, buf_text(&file));
    CHECK_OK(declaration_read(&d, "octavo.yaml", buf_bytes(&file)));
    declaration_destroy(d);
    buf_finish(&file);
}

TEST(every_verb_has_an_example) {
    for (const struct octavo_command *c = iot_system.commands; c->name; c++)
        CHECK(strstr(c->help, "example: octavo iot ") != NULL);
}
