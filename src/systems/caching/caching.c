/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the system exports. Its octavo.yaml is inside the binary. */
#include "caching.h"

__asm__(".section .rodata\n"
        "caching_declaration: .incbin \"src/systems/caching/octavo.yaml\"\n"
        ".byte 0\n"
        ".globl caching_files\n"
        "caching_files: .incbin \"build/pack/caching.files\"\n"
        ".previous\n");
extern const char caching_declaration[] __attribute__((visibility("hidden")));

static const struct octavo_service services[] = {
    { "crm", crm_handlers },
    { "operational-data-cache", cache_handlers },
    { NULL, NULL },
};

static const struct octavo_command commands[] = {
    { "ls", "ls [ENTITY]",
      "  What the CRM has, id by id, with versions; ENTITY is customer where it is not said.\n"
      "  example: octavo caching ls --json\n",
      caching_list },
    { "show", "show ID [ENTITY]",
      "  One of them as the CRM has it, and as the newest snapshot of each cache has it.\n"
      "  example: octavo caching show 00001\n",
      caching_show },
    { "audit", "audit [ENTITY] [--repair]",
      "  Holds the newest snapshot of each cache against the CRM, in ranges by their checksums.\n"
      "  What is behind is counted; what is newer than its source, or of the same version and\n"
      "  other content, or not of this source is wrong: exit 1. --repair has the CRM tell again\n"
      "  what is behind, of topics that were lost too. What is wrong, the cache alone can mend:\n"
      "  stop it, take its .fold file away, and it reads everything again.\n"
      "  example: octavo caching audit\n",
      caching_audit },
    { "tail", "tail [ID]",
      "  The events of both topics as JSON lines, of one id or of all, up to now.\n"
      "  example: octavo caching tail 00001\n",
      caching_tail },
    { NULL, NULL, NULL, NULL },
};

const struct octavo_system caching_system = {
    .size = sizeof(struct octavo_system),
    .api = OCTAVO_API,
    .name = "caching",
    .declaration = caching_declaration,
    .services = services,
    .commands = commands,
};
