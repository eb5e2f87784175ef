/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Rows, indexes and pictures of them against plain arrays, under any order of changes. */
#include "cache.h"

#include "base/random.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct column columns[] = { { "number", COLUMN_INT },
                                         { "email", COLUMN_TEXT },
                                         { "city", COLUMN_TEXT } };
static const struct store_table tables[] = { { "other", false, columns, 1, false, 0 },
                                             { "customer", false, columns, 3, false, 0 } };
static const struct store_index indexes[] = { { 1, 1, true }, { 1, 2, false }, { 1, 0, false } };
enum { OTHER, CUSTOMER, BY_EMAIL = 0, BY_CITY, BY_NUMBER };

static const struct store_options options = {
    .tables = tables, .table_count = 2, .indexes = indexes, .index_count = 3
};
static const size_t same_tables[] = { OTHER, CUSTOMER };

static struct value text_value(const char *text) {
    if (!text)
        return (struct value){ .kind = VALUE_NULL };
    return (struct value){ .kind = VALUE_TEXT, .text = bytes_text(text) };
}

static struct row_id id_of(size_t table, const char *key) {
    return (struct row_id){ table, bytes_text(key), bytes_text("") };
}

static void put(struct cache *c, const char *key, int64_t number, const char *email,
                const char *city) {
    struct row_id id = id_of(CUSTOMER, key);
    struct value values[] = { { .kind = VALUE_INT, .integer = number },
                              text_value(email),
                              text_value(city) };
    cache_put(c, &id, values);
}

/* The keys that have the value, in alphabetical order. */
static int words_compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void check_found(const struct cache *c, size_t index, struct value value,
                        const char *wanted) {
    char *found[64] = { NULL }, line[1024] = "";
    size_t count = 0;
    uint32_t ref;
    for (uint64_t at = 0; cache_find(c, index, &value, &at, &ref);)
        found[count++] = text_copy_bytes(cache_row(c, ref, NULL).key);
    qsort(found, count, sizeof(found[0]), words_compare);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s;", found[i]);
        free(found[i]);
    }
    CHECK_TEXT(line, wanted);
}

static void image_take(struct cache *c, struct buf *out) {
    pages_image_begin(&c->pages, out);
    CHECK(pages_image_step(&c->pages, SIZE_MAX));
}

/* u32 pages { u32 length, blocks } */
static bool image_read(struct cache *c, struct bytes image, const size_t *of_file) {
    size_t at = 4;
    cache_init(c, &options);
    while (at < image.len) {
        uint32_t len = (uint32_t)image.data[at] << 24 | (uint32_t)image.data[at + 1] << 16
                       | (uint32_t)image.data[at + 2] << 8 | image.data[at + 3];
        if (!cache_take_page(c, bytes_part(image, at + 4, len), of_file, 2))
            return false;
        at += 4 + len;
    }
    return true;
}

TEST(a_row_of_any_values_comes_back_as_it_was) {
    static const int64_t numbers[] = { 0,   -7,        -8,        239,       240,           127,
                                       128, INT32_MAX, INT64_MAX, INT64_MIN, 1763870000000, -129 };
    struct cache c;
    struct buf text = { 0 };
    cache_init(&c, &options);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        for (size_t len = 0; len<600; len += len> 250 && len < 260 ? 1 : 25) {
            struct value values[3] = { { .kind = VALUE_INT, .integer = numbers[i] } }, found[3];
            struct row_id id = id_of(CUSTOMER, "k");
            buf_clear(&text);
            memset(buf_extend(&text, len + 1), 'x', len + 1);
            values[1] = (struct value){ .kind = VALUE_TEXT, .text = bytes_of(text.data, len) };
            cache_put(&c, &id, values);
            CHECK(cache_get(&c, &id, found));
            CHECK_INT(found[0].integer, numbers[i]);
            CHECK(found[1].kind == VALUE_TEXT && bytes_equal(found[1].text, values[1].text));
            CHECK(found[2].kind == VALUE_NULL);
        }
    CHECK(c.rows.count == 1);
    buf_finish(&text);
    cache_finish(&c);
}

