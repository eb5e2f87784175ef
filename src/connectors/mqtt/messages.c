/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A message grows while its device is the same, and is then copied behind those before it. */
#include "messages.h"

#include "values/json_tree.h"

#include <stdio.h>

void messages_begin(struct messages *b) {
    b->count = 0;
    buf_clear(&b->text);
    buf_clear(&b->device);
    payload_begin(&b->payload);
}

void messages_finish(struct messages *b) {
    buf_finish(&b->text);
    buf_finish(&b->device);
    payload_finish(&b->payload);
}

const char *messages_say(struct messages *b, const char *what, size_t number, const char *why) {
    (void)snprintf(b->wrong, sizeof(b->wrong), "%s %zu: %s", what, number, why);
    return b->wrong;
}

const char *messages_end(struct messages *b) {
    struct payload *p = &b->payload;
    if (!p->count)
        return NULL;
    if (b->count == MESSAGES_MAX)
        return "more than 1000 messages";
    struct message *m = &b->messages[b->count++];
    *m = (struct message){
        .device = b->text.len,
        .device_len = b->device.len,
        .points = b->text.len + b->device.len,
        .points_len = p->points.len,
        .has_identity = p->has_identity,
        .has_boot = p->has_boot,
        .boot = p->boot,
        .sequence = p->sequence,
    };
    buf_put_bytes(&b->text, buf_bytes(&b->device));
    buf_put_bytes(&b->text, buf_bytes(&p->points));
    payload_begin(p);
    return NULL;
}

const char *messages_device(struct messages *b, struct bytes device, bool names_itself) {
    const char *wrong = NULL;
    if (!topic_name_is_good(device, DEVICE_CHARS))
        return "its device is no name";
    if (names_itself || b->payload.count >= POINTS_MAX / 2
        || !bytes_equal(buf_bytes(&b->device), device))
        wrong = messages_end(b);
    buf_clear(&b->device);
    buf_put_bytes(&b->device, device);
    return wrong;
}

/* ---- JSON */

static const char *object_read(struct messages *b, const struct json_tree *object, int64_t now_ms) {
    const struct topic_place place = { 0 };
    const struct json_tree *device = json_tree_find(object, "device");
    if (object->kind != TREE_OBJECT || !device || device->kind != TREE_TEXT)
        return "it is no object that names its device";
    bool names_itself = json_tree_find(object, "seq") != NULL;
    const char *wrong = messages_device(b, device->text, names_itself);
    size_t before = b->payload.count;
    if (!wrong)
        wrong = payload_add(&b->payload, object, &place, now_ms);
    if (!wrong && b->payload.count == before)
        wrong = "there is no number in it";
    return wrong || !names_itself ? wrong : messages_end(b);
}

static const char *list_read(struct messages *b, const struct json_tree *first, int64_t now_ms) {
    size_t number = 0;
    for (const struct json_tree *item = first; item; item = item->next) {
        const char *wrong = object_read(b, item, now_ms);
        number++;
        if (wrong)
            return messages_say(b, "item", number, wrong);
    }
    return messages_end(b);
}

const char *messages_read_json(struct messages *b, struct arena *arena, struct bytes body,
                               const struct topic_place *place, int64_t now_ms) {
    struct json_tree *tree;
    messages_begin(b);
    if (place->device.len) {
        const char *wrong = payload_read(&b->payload, arena, place, body, now_ms);
        buf_put_bytes(&b->device, place->device);
        return wrong ? wrong : messages_end(b);
    }
    if (json_tree_read(&tree, arena, body))
        return "it is no JSON";
    struct json_tree one = *tree; /* without those behind it: it has none */
    const char *wrong = list_read(b, tree->kind == TREE_LIST ? tree->first : &one, now_ms);
    return wrong ? wrong : b->count ? NULL : "there is no message in it";
}
