/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "accounts.h"

#include "base/disk.h"
#include "base/test.h"
#include "currency.h"
#include "declaration/declaration.h"

#include <string.h>

TEST(the_binary_holds_the_shipped_declaration_and_it_is_read) {
    struct buf file = { 0 };
    struct declaration *d;
    CHECK_OK(disk_read_whole(disk_real(), "src/systems/accounts/octavo.yaml", 1 << 20, &file));
    CHECK_TEXT(accounts_system.declaration, buf_text(&file));
    CHECK_OK(declaration_read(&d, "octavo.yaml", buf_bytes(&file)));
    for (const struct octavo_service *s = accounts_system.services; s->name; s++)
        CHECK(declaration_service(d, s->name));
    CHECK_INT(declaration_topic(d, "account-transaction")->partitions, 4);
    CHECK_TEXT(declaration_service(d, "atm")->edges[0].secret_file, "card.key");
    declaration_destroy(d);
    buf_finish(&file);
}

TEST(currencies_are_known_by_name_and_by_digits) {
    CHECK_TEXT(currency_code("CZK"), "203");
    CHECK_TEXT(currency_code("999"), "999");
    CHECK(!currency_code("czk"));
    CHECK(!currency_code("20"));
    CHECK(!currency_code("2030"));
    CHECK(!currency_code(""));
}

static void check_amount(int64_t amount, const char *currency, const char *wanted) {
    char text[AMOUNT_CHARS];
    amount_print(text, amount, octavo_text(currency));
    CHECK_TEXT(text, wanted);
}

TEST(amounts_are_shown_with_the_decimals_of_their_currency) {
    check_amount(123450, "203", "1234.50");
    check_amount(-5, "978", "-0.05");
    check_amount(123450, "392", "123450");
    check_amount(1234, "414", "1.234");
    check_amount(0, "999", "0.00");
    check_amount(INT64_MIN, "203", "-92233720368547758.08");
    check_amount(INT64_MAX, "392", "9223372036854775807");
}
