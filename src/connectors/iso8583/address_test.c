/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Addresses of edges, right and wrong. */
#include "address.h"

#include "base/test.h"

TEST(an_address_names_host_port_dialect_and_limits) {
    struct iso_address a;
    CHECK_OK(iso_address_read(&a, "iso8583://127.0.0.1:8583"));
    CHECK_TEXT(a.host, "127.0.0.1");
    CHECK_INT(a.port, 8583);
    CHECK_TEXT(a.dialect, "iso87");
    CHECK_INT(a.connections_max, 2000);
    CHECK_OK(iso_address_read(&a, "iso8583://[::1]:0?dialect=./my.dialect&partial_ms=50&idle_ms=7"
                                  "&first_byte_ms=9&connections_max=3"));
    CHECK_TEXT(a.host, "::1");
    CHECK_INT(a.port, 0);
    CHECK_TEXT(a.dialect, "./my.dialect");
    CHECK_INT(a.partial_ms, 50);
    CHECK_INT(a.idle_ms, 7);
    CHECK_INT(a.first_byte_ms, 9);
    CHECK_INT(a.connections_max, 3);
}

static void check_wrong(const char *url, const char *story) {
    struct iso_address a;
    CHECK_ERROR(iso_address_read(&a, url), E_config);
    CHECK_STORY(story);
    CHECK_STORY("try: iso8583://127.0.0.1:8583?dialect=iso87");
}

TEST(an_address_that_is_not_understood_is_refused) {
    check_wrong("http://127.0.0.1:80", "does not begin with iso8583://");
    check_wrong("iso8583://127.0.0.1", "no port");
    check_wrong("iso8583://127.0.0.1?dialect=a:b", "no port");
    check_wrong("iso8583://127.0.0.1:65536", "its port is no number");
    check_wrong("iso8583://127.0.0.1:", "its port is no number");
    check_wrong("iso8583://:8583", "no host");
    check_wrong("iso8583://h:1?dialekt=x", "a parameter is unknown");
    check_wrong("iso8583://h:1?idle_ms=0", "a parameter is unknown or has a value");
    check_wrong("iso8583://h:1?dialect=", "a parameter is unknown or has a value");
    check_wrong("iso8583://h:1?dialect", "a parameter is unknown or has a value");
}
