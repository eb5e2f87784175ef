/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "command_fixture.h"

static struct ledger l;

TEST(what_was_set_aside_is_listed_until_there_is_nothing) {
    ledger_open(&l, "atm", gateway_handlers);
    CHECK_INT(command_run(&l, accounts_set_aside, "set-aside"), 0);
    CHECK_TEXT(command_out, "0 set aside\n");
    given(&l, "set-aside-asked", "x-S",
          "{\"request\":\"x-S\",\"message\":\"022\",\"amount\":30000,\"currency\":\"203\","
          "\"terminal\":\"ATM1\",\"reason\":\"14\"}");
    CHECK_INT(command_run(&l, accounts_set_aside, "set-aside"), 1);
    CHECK_TEXT(command_out, "14         300.00 203 x-S\n1 set aside\n");
    CHECK_INT(command_run(&l, accounts_set_aside, "set-aside --json"), 1);
    CHECK(strstr(command_out, "\"amount\":30000,\"request\":\"x-S\",\"reason\":\"14\","
                              "\"type\":\"022\",\"account\":\"\",\"terminal\":\"ATM1\","
                              "\"currency\":\"203\"}\n"));
    CHECK_INT(command_run(&l, accounts_set_aside, "set-aside all"), 2);
    ledger_close(&l);
}
