/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The fold of two topics, in every order they can come in. */
#include "caching_fixture.h"

static struct house h;

struct fact {
    char topic;  /* c, u: customer-created, customer-updated */
    int version; /* 0: a tombstone */
    bool deleted;
};

static void fact_take(const struct fact *f, const char *key) {
    static const char created[] = "customer-created", updated[] = "customer-updated";
    const char *topic = f->topic == 'c' ? created : updated;
    const char *type = f->deleted || !f->version ? "customer-deleted" : topic;
    char json[200];
    (void)snprintf(json, sizeof(json), "{\"id\":\"%s\",\"version\":%d,\"time\":%d%s%d%s}", key,
                   f->version, 1000 + f->version, f->deleted ? ",\"x\":" : ",\"name\":\"name",
                   f->version, f->deleted ? "" : "\"");
    record_take(&h, topic, type, key, f->version ? json : NULL);
}

/* The version that is there; 0: none. */
static int version_of(const char *key) {
    int version = -1;
    CHECK_INT(sscanf(look(&h, key), "{\"version\":%d", &version), 1);
    return version;
}

static void open_cache(void) {
    house_open(&h, "operational-data-cache", cache_handlers);
}

static const struct fact life[] = { { 'c', 1, false }, { 'u', 2, false }, { 'u', 3, false },
                                    { 'u', 4, false }, { 'u', 5, false }, { 'c', 6, true } };
enum { LIFE = sizeof(life) / sizeof(*life) };

/* Facts in the order of `order`, with versions never seen to fall, and none after the end. */
static void order_check(const int *order, int count, const char *key) {
    int highest = 0;
    bool ended = false;
    task_begin(h.task);
    for (int i = 0; i < count; i++) {
        fact_take(&life[order[i]], key);
        ended = ended || life[order[i]].deleted;
        house_commit(&h);
        int version = version_of(key);
        CHECK(version == 0 || version >= highest);
        CHECK(!ended || version == 0);
        highest = version > highest ? version : highest;
        task_begin(h.task);
    }
    house_commit(&h);
    CHECK_INT(version_of(key), 0);
}

static int orders;

static void order_try(const int *order) {
    char key[32];
    for (int twice = 0; twice < LIFE; twice++) {
        int with[LIFE + 1];
        int at = (twice * 5 + orders) % (LIFE + 1); /* the repeat comes anywhere, also before */
        for (int i = 0, from = 0; i <= LIFE; i++)
            with[i] = i == at ? order[twice] : order[from++];
        (void)snprintf(key, sizeof(key), "k%d-%d", orders, twice);
        order_check(with, LIFE + 1, key);
    }
    orders++;
}

static void orders_each(int *order, int from) {
    if (from == LIFE) {
        order_try(order);
        return;
    }
    for (int i = from; i < LIFE; i++) {
        int kept = order[from];
        order[from] = order[i];
        order[i] = kept;
        orders_each(order, from + 1);
        order[i] = order[from];
        order[from] = kept;
    }
}

TEST(every_order_of_a_life_over_two_topics_with_any_fact_twice_ends_the_same) {
    int order[LIFE] = { 0, 1, 2, 3, 4, 5 };
    open_cache();
    orders_each(order, 0);
    CHECK_INT(orders, 720);
    house_close(&h);
}

/* ---- what compaction leaves, in any order between the topics */

static const struct fact created[] = {
    { 'c', 1, false }, { 'c', 6, true }, { 'c', 0, false }, { 'c', 7, false }
};
static const struct fact updated[] = {
    { 'u', 5, false }, { 'u', 6, true }, { 'u', 0, false }, { 'u', 8, false }
};
static int merges;

struct merge {
    const struct fact *left[4], *right[4];
    size_t left_count, right_count;
    int wanted;
};

static void merges_each(const struct merge *m, size_t i, size_t j, const struct fact **so_far) {
    char key[32];
    if (i < m->left_count) {
        so_far[i + j] = m->left[i];
        merges_each(m, i + 1, j, so_far);
    }
    if (j < m->right_count) {
        so_far[i + j] = m->right[j];
        merges_each(m, i, j + 1, so_far);
    }
    if (i < m->left_count || j < m->right_count)
        return;
    (void)snprintf(key, sizeof(key), "m%d", merges++);
    task_begin(h.task);
    for (size_t n = 0; n < i + j; n++)
        fact_take(so_far[n], key);
    house_commit(&h);
    CHECK_INT(version_of(key), m->wanted);
}

/* Compaction may have taken any fact but the last of its topic. */
static void compactions_each(size_t count, int wanted) {
    for (unsigned keep = 0; keep < 1u << (2 * (count - 1)); keep++) {
        const struct fact *so_far[8];
        struct merge m = { .wanted = wanted };
        for (size_t i = 0; i < count; i++) {
            if (i == count - 1 || keep >> i & 1)
                m.left[m.left_count++] = &created[i];
            if (i == count - 1 || keep >> (count - 1 + i) & 1)
                m.right[m.right_count++] = &updated[i];
        }
        merges_each(&m, 0, 0, so_far);
    }
}

TEST(whatever_compaction_has_left_what_is_deleted_is_gone) {
    open_cache();
    compactions_each(3, 0);
    CHECK(merges > 100);
    house_close(&h);
}

