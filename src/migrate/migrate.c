/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The order of a migration: look, ask, copy, groups, settle. */
#include "migrate.h"

#include "base/check.h"
#include "base/crash_point.h"
#include "copy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_STEP_MS = 200 };

struct part {
    int64_t first, end; /* of the source's */
    struct points points;
};

struct topic {
    char *name;
    int32_t count;
    struct part *parts;
    struct topic_settings settings;
};

struct group {
    char *name;
    rd_kafka_topic_partition_list_t *offsets;
};

struct migration {
    struct migration_options options;
    struct cluster from, to;
    struct topic *topics;
    size_t topic_count, topic_capacity;
    struct group *groups;
    size_t group_count, group_capacity;
    bool copied;
};

static enum error clusters_differ(const struct migration *m) {
    if (strcmp(m->from.id, m->to.id) != 0)
        return E_ok;
    enum error e = fail(E_usage, "%s and %s are one cluster, %s", m->from.bootstrap,
                        m->to.bootstrap, m->to.id);
    fail_try("--to names the cluster that is to take over");
    return e;
}

enum error migration_open(struct migration **out, const struct migration_options *options) {
    struct migration *m = memory_get(sizeof(*m));
    m->options = *options;
    enum error e = cluster_open(&m->from, options->from, NULL);
    if (!e)
        e = cluster_open(&m->to, options->to, options->properties);
    if (!e)
        e = clusters_differ(m);
    if (e) {
        migration_close(m);
        m = NULL;
    }
    *out = m;
    return e;
}

static void topic_finish(struct topic *t) {
    for (int32_t i = 0; i < t->count; i++)
        points_finish(&t->parts[i].points);
    settings_finish(&t->settings);
    free(t->parts);
    free(t->name);
}

void migration_close(struct migration *m) {
    if (!m)
        return;
    for (size_t i = 0; i < m->topic_count; i++)
        topic_finish(&m->topics[i]);
    for (size_t i = 0; i < m->group_count; i++) {
        rd_kafka_topic_partition_list_destroy(m->groups[i].offsets);
        free(m->groups[i].name);
    }
    free(m->topics);
    free(m->groups);
    cluster_close(&m->from);
    cluster_close(&m->to);
    free(m);
}

const char *migration_from(const struct migration *m) {
    return m->from.id;
}

const char *migration_to(const struct migration *m) {
    return m->to.id;
}

static struct part *part_find(const struct migration *m, struct bytes topic, int32_t partition) {
    for (size_t i = 0; i < m->topic_count; i++)
        if (bytes_is_text(topic, m->topics[i].name))
            return partition >= 0 && partition < m->topics[i].count ? &m->topics[i].parts[partition]
                                                                    : NULL;
    return NULL;
}

/* ---- looking: topics */

/* Between what is committed and the end is a transaction that has not ended. */
static enum error part_look(struct migration *m, rd_kafka_t *all, struct topic *t, int32_t n) {
    struct part *p = &t->parts[n];
    int64_t first, end;
    TRY(cluster_bounds(m->from.reader, t->name, n, &p->first, &p->end));
    TRY(cluster_bounds(all, t->name, n, &first, &end));
    if (end == p->end)
        return E_ok;
    enum error e =
        fail(E_busy, "%s-%d: a transaction is open at offset %" PRId64, t->name, n, p->end);
    fail_try("stop who writes, and wait until the transaction has ended or timed out");
    return e;
}

static enum error topic_look(struct migration *m, rd_kafka_t *all,
                             const rd_kafka_metadata_topic_t *found) {
    m->topics = memory_grow(m->topics, m->topic_count, &m->topic_capacity, sizeof(*m->topics));
    struct topic *t = &m->topics[m->topic_count++];
    *t = (struct topic){ .name = text_copy(found->topic), .count = found->partition_cnt };
    t->parts = memory_get(((size_t)t->count + 1) * sizeof(*t->parts));
    TRY(cluster_settings(&m->from, t->name, &t->settings));
    for (int32_t n = 0; n < t->count; n++)
        TRY(part_look(m, all, t, n));
    return E_ok;
}

static enum error topics_look(struct migration *m, rd_kafka_t *all) {
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t error = rd_kafka_metadata(m->from.reader, 1, NULL, &metadata, ANSWER_MS);
    if (error)
        return fail(E_timed_out, "%s: its topics: %s", m->from.bootstrap, rd_kafka_err2str(error));
    enum error e = E_ok;
    for (int i = 0; i < metadata->topic_cnt && !e; i++)
        if (!metadata->topics[i].err && strncmp(metadata->topics[i].topic, "__", 2) != 0)
            e = topic_look(m, all, &metadata->topics[i]);
    rd_kafka_metadata_destroy(metadata);
    return e;
}

