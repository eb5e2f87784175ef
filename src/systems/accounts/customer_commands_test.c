/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "accounts_fixture.h"
#include "runtime/session.h"

static const char *const wrong[] = {
    "limit",
    "limit xs",
    "limit ls --all",
    "limit ls A1 A2",
    "limit set A1 --period day --amount 1",
    "limit set A1 daily --amount 1",
    "limit set A1 daily --period day",
    "limit set A1 daily --period day --amount",
    "limit set A1 daily --period day --amount 10.00",
    "limit set A1 daily --period day --count many",
    "limit set A1 daily --period fortnight --amount 1",
    "limit set A1 daily --period day --amount 9223372036854775808",
    "limit set A1 daily --period day --amount -2",
    "limit set A1 daily --period day --amount 1 --mode lenient",
    "limit set A1 daily --period declines --count 3 --window 10",
    "limit set A1 daily --period day --amount 1 --from tomorrow",
    "limit set A1 daily --period day --amount 1 --card 12x456789012",
    "limit set A1 daily more --period day --amount 1",
    "limit set A1 daily --period day --amount 1 --color red",
    "limit accept",
    "notices",
    "notices ls --all",
    "notices resend A1",
    "preference",
    "preference get A1",
    "preference set",
    "preference set A1 --email",
    "preference set A1 --low-balance much",
    "preference set A1 --low-balance 9223372036854775808",
    "preference set A1 --opt-out maybe",
    "preference ls --all",
    "preference ls A1 A2",
};

static int run(struct octavo_session *session, const char *line) {
    char *arguments[16] = { "" }, *rest, *copy = text_copy(line);
    int count = 0, code = -1;
    for (char *at = strtok_r(copy, " ", &rest); at; at = strtok_r(NULL, " ", &rest))
        arguments[count++] = at;
    for (const struct octavo_command *c = accounts_system.commands; c->name; c++)
        if (strcmp(c->name, arguments[0]) == 0)
            code = c->run(session, count, arguments);
    free(copy);
    return code;
}

TEST(limits_notices_and_preferences_refuse_what_cannot_be_before_anything_is_sent) {
    struct declaration *d;
    struct octavo_session *session;
    CHECK_OK(declaration_read(&d, "octavo.yaml", bytes_text(accounts_system.declaration)));
    struct session_options options = {
        .declaration = d,
        .store_kind = &sqlite_store_kind,
        .data_dir = test_dir(),
    };
    CHECK_OK(session_create(&session, &options));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (run(session, wrong[i]) != 2)
            test_failed(__FILE__, __LINE__, "\"%s\" is taken", wrong[i]);
    session_destroy(session);
    declaration_destroy(d);
}
