/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Accounts in files: once for each employee, whatever died, whoever else is there. */
#include "ldap.h"

#include "base/disk.h"
#include "base/test.h"
#include "ldif.h"
#include "login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct effect_answer answer;
static struct buf told;

static struct connector *open_folder(const char *more) {
    struct connector *c;
    char *url = text_format("ldif:dir?base=dc=example,dc=org%s", more);
    struct sink_options options = { .url = url, .timeout_ms = 1000, .data_dir = test_dir() };
    CHECK_OK(ldif_sink.open(&c, &options));
    free(url);
    return c;
}

struct hire {
    const char *employee, *given, *family, *state;
};

static enum effect_verdict act(struct connector *c, struct hire h, bool asks) {
    char *json = text_format("{\"employee\":\"%s\",\"given\":\"%s\",\"family\":\"%s\","
                             "\"department\":\"d1\",\"state\":\"%s\"}",
                             h.employee, h.given, h.family, h.state);
    struct effect_request r = { .type = bytes_text("account"), .json = bytes_text(json) };
    buf_clear(&told);
    answer = (struct effect_answer){ .verdict = EFFECT_UNKNOWN, .told = &told };
    (asks ? ldif_sink.ask : ldif_sink.perform)(c, &r, &answer);
    free(json);
    return answer.verdict;
}

static void check_account(struct connector *c, struct hire h, const char *wanted) {
    CHECK_INT(act(c, h, false), EFFECT_DONE);
    CHECK_TEXT(buf_text(&told), wanted);
}

TEST(an_account_is_made_once_and_found_again_after_a_restart) {
    const struct hire anna = { "E1", "Anna", "Novak", "enabled" };
    struct connector *c = open_folder("");
    CHECK_INT(act(c, anna, true), EFFECT_AGAIN);
    check_account(c, anna, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"made\"}");
    check_account(c, anna, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"found\"}");
    CHECK_INT(act(c, anna, true), EFFECT_DONE);
    ldif_sink.close(c);
    c = open_folder("");
    check_account(c, anna, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"found\"}");
    check_account(c, (struct hire){ "E2", "Eva", "Mala", "enabled" },
                  "{\"login\":\"emala\",\"uid_number\":10001,\"how\":\"made\"}");
    ldif_sink.close(c);
}

TEST(six_people_of_one_name_have_six_logins_and_six_numbers) {
    struct connector *c = open_folder("&first=5000");
    for (int i = 1; i <= 6; i++) {
        char employee[16], wanted[120], suffix[16] = "";
        (void)snprintf(employee, sizeof(employee), "E%d", i);
        if (i > 1)
            (void)snprintf(suffix, sizeof(suffix), "%d", i);
        (void)snprintf(wanted, sizeof(wanted),
                       "{\"login\":\"anovak%s\",\"uid_number\":%d,\"how\":\"made\"}", suffix,
                       4999 + i);
        check_account(c, (struct hire){ employee, "Anna", "Novak", "enabled" }, wanted);
    }
    ldif_sink.close(c);
}

TEST(who_goes_is_disabled_and_who_comes_back_has_the_same_login_and_number) {
    struct connector *c = open_folder("");
    check_account(c, (struct hire){ "E1", "Anna", "Novak", "enabled" },
                  "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"made\"}");
    check_account(c, (struct hire){ "E1", "Anna", "Novak", "disabled" },
                  "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"changed\"}");
    check_account(c, (struct hire){ "E2", "Adam", "Novak", "enabled" },
                  "{\"login\":\"anovak2\",\"uid_number\":10001,\"how\":\"made\"}");
    ldif_sink.close(c);
    c = open_folder("");
    CHECK_INT(act(c, (struct hire){ "E1", "Anna", "Svoboda", "enabled" }, true), EFFECT_AGAIN);
    check_account(c, (struct hire){ "E1", "Anna", "Svoboda", "enabled" },
                  "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"changed\"}");
    ldif_sink.close(c);
}

TEST(an_account_of_the_right_name_that_is_somebody_elses_is_not_taken_over) {
    struct connector *c = open_folder("");
    char *path = text_format("%s/dir/people/anovak.ldif", test_dir());
    CHECK_INT(act(c, (struct hire){ "E0", "Eva", "Mala", "enabled" }, false), EFFECT_DONE);
    ldif_sink.close(c);
    CHECK_OK(
        disk_put_new(disk_real(), path,
                     bytes_text("dn: uid=anovak,ou=people,dc=example,dc=org\nuid: anovak\n"
                                "uidNumber: 20000\ncn:: QW5uYQ==\nmail: anna@exa\n mple.org\n")));
    c = open_folder("");
    check_account(c, (struct hire){ "E1", "Anna", "Novak", "enabled" },
                  "{\"login\":\"anovak2\",\"uid_number\":20001,\"how\":\"made\"}");
    ldif_sink.close(c);
    free(path);
}

