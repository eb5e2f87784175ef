/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo accounts pin: whose PINs were wrong, and that a card is let in again. */
#include "accounts.h"
#include "arguments.h"
#include "outcome.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct octavo_text drawn = { "", 0 };

struct listing {
    struct octavo_session *session;
    size_t count;
};

static void on_row(void *context, struct octavo_text key, struct octavo_text sub,
                   const struct octavo_value *v, size_t count) {
    struct listing *l = context;
    (void)key;
    if (count < 3)
        return;
    l->count++;
    if (!octavo_json_wanted(l->session)) {
        octavo_print_text(l->session, v[0].text, 20);
        octavo_print_text(l->session, sub, 28);
        octavo_print(l->session, "%" PRId64 " wrong\n", v[1].integer);
        return;
    }
    octavo_print(l->session, "{");
    octavo_print_member(l->session, "account", v[0].text);
    octavo_print(l->session, ",");
    octavo_print_member(l->session, "card", sub);
    octavo_print(l->session, ",\"tries\":%" PRId64 ",\"time\":%" PRId64 "}\n", v[1].integer,
                 v[2].integer);
}

static int pin_list(struct octavo_session *s) {
    struct listing l = { s, 0 };
    if (!octavo_rows(s, "atm", "pin", NULL, on_row, &l))
        return FAILED;
    if (!octavo_json_wanted(s))
        octavo_print(s, "%zu cards\n", l.count);
    return DONE;
}

static int pin_reset(struct octavo_session *s, char **arguments) {
    static const char names[] = "ACCOUNT";
    const char *account = NULL, *card = NULL;
    char token[27], id[64], what[96];
    const struct octavo_option options[] = { { "--card", &card, NULL }, { NULL, NULL, NULL } };
    int code =
        octavo_arguments_read(s, arguments, &(struct octavo_words){ names, &account }, options);
    if (code)
        return code;
    if (!card || strspn(card, "0123456789") != strlen(card) || strlen(card) < 12)
        return octavo_usage_error(s, "--card is wanted: a number of 12 to 19 digits");
    if (!octavo_tokenise(s, card, token))
        return FAILED;
    octavo_publish_begin(s, "account-transaction", "card-unblock-requested", octavo_text(account),
                         drawn);
    (void)snprintf(id, sizeof(id), "%s", octavo_publish_id(s).data);
    octavo_publish_text(s, "request", octavo_text(id));
    octavo_publish_text(s, "account", octavo_text(account));
    octavo_publish_text(s, "card", octavo_text(token));
    (void)snprintf(what, sizeof(what), "reset of the PINs of %.64s", account);
    return outcome_await(
        s, &(struct outcome_ask){ what, "card-unblocked", "card-unblock-refused", account, id });
}

int accounts_pin(struct octavo_session *s, int count, char **arguments) {
    const char *verb = count > 1 ? arguments[1] : "";
    if (strcmp(verb, "ls") == 0 && count == 2)
        return pin_list(s);
    if (strcmp(verb, "reset") != 0)
        return octavo_usage_error(s, "pin is ls, or reset ACCOUNT --card NUMBER");
    return pin_reset(s, arguments + 1);
}
