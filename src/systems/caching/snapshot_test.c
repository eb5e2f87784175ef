/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A cache and its snapshot: what is whole and its own is gone on from; what is torn, damaged, of
 * another, of a later format or too old is put aside, and the cache begins with nothing. */
#include "caching_fixture.h"

#include "base/clock.h"
#include "base/disk.h"
#include "values/digest.h"

enum { HOUR_MS = 3600000 };

static struct house h;
static struct fake_clock fake;
static char *path, *aside;
static struct buf whole;

static void cache_open(void) {
    house_open(&h, "operational-data-cache", cache_handlers);
    fake_clock_init(&fake, h.now_ms);
    path = text_format("%s/caching.operational-data-cache.1.0.fold", strchr(h.url, ':') + 1);
    aside = text_format("%s.refused", path);
    task_close(h.task);
    h.options.clock = &fake.clock;
    CHECK_OK(task_open(&h.task, &h.options));
}

static void snapshot_take(void) {
    bool done;
    told(&h, "customer-created", "customer-created", "a", "{\"version\":1,\"time\":1}");
    told(&h, "customer-updated", "customer-deleted", "b", "{\"version\":2,\"time\":1}");
    CHECK_OK(task_save(h.task, h.now_ms));
    CHECK_OK(task_saved(h.task, true, &done));
    task_close(h.task);
    CHECK_OK(disk_read_whole(disk_real(), path, 1 << 20, &whole));
}

static bool is_there(const char *file) {
    bool there;
    CHECK_OK(disk_exists(disk_real(), file, &there));
    return there;
}

/* Opened on what stands at the path now: whether the cache has what it had. */
static bool opens_with_rows(void) {
    CHECK_OK(task_open(&h.task, &h.options));
    bool has = strcmp(look(&h, "a"), "{\"version\":1}") == 0;
    CHECK_INT(is_there(aside), !has);
    CHECK_INT(is_there(path), has);
    task_close(h.task);
    if (!has)
        CHECK_OK(disk_unlink(disk_real(), aside));
    return has;
}

static bool opens_on(struct bytes file) {
    CHECK_OK(disk_replace(disk_real(), path, file));
    return opens_with_rows();
}

static void house_end(void) {
    buf_finish(&whole);
    free(path);
    free(aside);
    h.task = NULL;
    house_close(&h);
}

TEST(a_snapshot_that_is_whole_is_gone_on_from) {
    cache_open();
    snapshot_take();
    CHECK(opens_with_rows());
    CHECK_OK(task_open(&h.task, &h.options));
    told(&h, "customer-updated", "customer-updated", "b", "{\"version\":1,\"time\":1}");
    CHECK_TEXT(look(&h, "b"), "{\"version\":0}"); /* its grave is there as well */
    task_close(h.task);
    house_end();
}

TEST(a_snapshot_with_any_bit_flipped_is_put_aside) {
    cache_open();
    snapshot_take();
    for (size_t at = 0; at < whole.len; at += 1 + whole.len / 97) {
        whole.data[at] ^= (uint8_t)(1 << (at % 8));
        CHECK(!opens_on(buf_bytes(&whole)));
        whole.data[at] ^= (uint8_t)(1 << (at % 8));
    }
    CHECK(opens_on(buf_bytes(&whole)));
    house_end();
}

TEST(a_snapshot_that_is_cut_short_is_put_aside) {
    cache_open();
    snapshot_take();
    for (size_t len = 0; len < whole.len; len += 1 + whole.len / 53)
        CHECK(!opens_on(bytes_of(whole.data, len)));
    house_end();
}

static void sum_again(void) {
    sha256(bytes_of(whole.data, whole.len - SHA256_BYTES), whole.data + whole.len - SHA256_BYTES);
}

TEST(a_snapshot_of_a_later_format_or_of_another_service_is_put_aside) {
    cache_open();
    snapshot_take();
    whole.data[11]++; /* the format's last byte */
    sum_again();
    CHECK(!opens_on(buf_bytes(&whole)));
    whole.data[11]--;
    uint8_t *name = memmem(whole.data, whole.len, "operational", 11);
    CHECK(name);
    name[0] = 'O';
    sum_again();
    CHECK(!opens_on(buf_bytes(&whole)));
    house_end();
}

