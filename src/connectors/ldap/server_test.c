/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Accounts in Debian's slapd, on a socket of the test's own. */
#include "ldap.h"

#include "base/disk.h"
#include "base/mailbox.h"
#include "base/test.h"
#include "server.h"

#include <fcntl.h>
#include <ldap.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[PATH_MAX], url[PATH_MAX + 200];
static pid_t slapd;
static int words[2]; /* what it says; the test reads its beginning */
static struct buf told;
static struct effect_answer answer;

#define ROOT "cn=admin,dc=example,dc=org"

static void file_put(const char *name, const char *text) {
    char *path = text_format("%s/%s", dir, name);
    CHECK_OK(disk_replace(disk_real(), path, bytes_text(text)));
    free(path);
}

static void config_put(const char *more) {
    char *text = text_format(
        "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n"
        "include /etc/ldap/schema/nis.schema\ninclude /etc/ldap/schema/inetorgperson.schema\n"
        "modulepath /usr/lib/ldap\nmoduleload back_mdb\n%s\n"
        "database mdb\nsuffix dc=example,dc=org\nrootdn " ROOT "\nrootpw secret\ndirectory %s/db\n"
        "index uid,employeeNumber eq\n",
        more, dir);
    file_put("slapd.conf", text);
    free(text);
}

static LDAP *connect_root(void) {
    char *uri = text_format("ldapi://%s/ldapi", dir), *slash;
    struct buf escaped = { 0 };
    buf_put_text(&escaped, "ldapi://");
    for (slash = uri + 8; *slash; slash++)
        buf_print(&escaped, *slash == '/' ? "%%2F" : "%c", *slash);
    LDAP *ldap = NULL;
    int version = LDAP_VERSION3;
    struct berval password = { 6, (char *)(uintptr_t) "secret" };
    if (ldap_initialize(&ldap, buf_text(&escaped)) == LDAP_SUCCESS) {
        (void)ldap_set_option(ldap, LDAP_OPT_PROTOCOL_VERSION, &version);
        if (ldap_sasl_bind_s(ldap, ROOT, LDAP_SASL_SIMPLE, &password, NULL, NULL, NULL)
            != LDAP_SUCCESS) {
            (void)ldap_unbind_ext_s(ldap, NULL, NULL);
            ldap = NULL;
        }
    }
    buf_finish(&escaped);
    free(uri);
    return ldap;
}

/* Until it says so; it says little more. */
static void words_wait(const char *wanted) {
    static char said[16384];
    size_t len = 0;
    for (;;) {
        ssize_t got = read(words[0], said + len, sizeof(said) - 1 - len);
        if (got <= 0)
            test_failed(__FILE__, __LINE__, "slapd does not start: %s", said);
        len += (size_t)got;
        said[len] = 0;
        if (strstr(said, wanted))
            return;
    }
}

static void slapd_start(void) {
    char listen_at[PATH_MAX + 40], conf[PATH_MAX + 20];
    size_t len = (size_t)snprintf(listen_at, sizeof(listen_at), "ldapi://");
    for (const char *at = dir; *at; at++)
        len += (size_t)snprintf(listen_at + len, sizeof(listen_at) - len,
                                *at == '/' ? "%%2F" : "%c", *at);
    (void)snprintf(listen_at + len, sizeof(listen_at) - len, "%%2Fldapi");
    (void)snprintf(conf, sizeof(conf), "%s/slapd.conf", dir);
    CHECK_INT(pipe2(words, O_CLOEXEC), 0);
    slapd = fork();
    if (slapd == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves none behind */
        (void)dup2(words[1], STDERR_FILENO);
        (void)execl("/usr/sbin/slapd", "slapd", "-d", "none", "-h", listen_at, "-f", conf,
                    (char *)NULL);
        _exit(127);
    }
    (void)close(words[1]);
    words_wait("slapd starting");
    LDAP *ldap = NULL;
    for (int i = 0; !ldap && i < 100000; i++) /* it takes a moment more until it answers */
        ldap = connect_root();
    CHECK(ldap);
    (void)ldap_unbind_ext_s(ldap, NULL, NULL);
}

static void slapd_kill(void) {
    (void)kill(slapd, SIGKILL);
    (void)waitpid(slapd, NULL, 0);
    (void)close(words[0]);
}

