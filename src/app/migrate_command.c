/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo migrate: from the embedded broker to a Kafka cluster, or back (docs/operate/kafka.md).
 *
 * The stores of the system are locked from the beginning to the end, so that none of its services
 * can run. Then: topics and records, groups, stores, settings of topics. Each step can be done
 * again, and finds out by itself what was done: no file remembers a migration. Once every store
 * names the new cluster only the settings are left, because the system may have run since then. */
#include "commands.h"

#include "kafka_values.h"
#include "migrate/migrate.h"
#include "options.h"
#include "parts.h"
#include "place.h"
#include "runtime/relocate.h"
#include "runtime/replayer.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_S = 15 };

struct moving_store {
    struct store *store; /* locked */
    struct store_options options;
    struct relocation relocation;
    char *url, *reads;
    struct store_table *tables;
};

struct migrate_call {
    const char *system, *file, *dir, *from, *to;
    int64_t replicas, wait_s;
    bool json;
    struct place place;
    struct file *lock;
    struct declaration *declaration;
    struct moving_store *stores;
    size_t store_count, store_capacity;
    struct migration *migration;
    char **values; /* of the declared Kafka properties */
    struct client_setting *properties;
    int64_t topics, records, moved_stores;
    int groups;
};

const char migrate_help[] =
    "octavo migrate [SYSTEM] --to HOST:PORT [options]    move to another broker and keep "
    "everything\n"
    "\n"
    "  SYSTEM              its stores go too; without: topics and groups alone\n"
    "  --to HOST:PORT      the cluster that takes over, empty of these topics\n"
    "  --from HOST:PORT    default: the broker that runs in the data directory\n"
    "  --replicas N        of each topic; default: what the new cluster gives\n"
    "  --wait SECONDS      for readers that were stopped to leave their groups; default 15\n"
    "  --file FILE         a declaration instead of the shipped one\n"
    "  --dir DIR           data directory; default $OCTAVO_DIR or ./octavo-data\n"
    "  --json              one JSON object with what was done\n"
    "\n"
    "The system is stopped, its broker runs: octavo broker --dir DIR/broker. Copies records with\n"
    "keys, headers, timestamps and partitions, and what groups have committed, and rewrites the\n"
    "positions in the stores. Cut short, it is done again. The old broker is only read.\n"
    "\n"
    "example:\n"
    "  octavo migrate accounts --from 127.0.0.1:9092 --to kafka1:9092\n";

static bool option_take(struct migrate_call *c, int option) {
    switch (option) {
    case 't':
        c->to = optarg;
        return true;
    case 'b':
        c->from = optarg;
        return true;
    case 'r':
        return command_read_number("replicas", optarg, INT16_MAX, &c->replicas);
    case 'w':
        return command_read_number("wait", optarg, 3600, &c->wait_s);
    default:
        return option_usual(
            option, &(struct options_usual){ .dir = &c->dir, .file = &c->file, .json = &c->json });
    }
}

static bool options_read(struct migrate_call *c, int count, char **arguments) {
    static const struct option known[] = {
        { "to", 1, NULL, 't' },
        { "from", 1, NULL, 'b' },
        { "replicas", 1, NULL, 'r' },
        { "wait", 1, NULL, 'w' },
        OPTION_FILE,
        OPTION_DIR,
        OPTION_JSON,
        OPTION_HELP,
        OPTION_END,
    };
    c->wait_s = WAIT_S;
    for (int option; (option = option_next(count, arguments, known)) != -1;)
        if (!option_take(c, option))
            return false;
    c->system = optind < count ? arguments[optind++] : NULL;
    bool right = c->to && optind == count;
    if (!right && !command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: %s\n",
                      c->to ? "one SYSTEM at most" : "--to HOST:PORT is wanted");
    return right;
}

/* ---- stores */

static int32_t topic_partitions(const struct declaration *d, const char *name) {
    for (size_t i = 0; i < d->topic_count; i++)
        if (strcmp(d->topics[i].name, name) == 0)
            return d->topics[i].partitions;
    return 0;
}

