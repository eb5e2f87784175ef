/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The oracle of the JSON reader: jansson, which shares no code with it.
 *
 * Only json_read_test.c and fuzz/json.c include this; the product does not link jansson. */
#ifndef OCTAVO_VALUES_JSON_FIXTURE_H
#define OCTAVO_VALUES_JSON_FIXTURE_H

#include "values/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* jansson's tree when it and the rules of json.h take the text, else NULL. A zero byte is asked for
 * first: RFC 8259 has none anywhere, yet jansson 2.14 loses one that ends a number or a word, as it
 * puts it back and then takes it for the end of its own buffer. */
static json_t *oracle_read(struct bytes text, enum error *e) {
    const char *name;
    json_t *member;
    json_t *root = NULL;
    *e = E_too_large;
    if (text.len > JSON_BYTES_MAX)
        return NULL;
    *e = E_malformed;
    if (text.len && memchr(text.data, 0, text.len))
        return NULL;
    root =
        json_loadb(text.len ? (const char *)text.data : "", text.len, JSON_REJECT_DUPLICATES, NULL);
    bool is_flat = json_is_object(root);
    json_object_foreach(root, name, member) {
        if (json_is_real(member) || json_is_object(member) || json_is_array(member))
            is_flat = false;
    }
    if (is_flat)
        *e = json_object_size(root) > JSON_MEMBERS_MAX ? E_too_large : E_ok;
    if (*e == E_ok)
        return root;
    json_decref(root);
    return NULL;
}

static const char *member_difference(const struct json *j, const char *name, json_t *wanted) {
    int64_t number = 0;
    struct bytes text = { NULL, 0 };
    bool is_int = json_get_int(j, name, &number);
    bool is_text = json_get_text(j, name, &text);
    if (!json_has(j, name))
        return "a member is missing";
    if (is_int != json_is_integer(wanted) || is_text != json_is_string(wanted))
        return "a member is of another kind";
    if (is_int && number != json_integer_value(wanted))
        return "an integer differs";
    if (is_text
        && !bytes_equal(text, bytes_of(json_string_value(wanted), json_string_length(wanted))))
        return "a text differs";
    return NULL;
}

static const char *members_difference(const struct json *j, json_t *wanted) {
    const char *name, *difference = NULL;
    json_t *member;
    if (j->count != json_object_size(wanted))
        return "the number of members differs";
    json_object_foreach(wanted, name, member) {
        if (!difference)
            difference = member_difference(j, name, member);
    }
    return difference;
}

/* What json_read and jansson do not agree on, NULL when there is nothing. When a text has both too
 * many members and a defect behind them, either reason to refuse it will do. */
static const char *json_difference(struct bytes text) {
    struct json j;
    enum error wanted;
    const char *difference = NULL;
    uint8_t *copy = memory_get(text.len + 1); /* ends where the text does: no byte more is read */
    uint8_t *exact = copy + 1;
    if (text.len)
        memcpy(exact, text.data, text.len);
    json_t *root = oracle_read(text, &wanted);
    enum error e = json_read(&j, bytes_of(exact, text.len));
    if ((e == E_ok) != (wanted == E_ok) || (wanted == E_too_large && e != wanted))
        difference = e ? "jansson takes it, json_read does not" : "only json_read takes it";
    else if (e == E_ok)
        difference = members_difference(&j, root);
    else if (j.count || j.unescaped.data)
        difference = "a failed read left something behind";
    json_finish(&j);
    json_decref(root);
    free(copy);
    return difference;
}

#endif