struct line {
    const char *dn, *class1, *class2, *name, *value;
};

static void entry_add(struct line l) {
    LDAP *ldap = connect_root();
    char *classes[] = { (char *)(uintptr_t)l.class1, (char *)(uintptr_t)l.class2, NULL };
    char *values[] = { (char *)(uintptr_t)l.value, NULL };
    LDAPMod first = { LDAP_MOD_ADD, (char *)(uintptr_t) "objectClass", { classes } };
    LDAPMod second = { LDAP_MOD_ADD, (char *)(uintptr_t)l.name, { values } };
    LDAPMod org = { LDAP_MOD_ADD, (char *)(uintptr_t) "o", { values } };
    LDAPMod *mods[] = { &first, &second, strcmp(l.name, "dc") == 0 ? &org : NULL, NULL };
    CHECK(ldap);
    CHECK_INT(ldap_add_ext_s(ldap, l.dn, mods, NULL, NULL), LDAP_SUCCESS);
    (void)ldap_unbind_ext_s(ldap, NULL, NULL);
}

/* Skips where there is no slapd. */
static void given_server(const char *more) {
    if (access("/usr/sbin/slapd", X_OK) != 0 || access("/etc/ldap/schema/nis.schema", R_OK) != 0)
        SKIP("no slapd");
    (void)signal(SIGPIPE, SIG_IGN); /* as the program does */
    CHECK(realpath(test_dir(), dir));
    if (strlen(dir) > 90)
        SKIP("the path is too long for a socket");
    char *db = text_format("%s/db", dir);
    CHECK_OK(disk_make_dir(disk_real(), db));
    free(db);
    config_put(more);
    slapd_start();
    entry_add((struct line){ "dc=example,dc=org", "dcObject", "organization", "dc", "example" });
    entry_add(
        (struct line){ "ou=people,dc=example,dc=org", "organizationalUnit", NULL, "ou", "people" });
    entry_add(
        (struct line){ "ou=groups,dc=example,dc=org", "organizationalUnit", NULL, "ou", "groups" });
    (void)snprintf(url, sizeof(url), "ldapi:%s/ldapi?base=dc=example,dc=org&bind=" ROOT, dir);
}

static struct connector *open_server(void) {
    struct connector *c;
    struct sink_options options = {
        .url = url, .secret = "secret\n", .secret_len = 7, .timeout_ms = 4000, .data_dir = "."
    };
    CHECK_OK(ldapi_sink.open(&c, &options));
    return c;
}

struct hire {
    const char *employee, *given, *family, *state;
    const char *title; /* NULL: none */
};

static enum effect_verdict act(struct connector *c, struct hire h, bool asks) {
    char *json = text_format("{\"employee\":\"%s\",\"given\":\"%s\",\"family\":\"%s\","
                             "\"department\":\"%s\",\"title\":\"%s\",\"state\":\"%s\"}",
                             h.employee, h.given, h.family, h.title ? "d1" : "",
                             h.title ? h.title : "", h.state);
    struct effect_request r = { .type = bytes_text("account"), .json = bytes_text(json) };
    buf_clear(&told);
    answer = (struct effect_answer){ .verdict = EFFECT_UNKNOWN, .told = &told };
    (asks ? ldapi_sink.ask : ldapi_sink.perform)(c, &r, &answer);
    free(json);
    return answer.verdict;
}

static void check_account(struct connector *c, struct hire h, const char *wanted) {
    if (act(c, h, false) != EFFECT_DONE)
        test_failed(__FILE__, __LINE__, "%s", answer.reason);
    CHECK_TEXT(buf_text(&told), wanted);
}

static void end(struct connector *c) {
    ldapi_sink.close(c);
    slapd_kill();
    buf_finish(&told);
}

static const struct hire anna = { "E1", "Anna", "Novák", "enabled", NULL };

TEST(slapd_has_an_account_once_however_often_it_is_asked_for) {
    given_server("");
    struct connector *c = open_server();
    CHECK_INT(act(c, anna, true), EFFECT_AGAIN);
    check_account(c, anna, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"made\"}");
    CHECK_INT(act(c, anna, true), EFFECT_DONE);
    check_account(c, anna, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"found\"}");
    check_account(c, (struct hire){ "E2", "Adam", "Novák", "disabled", NULL },
                  "{\"login\":\"anovak2\",\"uid_number\":10001,\"how\":\"made\"}");
    end(c);
}

