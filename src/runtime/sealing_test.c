/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/sealing.h"

#include "base/memory_disk.h"
#include "base/test.h"

#include <string.h>

static const char staff[] =
    "system: staff\n"
    "topics: { hires: }\n"
    "services:\n"
    "  plain: { handler: staff.plain, consumes: [hires] }\n"
    "  desk:\n"
    "    handler: staff.desk\n"
    "    tasks: 1\n"
    "    consumes: [hires]\n"
    "    edges:\n"
    "      door: { url: \"http://127.0.0.1:1\", person: employee, seals: [given, birth] }\n"
    "  carrier:\n"
    "    handler: staff.carrier\n"
    "    consumes: [hires]\n"
    "    edges: { files: { url: \"file:x\", class: natural, opens: [given] } }\n";

static struct disk *disk;
static struct declaration *d;
static const char *const given_names[] = { "given" };
static const struct declared_fields given = { (const char **)given_names, 1 };

static struct sealing *open_as(const char *service) {
    struct sealing *s;
    CHECK_OK(sealing_open(&s, &(struct sealing_options){ disk, "k", d, service }));
    return s;
}

static struct sealing *open_all(const char *service) {
    disk = memory_disk_create();
    CHECK_OK(declaration_read(&d, "octavo.yaml", bytes_text(staff)));
    return open_as(service);
}

static void close_all(struct sealing *s) {
    sealing_close(s);
    declaration_destroy(d);
    memory_disk_destroy(disk);
}

static struct seals door(void) {
    const struct declared_edge *edge = &declaration_service(d, "desk")->edges[0];
    return (struct seals){ &edge->seals, edge->person, { 0 } };
}

static struct buf seal(struct sealing *s, const char *json) {
    struct buf out = { 0 };
    struct seals how = door();
    CHECK_OK(sealing_seal(s, &how, bytes_text(json), &out));
    return out;
}

static void check_unsealed(struct sealing *s, struct bytes json, const char *wanted) {
    struct buf out = { 0 };
    CHECK_OK(sealing_unseal(s, &given, json, &out));
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
}

TEST(fields_are_sealed_where_they_come_in_and_those_that_are_declared_opened_where_they_leave) {
    struct sealing *desk = open_all("desk"), *carrier = open_as("carrier");
    struct buf in = seal(desk, "{\"employee\":\"E1\",\"given\":\"An\\\"na\",\"birth\":\"\",\"n\":1,"
                               "\"ok\":true}");
    CHECK(!strstr(buf_text(&in), "An"));
    CHECK(strstr(buf_text(&in), "\"given\":\"{sealed:1:given:"));
    CHECK(strstr(buf_text(&in), "\"birth\":\"\",\"n\":1,\"ok\":true"));
    check_unsealed(carrier, buf_bytes(&in),
                   "{\"employee\":\"E1\",\"given\":\"An\\\"na\",\"birth\":\"\",\"n\":1,\"ok\":"
                   "true}");
    buf_finish(&in);
    sealing_close(carrier);
    close_all(desk);
}

TEST(what_an_edge_does_not_open_leaves_as_it_is) {
    struct sealing *desk = open_all("desk");
    struct buf in = seal(desk, "{\"employee\":\"E1\",\"birth\":\"1990-02-28\"}");
    check_unsealed(desk, buf_bytes(&in), buf_text(&in));
    buf_finish(&in);
    close_all(desk);
}

TEST(a_repeat_is_sealed_the_same) {
    struct sealing *desk = open_all("desk");
    struct buf in = seal(desk, "{\"employee\":\"E1\",\"given\":\"Anna\"}");
    struct buf again = seal(desk, "{\"employee\":\"E1\",\"given\":\"Anna\"}");
    struct buf other = seal(desk, "{\"employee\":\"E2\",\"given\":\"Anna\"}");
    CHECK_TEXT(buf_text(&again), buf_text(&in));
    CHECK(strstr(buf_text(&other), "{sealed:2:given:"));
    buf_finish(&in);
    buf_finish(&again);
    buf_finish(&other);
    close_all(desk);
}

TEST(who_was_erased_is_opened_as_erased_and_comes_back_under_another_key) {
    struct sealing *desk = open_all("desk");
    struct buf in = seal(desk, "{\"employee\":\"E1\",\"given\":\"Anna\"}");
    size_t keys;
    CHECK_OK(sealing_erase(desk, bytes_text("E1"), &keys));
    CHECK_INT((int)keys, 1);
    check_unsealed(desk, buf_bytes(&in), "{\"employee\":\"E1\",\"given\":\"erased\"}");
    struct buf again = seal(desk, "{\"employee\":\"E1\",\"given\":\"Anna\"}");
    CHECK(strstr(buf_text(&again), "{sealed:2:given:"));
    buf_finish(&in);
    buf_finish(&again);
    close_all(desk);
}

TEST(what_a_receiver_tells_is_sealed_as_what_it_was_asked) {
    struct sealing *desk = open_all("desk");
    struct buf in = seal(desk, "{\"employee\":\"E1\",\"given\":\"Anna\"}"), out = { 0 };
    const struct seals told = { &given, NULL, buf_bytes(&in) };
    size_t keys;
    CHECK_OK(sealing_seal(desk, &told, bytes_text("{\"given\":\"Anna\",\"n\":7}"), &out));
    CHECK(strstr(buf_text(&out), "{\"given\":\"{sealed:1:given:"));
    CHECK_OK(sealing_erase(desk, bytes_text("E1"), &keys));
    buf_clear(&out);
    const struct seals nobodys = { &given, NULL, bytes_text("{\"given\":\"Anna\"}") };
    CHECK_OK(sealing_seal(desk, &nobodys, bytes_text("{\"given\":\"Anna\"}"), &out));
    CHECK_TEXT(buf_text(&out), "{\"given\":\"Anna\"}");
    buf_clear(&out);
    CHECK_OK(sealing_seal(desk, &told, bytes_text("{\"given\":\"Anna\",\"n\":7}"), &out));
    CHECK_TEXT(buf_text(&out), "{\"given\":\"\",\"n\":7}");
    buf_finish(&in);
    buf_finish(&out);
    close_all(desk);
}

