/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The statements on the store's own tables. */
#include "inside.h"

#include "base/check.h"

static const char *const fixed_sql[FIXED_COUNT] = {
    [FIXED_begin] = "BEGIN IMMEDIATE",
    [FIXED_commit] = "COMMIT",
    [FIXED_rollback] = "ROLLBACK",
    [FIXED_journal_last] = "SELECT max(id) FROM journal",
    [FIXED_journal_add] = "INSERT INTO journal VALUES(?1, ?2, ?3, ?4)",
    [FIXED_journal_each] = "SELECT id, at_ms, inputs, outputs FROM journal WHERE id >= ?1"
                           " ORDER BY id LIMIT ?2",
    [FIXED_journal_cut] = "DELETE FROM journal WHERE id <= ?1 AND id < (SELECT max(id)"
                          " FROM journal)",
    [FIXED_journal_range] = "SELECT min(id), max(id) FROM journal",
    [FIXED_position_get] = "SELECT next_offset, last_offset, last_hash, cluster_id, event_ms"
                           " FROM position WHERE topic = ?1 AND partition = ?2",
    [FIXED_position_put] = "INSERT OR REPLACE INTO position VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [FIXED_position_each] = "SELECT next_offset, last_offset, last_hash, cluster_id, event_ms,"
                            " topic, partition FROM position ORDER BY topic, partition",
    [FIXED_lane_in_each] = "SELECT lane, watermark FROM lane_in ORDER BY lane",
    [FIXED_lane_in_put] = "INSERT OR REPLACE INTO lane_in VALUES(?1, ?2)",
    [FIXED_lane_out_each] = "SELECT lane, sequence FROM lane_out ORDER BY lane",
    [FIXED_lane_out_put] = "INSERT OR REPLACE INTO lane_out VALUES(?1, ?2)",
    [FIXED_outbox_add] = "INSERT INTO outbox(events) VALUES(?1)",
    [FIXED_outbox_delete_through] = "DELETE FROM outbox WHERE id <= ?1",
    [FIXED_outbox_each] = "SELECT id, events FROM outbox ORDER BY id",
    [FIXED_timer_put] = "INSERT OR REPLACE INTO timer(name, key, due_ms, clock)"
                        " VALUES(?1, ?2, ?3, ?4)",
    [FIXED_timer_delete] = "DELETE FROM timer WHERE name = ?1 AND key = ?2",
    [FIXED_timer_due] = "SELECT name, key, due_ms, clock FROM timer WHERE clock = ?3"
                        " AND due_ms <= ?1 ORDER BY due_ms, name, key LIMIT ?2",
    [FIXED_timer_first] = "SELECT min(due_ms) FROM timer WHERE clock = ?1",
    [FIXED_park_add] = "INSERT INTO parked(key, due_ms, attempts, parked_ms, reason, packed)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [FIXED_park_put] = "UPDATE parked SET due_ms = ?2, attempts = ?3, reason = ?4"
                       " WHERE number = ?1",
    [FIXED_park_delete] = "DELETE FROM parked WHERE number = ?1",
    [FIXED_park_each] = "SELECT number, key, due_ms, attempts, parked_ms, reason, packed"
                        " FROM parked WHERE number >= ?1 ORDER BY number LIMIT ?2",
    [FIXED_park_each_key] = "SELECT number, key, due_ms, attempts, parked_ms, reason, packed"
                            " FROM parked WHERE key = ?3 AND number >= ?1"
                            " ORDER BY number LIMIT ?2",
    /* beside min(number) SQLite gives the due_ms of that row */
    [FIXED_park_sums] = "SELECT key, count(*), sum(length(packed)), due_ms, min(number)"
                        " FROM parked GROUP BY key ORDER BY 5",
    [FIXED_effect_add] = "INSERT INTO effect(state, id, edge, key, type, json, time_ms,"
                         " requested_ms, deadline_ms, due_ms, attempts, reason)"
                         " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [FIXED_effect_put] = "UPDATE effect SET state = ?2, deadline_ms = ?3, due_ms = ?4,"
                         " attempts = ?5, reason = ?6 WHERE number = ?1",
    [FIXED_effect_delete] = "DELETE FROM effect WHERE number = ?1",
    [FIXED_effect_each] = "SELECT number, state, id, edge, key, type, json, time_ms, requested_ms,"
                          " deadline_ms, due_ms, attempts, reason FROM effect"
                          " WHERE number >= ?1 ORDER BY number LIMIT ?2",
    [FIXED_seen_put] = "INSERT INTO seen VALUES(?1, ?2, ?3) ON CONFLICT(source, id)"
                       " DO UPDATE SET at_ms = ?3 WHERE at_ms < ?4",
    [FIXED_seen_forget] = "DELETE FROM seen WHERE (source, id) IN (SELECT source, id FROM seen"
                          " WHERE at_ms < ?1 ORDER BY at_ms, source, id LIMIT ?2)",
    [FIXED_seen_each] = "SELECT source, id, at_ms FROM seen WHERE at_ms >= ?1 ORDER BY source, id",
    [FIXED_fact_get] = "SELECT value FROM fact WHERE name = ?1",
    [FIXED_fact_put] = "INSERT OR REPLACE INTO fact VALUES(?1, ?2)",
    [FIXED_fact_each] = "SELECT name, value FROM fact ORDER BY name",
};

struct sqlite_store *sqlite_store_of(struct store *store) {
    return (struct sqlite_store *)store;
}

enum error fixed_get(struct sqlite_store *s, enum fixed which, sqlite3_stmt **out) {
    if (!s->fixed[which])
        TRY(statement_prepare(&s->connection, fixed_sql[which], &s->fixed[which]));
    *out = s->fixed[which];
    return E_ok;
}

enum error fixed_change(struct sqlite_store *s, enum fixed which, sqlite3_stmt **out) {
    assert(s->in_transaction);
    return fixed_get(s, which, out);
}

int64_t fixed_limit(size_t max) {
    return max < INT32_MAX ? (int64_t)max : INT32_MAX;
}