TEST(slapd_keeps_login_and_number_of_who_goes_and_comes_back) {
    given_server("");
    struct connector *c = open_server();
    check_account(c, anna, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"made\"}");
    check_account(c, (struct hire){ "E1", "Anna", "Novák", "disabled", NULL },
                  "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"changed\"}");
    CHECK_INT(act(c, anna, true), EFFECT_AGAIN);
    check_account(c, (struct hire){ "E1", "Anna", "Malá", "enabled", NULL },
                  "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"changed\"}");
    end(c);
}

TEST(slapd_that_dies_and_comes_back_loses_nothing_and_is_told_as_away) {
    given_server("");
    struct connector *c = open_server();
    check_account(c, anna, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"made\"}");
    slapd_kill();
    CHECK_INT(act(c, (struct hire){ "E2", "Eva", "Mala", "enabled", NULL }, false), EFFECT_AGAIN);
    CHECK(answer.edge_down);
    CHECK_INT(act(c, anna, true), EFFECT_UNKNOWN);
    slapd_start();
    check_account(c, (struct hire){ "E2", "Eva", "Mala", "enabled", NULL },
                  "{\"login\":\"emala\",\"uid_number\":10001,\"how\":\"made\"}");
    CHECK_INT(act(c, anna, true), EFFECT_DONE);
    end(c);
}

static void two_workers(void *context) {
    int *place = context;
    struct connector *c = open_server();
    for (int i = 0; i < 20; i++) {
        char employee[16];
        struct buf own = { 0 };
        (void)snprintf(employee, sizeof(employee), "W%d-%d", *place, i);
        char *json = text_format("{\"employee\":\"%s\",\"given\":\"Jan\",\"family\":\"Novak\","
                                 "\"state\":\"enabled\"}",
                                 employee);
        struct effect_request r = { .type = bytes_text("account"), .json = bytes_text(json) };
        struct effect_answer a = { .verdict = EFFECT_UNKNOWN, .told = &own };
        ldapi_sink.perform(c, &r, &a);
        CHECK_INT(a.verdict, EFFECT_DONE);
        buf_finish(&own);
        free(json);
    }
    ldapi_sink.close(c);
}

/* How many different values the attribute has under ou=people, and how many entries. */
static void check_different(const char *attribute, int wanted) {
    LDAP *ldap = connect_root();
    LDAPMessage *found = NULL;
    char *names[] = { (char *)(uintptr_t)attribute, NULL }, *seen[100];
    int count = 0;
    CHECK_INT(ldap_search_ext_s(ldap, "ou=people,dc=example,dc=org", LDAP_SCOPE_ONELEVEL,
                                "(objectClass=*)", names, 0, NULL, NULL, NULL, 0, &found),
              LDAP_SUCCESS);
    for (LDAPMessage *m = ldap_first_entry(ldap, found); m; m = ldap_next_entry(ldap, m)) {
        struct berval **values = ldap_get_values_len(ldap, m, attribute);
        CHECK(values && values[0] && count < 100);
        seen[count] = text_copy_bytes(bytes_of(values[0]->bv_val, values[0]->bv_len));
        for (int i = 0; i < count; i++)
            CHECK(strcmp(seen[i], seen[count]) != 0);
        count++;
        ldap_value_free_len(values);
    }
    CHECK_INT(count, wanted);
    while (count)
        free(seen[--count]);
    ldap_msgfree(found);
    (void)ldap_unbind_ext_s(ldap, NULL, NULL);
}

TEST(forty_people_of_one_name_by_two_workers_at_once_share_no_login_and_no_number) {
    int places[2] = { 1, 2 };
    given_server("");
    struct thread *one = thread_start("one", two_workers, &places[0]);
    struct thread *two = thread_start("two", two_workers, &places[1]);
    thread_join(one);
    thread_join(two);
    check_different("uid", 40);
    check_different("uidNumber", 40);
    check_different("employeeNumber", 40);
    slapd_kill();
}