static int32_t more_partitions(void *context, const char *topic) {
    (void)context;
    (void)topic;
    return 2;
}

TEST(a_snapshot_of_topics_with_other_partitions_is_put_aside) {
    cache_open();
    snapshot_take();
    h.options.partitions_of = more_partitions;
    CHECK(!opens_with_rows());
    house_end();
}

TEST(a_snapshot_older_than_topics_show_what_was_deleted_is_put_aside) {
    cache_open();
    snapshot_take();
    fake_clock_advance(&fake, 23 * HOUR_MS);
    CHECK(opens_with_rows());
    fake_clock_advance(&fake, HOUR_MS + 1);
    CHECK(!opens_with_rows());
    house_end();
}

TEST(a_cache_that_refuses_its_snapshot_takes_no_other_and_begins_anew) {
    bool done;
    cache_open();
    snapshot_take();
    CHECK_OK(task_open(&h.task, &h.options));
    task_refuse_snapshot(h.task, "its topic was made again");
    CHECK(!is_there(path));
    CHECK(is_there(aside));
    told(&h, "customer-created", "customer-created", "c", "{\"version\":1,\"time\":1}");
    CHECK_OK(task_save(h.task, h.now_ms));
    CHECK_OK(task_saved(h.task, true, &done));
    CHECK(!is_there(path));
    task_close(h.task);
    CHECK_OK(disk_unlink(disk_real(), aside));
    CHECK_OK(task_open(&h.task, &h.options));
    CHECK_TEXT(look(&h, "a"), "{\"version\":0}");
    task_close(h.task);
    house_end();
}

/* C15: who restores a copy of the snapshot from before an erasure reads on from its positions, and
 * hears of it again; the next snapshot has nothing of the one who is gone. */
TEST(a_copy_of_the_snapshot_from_before_an_erasure_does_not_undo_it) {
    static const char name[] = "Jana Novakova of Prague";
    bool done;
    cache_open();
    told(&h, "customer-created", "customer-created", "a",
         "{\"version\":1,\"time\":1,\"name\":\"Jana Novakova of Prague\"}");
    CHECK_OK(task_save(h.task, h.now_ms));
    CHECK_OK(task_saved(h.task, true, &done));
    CHECK_OK(disk_read_whole(disk_real(), path, 1 << 20, &whole));
    CHECK(memmem(whole.data, whole.len, name, sizeof(name) - 1));
    told(&h, "customer-created", "customer-deleted", "a", "{\"version\":2,\"time\":2}");
    told(&h, "customer-created", "customer-deleted", "a", NULL);
    task_close(h.task);
    CHECK_OK(disk_replace(disk_real(), path, buf_bytes(&whole)));
    CHECK_OK(task_open(&h.task, &h.options));
    h.offset = 1; /* its position */
    told(&h, "customer-created", "customer-deleted", "a", "{\"version\":2,\"time\":2}");
    told(&h, "customer-created", "customer-deleted", "a", NULL);
    CHECK_TEXT(look(&h, "a"), "{\"version\":0}");
    CHECK_OK(task_save(h.task, h.now_ms));
    CHECK_OK(task_saved(h.task, true, &done));
    buf_clear(&whole);
    CHECK_OK(disk_read_whole(disk_real(), path, 1 << 20, &whole));
    CHECK(!memmem(whole.data, whole.len, name, sizeof(name) - 1));
    task_close(h.task);
    house_end();
}

/* What compaction leaves of an erasure is a tombstone in each topic; the copy hears of that. */
TEST(a_copy_of_the_snapshot_hears_of_an_erasure_by_the_tombstones_alone) {
    bool done;
    cache_open();
    told(&h, "customer-created", "customer-created", "a", "{\"version\":1,\"time\":1}");
    CHECK_OK(task_save(h.task, h.now_ms));
    CHECK_OK(task_saved(h.task, true, &done));
    task_close(h.task);
    CHECK_OK(task_open(&h.task, &h.options));
    h.offset = 7;
    told(&h, "customer-updated", "customer-deleted", "a", NULL);
    CHECK_TEXT(look(&h, "a"), "{\"version\":1}"); /* told by the other topic */
    told(&h, "customer-created", "customer-deleted", "a", NULL);
    CHECK_TEXT(look(&h, "a"), "{\"version\":0}");
    task_close(h.task);
    house_end();
}
