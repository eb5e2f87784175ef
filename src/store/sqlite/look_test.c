/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Looking into a store beside its owner: everything can be read, nothing is in the owner's way. */
#include "store_fixture.h"

#include <string.h>

static struct store *given_look(void) {
    struct store_options options = options_in(test_dir());
    struct store *s = NULL;
    CHECK_OK(sqlite_store_kind.look(&s, &options));
    return s;
}

static void given_commit(struct store *s, int64_t balance) {
    struct position position = { .next_offset = 5, .last_offset = 4, .last_hash = 9 };
    CHECK_OK(s->ops->begin(s));
    account_put(s, "ann", balance);
    CHECK_OK(s->ops->position_put(s, bytes_text("moves"), 2, &position));
    CHECK_OK(s->ops->position_put(s, bytes_text("moves"), 10, &position));
    CHECK_OK(s->ops->position_put(s, bytes_text("edge:in"), 0, &position));
    CHECK_OK(s->ops->journal_add(s, 7, bytes_text("[in]"), bytes_text("out")));
    CHECK_OK(s->ops->commit(s));
}

static void on_position(void *context, struct bytes topic, int32_t partition,
                        const struct position *p) {
    buf_print(context, "%.*s/%d %lld;", (int)topic.len, (const char *)topic.data, partition,
              (long long)p->next_offset);
}

TEST(a_look_sees_each_commit_and_the_owner_goes_on) {
    struct store *owner = given_store();
    given_commit(owner, 1);
    struct store *look = given_look();
    CHECK_INT(account_balance(look, "ann"), 1);
    given_commit(owner, 2);
    CHECK_INT(account_balance(look, "ann"), 2);
    CHECK_OK(owner->ops->begin(owner));
    account_put(owner, "ann", 3);
    CHECK_INT(account_balance(look, "ann"), 2);
    CHECK_OK(owner->ops->commit(owner));
    CHECK_INT(account_balance(look, "ann"), 3);
    look->ops->close(look);
    given_commit(owner, 4);
    owner->ops->close(owner);
}

TEST(positions_are_visited_in_order_and_the_journal_knows_its_range) {
    struct store *s = given_store();
    struct buf out = { 0 };
    int64_t first, last;
    CHECK_OK(s->ops->journal_range(s, &first, &last));
    CHECK_INT(first, 0);
    CHECK_INT(last, 0);
    given_commit(s, 1);
    given_commit(s, 1);
    given_commit(s, 1);
    CHECK_OK(s->ops->begin(s));
    CHECK_OK(s->ops->journal_cut(s, 1));
    CHECK_OK(s->ops->commit(s));
    CHECK_OK(s->ops->journal_range(s, &first, &last));
    CHECK_INT(first, 2);
    CHECK_INT(last, 3);
    CHECK_OK(s->ops->position_each(s, on_position, &out));
    CHECK_TEXT(buf_text(&out), "edge:in/0 5;moves/2 5;moves/10 5;");
    buf_finish(&out);
    s->ops->close(s);
}

TEST(a_look_cannot_write) {
    struct store *owner = given_store();
    given_commit(owner, 1);
    owner->ops->close(owner);
    struct store *look = given_look();
    CHECK_INT(account_balance(look, "ann"), 1);
    CHECK_OK(look->ops->begin(look));
    CHECK_INT(look->ops->fact_put(look, "a", bytes_text("b")), E_io);
    look->ops->close(look);
}

TEST(there_is_nothing_to_look_at_before_the_first_start_but_the_file_has_its_name) {
    struct store_options options = options_in(test_dir());
    struct store *s = NULL;
    CHECK_INT(sqlite_store_kind.look(&s, &options), E_not_found);
    CHECK(s == NULL);
    char *file = sqlite_store_kind.file(&options);
    char *wanted = db_path();
    CHECK_TEXT(file, wanted);
    free(file);
    free(wanted);
}