/* ---- looking: groups */

static enum error group_look(struct migration *m, const struct rd_kafka_group_info *found) {
    if (found->member_cnt) {
        enum error e = fail(E_busy, "group %s has %d members, one of them %s", found->group,
                            found->member_cnt, found->members[0].client_id);
        fail_try("stop them: what is read while it moves would be read again");
        return e;
    }
    rd_kafka_topic_partition_list_t *offsets;
    TRY(cluster_committed(&m->from, found->group, &offsets));
    m->groups = memory_grow(m->groups, m->group_count, &m->group_capacity, sizeof(*m->groups));
    m->groups[m->group_count++] = (struct group){ text_copy(found->group), offsets };
    for (int i = 0; i < offsets->cnt; i++) {
        const rd_kafka_topic_partition_t *o = &offsets->elems[i];
        struct part *part = part_find(m, bytes_text(o->topic), o->partition);
        if (part && o->offset >= 0)
            points_want(&part->points, o->offset);
    }
    return E_ok;
}

static enum error groups_list(struct migration *m, const struct rd_kafka_group_list **out) {
    rd_kafka_resp_err_t error = rd_kafka_list_groups(m->from.reader, NULL, out, ANSWER_MS);
    return error
               ? fail(E_timed_out, "%s: its groups: %s", m->from.bootstrap, rd_kafka_err2str(error))
               : E_ok;
}

static int members_count(const struct rd_kafka_group_list *list) {
    int count = 0;
    for (int i = 0; i < list->group_cnt; i++)
        count += list->groups[i].member_cnt;
    return count;
}

/* A static member that was stopped is a member until its session times out. */
static enum error groups_wait(struct migration *m, const struct rd_kafka_group_list **out) {
    TRY(groups_list(m, out));
    for (int left_ms = m->options.wait_ms; left_ms > 0 && members_count(*out);
         left_ms -= WAIT_STEP_MS) {
        rd_kafka_message_t *none = rd_kafka_consumer_poll(m->from.reader, WAIT_STEP_MS);
        if (none)
            rd_kafka_message_destroy(none);
        rd_kafka_group_list_destroy(*out);
        TRY(groups_list(m, out));
    }
    return E_ok;
}

static enum error groups_look(struct migration *m) {
    const struct rd_kafka_group_list *list = NULL;
    TRY(groups_wait(m, &list));
    enum error e = E_ok;
    for (int i = 0; i < list->group_cnt && !e; i++)
        e = group_look(m, &list->groups[i]);
    rd_kafka_group_list_destroy(list);
    return e;
}

enum error migration_look(struct migration *m) {
    static const struct client_setting uncommitted[] = { { "isolation.level", "read_uncommitted" },
                                                         { "group.id", "octavo-migrate" },
                                                         { NULL, NULL } };
    rd_kafka_t *all;
    TRY(cluster_client(&m->from, &all, RD_KAFKA_CONSUMER, rd_kafka_conf_new(), uncommitted));
    enum error e = topics_look(m, all);
    rd_kafka_destroy(all);
    return e ? e : groups_look(m);
}

/* ---- asking */

enum error migration_want(struct migration *m, struct bytes topic, int32_t partition,
                          int64_t offset, bool *found) {
    struct part *part = part_find(m, topic, partition);
    enum error e = E_ok;
    *found = part != NULL;
    if (!part || m->copied)
        return E_ok;
    if (offset > part->end) {
        e = fail(E_diverged, "%.*s-%d: read up to offset %" PRId64 ", but it ends at %" PRId64,
                 (int)topic.len, (const char *)topic.data, partition, offset, part->end);
        fail_try("this is not the log that the store has read: find its broker's directory");
    } else {
        points_want(&part->points, offset);
    }
    return e;
}

struct migrated migration_moved(const struct migration *m, struct bytes topic, int32_t partition,
                                int64_t offset) {
    const struct part *part = part_find(m, topic, partition);
    assert(part && m->copied);
    const struct point *point = points_find(&part->points, offset);
    assert(point != NULL);
    return (struct migrated){ point->to, point->exact };
}

/* ---- copying */

