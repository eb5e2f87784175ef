/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the system exports. Its octavo.yaml is inside the binary; the test compares the two. */
#include "accounts.h"

__asm__(".section .rodata\n"
        "accounts_declaration: .incbin \"src/systems/accounts/octavo.yaml\"\n"
        ".byte 0\n"
        ".previous\n");
extern const char accounts_declaration[] __attribute__((visibility("hidden")));

static const struct octavo_service services[] = {
    { "atm", gateway_handlers },
    { "transaction-processor", processor_handlers },
    { "limit-governor", governor_handlers },
    { "customer-communications", communications_handlers },
    { NULL, NULL },
};

static const struct octavo_command commands[] = {
    { "open", "open ACCOUNT --currency CZK --card NUMBER [--name TEXT] | open --from FILE",
      "  Opens an account with its card. Given again it changes nothing.\n"
      "  --from reads lines ACCOUNT CURRENCY CARD [NAME]; - is the standard input.\n"
      "  example: octavo accounts open 4711 --currency CZK --card 9999990000005765\n",
      accounts_open },
    { "show", "show ACCOUNT",
      "  The account and every transaction it ever had.\n"
      "  example: octavo accounts show 4711\n",
      accounts_show },
    { "ls", "ls",
      "  All accounts with their balances.\n"
      "  example: octavo accounts ls --json\n",
      accounts_list },
    { "audit", "audit",
      "  Recomputes every balance from the postings, also while the system runs. Exit 1 when\n"
      "  anything is off.\n"
      "  example: octavo accounts audit\n",
      accounts_audit },
    { NULL, NULL, NULL, NULL },
};

const struct octavo_system accounts_system = {
    .size = sizeof(struct octavo_system),
    .api = OCTAVO_API,
    .name = "accounts",
    .declaration = accounts_declaration,
    .services = services,
    .commands = commands,
};