/* As a fold's service opens it: its snapshot belongs to what it reads and to this version. */
static void store_describe(struct migrate_call *c, const struct declared_service *s, int32_t task,
                           struct moving_store *out) {
    const char *colon = strchr(c->declaration->store, ':');
    char *dir = place_path(&c->place, c->declaration->system, NULL);
    struct buf reads = { 0 };
    out->url = text_format("%s:%s", out->relocation.kind->scheme, colon ? colon + 1 : dir);
    free(dir);
    for (size_t i = 0; i < s->consumes_count; i++)
        buf_print(&reads, "%s%s/%d", i ? " " : "", s->consumes[i],
                  topic_partitions(c->declaration, s->consumes[i]));
    out->reads = text_copy(buf_text(&reads));
    buf_finish(&reads);
    out->tables = memory_get((s->table_count + 1) * sizeof(*out->tables));
    for (size_t i = 0; i < s->table_count; i++)
        out->tables[i] = s->tables[i].table;
    out->options = (struct store_options){
        .url = out->url,
        .system = c->declaration->system,
        .service = s->name,
        .generation = s->generation,
        .task = task,
        .tables = out->tables,
        .table_count = s->table_count,
        .sync = true,
        .reads = out->reads,
        .code = OCTAVO_VERSION,
    };
}

static void store_forget(struct moving_store *m) {
    if (m->store)
        m->store->ops->close(m->store);
    free(m->url);
    free(m->reads);
    free(m->tables);
}

static enum error point_want(void *context, struct bytes topic, int32_t partition, int64_t offset,
                             bool *found) {
    struct migrate_call *c = context;
    return migration_want(c->migration, topic, partition, offset, found);
}

static struct relocated point_moved(void *context, struct bytes topic, int32_t partition,
                                    int64_t offset) {
    struct migrate_call *c = context;
    struct migrated to = migration_moved(c->migration, topic, partition, offset);
    return (struct relocated){ to.offset, to.exact };
}

/* Locks it, if there is one. */
static enum error store_lock_one(struct migrate_call *c, const struct declared_service *s,
                                 int32_t task) {
    const struct store_kind *kind =
        parts_store(s->state == STATE_FOLD ? "fold" : c->declaration->store);
    struct moving_store m = { .relocation = { .kind = kind } };
    bool there = false;
    if (!kind)
        return fail(E_config, "store %s: not in this binary", c->declaration->store);
    store_describe(c, s, task, &m);
    char *file = kind->file ? kind->file(&m.options) : NULL;
    enum error e = file ? disk_exists(disk_real(), file, &there) : E_ok;
    free(file);
    if (!e && there)
        e = kind->open(&m.store, &m.options);
    if (e == E_locked)
        fail_try("stop service %s first: what it does while it moves would be lost", s->name);
    if (e || !there) {
        store_forget(&m);
        return e;
    }
    c->stores = memory_grow(c->stores, c->store_count, &c->store_capacity, sizeof(*c->stores));
    c->stores[c->store_count++] = m;
    return E_ok;
}

static enum error stores_lock(struct migrate_call *c) {
    if (!c->declaration)
        return E_ok;
    TRY(place_find(&c->place, c->declaration->system));
    TRY(place_lock(&c->place, &c->lock));
    for (size_t i = 0; i < c->declaration->service_count; i++) {
        const struct declared_service *s = &c->declaration->services[i];
        for (int32_t n = 0; n < replayer_tasks(c->declaration, s); n++)
            TRY_WHILE(store_lock_one(c, s, n), "locking the store of %s, task %d", s->name, n);
    }
    if (c->store_count)
        return E_ok;
    enum error e = fail(E_not_found, "%s: %s has no stores there", c->place.dir, c->system);
    fail_try("--dir with the right directory, or no SYSTEM to move topics and groups alone");
    return e;
}

/* *left: how many stores are not moved yet. */
static enum error stores_look(struct migrate_call *c, size_t *left) {
    *left = 0;
    for (size_t i = 0; i < c->store_count; i++) {
        struct moving_store *m = &c->stores[i];
        enum relocation_state state;
        m->relocation = (struct relocation){
            .from = migration_from(c->migration),
            .to = migration_to(c->migration),
            .kind = m->relocation.kind,
            .options = &m->options,
            .want = point_want,
            .moved = point_moved,
            .context = c,
        };
        TRY_WHILE(relocation_look(&m->relocation, m->store, &state), "looking at %s, task %d",
                  m->options.service, m->options.task);
        *left += state == RELOCATION_WANTED;
        c->moved_stores += state == RELOCATION_DONE;
    }
    return E_ok;
}

