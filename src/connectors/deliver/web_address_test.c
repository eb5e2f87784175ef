/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Addresses of partners behind HTTP, and the files of secrets that they name. */
#include "deliver/web_address.h"

#include "base/disk.h"
#include "base/test.h"

#include <stdlib.h>

static void put(const char *name, const char *content) {
    char *path = text_format("%s/%s", test_dir(), name);
    CHECK_OK(disk_put_new(disk_real(), path, bytes_text(content)));
    free(path);
}

static enum error read_it(struct web_address *a, const char *address) {
    return web_address_read(a, address, test_dir());
}

TEST(a_folder_of_a_server_is_named_by_its_address) {
    struct web_address a;
    put("acme.token", "letter\n");
    CHECK_OK(read_it(&a, "https://acme.example:8443/in%20box/?token=acme.token&stall=5"));
    CHECK_TEXT(a.base, "https://acme.example:8443");
    CHECK_TEXT(a.host, "acme.example:8443");
    CHECK_TEXT(a.path, "/in%20box");
    CHECK_TEXT(a.token, "letter");
    CHECK_INT(a.stall_s, 5);
    CHECK(!a.secret && !a.login && !a.no_guard);
    web_address_finish(&a);
    CHECK_OK(read_it(&a, "http://127.0.0.1:80"));
    CHECK_TEXT(a.path, "");
    web_address_finish(&a);
}

TEST(a_bucket_is_named_by_its_address_and_a_key_by_its_file) {
    struct web_address a;
    put("acme.key", "ID  SECRET/with+signs\r\n");
    CHECK_OK(read_it(
        &a, "s3://feeds/in?endpoint=https://storage.example/&region=eu-central-1&key=acme.key"
            "&guard=no"));
    CHECK_TEXT(a.base, "https://storage.example");
    CHECK_TEXT(a.path, "/feeds/in");
    CHECK_TEXT(a.key_id, "ID");
    CHECK_TEXT(a.secret, "SECRET/with+signs");
    CHECK(a.no_guard);
    web_address_finish(&a);
}

TEST(an_address_that_is_none_is_refused_with_what_is_wrong) {
    struct web_address a;
    put("empty", "\n");
    put("login", "somebody:secret");
    put("word", "one-word");
    CHECK_ERROR(read_it(&a, "https:///in"), E_config);
    CHECK_STORY("it names no host");
    CHECK_ERROR(read_it(&a, "https://example@host/in"), E_config);
    CHECK_ERROR(read_it(&a, "https://h.example/in?token=empty"), E_config);
    CHECK_STORY("a file of its secrets is empty");
    CHECK_ERROR(read_it(&a, "https://h.example/in?token=absent"), E_not_found);
    CHECK_ERROR(read_it(&a, "https://h.example/in?token=word&login=login"), E_config);
    CHECK_ERROR(read_it(&a, "https://h.example/in?login=word"), E_config);
    CHECK_ERROR(read_it(&a, "http://h.example/in?login=login"), E_config);
    CHECK_STORY("a secret would go over http to another machine");
    CHECK_ERROR(read_it(&a, "http://127.0.0.1.example/in?login=login"), E_config);
    CHECK_OK(read_it(&a, "http://127.0.0.1:99/in?login=login"));
    web_address_finish(&a);
    CHECK_ERROR(read_it(&a, "https://h.example/in?stall=0"), E_config);
    CHECK_ERROR(read_it(&a, "https://h.example/in?guard=yes"), E_config);
    CHECK_ERROR(read_it(&a, "s3://b?region=r&key=login"), E_config);
    CHECK_ERROR(read_it(&a, "s3://b?endpoint=ftp://h&region=r&key=login"), E_config);
    CHECK_ERROR(read_it(&a, "s3://b?endpoint=https://h.example/path&region=r&key=login"), E_config);
    CHECK_ERROR(read_it(&a, "s3://b?endpoint=https://h.example&key=login"), E_config);
    CHECK_ERROR(read_it(&a, "s3:///in?endpoint=https://h.example&region=r&key=login"), E_config);
    CHECK_ERROR(read_it(&a, "s3://b?endpoint=https://h.example&region=r&key=word"), E_config);
    CHECK_STORY("two words KEY-ID SECRET");
}
