/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading the address. Whatever is not understood is refused: a misspelt limit is no limit. */
#include "address.h"

#include "connectors/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECTIONS_MAX = 10000,
    CONNECTIONS_MOST = 1000000,
    PACKET_MAX = 64 * 1024,
    PACKET_MOST = 256 * 1024, /* in base64 it must fit an event */
    PENDING_MAX = 1000,
    PENDING_MOST = 65535, /* there are no more numbers of packets */
};

static const char topics_default[] = "devices/{device}/{metric},devices/{device}";

static enum error number_of(const struct url *u, const char *name, int64_t most, int64_t *out) {
    const char *text = url_get(u, name);
    char *end;
    if (!text)
        return E_ok;
    *out = strtoll(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && *out > 0 && *out <= most
               ? E_ok
               : url_wrong(u, "a limit is no number, or beyond what can be");
}

static enum error text_of(const struct url *u, const char *name, char out[256]) {
    const char *text = url_get(u, name);
    if (text && (!*text || strlen(text) >= 256))
        return url_wrong(u, "the name of a file is empty or too long");
    (void)snprintf(out, 256, "%s", text ? text : "");
    return E_ok;
}

static enum error security_take(struct mqtt_address *out, const struct url *u) {
    const char *own = url_get(u, "own");
    TRY(text_of(u, "certificate", out->certificate));
    TRY(text_of(u, "key", out->key));
    TRY(text_of(u, "client_ca", out->client_ca));
    out->own = own && strcmp(own, "yes") == 0;
    if (own && !out->own && strcmp(own, "no") != 0)
        return url_wrong(u, "own is yes or no");
    if (!out->certificate[0] != !out->key[0] || (out->client_ca[0] && !out->key[0]))
        return url_wrong(u, "TLS wants certificate and key, and client_ca wants TLS");
    return E_ok;
}

/* One template, of texts and {device}. */
static enum error device_topic_take(struct topic_templates *out, const struct url *u,
                                    const char *name) {
    const char *text = url_get(u, name);
    if (!text)
        return E_ok;
    TRY(topic_templates_read(out, text));
    for (size_t i = 0; i < out->templates[0].count; i++)
        if (out->templates[0].levels[i].kind == LEVEL_ANY
            || out->templates[0].levels[i].kind == LEVEL_METRIC)
            return url_wrong(u, "commands and reported are texts and {device}");
    return out->count == 1 ? E_ok : url_wrong(u, "commands and reported are one template each");
}

static enum error parts_take(struct mqtt_address *out, const struct mqtt_templates *to,
                             const struct url *u) {
    const char *where = strncmp(u->where, "//", 2) == 0 ? u->where + 2 : u->where;
    const char *templates = url_get(u, "topics");
    if (address_split(where, out->host, &out->port))
        return url_wrong(u, "it has no HOST:PORT");
    TRY(number_of(u, "connections_max", CONNECTIONS_MOST, &out->connections_max));
    TRY(number_of(u, "packet_max", PACKET_MOST, &out->packet_max));
    TRY(number_of(u, "pending_max", PENDING_MOST, &out->pending_max));
    TRY(security_take(out, u));
    TRY(device_topic_take(to->commands, u, "commands"));
    TRY(device_topic_take(to->reported, u, "reported"));
    return topic_templates_read(to->topics, templates ? templates : topics_default);
}

enum error mqtt_address_read(struct mqtt_address *out, const struct mqtt_templates *templates,
                             const char *url) {
    static const char *const known[] = {
        "topics", "connections_max", "packet_max", "pending_max", "certificate", "key", "client_ca",
        "own",    "commands",        "reported",   NULL
    };
    static const struct url_form form = { "mqtt", known, "mqtt://127.0.0.1:1883" };
    struct url u = { 0 };
    *out = (struct mqtt_address){
        .connections_max = CONNECTIONS_MAX,
        .packet_max = PACKET_MAX,
        .pending_max = PENDING_MAX,
    };
    enum error e = url_read(&u, &form, url);
    if (!e)
        e = parts_take(out, templates, &u);
    url_finish(&u);
    return e;
}
