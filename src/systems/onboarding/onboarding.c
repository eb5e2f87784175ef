/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the system exports. Its octavo.yaml is inside the binary; the test compares the two. */
#include "onboarding.h"

#include <stddef.h>

__asm__(".section .rodata\n"
        "onboarding_declaration: .incbin \"src/systems/onboarding/octavo.yaml\"\n"
        ".byte 0\n"
        ".globl onboarding_files\n"
        "onboarding_files: .incbin \"build/pack/onboarding.files\"\n"
        ".previous\n");
extern const char onboarding_declaration[] __attribute__((visibility("hidden")));

static const struct octavo_service services[] = {
    { "hr-onboarding", hire_handlers },
    { "network-user-creation", account_handlers },
    { "benefits-enrollment", benefits_handlers },
    { "background-check", check_handlers },
    { NULL, NULL },
};

static const struct octavo_command commands[] = {
    { "import", "import FILE",
      "  Hires whoever stands in a CSV file; its first line names the columns: employee, given,\n"
      "  family, birth, start, department, title, class, hours, zone. - is the standard input.\n"
      "  A row with a fault is told by its line and left out, the others are hired; exit 1 then.\n"
      "  Given again it hires nobody twice.\n"
      "  example: octavo onboarding import hires.csv\n",
      onboarding_import },
    { "ls", "ls [--state STATE]",
      "  Every hire, its state, and which step it waits for.\n"
      "  example: octavo onboarding ls --state in-progress\n",
      onboarding_list },
    { "show", "show EMPLOYEE",
      "  One hire: its record, its three steps, and all that happened to it, in order.\n"
      "  example: octavo onboarding show 10001\n",
      onboarding_show },
    { "ask", "ask VERB EMPLOYEE [--start DAY] [--reason TEXT]",
      "  VERB: rescind, terminate, move (with --start), rehire (with --start), approve.\n"
      "  example: octavo onboarding ask rescind 10001 --reason \"went elsewhere\"\n",
      onboarding_ask },
    { "retry", "retry EMPLOYEE [--reason TEXT]",
      "  Tells the services again how the hire shall be: who failed tries again.\n"
      "  example: octavo onboarding retry 10001 --reason \"the directory is mended\"\n",
      onboarding_retry },
    { "skip", "skip EMPLOYEE STEP --reason TEXT",
      "  STEP (account, benefits, check) counts as done: a person has seen to it. Of a check that\n"
      "  found something this is the decision to hire all the same.\n"
      "  example: octavo onboarding skip 10001 check --reason \"cleared by the board\"\n",
      onboarding_skip },
    { "erase", "erase EMPLOYEE",
      "  Destroys the key by which a person's data is sealed: no topic, store, log or copy of one\n"
      "  tells any more who it was. Only of who was rescinded or terminated, or never told of.\n"
      "  example: octavo onboarding erase 10001\n",
      onboarding_erase },
    { "audit", "audit",
      "  Holds the services' rows against each other: one state for each hire, no account without\n"
      "  a hire, no number twice. Exit 1 when anything is off.\n"
      "  example: octavo onboarding audit\n",
      onboarding_audit },
    { NULL, NULL, NULL, NULL },
};

const struct octavo_system onboarding_system = {
    .size = sizeof(struct octavo_system),
    .api = OCTAVO_API,
    .name = "onboarding",
    .declaration = onboarding_declaration,
    .services = services,
    .commands = commands,
};