TEST(a_second_writer_of_the_folder_waits) {
    struct connector *c = open_folder(""), *other = open_folder("");
    const struct hire anna = { "E1", "Anna", "Novak", "enabled" };
    CHECK_INT(act(c, anna, false), EFFECT_DONE);
    CHECK_INT(act(other, anna, false), EFFECT_AGAIN);
    CHECK(answer.edge_down);
    CHECK(strstr(answer.reason, "one writer"));
    ldif_sink.close(c);
    check_account(other, anna, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"found\"}");
    ldif_sink.close(other);
}

static void check_nameless(const char *wanted) {
    CHECK(answer.verdict != EFFECT_DONE);
    if (!strstr(answer.reason, wanted))
        test_failed(__FILE__, __LINE__, "%s", answer.reason);
    CHECK(!strstr(answer.reason, "anovak"));
}

TEST(what_fails_on_a_file_is_told_without_the_login_that_it_is_called_by) {
    struct connector *c = open_folder("");
    const struct hire anna = { "E1", "Anna", "Novak", "enabled" };
    char *path = text_format("%s/dir/people/anovak.ldif", test_dir());
    char *inside = text_format("%s/dir/people/anovak.ldif/x", test_dir());
    CHECK_INT(act(c, anna, false), EFFECT_DONE);
    CHECK_OK(disk_unlink(disk_real(), path));
    CHECK_OK(disk_make_dir(disk_real(), path));
    CHECK_OK(disk_make_dir(disk_real(), inside));
    (void)act(c, (struct hire){ "E1", "Anna", "Novak", "disabled" }, false);
    check_nameless("input/output error: the folder of accounts cannot be written");
    (void)act(c, anna, false);
    check_nameless("refused: the folder of accounts cannot be read");
    ldif_sink.close(c);
    free(path);
    free(inside);
}

TEST(a_file_that_is_no_account_is_told_and_all_wait_until_it_is_mended) {
    struct connector *c;
    char *path = text_format("%s/dir/people/x.ldif", test_dir());
    CHECK_OK(disk_put_new(disk_real(), path, bytes_text("dn: uid=x\nuid no colon\n")));
    c = open_folder("");
    (void)act(c, (struct hire){ "E1", "Anna", "Novak", "enabled" }, false);
    CHECK(strstr(answer.reason, "a line has no colon"));
    CHECK_INT(answer.verdict, EFFECT_AGAIN); /* it is no fault of hers */
    CHECK(answer.edge_down);
    CHECK_OK(disk_unlink(disk_real(), path));
    check_account(c, (struct hire){ "E1", "Anna", "Novak", "enabled" },
                  "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"made\"}");
    ldif_sink.close(c);
    free(path);
}

TEST(what_is_no_account_is_refused) {
    struct connector *c = open_folder("");
    CHECK_INT(act(c, (struct hire){ "", "Anna", "Novak", "enabled" }, false), EFFECT_REFUSED);
    CHECK_INT(act(c, (struct hire){ "E1", "Anna", "", "enabled" }, false), EFFECT_REFUSED);
    CHECK_INT(act(c, (struct hire){ "E1", "Anna", "Novak", "asleep" }, false), EFFECT_REFUSED);
    ldif_sink.close(c);
}

TEST(an_address_that_cannot_be_is_an_error_of_the_declaration) {
    static const char *const wrong[] = { "ldif:dir",
                                         "ldif:dir?base=example.org",
                                         "ldif:dir?base=dc=a&login=x",
                                         "ldif:dir?base=dc=a&login={x}",
                                         "ldif:dir?base=dc=a&first=7",
                                         "ldif:dir?base=dc=a&uid=1" };
    struct connector *c;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CHECK_ERROR(ldif_sink.open(&c, &(struct sink_options){ .url = wrong[i], .data_dir = "." }),
                    E_config);
}

/* ---- logins */

static void check_login(const char *pattern, const char *given, const char *family,
                        const char *wanted) {
    struct latin *latin;
    char login[LOGIN_CHARS + 1];
    CHECK_OK(latin_open(&latin));
    for (int n = 1;; n++)
        if (login_make(latin, &(struct login_of){ pattern, bytes_text(given), bytes_text(family) },
                       n, login))
            break;
    CHECK_TEXT(login, wanted);
    latin_close(latin);
}

TEST(logins_are_short_valid_and_nobody_gets_a_reserved_one) {
    check_login("{g}{family}", "Łukasz", "Żółć", "lzolc");
    check_login("{g}{family}", "R", "oot", "root2");
    check_login("{family}", "X", "Admin", "admin2");
    check_login("{given}.{family}", "王", "小明", "wang.xiaoming");
    check_login("{given}.{family}", "Wolfeschlegelsteinhausenbergerdorff", "Smith",
                "wolfeschlegelsteinha");
    check_login("{given}.{family}", "Abcdefghijklmnopqrs", "Smith", "abcdefghijklmnopqrs");
    check_login("{g}{family}", "-", "!", "u2");
    check_login("{family}", "A", "3com", "com");
}