static enum error stores_move(struct migrate_call *c) {
    c->moved_stores = 0;
    for (size_t i = 0; i < c->store_count; i++) {
        struct moving_store *m = &c->stores[i];
        TRY_WHILE(relocation_do(&m->relocation, m->store), "moving the store of %s, task %d",
                  m->options.service, m->options.task);
        c->moved_stores++;
    }
    return E_ok;
}

/* ---- the whole */

static void on_topic(void *context, const struct migration_topic *t) {
    struct migrate_call *c = context;
    c->topics++;
    c->records += t->found + t->copied;
    if (!c->json)
        (void)printf("%s: %d partitions, %" PRId64 " records copied, %" PRId64
                     " were there already\n",
                     t->name, t->partitions, t->copied, t->found);
    (void)fflush(stdout);
}

static void tell(struct migrate_call *c, bool was_moved) {
    struct buf out = { 0 };
    if (c->json) {
        json_begin(&out);
        json_put_text(&out, "from", bytes_text(migration_from(c->migration)));
        json_put_text(&out, "to", bytes_text(migration_to(c->migration)));
        json_put_int(&out, "topics", c->topics);
        json_put_int(&out, "records", c->records);
        json_put_int(&out, "groups", c->groups);
        json_put_int(&out, "stores", c->moved_stores);
        json_end(&out);
        (void)printf("%s\n", buf_text(&out));
    } else if (was_moved) {
        (void)printf("moved before: its stores name cluster %s already\n",
                     migration_to(c->migration));
    } else {
        (void)printf("moved to cluster %s: %" PRId64 " topics, %" PRId64
                     " records, %d groups, %" PRId64 " stores\n",
                     migration_to(c->migration), c->topics, c->records, c->groups, c->moved_stores);
    }
    if (!c->json && c->system)
        (void)printf("from now on: `broker: %s` in the declaration, or OCTAVO_BROKER=%s\n", c->to,
                     c->to);
    buf_finish(&out);
}

static enum error migrate_steps(struct migrate_call *c) {
    size_t left;
    TRY(migration_look(c->migration));
    TRY(stores_look(c, &left));
    bool was_moved = c->moved_stores && !left;
    if (!was_moved) {
        TRY(migration_copy(c->migration));
        TRY(migration_groups(c->migration, &c->groups));
        TRY(stores_move(c));
    }
    TRY(migration_settle(c->migration));
    tell(c, was_moved);
    return E_ok;
}

/* What is declared for Kafka is meant for the cluster that takes over. */
static enum error properties_read(struct migrate_call *c) {
    const struct declared_notes *declared = &c->declaration->kafka;
    TRY(kafka_values_read(c->declaration, &c->values));
    c->properties = memory_get((declared->count + 1) * sizeof(*c->properties));
    for (size_t i = 0; i < declared->count; i++)
        c->properties[i] = (struct client_setting){ declared->array[i].name, c->values[i] };
    return E_ok;
}

static enum error migrate(struct migrate_call *c) {
    if (c->system) {
        TRY(parts_declaration(&c->declaration, c->system, c->file));
        TRY(properties_read(c));
    }
    if (!c->from) {
        enum error e = fail(E_usage, "no broker runs in %s", c->place.dir);
        fail_try("octavo broker --dir %s/broker, and --from HOST:PORT", c->place.dir);
        return e;
    }
    TRY(stores_lock(c));
    struct migration_options options = {
        .from = c->from,
        .to = c->to,
        .properties = c->properties,
        .replicas = (int)c->replicas,
        .wait_ms = (int)c->wait_s * 1000,
        .on_topic = on_topic,
        .context = c,
    };
    TRY(migration_open(&c->migration, &options));
    return migrate_steps(c);
}

int migrate_command(int count, char **arguments) {
    struct migrate_call c = { 0 };
    if (!options_read(&c, count, arguments))
        return command_usage(count, arguments, migrate_help);
    c.place = place_of(c.dir);
    char *broker = c.from ? text_copy(c.from) : place_broker(&c.place);
    c.from = broker;
    enum error e = migrate(&c);
    if (e)
        error_print();
    migration_close(c.migration);
    for (size_t i = 0; i < c.store_count; i++)
        store_forget(&c.stores[i]);
    free(c.stores);
    disk_close(c.lock);
    if (c.declaration)
        kafka_values_forget(c.declaration, c.values);
    free(c.properties);
    declaration_destroy(c.declaration);
    free(broker);
    place_finish(&c.place);
    return e ? command_exit_code(e) : EXIT_DONE;
}