TEST(a_row_longer_than_a_page_comes_and_goes_beside_the_others) {
    struct cache c, again;
    struct buf image = { 0 };
    char *text = memory_get(3 * PAGE_BYTES);
    cache_init(&c, &options);
    memset(text, 'y', 3 * PAGE_BYTES - 1);
    put(&c, "short", 1, "a", "b");
    put(&c, "long", 2, text, "b");
    put(&c, "after", 3, "c", "b");
    image_take(&c, &image);
    CHECK(image_read(&again, buf_bytes(&image), same_tables));
    check_found(&again, BY_EMAIL, text_value(text), "long;");
    cache_finish(&again);
    uint64_t bytes = c.pages.bytes;
    for (int i = 0; i < 5; i++) {
        put(&c, "long", 2, "d", NULL);
        check_found(&c, BY_EMAIL, text_value(text), "");
        put(&c, "long", 2, text, "b");
    }
    CHECK(c.pages.bytes == bytes); /* its pages are used again */
    check_found(&c, BY_CITY, text_value("b"), "after;long;short;");
    free(text);
    buf_finish(&image);
    cache_finish(&c);
}

/* ---- against arrays */

enum { KEYS = 700, CHANGES = 30000 };

struct model {
    int64_t number[KEYS]; /* 0: there is none */
    int email[KEYS], city[KEYS];
};

static const char *const cities[] = { "Prague", "Brno", "Zlin", NULL };

static void change(struct cache *c, struct model *m, struct random *dice) {
    size_t at = (size_t)random_below(dice, KEYS);
    char key[16], email[64];
    (void)snprintf(key, sizeof(key), "k%zu", at);
    if (random_below(dice, 4) == 0) {
        struct row_id id = id_of(CUSTOMER, key);
        cache_delete(c, &id);
        m->number[at] = 0;
        return;
    }
    m->number[at] = (int64_t)random_below(dice, 3) + 1;
    m->email[at] = (int)random_below(dice, 50);
    m->city[at] = (int)random_below(dice, 4);
    (void)snprintf(email, sizeof(email), "%0*d@example.org", 1 + m->email[at] % 40, m->email[at]);
    put(c, key, m->number[at], email, cities[m->city[at]]);
}

static size_t found_count(const struct cache *c, size_t index, struct value value) {
    size_t count = 0;
    uint32_t ref;
    for (uint64_t at = 0; cache_find(c, index, &value, &at, &ref);)
        count++;
    return count;
}

static void check_same(const struct cache *c, const struct model *m) {
    size_t rows = 0, of_city[4] = { 0 }, of_number[4] = { 0 };
    for (size_t i = 0; i < KEYS; i++) {
        char key[16];
        struct value values[3];
        (void)snprintf(key, sizeof(key), "k%zu", i);
        struct row_id id = id_of(CUSTOMER, key);
        bool found = cache_get(c, &id, values);
        CHECK(found == (m->number[i] != 0));
        if (!found)
            continue;
        CHECK_INT(values[0].integer, m->number[i]);
        rows++;
        of_city[m->city[i]]++;
        of_number[m->number[i]]++;
    }
    CHECK(c->rows.count == rows && c->of_table[CUSTOMER] == rows);
    for (int i = 0; i < 3; i++) {
        struct value number = { .kind = VALUE_INT, .integer = i + 1 };
        CHECK(found_count(c, BY_CITY, text_value(cities[i])) == of_city[i]);
        CHECK(found_count(c, BY_NUMBER, number) == of_number[i + 1]);
    }
    CHECK(c->orders[BY_CITY].count == rows - of_city[3]);
}

TEST(rows_and_indexes_are_right_after_any_changes_and_a_picture_is_of_its_moment) {
    static struct model m;
    struct random dice = random_seeded(test_seed());
    struct buf image = { 0 };
    struct cache c, again;
    cache_init(&c, &options);
    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < CHANGES / 6; i++)
            change(&c, &m, &dice);
        check_same(&c, &m);
        struct model then = m;
        buf_clear(&image);
        pages_image_begin(&c.pages, &image);
        do
            for (int i = 0; i < 200; i++)
                change(&c, &m, &dice);
        while (!pages_image_step(&c.pages, 1));
        CHECK(image_read(&again, buf_bytes(&image), same_tables));
        check_same(&again, &then);
        check_same(&c, &m);
        cache_finish(&again);
    }
    buf_finish(&image);
    cache_finish(&c);
}

