/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "brokers.h"

#include "base/test.h"
#include "run.h"

#include <stdlib.h>
#include <string.h>

enum { SEEDS = 200 };

static struct verify_service services[] = {
    { .name = "orders", .handler = "shop.orders", .has_group = true },
    { .name = "stock", .handler = "shop.stock", .has_group = true },
};
static struct verify_topic topics[] = { { .name = "order", .partitions = 4 } };
static const struct verify_system shop = {
    .name = "shop", .topics = topics, .topic_count = 1, .services = services, .service_count = 2
};
static const char *const three[] = { "serve --one", "serve --two", "serve --three" };
static const struct verify_options all = {
    .system = &shop, .for_ms = 60000, .all_kinds = true, .nodes = three, .node_count = 3
};

static void given(struct run *r, const char *elsewhere, size_t nodes) {
    memset(r, 0, sizeof(*r));
    r->options = &all;
    r->house =
        (struct house){ .system = &shop, .binary = "/bin/true", .dir = text_copy(test_dir()) };
    r->house.broker_list = elsewhere;
    r->house.nodes = three;
    r->house.node_count = nodes;
    CHECK_OK(house_build(&r->house, NULL, 0));
}

static const char *argument_behind(const struct process *p, const char *option) {
    for (int i = 0; p->arguments[i]; i++)
        if (strcmp(p->arguments[i], option) == 0)
            return p->arguments[i + 1];
    return "";
}

static const char *setting_of(const struct process *p, const char *name) {
    const char *all_of = (const char *)p->environment->data;
    for (size_t at = 0; at < p->environment->len; at += strlen(all_of + at) + 1)
        if (strncmp(all_of + at, name, strlen(name)) == 0)
            return all_of + at + strlen(name);
    return "";
}

TEST(nodes_are_the_first_processes_and_services_are_told_of_all_of_them) {
    struct run r;
    given(&r, NULL, 3);
    CHECK_INT((long long)r.house.brokers, 3);
    CHECK_INT((long long)r.house.count, 5);
    CHECK_TEXT(r.house.processes[1].name, "broker-2");
    CHECK_TEXT(argument_behind(&r.house.processes[1], "-c"), "exec serve --two");
    CHECK_TEXT(argument_behind(&r.house.processes[4], "--broker"), r.house.bootstrap);
    size_t commas = 0;
    for (const char *c = r.house.bootstrap; *c; c++)
        commas += *c == ',';
    CHECK_INT((long long)commas, 2);
    house_finish(&r.house);
}

TEST(a_node_finds_its_number_folder_port_and_files_in_its_environment) {
    struct run r;
    given(&r, NULL, 3);
    const struct process *p = &r.house.processes[2];
    char *dir = text_format("%s/broker/3", r.house.dir);
    char *address = text_format("%s:%s", setting_of(p, "ADVERTISE="), setting_of(p, "PORT="));
    CHECK_TEXT(setting_of(p, "NODE="), "3");
    CHECK_TEXT(setting_of(p, "NODE_DIR="), dir);
    CHECK_TEXT(setting_of(p, "PORT_FILE="), p->port_file);
    CHECK(strstr(r.house.bootstrap, address) != NULL);
    CHECK(!p->preload);
    free(dir);
    free(address);
    house_finish(&r.house);
}

TEST(brokers_elsewhere_are_talked_to_and_neither_started_nor_killed) {
    struct run r;
    given(&r, "kafka1:9092,kafka2:9092", 0);
    struct process *broker = &r.house.processes[HOUSE_BROKER];
    CHECK_TEXT(r.house.bootstrap, "kafka1:9092,kafka2:9092");
    CHECK(!r.house.line.rules);
    CHECK_OK(process_start(broker, NULL));
    process_kill(broker);
    process_pause(broker, true);
    CHECK(process_look(broker) && broker->ready && !broker->paused);
    CHECK_INT(broker->starts + broker->kills, 0);
    house_finish(&r.house);
}

static bool is_planned(const struct run *r, const char *kind) {
    for (size_t i = 0; i < r->schedule.count; i++)
        if (strcmp(r->schedule.all[i].fault->name, kind) == 0)
            return true;
    return false;
}

static const char *skipped(const struct run *r, const char *kind) {
    for (size_t i = 0; i < r->schedule.kind_count; i++)
        if (strcmp(r->schedule.kinds[i].fault->name, kind) == 0)
            return r->schedule.kinds[i].skipped ? r->schedule.kinds[i].skipped : "";
    return "";
}

/* What must not fall on process `first` or before it: all but what only asks them to be there. */
static void needs_a_process_of_ours(const struct planned *p, size_t first) {
    static const char *const kinds[] = {
        "kill",        "recovery-kill", "stall",     "zombie",
        "crash-point", "sync-error",    "disk-full", "torn-write"
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(p->fault->name, kinds[i]) == 0)
            CHECK(p->target >= first);
}

TEST(what_falls_on_brokers_is_skipped_with_its_reason_when_they_are_elsewhere) {
    struct verify_options options = all;
    struct run r;
    given(&r, "kafka1:9092", 0);
    r.options = &options;
    for (options.seed = 0; options.seed < SEEDS; options.seed++) {
        CHECK_OK(schedule_make(&r.schedule, &r));
        for (size_t i = 0; i < r.schedule.count; i++)
            needs_a_process_of_ours(&r.schedule.all[i], r.house.brokers);
        CHECK(!is_planned(&r, "broker-kill") && !is_planned(&r, "line-cut"));
        CHECK_TEXT(skipped(&r, "broker-kill"),
                   "the brokers are not ours to do anything to (--node has ours)");
        CHECK_TEXT(skipped(&r, "bit-flip"), "the broker is not Octavo's, whose files are known");
        schedule_finish(&r.schedule);
    }
    house_finish(&r.house);
}

TEST(each_node_is_killed_under_some_seed_and_no_disk_fault_falls_on_one) {
    struct verify_options options = all;
    size_t killed[3] = { 0 };
    struct run r;
    given(&r, NULL, 3);
    r.options = &options;
    for (options.seed = 0; options.seed < SEEDS; options.seed++) {
        CHECK_OK(schedule_make(&r.schedule, &r));
        for (size_t i = 0; i < r.schedule.count; i++) {
            const struct planned *p = &r.schedule.all[i];
            if (p->fault->wants.layer && strcmp(p->fault->name, "power-cut") != 0)
                CHECK(p->target >= r.house.brokers);
            if (strcmp(p->fault->name, "broker-kill") == 0)
                killed[p->target]++;
        }
        schedule_finish(&r.schedule);
    }
    CHECK(killed[0] && killed[1] && killed[2]);
    house_finish(&r.house);
}