TEST(two_accounts_of_one_employee_are_an_operators_and_nothing_is_changed) {
    given_server("");
    struct connector *c = open_server();
    check_account(c, anna, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"made\"}");
    entry_add((struct line){ "uid=other,ou=people,dc=example,dc=org", "account", "extensibleObject",
                             "employeeNumber", "E1" });
    CHECK_INT(act(c, anna, false), EFFECT_REFUSED);
    CHECK(strstr(answer.reason, "more than one account has this employeeNumber"));
    end(c);
}

TEST(a_password_that_is_refused_is_the_edges_fault_and_no_persons) {
    given_server("");
    struct connector *c;
    struct sink_options options = {
        .url = url, .secret = "wrong", .secret_len = 5, .timeout_ms = 4000
    };
    CHECK_OK(ldapi_sink.open(&c, &options));
    CHECK_INT(act(c, anna, false), EFFECT_AGAIN);
    CHECK(answer.edge_down && strstr(answer.reason, "Invalid credentials"));
    end(c);
}

TEST(a_server_that_only_reads_is_away_until_it_writes_again) {
    given_server("");
    struct connector *c = open_server();
    check_account(c, anna, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"made\"}");
    slapd_kill();
    config_put("readonly on");
    slapd_start();
    CHECK_INT(act(c, (struct hire){ "E2", "Eva", "Mala", "enabled", NULL }, false), EFFECT_AGAIN);
    CHECK(answer.edge_down);
    end(c);
}

TEST(a_title_that_is_taken_away_is_gone) {
    given_server("");
    struct connector *c = open_server();
    const struct hire boss = { "E1", "Anna", "Novák", "enabled", "Boss" };
    check_account(c, boss, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"made\"}");
    CHECK_INT(act(c, boss, true), EFFECT_DONE);
    CHECK_INT(act(c, anna, true), EFFECT_AGAIN);
    check_account(c, anna, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"changed\"}");
    check_account(c, anna, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"found\"}");
    end(c);
}

/* ---- many at once */

enum { MANY = 12 };

struct crowd {
    char *json[MANY];
    struct effect_request requests[MANY];
    struct effect_answer answers[MANY];
    struct buf told[MANY];
};

static void crowd_fill(struct crowd *all, const struct hire *hires) {
    for (size_t i = 0; i < MANY; i++) {
        all->json[i] =
            text_format("{\"employee\":\"%s\",\"given\":\"%s\",\"family\":\"%s\","
                        "\"state\":\"%s\"}",
                        hires[i].employee, hires[i].given, hires[i].family, hires[i].state);
        all->requests[i] = (struct effect_request){ .type = bytes_text("account"),
                                                    .json = bytes_text(all->json[i]) };
    }
}

static void crowd_act(struct connector *c, struct crowd *all) {
    const struct effect_request *requests[MANY];
    struct effect_answer *answers[MANY];
    for (size_t i = 0; i < MANY; i++) {
        buf_clear(&all->told[i]);
        all->answers[i] =
            (struct effect_answer){ .verdict = EFFECT_UNKNOWN, .told = &all->told[i] };
        requests[i] = &all->requests[i];
        answers[i] = &all->answers[i];
    }
    ldapi_sink.perform_many(c, requests, answers, MANY);
}

static void crowd_finish(struct crowd *all) {
    for (size_t i = 0; i < MANY; i++) {
        free(all->json[i]);
        buf_finish(&all->told[i]);
    }
}

/* How many members the group has; 0: none, or no such group. */
static int members(const char *group) {
    char *dn = text_format("cn=%s,ou=groups,dc=example,dc=org", group);
    LDAP *ldap = connect_root();
    LDAPMessage *found = NULL;
    (void)ldap_search_ext_s(ldap, dn, LDAP_SCOPE_BASE, "(objectClass=posixGroup)", NULL, 0, NULL,
                            NULL, NULL, 0, &found);
    LDAPMessage *first = ldap_first_entry(ldap, found);
    struct berval **values = first ? ldap_get_values_len(ldap, first, "memberUid") : NULL;
    int count = ldap_count_values_len(values);
    ldap_value_free_len(values);
    ldap_msgfree(found);
    (void)ldap_unbind_ext_s(ldap, NULL, NULL);
    free(dn);
    return count;
}

