/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Walking rows that come and go under the walk. */
#include "fold_rows.h"

#include "base/random.h"
#include "base/test.h"

#include <stdio.h>

enum { STAYING = 300, COMING = 900, ROUNDS = 200 };

static struct fold_rows rows;

static void change(char kind, int number, bool there) {
    char key[16];
    struct value value = { .kind = VALUE_INT, .integer = number };
    (void)snprintf(key, sizeof(key), "%c%d", kind, number);
    struct fold_row_name name = { 1, bytes_text(key), bytes_text("") };
    if (there)
        fold_rows_put(&rows, &name, &value, 1);
    else
        fold_rows_delete(&rows, &name);
}

/* All rows once, with changes wherever the walk may rest. */
static void walk(struct random *dice, int *met) {
    uint64_t at = 0;
    for (;;) {
        struct value value;
        const struct fold_row *row = fold_rows_next(&rows, 1, &at);
        if (!row)
            return;
        fold_row_values(row, &value, 1);
        if (fold_row_name(row).key.data[0] == 's')
            met[value.integer]++;
        for (int i = 0; i < 3 && fold_rows_may_rest(&rows, at); i++)
            change('c', (int)random_below(dice, COMING), random_below(dice, 2) == 1);
    }
}

TEST(a_walk_meets_every_row_that_stays_though_others_come_and_go) {
    struct random dice = random_seeded(test_seed());
    for (int round = 0; round < ROUNDS; round++) {
        int met[STAYING] = { 0 };
        for (int i = 0; i < STAYING; i++) { /* behind those that come and go, wherever they meet */
            change('s', i, false);
            change('s', i, true);
        }
        walk(&dice, met);
        for (int i = 0; i < STAYING; i++)
            if (!met[i])
                test_failed(__FILE__, __LINE__, "row %d was passed by in round %d", i, round);
    }
    fold_rows_finish(&rows);
}

TEST(a_walk_of_one_table_meets_none_of_another) {
    uint64_t at = 0;
    struct value value = { .kind = VALUE_INT };
    fold_rows_put(&rows, &(struct fold_row_name){ 2, bytes_text("a"), bytes_text("") }, &value, 1);
    CHECK(!fold_rows_next(&rows, 1, &at));
    CHECK(at == 0);
    CHECK(fold_rows_next(&rows, 2, &at));
    CHECK(!fold_rows_next(&rows, 2, &at));
    CHECK(rows.of_table[2] == 1 && rows.of_table[1] == 0);
    fold_rows_finish(&rows);
}
