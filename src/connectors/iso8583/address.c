/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading the address. Whatever is not understood is refused: a misspelt limit is no limit. */
#include "address.h"

#include <string.h>

#define SCHEME "iso8583://"

static enum error refuse(const char *url, const char *what) {
    enum error e = fail(E_config, "address \"%s\": %s", url, what);
    fail_try("iso8583://127.0.0.1:8583?dialect=iso87");
    return e;
}

static bool number_read(struct bytes text, int64_t most, int64_t *out) {
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *out = *out * 10 + (text.data[i] - '0');
        if (*out > most)
            return false;
    }
    return text.len > 0;
}

static bool text_take(struct bytes text, char *out, size_t room) {
    if (!text.len || text.len >= room)
        return false;
    memcpy(out, text.data, text.len);
    out[text.len] = 0;
    return true;
}

static bool parameter_read(struct iso_address *a, struct bytes name, struct bytes value) {
    const int64_t day_ms = 86400000;
    const struct {
        const char *name;
        char *to;
        size_t room;
    } texts[] = {
        { "dialect", a->dialect, sizeof a->dialect },
        { "certificate", a->certificate, sizeof a->certificate },
        { "key", a->key, sizeof a->key },
        { "client_ca", a->client_ca, sizeof a->client_ca },
        { "hsm", a->hsm, sizeof a->hsm },
        { "hsm_token", a->hsm_token, sizeof a->hsm_token },
        { "hsm_pin_file", a->hsm_pin_file, sizeof a->hsm_pin_file },
        { "mac_key", a->mac_key, sizeof a->mac_key },
        { "pin_key", a->pin_key, sizeof a->pin_key },
        { "pvv_key", a->pvv_key, sizeof a->pvv_key },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (bytes_is_text(name, texts[i].name))
            return text_take(value, texts[i].to, texts[i].room);
    if (bytes_is_text(name, "connections_max"))
        return number_read(value, 100000, &a->connections_max) && a->connections_max > 0;
    if (bytes_is_text(name, "first_byte_ms"))
        return number_read(value, day_ms, &a->first_byte_ms) && a->first_byte_ms > 0;
    if (bytes_is_text(name, "partial_ms"))
        return number_read(value, day_ms, &a->partial_ms) && a->partial_ms > 0;
    if (bytes_is_text(name, "idle_ms"))
        return number_read(value, day_ms, &a->idle_ms) && a->idle_ms > 0;
    return false;
}

static enum error parameters_read(struct iso_address *a, const char *url, const char *at) {
    while (*at) {
        size_t len = strcspn(at, "&");
        const char *equals = memchr(at, '=', len);
        size_t name_len = equals ? (size_t)(equals - at) : len;
        struct bytes value = equals ? bytes_of(equals + 1, len - name_len - 1) : bytes_of("", 0);
        if (!parameter_read(a, bytes_of(at, name_len), value))
            return refuse(url, "a parameter is unknown or has a value that cannot be");
        at += len + (at[len] == '&');
    }
    if (!a->certificate[0] != !a->key[0] || (a->client_ca[0] && !a->key[0]))
        return refuse(url, "TLS wants certificate and key, and client_ca wants TLS");
    if (a->hsm[0] && (!a->hsm_token[0] || !a->hsm_pin_file[0]))
        return refuse(url, "hsm wants hsm_token and hsm_pin_file");
    if (!a->hsm[0] && (a->mac_key[0] || a->pin_key[0] || a->pvv_key[0]))
        return refuse(url, "keys want hsm, the module that holds them");
    if (!a->pin_key[0] != !a->pvv_key[0])
        return refuse(url, "PINs want pin_key and pvv_key");
    return E_ok;
}

enum error iso_address_read(struct iso_address *out, const char *url) {
    int64_t port = 0;
    *out = (struct iso_address){
        .dialect = "iso87",
        .connections_max = 2000,
        .first_byte_ms = 30000,
        .partial_ms = 10000,
        .idle_ms = 600000,
    };
    if (strncmp(url, SCHEME, strlen(SCHEME)) != 0)
        return refuse(url, "it does not begin with iso8583://");
    const char *host = url + strlen(SCHEME);
    size_t len = strcspn(host, "?");
    const char *colon = memrchr(host, ':', len);
    if (!colon)
        return refuse(url, "it has no port");
    size_t host_len = (size_t)(colon - host);
    if (!number_read(bytes_of(colon + 1, len - host_len - 1), 65535, &port))
        return refuse(url, "its port is no number from 0 to 65535");
    if (host_len > 2 && host[0] == '[' && colon[-1] == ']') {
        host++;
        host_len -= 2;
    }
    if (!text_take(bytes_of(host, host_len), out->host, sizeof out->host))
        return refuse(url, "it has no host, or one that is too long");
    out->port = (int)port;
    return parameters_read(out, url,
                           colon + 1 + strcspn(colon + 1, "?") + (strchr(url, '?') != NULL));
}
