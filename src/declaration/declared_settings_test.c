/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "base/test.h"
#include "declaration/declaration.h"

#include <stdlib.h>

static const char head[] = "system: shop\ntopics: { t: }\nservices:\n  s:\n    handler: shop.s\n"
                           "    consumes: [t]\n";

static enum error read_with(struct declaration **out, const char *settings) {
    char *text = text_format("%s    settings: %s\n", head, settings);
    enum error e = declaration_read(out, "octavo.yaml", bytes_text(text));
    free(text);
    return e;
}

TEST(settings_are_names_and_texts_in_their_order) {
    struct declaration *d;
    CHECK_OK(read_with(&d, "{ on_divergence: stop, most: 12 }"));
    const struct declared_service *s = declaration_service(d, "s");
    CHECK_INT((long long)s->setting_count, 2);
    CHECK_TEXT(s->settings[0].name, "on_divergence");
    CHECK_TEXT(s->settings[0].value, "stop");
    CHECK_TEXT(s->settings[1].value, "12");
    declaration_destroy(d);
}

TEST(a_setting_has_a_good_name_and_one_value) {
    struct declaration *d;
    CHECK_ERROR(read_with(&d, "{ On-Divergence: stop }"), E_config);
    CHECK_STORY("octavo.yaml:7:17");
    CHECK_ERROR(read_with(&d, "{ a: [1, 2] }"), E_config);
    CHECK_ERROR(read_with(&d, "{ a: 1, a: 2 }"), E_config);
    CHECK_ERROR(read_with(&d, "text"), E_config);
    CHECK_STORY("settings");
}
