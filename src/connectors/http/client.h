/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How the sinks of HTTP call: by http and https alone, through no proxy that the environment names,
 * following no redirect, without signals (workers are threads), and not for longer than is given.
 */
#ifndef OCTAVO_CONNECTORS_HTTP_CLIENT_H
#define OCTAVO_CONNECTORS_HTTP_CLIENT_H

#include <curl/curl.h>
#include <stdbool.h>

struct client_options {
    curl_write_callback on_answer; /* gets `context` */
    void *context;
    char *reason;    /* CURL_ERROR_SIZE bytes, which live as long as the handle */
    long timeout_ms; /* of connecting, and of the whole call */
};

/* False: this libcurl lacks something. */
bool client_set(CURL *handle, const struct client_options *options);

#endif