TEST(whatever_compaction_has_left_what_is_made_again_is_there_in_its_newest_version) {
    open_cache();
    compactions_each(4, 8);
    CHECK(merges > 500);
    house_close(&h);
}

/* ---- C2 and others, one by one */

TEST(a_late_update_does_not_bring_back_what_was_deleted_and_making_it_again_does) {
    open_cache();
    told(&h, "customer-created", "customer-created", "a",
         "{\"id\":\"a\",\"version\":1,\"time\":1,\"name\":\"Ann\"}");
    told(&h, "customer-updated", "customer-deleted", "a",
         "{\"id\":\"a\",\"version\":6,\"time\":6}");
    told(&h, "customer-updated", "customer-updated", "a",
         "{\"id\":\"a\",\"version\":5,\"time\":5,\"name\":\"late\"}");
    CHECK_TEXT(look(&h, "a"), "{\"version\":0}");
    told(&h, "customer-created", "customer-created", "a",
         "{\"id\":\"a\",\"version\":7,\"time\":7,\"name\":\"Ann again\"}");
    CHECK_TEXT(look(&h, "a"), "{\"version\":7,\"name\":\"Ann again\"}");
    house_close(&h);
}

static void life_told(int from_ms) {
    h.now_ms = from_ms;
    told(&h, "customer-created", "customer-deleted", "a", "{\"version\":6,\"time\":2000}");
    told(&h, "customer-created", "customer-deleted", "a", NULL);
    told(&h, "customer-updated", "customer-deleted", "a", "{\"version\":6,\"time\":2000}");
    told(&h, "customer-updated", "customer-deleted", "a", NULL);
    h.now_ms = from_ms + 100;
    told(&h, "customer-created", "customer-created", "a", "{\"version\":7,\"time\":2100}");
}

TEST(a_block_that_is_sent_again_with_a_tombstone_in_it_takes_nothing_that_was_made_since) {
    open_cache();
    life_told(2000);
    life_told(2000);
    CHECK_TEXT(look(&h, "a"), "{\"version\":7}");
    h.now_ms = 2200;
    told(&h, "customer-updated", "customer-updated", "a", "{\"version\":8,\"time\":2200}");
    life_told(2000);
    CHECK_TEXT(look(&h, "a"), "{\"version\":8}");
    h.now_ms = 2300;
    told(&h, "customer-updated", "customer-deleted", "a", NULL);
    CHECK_TEXT(look(&h, "a"), "{\"version\":0}");
    house_close(&h);
}

TEST(an_update_is_the_whole_customer_so_a_field_that_it_does_not_name_is_gone) {
    open_cache();
    told(&h, "customer-created", "customer-created", "a",
         "{\"id\":\"a\",\"version\":1,\"time\":1,\"name\":\"Ann\",\"email\":\"a@x\"}");
    told(&h, "customer-updated", "customer-updated", "a",
         "{\"id\":\"a\",\"version\":2,\"time\":2,\"name\":\"Ann\"}");
    CHECK_TEXT(look(&h, "a"), "{\"version\":2,\"name\":\"Ann\"}");
    house_close(&h);
}

TEST(a_version_told_with_other_content_is_passed_by_and_counted) {
    open_cache();
    told(&h, "customer-updated", "customer-updated", "a",
         "{\"id\":\"a\",\"version\":2,\"time\":2,\"name\":\"Ann\"}");
    told(&h, "customer-updated", "customer-updated", "a",
         "{\"id\":\"a\",\"version\":2,\"time\":2,\"name\":\"Bob\"}");
    CHECK_TEXT(look(&h, "a"), "{\"version\":2,\"name\":\"Ann\"}");
    CHECK(task_counts(h.task).poison == 1);
    house_close(&h);
}

TEST(poison_is_passed_by_and_what_comes_behind_it_is_taken) {
    static const char *const bad[] = { "[1]",
                                       "{\"id\":\"a\"",
                                       "{\"version\":\"2\",\"time\":1}",
                                       "{\"version\":0,\"time\":1}",
                                       "{\"version\":3}",
                                       "\xff" };
    open_cache();
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        told(&h, "customer-updated", "customer-updated", "a", bad[i]);
    CHECK(task_counts(h.task).poison == sizeof(bad) / sizeof(*bad));
    told(&h, "customer-updated", "unknown-updated", "a", "{\"version\":1,\"time\":1}");
    CHECK(task_counts(h.task).poison == sizeof(bad) / sizeof(*bad) + 1);
    told(&h, "customer-updated", "customer-updated", "a", "{\"version\":1,\"time\":1}");
    CHECK_TEXT(look(&h, "a"), "{\"version\":1}");
    house_close(&h);
}

TEST(a_grave_goes_when_nothing_older_can_come_any_more) {
    open_cache();
    told(&h, "customer-updated", "customer-deleted", "a",
         "{\"id\":\"a\",\"version\":6,\"time\":6}");
    h.now_ms += 3 * 86400000LL;
    told(&h, "customer-updated", "octavo.tick", "octavo-tick", "{}");
    told(&h, "customer-updated", "customer-updated", "a", "{\"version\":1,\"time\":1}");
    CHECK_TEXT(look(&h, "a"), "{\"version\":1}");
    house_close(&h);
}
