/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Two customers who are one: at the CRM, in the topics, and at a cache. */
#include "caching_fixture.h"

static struct house h;

static void open_crm(void) {
    house_open(&h, "crm", crm_handlers);
    asked_for(&h, "customer-create-asked", "k1",
              "{\"id\":\"a\",\"name\":\"Ann\",\"city\":\"Brno\"}");
    asked_for(&h, "customer-create-asked", "k2", "{\"id\":\"b\",\"name\":\"Anne\",\"zip\":\"1\"}");
}

TEST(the_one_who_stays_gets_what_it_has_not_and_the_other_is_erased_in_the_same_commit) {
    open_crm();
    asked_for(&h, "customer-merge-asked", "m", "{\"id\":\"a\",\"into\":\"b\"}");
    check_said(&h, "customer-updated customer-updated b {\"id\":\"b\",\"version\":2,"
                   "\"time\":1795348800001,\"name\":\"Anne\",\"city\":\"Brno\",\"zip\":\"1\"}\n"
                   "customer-created customer-deleted a {\"id\":\"a\",\"version\":2,"
                   "\"time\":1795348800001,\"merged_into\":\"b\"}\n"
                   "customer-created customer-deleted a null\n"
                   "customer-updated customer-deleted a {\"id\":\"a\",\"version\":2,"
                   "\"time\":1795348800001,\"merged_into\":\"b\"}\n"
                   "customer-updated customer-deleted a null\n"
                   "= m {\"status\":200,\"id\":\"a\",\"version\":2,"
                   "\"token\":\"3:customer-updated/0:/octavo/caching/crm/1/0/1\"}\n");
    asked_for(&h, "customer-get-asked", "r", "{\"id\":\"a\"}");
    check_said(&h, "= r {\"status\":410,\"detail\":\"it was merged into another\","
                   "\"merged_into\":\"b\"}\n");
    asked_for(&h, "customer-tell-asked", "t", "{\"id\":\"a\"}");
    CHECK(strstr(buf_text(&h.said), "\"version\":2,\"time\":1795348800001,\"merged_into\":\"b\"}"));
    house_close(&h);
}

TEST(in_a_chain_of_merges_each_says_where_it_went_and_who_has_the_id_again_nowhere) {
    open_crm();
    asked_for(&h, "customer-create-asked", "k3", "{\"id\":\"c\",\"name\":\"Anna\"}");
    asked_for(&h, "customer-merge-asked", "m1", "{\"id\":\"a\",\"into\":\"b\"}");
    asked_for(&h, "customer-merge-asked", "m2", "{\"id\":\"b\",\"into\":\"c\"}");
    asked_for(&h, "customer-get-asked", "r", "{\"id\":\"a\"}");
    CHECK(strstr(buf_text(&h.said), "\"merged_into\":\"b\""));
    asked_for(&h, "customer-get-asked", "r", "{\"id\":\"b\"}");
    CHECK(strstr(buf_text(&h.said), "\"merged_into\":\"c\""));
    asked_for(&h, "customer-get-asked", "r", "{\"id\":\"c\"}");
    CHECK(strstr(buf_text(&h.said), "\"name\":\"Anna\",\"city\":\"Brno\",\"zip\":\"1\""));
    asked_for(&h, "customer-create-asked", "k4", "{\"id\":\"a\",\"name\":\"Adam\"}");
    asked_for(&h, "customer-delete-asked", "k5", "{\"id\":\"a\"}");
    CHECK(!strstr(buf_text(&h.said), "merged_into"));
    house_close(&h);
}

TEST(a_merge_that_cannot_be_is_refused_and_changes_nothing) {
    open_crm();
    asked_for(&h, "customer-merge-asked", "m1", "{\"id\":\"a\",\"into\":\"a\"}");
    check_said(&h, "= m1 {\"status\":422,\"id\":\"a\","
                   "\"detail\":\"into whom? another id is wanted\"}\n");
    asked_for(&h, "customer-merge-asked", "m2", "{\"id\":\"a\",\"into\":\"none\"}");
    check_said(&h, "= m2 {\"status\":422,\"id\":\"a\","
                   "\"detail\":\"there is none with the id that it goes into\"}\n");
    asked_for(&h, "customer-merge-asked", "m3", "{\"id\":\"none\",\"into\":\"a\"}");
    CHECK(strstr(buf_text(&h.said), "\"status\":404"));
    asked_for(&h, "customer-merge-asked", "m4", "{\"id\":\"a\",\"into\":\"b\",\"if_match\":7}");
    CHECK(strstr(buf_text(&h.said), "\"status\":412"));
    asked_for(&h, "customer-get-asked", "r", "{\"id\":\"a\"}");
    CHECK(strstr(buf_text(&h.said), "\"version\":1,"));
    house_close(&h);
}

static const char *read_of(const char *key) {
    static struct buf reply;
    struct input in = { .kind = INPUT_REQUEST,
                        .type = bytes_text("query:customer-read"),
                        .id = bytes_text(key),
                        .key = bytes_text(key),
                        .json = bytes_text("{}"),
                        .time_ms = h.now_ms };
    buf_clear(&reply);
    CHECK_OK(task_query(h.task, &in, &reply));
    return buf_text(&reply);
}

TEST(a_cache_says_of_the_old_id_where_it_went) {
    static const char gone[] = "{\"id\":\"a\",\"version\":2,\"time\":5,\"merged_into\":\"b\"}";
    house_open(&h, "operational-data-cache", cache_handlers);
    told(&h, "customer-created", "customer-created", "a",
         "{\"id\":\"a\",\"version\":1,\"time\":4,\"name\":\"Ann\"}");
    told(&h, "customer-updated", "customer-deleted", "a", gone);
    told(&h, "customer-updated", "customer-deleted", "a", NULL);
    told(&h, "customer-created", "customer-deleted", "a", gone);
    told(&h, "customer-created", "customer-deleted", "a", NULL);
    CHECK_TEXT(read_of("a"), "{\"status\":410,\"detail\":\"it was merged into another\","
                             "\"merged_into\":\"b\"}");
    told(&h, "customer-created", "customer-created", "a",
         "{\"id\":\"a\",\"version\":3,\"time\":6,\"name\":\"Adam\"}");
    CHECK(strstr(read_of("a"), "\"status\":200"));
    CHECK(strstr(read_of("none"), "\"status\":404"));
    house_close(&h);
}
