/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Settings given to the broker: whole or not at all after a crash, and damage is named. */
#include "base/event.h"
#include "base/test.h"
#include "given.h"
#include "storage_state.h"

#include <stdlib.h>

static struct given g;

static void set(enum settings_level level, enum setting setting, const char *value) {
    struct topic_settings changed;
    topic_settings_copy(&changed, storage_settings(g.storage, level));
    CHECK_OK(topic_settings_set(&changed, setting, bytes_text(value)));
    CHECK_OK(storage_configure(g.storage, level, &changed));
    topic_settings_finish(&changed);
}

static const struct topic_settings *settings(void) {
    return &topic_find(g.storage, bytes_text("orders"))->settings;
}

static void given_orders(void) {
    event_log_from(EVENT_error);
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 2);
    given_sync(&g);
}

TEST(defaults_reach_topics_of_the_checkpoint_and_of_the_log) {
    given_orders();
    set(SETTINGS_OF_ALL, SETTING_RETENTION_MS, "5000");
    set(SETTINGS_OF_ALL, SETTING_SEGMENT_BYTES, "4096");
    set(SETTINGS_OF_BROKER, SETTING_SEGMENT_BYTES, "8192");
    for (int life = 0; life < 4; life++) {
        CHECK_INT(settings()->retention_ms, 5000);
        CHECK_INT(settings()->segment_bytes, 8192);
        CHECK(!settings()->given[SETTING_RETENTION_MS]);
        if (life % 2)
            given_close(&g);
        else
            given_kill(&g);
        CHECK_OK(given_open(&g));
    }
    set(SETTINGS_OF_BROKER, SETTING_SEGMENT_BYTES, "100");
    lsn_t lsn;
    struct topic_settings own;
    topic_settings_init(&own); /* over nothing: the storage's defaults count all the same */
    CHECK_OK(topic_settings_set(&own, SETTING_RETENTION_MS, bytes_text("1")));
    CHECK_OK(topic_configure(g.storage, topic_find(g.storage, bytes_text("orders")), &own, &lsn));
    topic_settings_finish(&own);
    CHECK_INT(settings()->retention_ms, 1);
    CHECK_INT(settings()->segment_bytes, 100);
    given_finish(&g);
}

TEST(after_a_power_cut_the_defaults_are_the_old_or_the_new_ones) {
    for (int64_t after = 0; after < 8; after++) {
        given_orders();
        set(SETTINGS_OF_BROKER, SETTING_RETENTION_MS, "1000");
        memory_disk_power_off_after(g.disk, memory_disk_operations(g.disk) + after);
        struct topic_settings changed;
        topic_settings_copy(&changed, storage_settings(g.storage, SETTINGS_OF_BROKER));
        CHECK_OK(topic_settings_set(&changed, SETTING_RETENTION_MS, bytes_text("2000")));
        enum error e = storage_configure(g.storage, SETTINGS_OF_BROKER, &changed);
        topic_settings_finish(&changed);
        CHECK_INT(settings()->retention_ms, e ? 1000 : 2000);
        given_kill(&g);
        struct disk *copy = memory_disk_copy(g.disk);
        memory_disk_destroy(g.disk);
        g.disk = copy;
        memory_disk_crash(g.disk, (uint64_t)after);
        CHECK_OK(given_open(&g));
        int64_t now = settings()->retention_ms;
        CHECK(e ? now == 1000 || now == 2000 : now == 2000);
        given_finish(&g);
    }
}

TEST(damaged_defaults_are_refused_by_name_with_what_to_do) {
    for (int64_t at = 0; at < 40; at++) {
        given_orders();
        set(SETTINGS_OF_BROKER, SETTING_RETENTION_MS, "1000");
        given_close(&g);
        memory_disk_flip(g.disk, "data/defaults", at, 4);
        enum error e = given_open(&g);
        CHECK(e == E_corrupt || (e == E_unsupported && at >= 8 && at < 12));
        if (e == E_corrupt)
            CHECK_STORY("remove it, and give again what was given to the broker");
        CHECK_STORY("data/defaults");
        memory_disk_flip(g.disk, "data/defaults", at, 4);
        CHECK_OK(given_open(&g));
        given_finish(&g);
    }
}