TEST(memory_stays_bounded_when_rows_change_their_length_for_ever) {
    struct random dice = random_seeded(test_seed());
    struct model *m = memory_get(sizeof(*m));
    struct cache c;
    cache_init(&c, &options);
    for (int i = 0; i < 100000; i++)
        change(&c, m, &dice);
    CHECK(c.pages.bytes <= (uint64_t)2 * PAGE_BYTES); /* some 40 KB of rows */
    free(m);
    cache_finish(&c);
}

/* 12 fields as the CRM has them, and the four columns beside them. */
TEST(a_customer_of_12_fields_takes_at_most_160_bytes) {
    enum { FIELDS = 15, COUNT = 60000 };
    static struct column many[FIELDS];
    static const struct store_table wide = { "customer", false, many, FIELDS, false, 0 };
    static const struct store_options wide_options = { .tables = &wide, .table_count = 1 };
    struct cache c;
    for (int i = 0; i < FIELDS; i++)
        many[i] = (struct column){ "x", i < 5 ? COLUMN_INT : COLUMN_TEXT };
    cache_init(&c, &wide_options);
    for (int n = 0; n < COUNT; n++) {
        char key[16], text[4][40];
        (void)snprintf(key, sizeof(key), "%012d", n);
        (void)snprintf(text[0], sizeof(text[0]), "Customer %d", n);
        (void)snprintf(text[1], sizeof(text[1]), "c%d@example.org", n);
        (void)snprintf(text[2], sizeof(text[2]), "555-%07d", n);
        (void)snprintf(text[3], sizeof(text[3]), "%d Main St", n % 997);
        struct value values[FIELDS] = { { .kind = VALUE_INT, .integer = 1 + n % 9 },
                                        { .kind = VALUE_INT, .integer = 1763870000000 + n },
                                        { .kind = VALUE_INT, .integer = 0 },
                                        { .kind = VALUE_INT, .integer = n % 50 },
                                        { .kind = VALUE_INT, .integer = n * 7 % 100000 },
                                        text_value(text[0]),
                                        text_value(text[1]),
                                        text_value(text[2]),
                                        text_value(text[3]),
                                        text_value("Ostrava"),
                                        text_value("12345"),
                                        text_value("CZ"),
                                        text_value("Czechia"),
                                        text_value("retail"),
                                        text_value("active") };
        struct row_id id = { 0, bytes_text(key), bytes_text("") };
        cache_put(&c, &id, values);
    }
    struct cache_sizes sizes = cache_sizes(&c);
    CHECK(sizes.rows == COUNT && sizes.row_bytes / COUNT > 100);
    CHECK(sizes.bytes / COUNT <= 160);
    cache_finish(&c);
}

/* ---- indexes */

TEST(an_address_that_two_swap_never_leads_to_who_does_not_say_it) {
    struct cache c;
    cache_init(&c, &options);
    put(&c, "a", 1, "x@example.org", NULL);
    put(&c, "b", 1, "y@example.org", NULL);
    put(&c, "b", 2, "x@example.org", NULL); /* for a moment both say it: the reader decides */
    check_found(&c, BY_EMAIL, text_value("x@example.org"), "a;b;");
    check_found(&c, BY_EMAIL, text_value("y@example.org"), "");
    put(&c, "a", 2, "y@example.org", NULL);
    check_found(&c, BY_EMAIL, text_value("x@example.org"), "b;");
    check_found(&c, BY_EMAIL, text_value("y@example.org"), "a;");
    put(&c, "a", 3, NULL, NULL);
    check_found(&c, BY_EMAIL, text_value("y@example.org"), "");
    check_found(&c, BY_EMAIL, text_value(NULL), "");
    struct row_id id = id_of(CUSTOMER, "b");
    cache_delete(&c, &id);
    check_found(&c, BY_EMAIL, text_value("x@example.org"), "");
    CHECK(c.orders[BY_EMAIL].count == 0);
    cache_finish(&c);
}

