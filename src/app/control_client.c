/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* SERVICE.INSTANCE.sock: neither a service's nor an instance's name has a dot. */
#include "control_client.h"

#include "net/http.h"
#include "values/json.h"

#include <stdlib.h>
#include <string.h>

enum { CALL_MS = 15000 };

static const char suffix[] = ".sock";

struct finding {
    struct control_peers *out;
    const char *dir;
    const char *service;
};

static void on_name(void *context, const char *name) {
    struct finding *f = context;
    const char *dot = strchr(name, '.');
    size_t len = strlen(name), suffix_len = sizeof(suffix) - 1;
    if (!dot || len <= suffix_len || strcmp(name + len - suffix_len, suffix) != 0)
        return;
    const char *end = name + len - suffix_len;
    if (end <= dot + 1
        || (f->service && !bytes_is_text(bytes_of(name, (size_t)(dot - name)), f->service)))
        return;
    struct control_peers *all = f->out;
    all->peers = memory_resize(all->peers, (all->count + 1) * sizeof(*all->peers));
    all->peers[all->count++] = (struct control_peer){
        .path = text_format("%s/%s", f->dir, name),
        .service = text_copy_bytes(bytes_of(name, (size_t)(dot - name))),
        .instance = text_copy_bytes(bytes_of(dot + 1, (size_t)(end - dot - 1))),
    };
}

/* "2" before "10": instances are numbers where `octavo up` names them. */
static int peer_compare(const void *a, const void *b) {
    const struct control_peer *left = a, *right = b;
    int by_service = strcmp(left->service, right->service);
    size_t left_len = strlen(left->instance), right_len = strlen(right->instance);
    if (by_service)
        return by_service;
    if (left_len != right_len)
        return left_len < right_len ? -1 : 1;
    return strcmp(left->instance, right->instance);
}

enum error control_peers_find(struct control_peers *out, const struct place *place,
                              const char *system, const char *service) {
    char *dir = place_path(place, system, NULL);
    struct finding finding = { out, dir, service };
    bool there = false;
    *out = (struct control_peers){ 0 };
    enum error e = disk_exists(disk_real(), dir, &there);
    if (!e && there)
        e = disk_list(disk_real(), dir, on_name, &finding);
    if (!e && out->count)
        qsort(out->peers, out->count, sizeof(*out->peers), peer_compare);
    free(dir);
    return e;
}

void control_peers_finish(struct control_peers *p) {
    for (size_t i = 0; i < p->count; i++) {
        free(p->peers[i].path);
        free(p->peers[i].service);
        free(p->peers[i].instance);
    }
    free(p->peers);
    *p = (struct control_peers){ 0 };
}

static enum error refusal(const struct control_peer *peer, int status, struct bytes body) {
    struct json json = { 0 };
    struct bytes reason = bytes_text("no reason given");
    bool read = json_read(&json, body) == E_ok;
    enum error kind = status == 400   ? E_usage
                      : status == 404 ? E_not_found
                      : status == 503 ? E_busy
                                      : E_refused;
    if (read)
        (void)json_get_text(&json, "reason", &reason);
    enum error e = fail(kind, "%s.%s: %.*s", peer->service, peer->instance, (int)reason.len,
                        (const char *)reason.data);
    if (read)
        json_finish(&json);
    return e;
}

enum error control_call(const struct control_peer *peer, const char *verb, struct bytes json,
                        struct buf *reply) {
    char *target = text_format("/control/%s", verb);
    struct http_call call = {
        .path = peer->path,
        .method = "POST",
        .target = target,
        .body = json,
        .timeout_ms = CALL_MS,
    };
    struct http_result result;
    enum error e = http_call(&call, &result);
    if (!e && result.status != 200)
        e = refusal(peer, result.status, buf_bytes(&result.body));
    *reply = result.body;
    free(target);
    return e;
}