TEST(slapd_has_who_is_enabled_in_the_group_of_the_department_however_often_it_is_asked_for) {
    given_server("");
    (void)snprintf(url + strlen(url), sizeof(url) - strlen(url), "&groups=department");
    struct connector *c = open_server();
    const struct hire boss = { "E1", "Anna", "Novák", "enabled", "Boss" }; /* of d1 */
    check_account(c, boss, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"made\"}");
    CHECK_INT(act(c, boss, false), EFFECT_DONE);
    CHECK_INT(act(c, (struct hire){ "E2", "Eva", "Mala", "enabled", "Clerk" }, false), EFFECT_DONE);
    CHECK_INT(members("dept-d1"), 2);
    CHECK_INT(act(c, (struct hire){ "E1", "Anna", "Novák", "disabled", "Boss" }, false),
              EFFECT_DONE);
    CHECK_INT(members("dept-d1"), 1);
    CHECK_INT(act(c, (struct hire){ "E1", "Anna", "Novák", "disabled", "Boss" }, false),
              EFFECT_DONE);
    CHECK_INT(act(c, (struct hire){ "E2", "Eva", "Mala", "disabled", "Clerk" }, false),
              EFFECT_DONE);
    CHECK_INT(act(c, (struct hire){ "E3", "Ivo", "Kral", "disabled", "Clerk" }, false),
              EFFECT_DONE);
    CHECK_INT(members("dept-d1"), 0);
    CHECK_INT(act(c, (struct hire){ "E2", "Eva", "Mala", "enabled", "Clerk" }, false), EFFECT_DONE);
    CHECK_INT(act(c, boss, false), EFFECT_DONE);
    CHECK_INT(members("dept-d1"), 2);
    CHECK_INT(act(c, anna, false), EFFECT_DONE); /* of no department any more */
    CHECK_INT(act(c, anna, false), EFFECT_DONE);
    CHECK_INT(members("dept-d1"), 1);
    end(c);
}

/* A group that an administrator made, with a member. */
static void group_put(const char *name, const char *member) {
    char *dn = text_format("cn=%s,ou=groups,dc=example,dc=org", name);
    char *classes[] = { (char *)(uintptr_t) "posixGroup", NULL };
    char *numbers[] = { (char *)(uintptr_t) "27", NULL };
    char *logins[] = { (char *)(uintptr_t)member, NULL };
    LDAPMod class = { LDAP_MOD_ADD, (char *)(uintptr_t) "objectClass", { classes } };
    LDAPMod number = { LDAP_MOD_ADD, (char *)(uintptr_t) "gidNumber", { numbers } };
    LDAPMod login = { LDAP_MOD_ADD, (char *)(uintptr_t) "memberUid", { logins } };
    LDAPMod *mods[] = { &class, &number, &login, NULL };
    LDAP *ldap = connect_root();
    CHECK_INT(ldap_add_ext_s(ldap, dn, mods, NULL, NULL), LDAP_SUCCESS);
    (void)ldap_unbind_ext_s(ldap, NULL, NULL);
    free(dn);
}

TEST(a_group_of_slapds_administrator_is_not_joined_by_a_department_of_its_name) {
    given_server("");
    (void)snprintf(url + strlen(url), sizeof(url) - strlen(url), "&groups=department");
    struct connector *c = open_server();
    group_put("d1", "else");
    const struct hire boss = { "E1", "Anna", "Novák", "enabled", "Boss" }; /* of d1 */
    CHECK_INT(act(c, boss, false), EFFECT_DONE);
    CHECK_INT(members("d1"), 1); /* who was put there */
    CHECK_INT(members("dept-d1"), 1);
    CHECK_INT(act(c, (struct hire){ "E1", "Anna", "Novák", "disabled", "Boss" }, false),
              EFFECT_DONE);
    CHECK_INT(members("d1"), 1);
    CHECK_INT(members("dept-d1"), 0);
    end(c);
}

TEST(a_slapd_whose_schema_takes_no_such_group_is_no_persons_fault) {
    given_server("ditcontentrule ( 1.3.6.1.1.1.2.2 NAME 'described' MUST description )");
    (void)snprintf(url + strlen(url), sizeof(url) - strlen(url), "&groups=department");
    struct connector *c = open_server();
    CHECK_INT(act(c, (struct hire){ "E1", "Anna", "Novák", "enabled", "Boss" }, false),
              EFFECT_AGAIN);
    CHECK(strstr(answer.reason, "the directory takes no posixGroup"));
    end(c);
}

