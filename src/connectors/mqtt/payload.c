/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A value goes on as the device wrote it: whoever reads it decides how exact it must be. */
#include "payload.h"

#include "values/json_tree.h"

#include <math.h>
#include <stdlib.h>

/* 1e11 seconds are the year 5138, 1e11 milliseconds are 1973, and so on. */
static bool time_read(const struct json_tree *t, int64_t *ms) {
    double number = t->number;
    if (t->kind != TREE_NUMBER || !(fabs(number) < 9e18))
        return false;
    if (fabs(number) < 1e11)
        *ms = t->is_integer ? t->integer * 1000 : (int64_t)floor(number * 1000);
    else if (fabs(number) < 1e14)
        *ms = (int64_t)number;
    else if (fabs(number) < 1e17)
        *ms = t->is_integer ? t->integer / 1000 : (int64_t)(number / 1000);
    else
        *ms = t->is_integer ? t->integer / 1000000 : (int64_t)(number / 1000000);
    return true;
}

static const struct json_tree *time_find(const struct json_tree *object) {
    static const char *const names[] = { "time", "ts", "timestamp" };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const struct json_tree *found = json_tree_find(object, names[i]);
        if (found)
            return found;
    }
    return NULL;
}

static bool is_reserved(struct bytes name) {
    static const char *const names[] = { "time", "ts", "timestamp", "boot", "seq" };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (bytes_is_text(name, names[i]))
            return true;
    return false;
}

static bool is_value(const struct json_tree *t) {
    return t->kind == TREE_NUMBER || t->kind == TREE_TRUE || t->kind == TREE_FALSE;
}

static const char *point_put(struct payload *p, const struct json_tree *value, struct bytes metric,
                             int64_t ms) {
    struct bytes text = value->kind == TREE_TRUE    ? bytes_text("1")
                        : value->kind == TREE_FALSE ? bytes_text("0")
                                                    : value->text;
    if (!topic_name_is_good(metric, METRIC_CHARS))
        return "the name of a metric is no name";
    if (value->kind == TREE_NUMBER && !(fabs(value->number) <= VALUE_MOST))
        return "a value is beyond 10^12";
    if (text.len > VALUE_CHARS)
        return "a value has more than 32 characters";
    if (p->count == POINTS_MAX)
        return "more than 1000 points";
    if (p->count++)
        buf_put_byte(&p->points, ';');
    buf_put_decimal(&p->points, ms);
    buf_put_byte(&p->points, ' ');
    buf_put_bytes(&p->points, text);
    buf_put_byte(&p->points, ' ');
    buf_put_bytes(&p->points, metric);
    return NULL;
}

static const char *members_put(struct payload *p, const struct json_tree *object, int64_t ms) {
    const char *wrong = NULL;
    for (const struct json_tree *m = object->first; m && !wrong; m = m->next)
        if (is_value(m) && !is_reserved(m->name))
            wrong = point_put(p, m, m->name, ms);
    return wrong;
}

static void identity_read(struct payload *p, const struct json_tree *object) {
    const struct json_tree *sequence = json_tree_find(object, "seq");
    const struct json_tree *boot = json_tree_find(object, "boot");
    if (p->count || p->has_identity || !sequence || !sequence->is_integer || sequence->integer < 0)
        return;
    p->has_identity = true;
    p->sequence = sequence->integer;
    p->has_boot = boot && boot->is_integer;
    p->boot = p->has_boot ? boot->integer : 0;
}

static const char *object_put(struct payload *p, const struct json_tree *object,
                              const struct topic_place *place, int64_t now_ms) {
    const struct json_tree *time = time_find(object), *value = json_tree_find(object, "value");
    const struct json_tree *values = json_tree_find(object, "values");
    int64_t ms = now_ms;
    if (time && time->kind != TREE_NULL && !time_read(time, &ms))
        return "its time is no number";
    identity_read(p, object);
    if (place->metric.len)
        return value && is_value(value) ? point_put(p, value, place->metric, ms)
                                        : "no number named value";
    const char *wrong = members_put(p, object, ms);
    return wrong || !values || values->kind != TREE_OBJECT ? wrong : members_put(p, values, ms);
}

static const char *list_put(struct payload *p, const struct json_tree *list,
                            const struct topic_place *place, int64_t now_ms) {
    const char *wrong = NULL;
    for (const struct json_tree *item = list->first; item && !wrong; item = item->next)
        wrong = item->kind == TREE_OBJECT ? object_put(p, item, place, now_ms)
                                          : "an item of its list is no object";
    return wrong;
}

const char *payload_read(struct payload *out, struct arena *arena, const struct topic_place *place,
                         struct bytes bytes, int64_t now_ms) {
    struct json_tree *tree;
    const char *wrong = NULL;
    payload_begin(out);
    if (!bytes.len)
        return "it is empty";
    if (json_tree_read(&tree, arena, bytes))
        return "it is no JSON";
    if (tree->kind == TREE_OBJECT)
        wrong = object_put(out, tree, place, now_ms);
    else if (tree->kind == TREE_LIST)
        wrong = list_put(out, tree, place, now_ms);
    else if (!is_value(tree))
        wrong = "it is no number, object or list";
    else
        wrong = place->metric.len ? point_put(out, tree, place->metric, now_ms)
                                  : "its topic names no metric";
    return wrong ? wrong : out->count ? NULL : "there is no number in it";
}

void payload_begin(struct payload *p) {
    buf_clear(&p->points);
    *p = (struct payload){ .points = p->points };
}

const char *payload_add(struct payload *p, const struct json_tree *object,
                        const struct topic_place *place, int64_t now_ms) {
    return object_put(p, object, place, now_ms);
}

const char *payload_point(struct payload *p, const struct payload_value *v) {
    const struct json_tree value = { .kind = TREE_NUMBER,
                                     .text = v->text,
                                     .number = strtod(v->closed, NULL) };
    return point_put(p, &value, v->metric, v->time_ms);
}

void payload_finish(struct payload *p) {
    buf_finish(&p->points);
}
