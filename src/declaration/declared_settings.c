/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* `settings` of a service: names and texts that its handlers ask for by octavo_setting. What they
 * mean is the system's; a name that no handler asks for is found by nobody. */
#include "declaration/declared_node.h"

enum { SETTINGS_MAX = 64 };

static enum error read_setting(struct reader *r, const struct node *node, void *into) {
    struct declared_setting *setting = into;
    return node_text(r, node, &setting->value);
}

enum error declared_settings_read(struct reader *r, const struct node *node, void *into) {
    static const struct collection settings = {
        .what = "settings",
        .most = SETTINGS_MAX,
        .entry_size = sizeof(struct declared_setting),
        .name_is_good = is_table_name,
        .name_wanted = &table_name_wanted,
        .read_entry = read_setting,
    };
    struct declared_service *service = into;
    struct entries entries = { 0 };
    TRY(node_collection(r, node, &settings, &entries));
    service->settings = entries.array;
    service->setting_count = entries.count;
    return E_ok;
}