TEST(a_server_that_does_not_know_a_control_is_to_be_mended_and_refuses_nobody) {
    struct server_directory s = { .timeout_ms = 1 };
    CHECK_ERROR(server_result(&s, LDAP_UNAVAILABLE_CRITICAL_EXTENSION, true), E_busy);
    CHECK(strstr(error_story(), "permissive modify, modify-increment or post-read"));
    CHECK_ERROR(server_result(&s, LDAP_CONSTRAINT_VIOLATION, true), E_refused);
}

/* E1 is there, E2 and E3 have one name, E4 twice a number, E5 no state. */
static const struct hire crowd[MANY] = {
    { "E1", "Anna", "Novak", "disabled", NULL }, { "E2", "Eva", "Mala", "enabled", NULL },
    { "E3", "Ema", "Mala", "enabled", NULL },    { "E4", "Jan", "Dvojak", "enabled", NULL },
    { "E5", "Ivo", "Kral", "asleep", NULL },     { "E6", "Adam", "Novak", "enabled", NULL },
    { "E7", "Petr", "Vlk", "enabled", NULL },    { "E8", "Pavel", "Vlk", "disabled", NULL },
    { "E(9)", "Zoe", "Root", "enabled", NULL },  { "E10", "R", "Oot", "enabled", NULL },
    { "E11", "Iva", "Kral", "enabled", NULL },   { "E12", "Ivo", "Kral", "enabled", NULL },
};

TEST(many_at_once_each_have_their_own_account_and_one_that_is_wrong_harms_no_other) {
    static const char *const wanted[MANY] = { "\"anovak\"", "\"emala",     "\"emala", NULL,
                                              NULL,         "\"anovak2\"", "\"pvlk",  "\"pvlk",
                                              "\"zroot\"",  "\"root2\"",   "\"ikral", "\"ikral" };
    static struct crowd all;
    given_server("");
    struct connector *c = open_server();
    check_account(c, anna, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"made\"}");
    entry_add((struct line){ "uid=one,ou=people,dc=example,dc=org", "account", "extensibleObject",
                             "employeeNumber", "E4" });
    entry_add((struct line){ "uid=two,ou=people,dc=example,dc=org", "account", "extensibleObject",
                             "employeeNumber", "E4" });
    crowd_fill(&all, crowd);
    for (int again = 0; again < 2; again++) {
        crowd_act(c, &all);
        for (size_t i = 0; i < MANY; i++) {
            CHECK_INT(all.answers[i].verdict, wanted[i] ? EFFECT_DONE : EFFECT_REFUSED);
            if (wanted[i] && !strstr(buf_text(&all.told[i]), wanted[i]))
                test_failed(__FILE__, __LINE__, "%s: %s", wanted[i], buf_text(&all.told[i]));
            if (wanted[i] && again)
                CHECK(strstr(buf_text(&all.told[i]), "\"found\""));
        }
        CHECK(strstr(all.answers[3].reason, "more than one account"));
    }
    check_different("uid", MANY - 1 + 1);
    crowd_finish(&all);
    end(c);
}

TEST(many_at_once_that_find_the_directory_away_are_all_tried_again_and_made_once) {
    static struct crowd all;
    given_server("");
    struct connector *c = open_server();
    check_account(c, anna, "{\"login\":\"anovak\",\"uid_number\":10000,\"how\":\"made\"}");
    crowd_fill(&all, crowd);
    slapd_kill();
    crowd_act(c, &all);
    for (size_t i = 0; i < MANY; i++) {
        CHECK_INT(all.answers[i].verdict, i == 4 ? EFFECT_REFUSED : EFFECT_AGAIN);
        CHECK_INT(all.answers[i].edge_down, i != 4);
        CHECK(all.answers[i].reason[0]);
    }
    slapd_start();
    crowd_act(c, &all);
    check_different("employeeNumber", MANY - 1);
    check_different("uidNumber", MANY - 1);
    crowd_finish(&all);
    end(c);
}
