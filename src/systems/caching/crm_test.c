/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The CRM: versions, answers that are given again, and what it tells. */
#include "caching_fixture.h"

static struct house h;

static void open_crm(void) {
    house_open(&h, "crm", crm_handlers);
}

static void create(const char *key) {
    asked_for(&h, "customer-create-asked", key, "{\"id\":\"a\",\"name\":\"Ann\",\"purchases\":1}");
}

TEST(a_customer_is_made_once_and_the_answer_has_version_and_token) {
    open_crm();
    create("k1");
    check_said(&h, "customer-created customer-created a {\"id\":\"a\",\"version\":1,"
                   "\"time\":1795348800000,\"name\":\"Ann\",\"purchases\":1}\n"
                   "= k1 {\"status\":201,\"id\":\"a\",\"version\":1,"
                   "\"token\":\"1:customer-created/0:/octavo/caching/crm/1/0/1\"}\n");
    create("k1");
    check_said(&h, "= k1 {\"status\":201,\"id\":\"a\",\"version\":1,"
                   "\"token\":\"1:customer-created/0:/octavo/caching/crm/1/0/1\"}\n");
    create("k2");
    check_said(&h, "= k2 {\"status\":409,\"id\":\"a\",\"detail\":\"it is there already\"}\n");
    house_close(&h);
}

TEST(another_request_with_the_key_of_one_is_refused_and_the_first_answer_stays) {
    open_crm();
    create("k1");
    asked_for(&h, "customer-patch-asked", "k1", "{\"id\":\"a\",\"name\":\"Bea\"}");
    check_said(&h, "= k1 {\"status\":422,\"id\":\"a\","
                   "\"detail\":\"another request was made with this key\"}\n");
    create("k1");
    CHECK(strstr(buf_text(&h.said), "\"status\":201"));
    house_close(&h);
}

TEST(a_patch_tells_the_whole_customer_and_what_is_null_is_gone) {
    open_crm();
    create("k1");
    asked_for(&h, "customer-patch-asked", "k2",
              "{\"id\":\"a\",\"email\":\"a\\\"@x\",\"purchases\":null}");
    CHECK(strstr(buf_text(&h.said),
                 "customer-updated customer-updated a {\"id\":\"a\",\"version\":2,"
                 "\"time\":1795348800001,\"name\":\"Ann\",\"email\":\"a\\\"@x\"}\n"));
    house_close(&h);
}

TEST(a_patch_of_another_version_is_refused_and_changes_nothing) {
    open_crm();
    create("k1");
    asked_for(&h, "customer-patch-asked", "k2", "{\"id\":\"a\",\"name\":\"Bea\",\"if_match\":1}");
    CHECK(strstr(buf_text(&h.said), "\"status\":200"));
    asked_for(&h, "customer-patch-asked", "k3",
              "{\"id\":\"a\",\"name\":\"Cia\",\"if_match\":\"1\"}");
    check_said(&h, "= k3 {\"status\":412,\"id\":\"a\","
                   "\"detail\":\"it has another version by now: read it again\"}\n");
    asked_for(&h, "customer-get-asked", "r", "{\"id\":\"a\"}");
    CHECK(strstr(buf_text(&h.said), "\"version\":2,"));
    CHECK(strstr(buf_text(&h.said), "\"name\":\"Bea\""));
    house_close(&h);
}

TEST(what_is_deleted_is_told_in_both_topics_with_a_tombstone_behind_it) {
    open_crm();
    create("k1");
    asked_for(&h, "customer-delete-asked", "k2", "{\"id\":\"a\"}");
    check_said(&h, "customer-created customer-deleted a {\"id\":\"a\",\"version\":2,"
                   "\"time\":1795348800001}\n"
                   "customer-created customer-deleted a null\n"
                   "customer-updated customer-deleted a {\"id\":\"a\",\"version\":2,"
                   "\"time\":1795348800001}\n"
                   "customer-updated customer-deleted a null\n"
                   "= k2 {\"status\":200,\"id\":\"a\",\"version\":2,"
                   "\"token\":\"2:customer-updated/0:/octavo/caching/crm/1/0/1\"}\n");
    asked_for(&h, "customer-get-asked", "r", "{\"id\":\"a\"}");
    check_said(&h, "= r {\"status\":404,\"detail\":\"there is none with this id\"}\n");
    create("k3");
    CHECK(strstr(buf_text(&h.said), "\"version\":3"));
    house_close(&h);
}

TEST(the_time_of_a_version_grows_though_the_clock_is_put_back) {
    open_crm();
    create("k1");
    h.now_ms -= 3600000;
    asked_for(&h, "customer-patch-asked", "k2", "{\"id\":\"a\",\"name\":\"Bea\"}");
    CHECK(strstr(buf_text(&h.said), "\"version\":2,\"time\":1795348800001,"));
    house_close(&h);
}

TEST(what_is_no_field_or_of_another_type_is_refused_by_name) {
    static const char *const bad[][2] = {
        { "{\"id\":\"a\",\"nmae\":\"x\"}", "a customer has no field nmae" },
        { "{\"id\":\"a\",\"version\":7}", "a customer has no field version" },
        { "{\"id\":\"a\",\"deleted\":0}", "a customer has no field deleted" },
        { "{\"id\":\"a\",\"name\":7}", "field name is a text" },
        { "{\"id\":\"a\",\"purchases\":\"7\"}", "field purchases is an integer" },
        { "{\"id\":\"a\",\"name\":true}", "field name is a text" },
        { "{\"id\":\"\"}", "an id of 1 to 200 characters is wanted" },
        { "{\"id\":7}", "an id of 1 to 200 characters is wanted" },
    };
    open_crm();
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "k%zu", i);
        asked_for(&h, "customer-create-asked", key, bad[i][0]);
        if (!strstr(buf_text(&h.said), bad[i][1]) || !strstr(buf_text(&h.said), "422"))
            test_failed(__FILE__, __LINE__, "%s says %s", bad[i][0], buf_text(&h.said));
    }
    house_close(&h);
}

TEST(what_is_told_again_has_its_version_and_what_was_deleted_stays_deleted) {
    open_crm();
    create("k1");
    asked_for(&h, "customer-tell-asked", "k2", "{\"id\":\"a\"}");
    CHECK(strstr(buf_text(&h.said),
                 "customer-updated customer-updated a {\"id\":\"a\",\"version\":1,"
                 "\"time\":1795348800000,\"name\":\"Ann\",\"purchases\":1}\n"));
    asked_for(&h, "customer-delete-asked", "k3", "{\"id\":\"a\"}");
    asked_for(&h, "customer-tell-asked", "k4", "{\"id\":\"a\"}");
    CHECK(strstr(buf_text(&h.said),
                 "customer-created customer-deleted a {\"id\":\"a\",\"version\":2,"));
    CHECK(strstr(buf_text(&h.said), "customer-updated customer-deleted a null\n"));
    asked_for(&h, "customer-tell-asked", "k5", "{\"id\":\"b\"}");
    CHECK(strstr(buf_text(&h.said), "\"status\":404"));
    house_close(&h);
}