/* ---- LDIF */

TEST(a_value_that_is_not_plain_is_base64_and_comes_back_as_it_was) {
    struct directory d = { .dialect = &dialect_posix, .base = (char *)"dc=x", .group_number = 7 };
    struct entry e = { .login = bytes_text("l"),
                       .employee = bytes_text("E1"),
                       .given = bytes_text(" Éva"),
                       .family = bytes_text(":x\n y"),
                       .title = bytes_text("a "),
                       .uid_number = 12,
                       .enabled = false },
                 again;
    struct buf text = { 0 };
    struct arena a = { 0 };
    ldif_entry_put(&text, &d, &e);
    CHECK_OK(ldif_entry_read(buf_bytes(&text), &a, &again));
    for (size_t i = 0; i < ENTRY_TEXTS; i++)
        CHECK_BYTES(*entry_text(&again, i), *entry_text(&e, i));
    CHECK_INT(again.uid_number, 12);
    CHECK(!again.enabled);
    buf_finish(&text);
    arena_finish(&a);
}

TEST(the_login_in_active_directory_is_its_login_whatever_it_is_called_besides) {
    static const char *const values[][2] = { { "cn", "Anna Novak" },
                                             { "samaccountname", "anovak" },
                                             { "CN", "Anna Novak" } };
    struct entry e = { .enabled = true };
    for (size_t i = 0; i < 3; i++)
        entry_value_take(&dialect_ad, &e, bytes_text(values[i][0]), bytes_text(values[i][1]));
    CHECK_BYTES(e.login, bytes_text("anovak"));
}

/* ---- groups of departments */

static void check_group(const char *name, const char *wanted) {
    struct buf text = { 0 };
    char *path = text_format("%s/dir/groups/%s.ldif", test_dir(), name);
    CHECK_OK(disk_read_whole(disk_real(), path, 10000, &text));
    CHECK_TEXT(buf_text(&text), wanted);
    buf_finish(&text);
    free(path);
}

static enum effect_verdict placed(struct connector *c, struct hire h, const char *department) {
    char *json = text_format("{\"employee\":\"%s\",\"given\":\"%s\",\"family\":\"%s\","
                             "\"department\":\"%s\",\"state\":\"%s\"}",
                             h.employee, h.given, h.family, department, h.state);
    struct effect_request r = { .type = bytes_text("account"), .json = bytes_text(json) };
    buf_clear(&told);
    answer = (struct effect_answer){ .verdict = EFFECT_UNKNOWN, .told = &told };
    ldif_sink.perform(c, &r, &answer);
    free(json);
    return answer.verdict;
}

TEST(who_is_enabled_is_in_the_group_of_the_department_and_in_no_other) {
    const struct hire anna = { "E1", "Anna", "Novak", "enabled" };
    const struct hire eva = { "E2", "Eva", "Mala", "enabled" };
    struct connector *c = open_folder("&groups=department");
    CHECK_INT(placed(c, anna, "d1"), EFFECT_DONE);
    CHECK_INT(placed(c, eva, "d1"), EFFECT_DONE);
    check_group("dept-d1",
                "dn: cn=dept-d1,ou=groups,dc=example,dc=org\nobjectClass: posixGroup\ncn: dept-d1\n"
                "gidNumber: 10001\nmemberUid: anovak\nmemberUid: emala\n\n");
    CHECK_INT(placed(c, anna, "R+D, Brno"), EFFECT_DONE);
    check_group(
        "dept-R%2bD%2c%20Brno",
        "dn: cn=dept-R\\2bD\\2c\\20Brno,ou=groups,dc=example,dc=org\nobjectClass: posixGroup\n"
        "cn: dept-R+D, Brno\ngidNumber: 10003\nmemberUid: anovak\n\n");
    ldif_sink.close(c);
    c = open_folder("&groups=department");
    CHECK_INT(placed(c, (struct hire){ "E2", "Eva", "Mala", "disabled" }, "d1"), EFFECT_DONE);
    check_group("dept-d1",
                "dn: cn=dept-d1,ou=groups,dc=example,dc=org\nobjectClass: posixGroup\ncn: dept-d1\n"
                "gidNumber: 10001\n\n");
    CHECK_INT(placed(c, (struct hire){ "E3", "Ivo", "Kral", "disabled" }, "d9"), EFFECT_DONE);
    CHECK(strstr(buf_text(&told), "10004")); /* numbers of groups are nobody's */
    CHECK_INT(placed(c, eva, "d1"), EFFECT_DONE);
    check_group("dept-d1",
                "dn: cn=dept-d1,ou=groups,dc=example,dc=org\nobjectClass: posixGroup\ncn: dept-d1\n"
                "gidNumber: 10001\nmemberUid: emala\n\n");
    ldif_sink.close(c);
}
