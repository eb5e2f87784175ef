/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "schedule.h"

#include "base/disk.h"
#include "base/test.h"
#include "run.h"

#include <stdlib.h>
#include <string.h>

static struct verify_edge edges[] = { { "atm", "iso8583://127.0.0.1:8583?dialect=iso87", NULL,
                                        false },
                                      { "mail", "smtp://mail:25?from=a@b.test", "blind", false } };
static struct verify_service services[] = {
    { .name = "atm", .handler = "x.atm", .edges = edges, .edge_count = 1 },
    { .name = "ledger",
      .handler = "x.ledger",
      .has_group = true,
      .edges = edges + 1,
      .edge_count = 1 },
};
static struct verify_topic topics[] = { { .name = "money", .partitions = 4 } };
static const struct verify_system bank = {
    .name = "bank", .topics = topics, .topic_count = 1, .services = services, .service_count = 2
};

static void given(struct run *r, const struct verify_options *options) {
    memset(r, 0, sizeof(*r));
    r->options = options;
    r->house = (struct house){ .system = &bank, .binary = "/bin/true" };
    r->house.dir = text_copy(test_dir());
    CHECK_OK(house_build(&r->house, NULL, 0));
}

static void finish(struct run *r) {
    schedule_finish(&r->schedule);
    house_finish(&r->house);
}

TEST(the_same_seed_makes_the_same_schedule_and_another_another) {
    struct verify_options options = { .system = &bank, .seed = 5, .for_ms = 60000 };
    struct run a, b, c;
    given(&a, &options);
    given(&b, &options);
    CHECK_OK(schedule_make(&a.schedule, &a));
    CHECK_OK(schedule_make(&b.schedule, &b));
    CHECK(a.schedule.count > 20);
    CHECK_INT((long long)a.schedule.count, (long long)b.schedule.count);
    CHECK(memcmp(a.schedule.all, b.schedule.all, a.schedule.count * sizeof(*a.schedule.all)) == 0);
    struct verify_options other = options;
    other.seed = 6;
    given(&c, &other);
    CHECK_OK(schedule_make(&c.schedule, &c));
    CHECK(c.schedule.count != a.schedule.count
          || memcmp(a.schedule.all, c.schedule.all, a.schedule.count * sizeof(*a.schedule.all))
                 != 0);
    finish(&a);
    finish(&b);
    finish(&c);
}

/* Over many seeds each kind is on about half the time, and no seed is left without any. */
TEST(the_swarm_leaves_each_kind_on_in_about_half_of_the_seeds) {
    unsigned on[FAULT_KINDS_MAX] = { 0 };
    size_t kinds = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct verify_options options = { .system = &bank, .seed = seed, .for_ms = 5000 };
        struct run r;
        given(&r, &options);
        CHECK_OK(schedule_make(&r.schedule, &r));
        CHECK(r.schedule.count > 0);
        kinds = r.schedule.kind_count;
        for (size_t i = 0; i < kinds; i++)
            on[i] += r.schedule.kinds[i].on;
        finish(&r);
    }
    for (size_t i = 0; i < kinds; i++)
        CHECK(on[i] > 60 && on[i] < 140);
}

TEST(what_cannot_be_had_is_not_planned_and_says_why) {
    struct verify_options options = {
        .system = &bank, .seed = 1, .for_ms = 60000, .all_kinds = true
    };
    struct run r;
    bool found = false;
    given(&r, &options);
    CHECK_OK(schedule_make(&r.schedule, &r));
    for (size_t i = 0; i < r.schedule.kind_count; i++)
        if (strcmp(r.schedule.kinds[i].fault->name, "end-held") == 0) {
            found = true;
            CHECK_TEXT(r.schedule.kinds[i].skipped,
                       "no topic is compacted: nothing is sent in transactions");
            CHECK_INT((long long)r.schedule.kinds[i].planned, 0);
        }
    CHECK(found);
    finish(&r);
}

TEST(only_the_kinds_that_are_named_are_planned) {
    struct verify_options options = {
        .system = &bank, .seed = 1, .for_ms = 60000, .only = "stall,poison"
    };
    struct run r;
    given(&r, &options);
    CHECK_OK(schedule_make(&r.schedule, &r));
    for (size_t i = 0; i < r.schedule.count; i++)
        CHECK(strcmp(r.schedule.all[i].fault->name, "stall") == 0
              || strcmp(r.schedule.all[i].fault->name, "poison") == 0);
    schedule_finish(&r.schedule);
    options.only = "kill,kil";
    CHECK_ERROR(schedule_make(&r.schedule, &r), E_usage);
    CHECK_STORY("--faults kill,kil: a kind that does not exist");
    finish(&r);
}

TEST(an_edge_that_takes_requests_gets_a_port_of_its_own_and_one_with_effects_what_is_given) {
    struct verify_options options = { .system = &bank, .seed = 1, .for_ms = 1000 };
    struct house_edge to = { "ledger", "mail", "smtp+folder:mails?from=a@b.test" };
    struct run r = { .options = &options };
    r.house = (struct house){ .system = &bank, .binary = "octavo" };
    r.house.dir = text_copy(test_dir());
    CHECK_OK(house_build(&r.house, &to, 1));
    CHECK_INT((long long)r.house.count, 3);
    char **atm = r.house.processes[1].arguments, **ledger = r.house.processes[2].arguments;
    size_t i = 0;
    while (atm[i] && strcmp(atm[i], "--edge") != 0)
        i++;
    CHECK(atm[i] && strncmp(atm[i + 1], "atm=iso8583://127.0.0.1:", 24) == 0);
    CHECK(strstr(atm[i + 1], "?dialect=iso87") && !strstr(atm[i + 1], ":8583"));
    for (i = 0; ledger[i] && strcmp(ledger[i], "--edge") != 0;)
        i++;
    CHECK_TEXT(ledger[i + 1], "mail=smtp+folder:mails?from=a@b.test");
    finish(&r);
}
