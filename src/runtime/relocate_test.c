/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A store that follows its topics: what names offsets is new, all else is as it was. */
#include "runtime/relocate.h"

#include "runtime/parked.h"
#include "runtime/task_fixture.h"

extern const struct store_kind fold_store_kind; /* linked into the tests, not seen by the room */

struct moving {
    struct store *store;
    struct store_options options;
    char *url;
    struct relocation relocation;
    char asked[256];
};

/* The old cluster has moves alone; offset n is at 2 n + 100, and odd ones are no record's. */
static enum error want(void *context, struct bytes topic, int32_t partition, int64_t offset,
                       bool *found) {
    struct moving *m = context;
    size_t len = strlen(m->asked);
    *found = bytes_is_text(topic, "moves");
    (void)snprintf(m->asked + len, sizeof(m->asked) - len, "%.*s/%d/%lld ", (int)topic.len,
                   (const char *)topic.data, partition, (long long)offset);
    return E_ok;
}

static struct relocated moved(void *context, struct bytes topic, int32_t partition,
                              int64_t offset) {
    (void)context;
    (void)topic;
    (void)partition;
    return (struct relocated){ 2 * offset + 100, offset % 2 == 0 };
}

static void moving_open_kind(struct moving *m, const struct store_kind *kind) {
    m->url = text_format("%s:%s", kind == &fold_store_kind ? "fold" : "sqlite", test_dir());
    m->options = (struct store_options){ .url = m->url,
                                         .system = "bank",
                                         .service = "ledger",
                                         .generation = 1,
                                         .task = 2,
                                         .sync = true };
    CHECK_OK(kind->open(&m->store, &m->options));
    m->relocation = (struct relocation){ .from = "old",
                                         .to = "new",
                                         .kind = kind,
                                         .options = &m->options,
                                         .want = want,
                                         .moved = moved,
                                         .context = m };
}

static void moving_open(struct moving *m) {
    moving_open_kind(m, &sqlite_store_kind);
}

static void moving_close(struct moving *m) {
    m->store->ops->close(m->store);
    free(m->url);
}

static void given_position(struct moving *m, const char *topic, int64_t last, const char *cluster) {
    struct position p = { .next_offset = last + 1, .last_offset = last, .last_hash = 7 };
    p.event_ms = 99;
    (void)snprintf(p.cluster_id, sizeof(p.cluster_id), "%s", cluster);
    CHECK_OK(m->store->ops->begin(m->store));
    CHECK_OK(m->store->ops->position_put(m->store, bytes_text(topic), 2, &p));
    CHECK_OK(m->store->ops->commit(m->store));
}

static struct position position_of(struct moving *m, const char *topic) {
    struct position p;
    bool found;
    CHECK_OK(m->store->ops->position_get(m->store, bytes_text(topic), 2, &p, &found));
    CHECK(found);
    return p;
}

static enum relocation_state state_of(struct moving *m) {
    enum relocation_state state;
    CHECK_OK(relocation_look(&m->relocation, m->store, &state));
    return state;
}

TEST(positions_name_the_new_cluster_and_where_the_records_are_there) {
    struct moving m = { 0 };
    moving_open(&m);
    CHECK_INT(state_of(&m), RELOCATION_NOTHING);
    given_position(&m, "moves", 10, "old");
    CHECK_INT(state_of(&m), RELOCATION_WANTED);
    CHECK_TEXT(m.asked, "moves/2/11 moves/2/10 ");
    CHECK_OK(relocation_do(&m.relocation, m.store));
    struct position p = position_of(&m, "moves");
    CHECK_INT(p.next_offset, 122);
    CHECK_INT(p.last_offset, 120);
    CHECK_INT((long long)p.last_hash, 7);
    CHECK_INT(p.event_ms, 99);
    CHECK_TEXT(p.cluster_id, "new");
    CHECK_INT(state_of(&m), RELOCATION_DONE);
    moving_close(&m);
}

TEST(done_again_nothing_moves_twice) {
    struct moving m = { 0 };
    moving_open(&m);
    given_position(&m, "moves", 10, "old");
    CHECK_OK(relocation_do(&m.relocation, m.store));
    CHECK_OK(relocation_do(&m.relocation, m.store));
    CHECK_INT(position_of(&m, "moves").next_offset, 122);
    moving_close(&m);
}

TEST(a_last_record_that_is_gone_is_not_compared_any_more) {
    struct moving m = { 0 };
    moving_open(&m);
    given_position(&m, "moves", 11, "old");
    CHECK_OK(relocation_do(&m.relocation, m.store));
    CHECK_INT(position_of(&m, "moves").last_offset, -1);
    CHECK_INT(position_of(&m, "moves").next_offset, 124);
    moving_close(&m);
}