static void check_refused(struct sealing *s, const char *json, enum error wanted,
                          const char *story) {
    struct buf out = { 0 };
    struct seals how = door();
    CHECK_ERROR(sealing_seal(s, &how, bytes_text(json), &out), wanted);
    CHECK_STORY(story);
    CHECK_INT((int)out.len, 0);
}

TEST(a_text_that_looks_sealed_where_nothing_is_sealed_is_refused) {
    struct sealing *desk = open_all("desk");
    check_refused(desk, "{\"employee\":\"E1\",\"title\":\"x\\u007bsealed:1:given:AAAA}\"}",
                  E_refused, "/title: a text must not begin as sealed data does");
    check_refused(desk, "{\"given\":\"Anna\"}", E_malformed, "\"employee\" does not say whose");
    check_refused(desk, "{\"given\":\"Anna\"", E_malformed, "json");
    check_refused(desk, "[]", E_malformed, "no object");
    struct buf in = seal(desk, "{\"employee\":\"E1\",\"given\":\"{sealed:1:birth:AAAA}\"}");
    check_unsealed(desk, buf_bytes(&in),
                   "{\"employee\":\"E1\",\"given\":\"{sealed:1:birth:AAAA}\"}");
    buf_finish(&in);
    close_all(desk);
}

TEST(a_token_in_the_middle_of_a_text_is_opened_there) {
    struct sealing *desk = open_all("desk");
    struct buf in = seal(desk, "{\"employee\":\"E1\",\"given\":\"A*\\\\na\"}"), file = { 0 };
    struct sealed token;
    CHECK(sealed_find(buf_bytes(&in), 0, &token));
    buf_print(&file, "{\"content\":\"NM1*%.*s|edi}*%s~\"}", (int)token.len - 1,
              (const char *)in.data + token.from, "Novak");
    check_unsealed(desk, buf_bytes(&file), "{\"content\":\"NM1*A \\\\na*Novak~\"}");
    buf_finish(&in);
    buf_finish(&file);
    close_all(desk);
}

static void check_lost(struct sealing *s, struct bytes json, enum error wanted, const char *story) {
    struct buf out = { 0 };
    CHECK_ERROR(sealing_unseal(s, &given, json, &out), wanted);
    CHECK_STORY(story);
    buf_clear(&out);
    CHECK_OK(sealing_unseal_rest(s, &given, json, &out));
    CHECK_TEXT(buf_text(&out), "{\"employee\":\"E1\",\"given\":\"\"}");
    buf_finish(&out);
}

TEST(what_nobody_erased_and_cannot_be_opened_is_neither_told_as_erased_nor_sent_as_it_is) {
    struct sealing *desk = open_all("desk");
    struct buf in = seal(desk, "{\"employee\":\"E1\",\"given\":\"Anna\"}");
    size_t keys;
    check_lost(desk, bytes_text("{\"employee\":\"E1\",\"given\":\"{sealed:9:given:AAAA}\"}"),
               E_corrupt, "no such key");
    check_lost(desk, bytes_text("{\"employee\":\"E1\",\"given\":\"{sealed:1:given:AAAA}\"}"),
               E_corrupt, "sealed data is damaged");
    memory_disk_flip(disk, "k/personal.keys", 512 + 200, 1);
    check_lost(desk, buf_bytes(&in), E_corrupt, "a person's key is damaged");
    memory_disk_flip(disk, "k/personal.keys", 512 + 200, 1);
    check_unsealed(desk, buf_bytes(&in), "{\"employee\":\"E1\",\"given\":\"Anna\"}");
    CHECK_OK(sealing_erase(desk, bytes_text("E1"), &keys));
    check_unsealed(desk, buf_bytes(&in), "{\"employee\":\"E1\",\"given\":\"erased\"}");
    buf_finish(&in);
    close_all(desk);
}

TEST(what_is_sealed_for_others_is_lost_for_this_service_alone) {
    struct sealing *desk = open_all("desk");
    struct buf in = seal(desk, "{\"employee\":\"E1\",\"given\":\"Anna\"}");
    CHECK_OK(disk_unlink(disk, "k/carrier.unseal")); /* made anew: it is another key */
    struct sealing *carrier = open_as("carrier");
    check_lost(carrier, buf_bytes(&in), E_refused, "not sealed for carrier");
    check_unsealed(desk, buf_bytes(&in), "{\"employee\":\"E1\",\"given\":\"Anna\"}");
    buf_finish(&in);
    sealing_close(carrier);
    close_all(desk);
}

TEST(a_service_that_seals_nothing_has_no_keys_and_passes_everything_by) {
    struct sealing *plain = open_all("plain");
    struct buf out = { 0 };
    bool there;
    CHECK(!plain);
    CHECK_OK(sealing_unseal(plain, &given, bytes_text("{\"a\":\"{sealed:1:given:AAAA}\"}"), &out));
    CHECK_TEXT(buf_text(&out), "{\"a\":\"{sealed:1:given:AAAA}\"}");
    CHECK_OK(disk_exists(disk, "k/personal.keys", &there));
    CHECK(!there);
    CHECK_OK(sealing_sync(plain));
    buf_finish(&out);
    close_all(plain);
}
