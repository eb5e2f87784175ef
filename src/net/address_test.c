/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "net/address.h"

#include "base/test.h"

#include <string.h>

static void check_split(const char *text, const char *wanted_host, int wanted_port) {
    char host[ADDRESS_TEXT_BYTES];
    int port = -1;
    CHECK_OK(address_split(text, host, &port));
    CHECK_TEXT(host, wanted_host);
    CHECK_INT(port, wanted_port);
}

TEST(host_and_port_are_split_at_the_last_colon) {
    check_split("127.0.0.1:9100", "127.0.0.1", 9100);
    check_split("localhost:0", "localhost", 0);
    check_split("[::1]:80", "::1", 80);
}

TEST(what_is_no_host_and_port_is_refused) {
    static const char *const wrong[] = { "",
                                         ":80",
                                         "127.0.0.1",
                                         "h:",
                                         "h:x",
                                         "h:8x",
                                         "h:-1",
                                         "h:+1",
                                         "h:65536",
                                         "[]:80",
                                         "h: 80",
                                         "::1:",
                                         "h:999999999999999999999" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char host[ADDRESS_TEXT_BYTES];
        int port;
        CHECK_ERROR(address_split(wrong[i], host, &port), E_usage);
        CHECK_STORY("HOST:PORT is wanted, such as 127.0.0.1:9100");
    }
    char host[ADDRESS_TEXT_BYTES], text[100];
    int port;
    memset(text, 'h', sizeof(text));
    memcpy(text + 90, ":80", 4);
    CHECK_ERROR(address_split(text, host, &port), E_usage);
}

static void check_loopback(const char *host, bool wanted) {
    struct address a;
    CHECK_OK(address_parse(&a, host, 1));
    CHECK_INT(address_is_loopback(&a), wanted);
}

TEST(loopback_is_this_machine_alone) {
    struct address a;
    check_loopback("127.0.0.1", true);
    check_loopback("127.9.9.9", true);
    check_loopback("localhost", true);
    check_loopback("::1", true);
    check_loopback("0.0.0.0", false);
    check_loopback("::", false);
    check_loopback("::ffff:192.0.2.1", false);
    CHECK_OK(address_of_path(&a, "/tmp/a.sock"));
    CHECK(address_is_loopback(&a));
}

TEST(an_address_is_written_as_it_was_read) {
    struct address a;
    char text[ADDRESS_TEXT_BYTES];
    CHECK_OK(address_parse(&a, "127.0.0.1", 9092));
    address_text(&a, text);
    CHECK_TEXT(text, "127.0.0.1:9092");
    CHECK_OK(address_parse(&a, "::1", 80));
    address_text(&a, text);
    CHECK_TEXT(text, "[::1]:80");
    CHECK_OK(address_of_path(&a, "/tmp/a.sock"));
    address_text(&a, text);
    CHECK_TEXT(text, "unix");
    CHECK_INT(address_port(&a), 0);
    CHECK_ERROR(address_parse(&a, "example.org", 80), E_config);
    CHECK_STORY("example.org is no IP address");
}
