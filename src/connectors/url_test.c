/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Addresses of sinks and sources, right and wrong. */
#include "connectors/answer.h"
#include "connectors/url.h"

#include "base/test.h"

#include <stdlib.h>
#include <string.h>

static const char *const known[] = { "from", "table", NULL };
static const struct url_form form = { "x+y", known, "x+y:FOLDER?from=me" };

TEST(an_address_has_a_place_and_parameters) {
    struct url u;
    CHECK_OK(url_read(&u, &form, "x+y:out%20put/a?from=a%26b@c&table="));
    CHECK_TEXT(u.where, "out put/a");
    CHECK_TEXT(url_get(&u, "from"), "a&b@c");
    CHECK_TEXT(url_get(&u, "table"), "");
    url_finish(&u);
    CHECK_OK(url_read(&u, &form, "x+y:a"));
    CHECK(!url_get(&u, "from"));
    url_finish(&u);
}

static void check_path(const char *text, const char *wanted) {
    struct url u;
    CHECK_OK(url_read(&u, &form, text));
    char *path = url_path(&u, "/data/bank");
    CHECK_TEXT(path, wanted);
    CHECK_INT(url_path_is_own(&u), strncmp(wanted, "/data/bank", 10) == 0);
    free(path);
    url_finish(&u);
}

TEST(a_path_is_in_the_data_directory_unless_it_is_absolute) {
    check_path("x+y:out", "/data/bank/out");
    check_path("x+y:/srv/out", "/srv/out");
    check_path("x+y:///srv/out", "/srv/out");
    check_path("x+y://out/deep?from=/x", "/data/bank/out/deep");
}

static void check_wrong(const char *text, const char *story) {
    struct url u;
    CHECK_ERROR(url_read(&u, &form, text), E_config);
    CHECK_STORY(story);
    CHECK_STORY("try: x+y:FOLDER?from=me");
    CHECK(!strstr(error_story(), "secret"));
}

TEST(an_address_that_is_not_understood_is_refused_and_not_quoted) {
    check_wrong("x:a", "another scheme");
    check_wrong("x+yz:a", "another scheme");
    check_wrong("x+y:", "nothing stands behind the scheme");
    check_wrong("x+y://", "nothing stands behind the scheme");
    check_wrong("x+y:?from=a", "nothing stands behind the scheme");
    check_wrong("x+y:a?password=secret", "a parameter is unknown");
    check_wrong("x+y:a?secret", "not NAME=VALUE");
    check_wrong("x+y:a?from=a&", "not NAME=VALUE");
    check_wrong("x+y:a?from=a&from=b", "given twice");
    check_wrong("x+y:a%2", "two hexadecimal digits");
    check_wrong("x+y:a%zz", "two hexadecimal digits");
    check_wrong("x+y:a?from=%00", "two hexadecimal digits");
}

TEST(a_reason_is_one_line_and_never_too_long) {
    struct effect_answer a = { .reason = "" };
    answer_say(&a, EFFECT_AGAIN, "two\r\nlines\t%0300d", 1);
    CHECK_INT(a.verdict, EFFECT_AGAIN);
    CHECK(strncmp(a.reason, "two  lines 000", 14) == 0);
    CHECK_INT((long long)strlen(a.reason), sizeof(a.reason) - 1);
    CHECK_ERROR(fail(E_io, "the disk"), E_io);
    fail_while("writing");
    answer_story(&a, EFFECT_UNKNOWN);
    CHECK_TEXT(a.reason, "input/output error: the disk   while writing");
}