static enum error topic_ready(struct migration *m, const struct topic *t) {
    int32_t there;
    TRY(cluster_partitions(&m->to, t->name, &there));
    if (there == t->count)
        return E_ok;
    if (!there)
        return cluster_make(&m->to, t->name, t->count, m->options.replicas);
    enum error e = fail(E_diverged, "topic %s has %d partitions at %s, and %d here", t->name, there,
                        m->to.bootstrap, t->count);
    fail_try("records stay in their partitions: delete it there and migrate again");
    return e;
}

static enum error topic_copy(struct migration *m, struct copier *copier, struct topic *t) {
    struct migration_topic told = { .name = t->name, .partitions = t->count };
    TRY(topic_ready(m, t));
    for (int32_t n = 0; n < t->count; n++) {
        struct copy copy = { .topic = t->name, .partition = n, .points = &t->parts[n].points };
        TRY(copier_run(copier, &copy));
        told.found += copy.found;
        told.copied += copy.copied;
    }
    CRASH_POINT(migrate_topic_copied);
    if (m->options.on_topic)
        m->options.on_topic(m->options.context, &told);
    return E_ok;
}

/* Who wrote meanwhile, wrote behind what was copied. */
static enum error topics_at_rest(struct migration *m) {
    for (size_t i = 0; i < m->topic_count; i++)
        for (int32_t n = 0; n < m->topics[i].count; n++) {
            int64_t first, end;
            TRY(cluster_bounds(m->from.reader, m->topics[i].name, n, &first, &end));
            if (end == m->topics[i].parts[n].end)
                continue;
            enum error e =
                fail(E_busy, "%s-%d was written to while it was copied", m->topics[i].name, n);
            fail_try("stop who writes to it and migrate again: it goes on where it was");
            return e;
        }
    return E_ok;
}

enum error migration_copy(struct migration *m) {
    struct copier copier;
    enum error e = copier_open(&copier, &m->from, &m->to);
    for (size_t i = 0; i < m->topic_count && !e; i++)
        e = topic_copy(m, &copier, &m->topics[i]);
    copier_close(&copier);
    if (!e)
        e = topics_at_rest(m);
    m->copied = !e;
    return e;
}

/* ---- groups and settings */

static enum error group_move(struct migration *m, const struct group *g, int *count) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(g->offsets->cnt + 1);
    for (int i = 0; i < g->offsets->cnt; i++) {
        const rd_kafka_topic_partition_t *o = &g->offsets->elems[i];
        if (o->offset < 0 || !part_find(m, bytes_text(o->topic), o->partition))
            continue;
        struct migrated to = migration_moved(m, bytes_text(o->topic), o->partition, o->offset);
        rd_kafka_topic_partition_t *new =
            rd_kafka_topic_partition_list_add(list, o->topic, o->partition);
        new->offset = to.offset;
        if (o->metadata_size) {
            new->metadata = memory_get(o->metadata_size);
            memcpy(new->metadata, o->metadata, o->metadata_size);
            new->metadata_size = o->metadata_size;
        }
    }
    *count += list->cnt > 0;
    enum error e = list->cnt ? cluster_commit(&m->to, g->name, list) : E_ok;
    rd_kafka_topic_partition_list_destroy(list);
    return e;
}

enum error migration_groups(struct migration *m, int *count) {
    assert(m->copied);
    *count = 0;
    for (size_t i = 0; i < m->group_count; i++)
        TRY(group_move(m, &m->groups[i], count));
    CRASH_POINT(migrate_groups_moved);
    return E_ok;
}

/* What was set at the source goes over what is set at the target, in place of what kept everything
 * while it was copied. */
static enum error topic_settle(struct migration *m, const struct topic *t) {
    struct topic_settings there = { 0 };
    enum error e = cluster_settings(&m->to, t->name, &there);
    const char *retention = settings_find(&there, "retention.ms");
    if (!e && retention && strcmp(retention, COPYING_RETENTION_MS) == 0) {
        settings_drop(&there, "retention.ms");
        settings_drop(&there, "cleanup.policy");
        for (size_t i = 0; i < t->settings.count; i++)
            settings_put(&there, t->settings.array[i].name, t->settings.array[i].value);
        e = cluster_set(&m->to, t->name, &there);
    }
    settings_finish(&there);
    return e;
}

enum error migration_settle(struct migration *m) {
    for (size_t i = 0; i < m->topic_count; i++) {
        TRY(topic_settle(m, &m->topics[i]));
        CRASH_POINT(migrate_topic_settled);
    }
    return E_ok;
}
