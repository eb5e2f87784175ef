/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo accounts set-aside: advices that were acknowledged and could not be posted. */
#include "currency.h"
#include "gateway.h"

#include <inttypes.h>

enum { DONE, FOUND, USAGE, FAILED };

struct listing {
    struct octavo_session *session;
    size_t count;
};

/* No control character of a row reaches a terminal, and nothing ends a JSON text. */
static void plain_print(struct octavo_session *s, struct octavo_text text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        octavo_print(s, "%c", c < ' ' || c == 0x7f || c == '"' || c == '\\' ? '?' : c);
    }
}

static void member_print(struct octavo_session *s, const char *name, struct octavo_text text) {
    octavo_print(s, ",\"%s\":\"", name);
    plain_print(s, text);
    octavo_print(s, "\"");
}

static void row_print_json(struct octavo_session *s, struct octavo_text request,
                           const struct octavo_value *row) {
    octavo_print(s, "{\"time\":%" PRId64 ",\"amount\":%" PRId64, row[ASIDE_TIME].integer,
                 row[ASIDE_AMOUNT].integer);
    member_print(s, "request", request);
    member_print(s, "reason", row[ASIDE_REASON].text);
    member_print(s, "type", row[ASIDE_TYPE].text);
    member_print(s, "account", row[ASIDE_ACCOUNT].text);
    member_print(s, "terminal", row[ASIDE_TERMINAL].text);
    member_print(s, "currency", row[ASIDE_CURRENCY].text);
    octavo_print(s, "}\n");
}

static void on_row(void *context, struct octavo_text key, struct octavo_text sub,
                   const struct octavo_value *row, size_t count) {
    struct listing *l = context;
    char amount[AMOUNT_CHARS];
    (void)key;
    if (count < ASIDE_COLUMNS)
        return;
    l->count++;
    if (octavo_json_wanted(l->session)) {
        row_print_json(l->session, sub, row);
        return;
    }
    amount_print(amount, row[ASIDE_AMOUNT].integer, row[ASIDE_CURRENCY].text);
    plain_print(l->session, row[ASIDE_REASON].text);
    octavo_print(l->session, " %14s ", amount);
    plain_print(l->session, row[ASIDE_CURRENCY].text);
    octavo_print(l->session, " ");
    plain_print(l->session, sub);
    octavo_print(l->session, "\n");
}

int accounts_set_aside(struct octavo_session *s, int count, char **arguments) {
    struct listing l = { s, 0 };
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "", NULL }, NULL))
        return 2;
    if (!octavo_rows(s, "atm", "set_aside", NULL, on_row, &l))
        return FAILED;
    if (!octavo_json_wanted(s))
        octavo_print(s, "%zu set aside\n", l.count);
    return l.count ? FOUND : DONE;
}