TEST(a_walk_of_what_has_a_value_meets_all_that_stays_though_others_come_and_go) {
    struct random dice = random_seeded(test_seed());
    struct value city = text_value("Prague");
    struct cache c;
    char key[16];
    cache_init(&c, &options);
    for (int i = 0; i < 300; i++) {
        (void)snprintf(key, sizeof(key), "s%d", i);
        put(&c, key, i, NULL, "Prague");
    }
    bool met[300] = { false };
    uint32_t ref;
    for (uint64_t at = 0; cache_find(&c, BY_CITY, &city, &at, &ref);) {
        struct value values[3];
        if (cache_row(&c, ref, values).key.data[0] == 's')
            met[values[0].integer] = true;
        for (int i = 0; i < 5 && cache_find_may_rest(&c, BY_CITY, &city, at); i++) {
            (void)snprintf(key, sizeof(key), "c%d", (int)random_below(&dice, 400));
            struct row_id id = id_of(CUSTOMER, key);
            if (random_below(&dice, 2))
                put(&c, key, 1, NULL, "Prague");
            else
                cache_delete(&c, &id);
        }
    }
    for (int i = 0; i < 300; i++)
        CHECK(met[i]);
    cache_finish(&c);
}

/* ---- pictures */

TEST(what_was_erased_stands_in_no_picture) {
    static const char secret[] = "Jana Novakova of Prague";
    struct buf image = { 0 };
    struct cache c;
    cache_init(&c, &options);
    put(&c, "1", 1, secret, NULL);
    put(&c, "2", 1, "b", NULL);
    put(&c, "1", 2, "x", NULL);
    put(&c, "3", 1, secret, NULL);
    struct row_id id = id_of(CUSTOMER, "3");
    cache_delete(&c, &id);
    image_take(&c, &image);
    CHECK(memmem(image.data, image.len, secret, sizeof(secret) - 1) == NULL);
    CHECK(image.len > 40);
    buf_finish(&image);
    cache_finish(&c);
}

TEST(tables_that_have_another_place_by_now_get_it) {
    static const size_t turned[] = { CUSTOMER, OTHER };
    struct value one = { .kind = VALUE_INT, .integer = 7 }, found[3];
    struct buf image = { 0 };
    struct cache c, again;
    cache_init(&c, &options);
    struct row_id id = id_of(OTHER, "k");
    cache_put(&c, &id, &one);
    put(&c, "k", 8, "x", "y");
    image_take(&c, &image);
    CHECK(!image_read(&again, buf_bytes(&image), turned)); /* it has not the columns of that */
    cache_finish(&again);
    CHECK(image_read(&again, buf_bytes(&image), same_tables));
    CHECK(cache_get(&again, &id, found) && found[0].integer == 7);
    CHECK(again.of_table[OTHER] == 1 && again.of_table[CUSTOMER] == 1);
    cache_finish(&again);
    buf_finish(&image);
    cache_finish(&c);
}

TEST(a_damaged_picture_is_seen_or_reads_as_rows) {
    struct random dice = random_seeded(test_seed());
    struct buf image = { 0 };
    struct cache c, again;
    cache_init(&c, &options);
    for (int i = 0; i < 20; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "%d", i);
        put(&c, key, i, "a@example.org", i % 2 ? "Brno" : NULL);
    }
    image_take(&c, &image);
    for (int i = 0; i < 3000; i++) {
        size_t at = 8 + (size_t)random_below(&dice, image.len - 8);
        uint8_t was = image.data[at];
        image.data[at] ^= (uint8_t)(1U << random_below(&dice, 8));
        if (image_read(&again, buf_bytes(&image), same_tables))
            CHECK(again.rows.count <= 20);
        cache_finish(&again);
        image.data[at] = was;
    }
    buf_finish(&image);
    cache_finish(&c);
}