TEST(a_topic_that_the_old_cluster_does_not_have_stays_as_it_was) {
    struct moving m = { 0 };
    moving_open(&m);
    given_position(&m, "moves", 10, "old");
    given_position(&m, "dropped", 4, "old");
    CHECK_OK(relocation_do(&m.relocation, m.store));
    CHECK_INT(position_of(&m, "dropped").next_offset, 5);
    CHECK_TEXT(position_of(&m, "dropped").cluster_id, "old");
    moving_close(&m);
}

TEST(a_store_of_a_third_cluster_is_refused) {
    struct moving m = { 0 };
    enum relocation_state state;
    moving_open(&m);
    given_position(&m, "moves", 10, "third");
    CHECK_ERROR(relocation_look(&m.relocation, m.store, &state), E_diverged);
    CHECK_STORY("moves-2 was read from cluster third; this is about old and new");
    CHECK_STORY("try: --from names the broker that the system has used until now");
    moving_close(&m);
}

/* What a fold commits is durable when it is saved: the move must be. */
TEST(a_fold_that_was_moved_stays_so_though_nobody_saves_it_again) {
    struct moving m = { 0 };
    moving_open_kind(&m, &fold_store_kind);
    given_position(&m, "moves", 10, "old");
    CHECK_INT(state_of(&m), RELOCATION_WANTED);
    CHECK_OK(relocation_do(&m.relocation, m.store));
    moving_close(&m);
    m = (struct moving){ 0 };
    moving_open_kind(&m, &fold_store_kind);
    CHECK_INT(state_of(&m), RELOCATION_DONE);
    CHECK_INT(position_of(&m, "moves").next_offset, 122);
    CHECK_INT(position_of(&m, "moves").last_offset, 120);
    CHECK_TEXT(position_of(&m, "moves").cluster_id, "new");
    moving_close(&m);
}

/* ---- parked */

static void given_parked(struct moving *m, const char *key, int64_t offset, const char *parked_as) {
    struct input in = { .kind = INPUT_RECORD,
                        .type = bytes_text("move"),
                        .id = bytes_text("id"),
                        .key = bytes_text(key),
                        .json = bytes_text("{}"),
                        .topic = bytes_text("moves"),
                        .partition = 2,
                        .offset = offset };
    struct buf packed = { 0 };
    int64_t number;
    parked_pack(&packed, &in);
    struct parked_row row = { .key = bytes_text(parked_as),
                              .reason = bytes_text("no"),
                              .attempts = 3,
                              .packed = buf_bytes(&packed) };
    CHECK_OK(m->store->ops->begin(m->store));
    CHECK_OK(m->store->ops->park_add(m->store, &row, &number));
    CHECK_OK(m->store->ops->commit(m->store));
    buf_finish(&packed);
}

static void on_row(void *context, const struct parked_row *row) {
    char *out = context;
    struct input in;
    size_t len = strlen(out);
    CHECK_OK(parked_unpack(row->packed, &in));
    (void)snprintf(out + len, 256 - len, "%.*s:%lld:%d ", (int)row->key.len,
                   (const char *)row->key.data, (long long)in.offset, row->attempts);
}

TEST(what_is_parked_keeps_its_order_and_gets_its_new_place) {
    struct moving m = { 0 };
    char rows[256] = "";
    moving_open(&m);
    given_position(&m, "moves", 10, "old");
    given_parked(&m, "anna", 4, "anna");
    given_parked(&m, "", 6, "moves/2/6");
    given_parked(&m, "anna", 8, "anna");
    CHECK_OK(relocation_do(&m.relocation, m.store));
    CHECK_OK(m.store->ops->park_each(m.store, (struct bytes){ 0 }, 0, 10, on_row, rows));
    CHECK_TEXT(rows, "anna:108:3 moves/2/112:112:3 anna:116:3 ");
    moving_close(&m);
}

TEST(the_journal_is_cut_and_a_snapshot_is_there) {
    struct moving m = { 0 };
    int64_t first, last;
    bool there;
    moving_open(&m);
    given_position(&m, "moves", 10, "old");
    for (int i = 0; i < 3; i++) {
        CHECK_OK(m.store->ops->begin(m.store));
        CHECK_OK(m.store->ops->journal_add(m.store, 1, bytes_text("[]"), bytes_text("")));
        CHECK_OK(m.store->ops->commit(m.store));
    }
    CHECK_OK(relocation_do(&m.relocation, m.store));
    CHECK_OK(m.store->ops->journal_range(m.store, &first, &last));
    CHECK_INT(first, 3); /* ids go on from it */
    CHECK_INT(last, 3);
    char *file = sqlite_store_kind.file(&m.options);
    char *snapshot = text_format("%s.snapshot", file);
    CHECK_OK(disk_exists(disk_real(), snapshot, &there));
    CHECK(there);
    free(file);
    free(snapshot);
    moving_close(&m);
}
