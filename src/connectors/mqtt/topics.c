/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Levels are compared one by one; nothing is allocated for a publish. */
#include "topics.h"

#include <stdlib.h>
#include <string.h>

static enum error refuse(const char *text, const char *what) {
    enum error e = fail(E_config, "topics \"%s\": %s", text, what);
    fail_try("devices/{device}/{metric},devices/{device}");
    return e;
}

/* Cuts `*left` at the sign; the part before it. */
static struct bytes part_take(struct bytes *left, char sign) {
    const uint8_t *found = left->len ? memchr(left->data, sign, left->len) : NULL;
    size_t len = found ? (size_t)(found - left->data) : left->len;
    struct bytes part = bytes_part(*left, 0, len);
    *left = found ? bytes_part(*left, len + 1, left->len - len - 1) : bytes_of(NULL, 0);
    return part;
}

static const char *template_read(struct topic_template *t, struct bytes text) {
    int devices = 0, metrics = 0;
    bool more = true;
    while (more) {
        if (t->count == TOPIC_LEVELS_MAX)
            return "a template has too many levels";
        struct topic_level *l = &t->levels[t->count++];
        l->text = part_take(&text, '/');
        l->kind = bytes_is_text(l->text, "{device}")   ? LEVEL_DEVICE
                  : bytes_is_text(l->text, "{metric}") ? LEVEL_METRIC
                  : bytes_is_text(l->text, "+")        ? LEVEL_ANY
                                                       : LEVEL_TEXT;
        devices += l->kind == LEVEL_DEVICE;
        metrics += l->kind == LEVEL_METRIC;
        if (l->kind == LEVEL_TEXT && l->text.len && memchr(l->text.data, '{', l->text.len))
            return "a level is a text, {device}, {metric} or +";
        more = text.data != NULL;
    }
    return devices == 1 && metrics <= 1 ? NULL : "a template names {device} once, {metric} at most";
}

enum error topic_templates_read(struct topic_templates *out, const char *text) {
    *out = (struct topic_templates){ .text = text_copy(text) };
    struct bytes left = bytes_text(out->text);
    while (left.data) {
        struct bytes part = part_take(&left, ',');
        const char *wrong = out->count == TOPIC_TEMPLATES_MAX
                                ? "more templates than 16"
                                : template_read(&out->templates[out->count++], part);
        if (wrong)
            return refuse(text, wrong);
    }
    return E_ok;
}

void topic_templates_finish(struct topic_templates *t) {
    free(t->text);
    *t = (struct topic_templates){ 0 };
}

static bool template_fits(const struct topic_template *t, struct bytes topic,
                          struct topic_place *out) {
    *out = (struct topic_place){ 0 };
    for (size_t i = 0; i < t->count; i++) {
        if (!topic.data)
            return false;
        struct bytes level = part_take(&topic, '/');
        switch (t->levels[i].kind) {
        case LEVEL_TEXT:
            if (!bytes_equal(level, t->levels[i].text))
                return false;
            break;
        case LEVEL_DEVICE:
            out->device = level;
            break;
        case LEVEL_METRIC:
            out->metric = level;
            if (!level.len)
                return false;
            break;
        case LEVEL_ANY:
            break;
        }
    }
    return !topic.data;
}

bool topic_name_is_good(struct bytes name, size_t max) {
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] < ' ' || name.data[i] == 127 || strchr(";\"\\", name.data[i]))
            return false;
    return name.len > 0 && name.len <= max;
}

const char *topic_templates_find(const struct topic_templates *t, struct bytes topic,
                                 struct topic_place *out) {
    for (size_t i = 0; i < t->count; i++) {
        if (!template_fits(&t->templates[i], topic, out))
            continue;
        if (!topic_name_is_good(out->device, DEVICE_CHARS))
            return "its device is no name";
        if (out->metric.len && !topic_name_is_good(out->metric, METRIC_CHARS))
            return "its metric is no name";
        return NULL;
    }
    return "no template of a topic fits";
}
