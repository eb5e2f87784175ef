/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the system exports. Its octavo.yaml is inside the binary; the test compares the two. */
#include "accounts.h"

__asm__(".section .rodata\n"
        "accounts_declaration: .incbin \"src/systems/accounts/octavo.yaml\"\n"
        ".byte 0\n"
        ".globl accounts_files\n"
        "accounts_files: .incbin \"build/pack/accounts.files\"\n"
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
      "  The account and its transactions as long as they are remembered (answers_keep_days);\n"
      "  its statement has every posting.\n"
      "  example: octavo accounts show 4711\n",
      accounts_show },
    { "ls", "ls",
      "  All accounts with their balances.\n"
      "  example: octavo accounts ls --json\n",
      accounts_list },
    { "audit", "audit [--from-log]",
      "  Recomputes every balance from the postings, and the chain of their digests, also while\n"
      "  the system runs. --from-log reads the whole topic, too, and compares what it told.\n"
      "  Exit 1 when anything is off.\n"
      "  example: octavo accounts audit --from-log\n",
      accounts_audit },
    { "set-aside", "set-aside",
      "  Advices of cash machines that were acknowledged and could not be posted: code, amount,\n"
      "  currency, request. Exit 1 when there are some.\n"
      "  example: octavo accounts set-aside --json\n",
      accounts_set_aside },
    { "statement", "statement ACCOUNT [--from TIME] [--to TIME] [--csv]",
      "  Every posting of the account with the balance after it.\n"
      "  TIME is 2026-11-22, 2026-11-22T10:30:00Z (UTC) or milliseconds since 1970.\n"
      "  example: octavo accounts statement 4711 --from 2026-11-01 --to 2026-12-01 --csv\n",
      accounts_statement },
    { "balance", "balance ACCOUNT [--at TIME]",
      "  The balance as it was at a time; without one, as it is.\n"
      "  example: octavo accounts balance 4711 --at 2026-11-22T10:30:00Z\n",
      accounts_balance },
    { "trial-balance", "trial-balance",
      "  Debits and credits of customers, cash, fees, clearing and suspense by currency.\n"
      "  Exit 1 when they are not equal.\n"
      "  example: octavo accounts trial-balance --json\n",
      accounts_trial_balance },
    { "find", "find --rrn REFERENCE",
      "  The transactions with this retrieval reference; of old ones, their postings.\n"
      "  example: octavo accounts find --rrn 000000000017\n",
      accounts_find },
    { "explain", "explain REQUEST",
      "  Why a request was decided so: balance, holds and limits at that point.\n"
      "  example: octavo accounts explain ATM00001-20261122-000017-000000000017\n",
      accounts_explain },
    { "reconcile", "reconcile --switch FILE [--from TIME] [--to TIME]",
      "  Compares with the switch's file: CSV whose first line names the columns rrn and amount\n"
      "  (minor units) and perhaps type. Prints what only one side has and what differs; exit 1\n"
      "  when there is any.\n"
      "  example: octavo accounts reconcile --switch day.csv --from 2026-11-22 --to 2026-11-23\n",
      accounts_reconcile },
    { "tail", "tail [ACCOUNT] [--follow]",
      "  The events of the topic as JSON lines, of one account or of all, up to now;\n"
      "  --follow goes on until it is interrupted.\n"
      "  example: octavo accounts tail 4711\n",
      accounts_tail },
    { "freeze", "freeze ACCOUNT [--reason TEXT]",
      "  The account gives nothing any more; it still takes. unfreeze is the way back.\n"
      "  example: octavo accounts freeze 4711 --reason \"card stolen\"\n",
      accounts_freeze },
    { "unfreeze", "unfreeze ACCOUNT [--reason TEXT]",
      "  A frozen account gives again.\n"
      "  example: octavo accounts unfreeze 4711\n",
      accounts_unfreeze },
    { "close", "close ACCOUNT [--reason TEXT]",
      "  For ever. Refused while the balance is not zero or there are holds.\n"
      "  example: octavo accounts close 4711 --reason \"at the customer's wish\"\n",
      accounts_close },
    { "overdraft", "overdraft ACCOUNT AMOUNT",
      "  How far below zero the balance may be taken, in the account's currency; 0: not at all.\n"
      "  example: octavo accounts overdraft 4711 5000.00\n",
      accounts_overdraft },
    { "fee", "fee ACCOUNT KIND AMOUNT",
      "  What a withdrawal, a transfer, or a foreign withdrawal costs besides.\n"
      "  example: octavo accounts fee 4711 withdrawal 5.00\n",
      accounts_fee },
    { "limit",
      "limit ls [ACCOUNT] | set ACCOUNT LIMIT --period PERIOD --amount N --count N | accept "
      "ACCOUNT",
      "  What an account may give away: rules and what is used, as the limit-governor has them.\n"
      "  PERIOD: transaction, day, month; declines and near (with --window 10m) only alert.\n"
      "  Also --card NUMBER, --mode observe, --from 2027-01-01T00:00:00Z, --request ID. -1: none.\n"
      "  accept: somebody has looked at the divergence of this account.\n"
      "  example: octavo accounts limit set 4711 daily --period day --amount 2000000\n",
      accounts_limit },
    { "pin", "pin ls | reset ACCOUNT --card NUMBER",
      "  Cards with wrong PINs since their last right one, and a blocked one let in again.\n"
      "  example: octavo accounts pin reset 4711 --card 9999990000005765\n",
      accounts_pin },
    { "notices", "notices ls [ACCOUNT] | resend ACCOUNT NOTICE",
      "  What customers were told, and what became of it.\n"
      "  example: octavo accounts notices ls 4711\n",
      accounts_notices },
    { "preference",
      "preference ls [ACCOUNT] | set ACCOUNT [--email ADDRESS] [--webhook URL] [--quiet 22-07] ...",
      "  What a customer wants to be told; what is not named stays. Also --locale cs, --zone "
      "NAME,\n"
      "  --low-balance N, --large-debit N (minor units, -1: none), --opt-out yes.\n"
      "  example: octavo accounts preference set 4711 --email jana@example.org --locale cs\n",
      accounts_preference },
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
