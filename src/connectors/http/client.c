/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What is set in libcurl for every call, see client.h. */
#include "http/client.h"

bool client_set(CURL *handle, const struct client_options *o) {
    return curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK
           && curl_easy_setopt(handle, CURLOPT_PROXY, "") == CURLE_OK
           && curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L) == CURLE_OK
           && curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK
           && curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, o->on_answer) == CURLE_OK
           && curl_easy_setopt(handle, CURLOPT_WRITEDATA, o->context) == CURLE_OK
           && curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, o->reason) == CURLE_OK
           && curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, o->timeout_ms) == CURLE_OK
           && curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, o->timeout_ms) == CURLE_OK;
}
