/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A reference interpreter of parking against the task, over random feeds of five partitions, with
 * drops and restarts at any point. The reference knows nothing of undoing: it runs what succeeds
 * and keeps a plain list of what waits. After each group both must agree on every row, on what
 * waits in which order with how many attempts and when it is due, and on what was sent. */
#include "runtime/parked.h"
#include "runtime/task_fixture.h"

#include "base/random.h"
#include "runtime/park.h"

enum { KEYS = 5, PARTITIONS = 5, FEED = 24, WAITING_MAX = 160, SENT_MAX = 400, NUMBERS = 400 };
static const char *const keys[KEYS + 1] = { "", "a", "b", "c", "d", "e" };

/* ---- the world: which events fail now. Neither side takes it back. */

static enum mood { FINE, WRONG, AWAY } moods[NUMBERS];

/* ---- the handlers: a balance that depends on the order, a log, an event, perhaps a timer */

static int64_t mixed(int64_t balance, int64_t number) {
    return (balance * 31 + number + 7) % 1000003;
}

static void apply(struct octavo_step *s, int64_t number) {
    struct octavo_value account[2], posting[2];
    if (!octavo_row_get(s, "account", octavo_text(""), account, 2))
        account[0] = octavo_int_value(0);
    account[0].integer = mixed(account[0].integer, number);
    octavo_row_put(s, "account", octavo_text(""), account, 2);
    posting[0] = octavo_int_value(number);
    posting[1] = octavo_text_value(octavo_event_key(s));
    (void)octavo_log_add(s, "posting", posting, 2);
    octavo_event_begin(s, "moves", "moved", octavo_event_key(s));
    octavo_put_int(s, "balance", account[0].integer);
    octavo_end(s);
    if (number % 4 == 0)
        octavo_timer_set(s, "bell", octavo_event_key(s), number);
    if (number % 5 == 0)
        octavo_timer_cancel(s, "bell", octavo_event_key(s));
}

static enum octavo_outcome on_move(struct octavo_step *s) {
    int64_t number;
    CHECK(octavo_event_int(s, "n", &number));
    apply(s, number);
    return moods[number] == FINE ? OCTAVO_DONE : moods[number] == AWAY ? OCTAVO_RETRY : OCTAVO_PARK;
}

static enum octavo_outcome on_bell(struct octavo_step *s) {
    apply(s, 1);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = { { "move", on_move },
                                                  { "timer:bell", on_bell },
                                                  { NULL, NULL } };

/* ---- the feed: a lane a partition that sometimes repeats itself; kept by the broker for ever */

struct record {
    int64_t number; /* 0: of a type nobody handles; below 0: poison */
    int64_t sequence;
    int key;
    char text[32], id[32];
};

static struct record feed[PARTITIONS][FEED];

static void feed_make(struct random *r) {
    int64_t number = 1; /* a bell's, which never fails */
    for (int p = 0; p < PARTITIONS; p++) {
        int64_t sequence = 0;
        for (int at = 0; at < FEED; at++) {
            struct record *f = &feed[p][at];
            if (at > 0 && random_below(r, 12) == 0) { /* a relay sends its last one again */
                *f = feed[p][at - 1];
                continue;
            }
            uint64_t kind = random_below(r, 20);
            number++;
            f->number = kind == 0 ? 0 : kind == 1 ? -number : number;
            f->sequence = ++sequence;
            f->key = random_below(r, 12) ? 1 + (int)random_below(r, KEYS) : 0;
            moods[number] = random_below(r, 4) ? FINE : random_below(r, 2) ? WRONG : AWAY;
            (void)snprintf(f->text, sizeof(f->text), kind == 1 ? "{\"n\":%lld" : "{\"n\":%lld}",
                           (long long)number);
            (void)snprintf(f->id, sizeof(f->id), "id-%lld", (long long)number);
        }
    }
}

static struct input input_of(int partition, int64_t offset) {
    const struct record *f = &feed[partition][offset];
    struct input in = {
        .kind = INPUT_RECORD,
        .type = bytes_text(f->number ? "move" : "nobody's"),
        .id = bytes_text(f->id),
        .key = bytes_text(keys[f->key]),
        .json = bytes_text(f->text),
        .time_ms = 1000,
        .topic = bytes_text("moves"),
        .partition = partition,
        .offset = offset,
        .source = bytes_text("/octavo/other/lane/1/0/1"),
        .sequence = f->sequence,
    };
    return in;
}

/* ---- the reference */

struct waiting {
    int64_t number; /* of the row */
    int64_t what;   /* as struct record has it; a bell: 1 */
    int key;        /* index of keys; 0: alone */
    char name[24];  /* what it waits under */
    int32_t attempts;
    int64_t due_ms;
    int64_t bytes;
};

struct reference {
    int64_t next[PARTITIONS], watermark[PARTITIONS];
    int64_t balance[KEYS + 1], bell[KEYS + 1]; /* bell 0: not set */
    int64_t fired;                             /* the latest bell that rang: fired.h */
    bool has_row[KEYS + 1];
    struct waiting waiting[WAITING_MAX];
    int count;
    int64_t rows_ever; /* the last number given to a row */
    struct sent {
        int key;
        int64_t balance;
    } sent[SENT_MAX];
    int sent_count;
};

static struct declared_park budget;
static int64_t now_ms;

/* Sometimes so small that partitions stand still. */
static struct declared_park budget_of(struct random *r) {
    int64_t bytes = random_below(r, 3) ? 1 << 20 : 400 + (int64_t)random_below(r, 2000);
    int64_t key_bytes = random_below(r, 3) ? bytes : bytes / 2;
    return (struct declared_park){ key_bytes, bytes, (int32_t)random_below(r, 5), 200, 2000 };
}

static struct waiting *head_of(struct reference *m, const char *name) {
    for (int i = 0; i < m->count; i++)
        if (strcmp(m->waiting[i].name, name) == 0)
            return &m->waiting[i];
    return NULL;
}

static void model_apply(struct reference *m, int key, int64_t number) {
    m->balance[key] = mixed(m->balance[key], number);
    m->has_row[key] = true;
    CHECK(m->sent_count < SENT_MAX);
    m->sent[m->sent_count++] = (struct sent){ key, m->balance[key] };
    if (number % 4 == 0)
        m->bell[key] = number > m->fired ? number : m->fired + 1;
    if (number % 5 == 0)
        m->bell[key] = 0;
}

static bool model_fits(const struct reference *m, const struct waiting *w) {
    int64_t all = w->bytes, key = all;
    bool has_key = false;
    for (int i = 0; i < m->count; i++) {
        bool same = strcmp(m->waiting[i].name, w->name) == 0;
        all += m->waiting[i].bytes;
        key += same ? m->waiting[i].bytes : 0;
        has_key = has_key || same;
    }
    return all <= budget.bytes && (!has_key || key <= budget.key_bytes);
}

static void model_wait(struct reference *m, struct waiting w) {
    CHECK(m->count < WAITING_MAX);
    w.number = ++m->rows_ever;
    m->waiting[m->count++] = w;
}

static bool fails(int64_t what) {
    return what < 0 || moods[what] != FINE;
}

/* What becomes of an input that came; false: there is no room for it. */
static bool model_input(struct reference *m, struct waiting w, const char *id, bool needs_room) {
    bool behind = head_of(m, w.name) != NULL;
    if (!behind && !fails(w.what)) {
        model_apply(m, w.key, w.what);
        return true;
    }
    if (needs_room && !model_fits(m, &w))
        return false;
    w.attempts = behind ? 0 : 1;
    if (!behind && w.what > 0 && moods[w.what] == AWAY)
        w.due_ms = park_due_ms(&budget, 1, now_ms, bytes_hash(bytes_text(id)));
    model_wait(m, w);
    return true;
}

static enum taken model_record(struct reference *m, int p, int64_t offset) {
    const struct record *f = &feed[p][offset];
    struct input in = input_of(p, offset);
    struct waiting w = { .what = f->number, .key = f->key };
    struct buf packed = { 0 };
    bool behind;
    if (f->sequence <= m->watermark[p]) {
        m->next[p] = offset + 1;
        return TAKEN_REPEAT;
    }
    parked_pack(&packed, &in);
    w.bytes = (int64_t)packed.len;
    buf_finish(&packed);
    (void)snprintf(w.name, sizeof(w.name), "%s", keys[f->key]);
    if (!f->key)
        (void)snprintf(w.name, sizeof(w.name), "moves/%d/%lld", p, (long long)offset);
    behind = head_of(m, w.name) != NULL;
    if (f->number && !model_input(m, w, f->id, true))
        return TAKEN_FULL;
    m->next[p] = offset + 1;
    m->watermark[p] = f->sequence;
    return !f->number ? TAKEN_PASSED : behind || fails(f->number) ? TAKEN_PARKED : TAKEN_HANDLED;
}

static void model_gone(struct reference *m, struct waiting *head) {
    char name[24];
    CHECK(head);
    memcpy(name, head->name, sizeof(name));
    memmove(head, head + 1, (size_t)(&m->waiting[--m->count] - head) * sizeof(*head));
    struct waiting *next = head_of(m, name);
    if (next)
        next->due_ms = now_ms;
}

static void model_retry(struct reference *m, struct waiting *head) {
    if (fails(head->what)) {
        head->attempts++;
        head->due_ms = head->what > 0 && moods[head->what] == AWAY
                           ? park_due_ms(&budget, head->attempts, now_ms, (uint64_t)head->number)
                           : 0;
        return;
    }
    model_apply(m, head->key, head->what);
    model_gone(m, head);
}

/* The earliest, and of those the least key. */
static struct waiting *model_due(struct reference *m) {
    struct waiting *first = NULL;
    for (int i = 0; i < m->count; i++) {
        struct waiting *w = &m->waiting[i];
        if (head_of(m, w->name) != w || !w->due_ms || w->due_ms > now_ms)
            continue;
        if (!first || w->due_ms < first->due_ms
            || (w->due_ms == first->due_ms && strcmp(w->name, first->name) < 0))
            first = w;
    }
    return first;
}

/* ---- both, as text */

static void reference_print(const struct reference *m, struct buf *out) {
    for (int k = 0; k <= KEYS; k++)
        if (m->has_row[k])
            buf_print(out, "%s/=%lld,;", keys[k], (long long)m->balance[k]);
    for (int i = 0; i < m->count; i++)
        buf_print(out, "\n%lld %s %d %lld", (long long)m->waiting[i].number, m->waiting[i].name,
                  m->waiting[i].attempts, (long long)m->waiting[i].due_ms);
    for (int i = 0; i < m->sent_count; i++)
        buf_print(out, "\n%s {\"balance\":%lld}", keys[m->sent[i].key],
                  (long long)m->sent[i].balance);
}

static void waiting_print(void *context, const struct parked_row *row) {
    buf_print(context, "\n%lld %.*s %d %lld", (long long)row->number, (int)row->key.len,
              (const char *)row->key.data, row->attempts, (long long)row->due_ms);
}

/* Sequences are contiguous in each lane and every id is there once. */
struct outbox_look {
    struct buf *out;
    int64_t last[4];
    struct table ids;
};

static void sent_print(void *context, int64_t id, struct bytes packed) {
    struct outbox_look *look = context;
    struct cursor in = cursor_on(packed);
    (void)id;
    while (cursor_left(&in)) {
        struct out_event e;
        CHECK_OK(outbox_unpack(&in, &e));
        CHECK_INT(e.sequence, ++look->last[e.partition]);
        CHECK(!table_put(&look->ids, e.id, look));
        buf_print(look->out, "\n%.*s %.*s", (int)e.key.len, (const char *)e.key.data,
                  (int)e.value.len, (const char *)e.value.data);
    }
}

static void task_print(struct bank *b, struct buf *out) {
    struct outbox_look look = { .out = out };
    char *rows = rows_of(b, 0);
    buf_put_text(out, rows);
    free(rows);
    CHECK_OK(task_park_each(b->task, (struct bytes){ 0 }, waiting_print, out));
    CHECK_OK(task_outbox_each(b->task, sent_print, &look));
    table_finish(&look.ids);
}

static void check_same(struct bank *b, const struct reference *m) {
    struct buf got = { 0 }, wanted = { 0 };
    int64_t bytes = 0;
    task_print(b, &got);
    reference_print(m, &wanted);
    CHECK_TEXT(buf_text(&got), buf_text(&wanted));
    for (int i = 0; i < m->count; i++)
        bytes += m->waiting[i].bytes;
    CHECK_INT(task_parked(b->task).inputs, m->count);
    CHECK_INT(task_parked(b->task).bytes, bytes);
    buf_finish(&got);
    buf_finish(&wanted);
}

/* ---- what happens */

struct play {
    struct bank bank;
    struct random random;
    struct reference now, kept, stored; /* in the group, after it, in the store */
    bool changed;                       /* the group will be committed */
};

static void play_record(struct play *p) {
    int partition = (int)random_below(&p->random, PARTITIONS);
    int64_t offset = p->now.next[partition];
    enum taken taken;
    if (offset == FEED)
        return;
    struct input in = input_of(partition, offset);
    CHECK_OK(task_take(p->bank.task, &in, &taken));
    CHECK_INT(taken, model_record(&p->now, partition, offset));
    p->changed = p->changed || taken == TAKEN_HANDLED || taken == TAKEN_PARKED;
}

static void model_ring(struct reference *m, int key) {
    struct waiting w = { .what = 1, .key = key };
    struct buf packed = { 0 };
    char id[32];
    (void)snprintf(id, sizeof(id), "bell %s %lld 2", keys[key], (long long)m->bell[key]);
    struct input in = { .kind = INPUT_TIMER,
                        .type = bytes_text("timer:bell"),
                        .id = bytes_text(id),
                        .key = bytes_text(keys[key]),
                        .json = bytes_text("{}"),
                        .time_ms = m->bell[key] };
    parked_pack(&packed, &in);
    w.bytes = (int64_t)packed.len;
    buf_finish(&packed);
    (void)snprintf(w.name, sizeof(w.name), "%s", key ? keys[key] : "timer:bell/");
    if (!key)
        (void)snprintf(w.name, sizeof(w.name), "timer:bell/%.10s", id);
    m->fired = m->bell[key] > m->fired ? m->bell[key] : m->fired;
    m->bell[key] = 0;
    (void)model_input(m, w, id, false);
}

static void play_timers(struct play *p) {
    size_t taken;
    int first = -1;
    for (int k = 0; k <= KEYS; k++)
        if (p->now.bell[k] && (first < 0 || p->now.bell[k] < p->now.bell[first]))
            first = k;
    CHECK_OK(task_take_timers(p->bank.task, 100000, 1, &taken));
    CHECK_INT((int64_t)taken, first >= 0);
    if (first < 0)
        return;
    model_ring(&p->now, first);
    p->changed = true;
}

static void play_operator(struct play *p, bool drop) {
    enum taken taken;
    if (!p->now.count)
        return;
    struct waiting *any = &p->now.waiting[random_below(&p->random, (uint64_t)p->now.count)];
    struct waiting *head = head_of(&p->now, any->name);
    if (drop) {
        CHECK_OK(task_park_drop(p->bank.task, bytes_text(head->name), now_ms));
        model_gone(&p->now, head);
    } else {
        CHECK_OK(task_park_retry(p->bank.task, bytes_text(head->name), now_ms, &taken));
        model_retry(&p->now, head);
    }
    p->changed = true;
}

static void play_due(struct play *p) {
    size_t taken, most = 1 + (size_t)random_below(&p->random, 4), wanted = 0;
    CHECK_OK(task_park_due(p->bank.task, now_ms, most, &taken));
    for (struct waiting *w; wanted < most && (w = model_due(&p->now)); wanted++)
        model_retry(&p->now, w);
    CHECK_INT((int64_t)taken, (int64_t)wanted);
    p->changed = p->changed || wanted;
}

static void play_step(struct play *p) {
    uint64_t what = random_below(&p->random, 24);
    if (what < 15)
        play_record(p);
    else if (what == 15)
        play_timers(p);
    else if (what < 18)
        play_operator(p, what == 16 && random_below(&p->random, 2));
    else if (what < 21)
        play_due(p);
    else if (what == 21)
        moods[random_below(&p->random, NUMBERS)] = FINE;
    else
        now_ms += (int64_t)random_below(&p->random, 3000);
    task_set_now(p->bank.task, now_ms);
}

static void play_end_group(struct play *p) {
    switch (random_below(&p->random, 8)) {
    case 0:
        task_drop(p->bank.task);
        p->now = p->kept;
        break;
    case 1: /* dies with the group open */
        bank_reopen(&p->bank);
        p->now = p->kept = p->stored;
        break;
    default:
        commit(&p->bank);
        p->kept = p->now;
        if (p->changed)
            p->stored = p->now;
        if (random_below(&p->random, 6))
            break;
        bank_reopen(&p->bank);
        p->now = p->kept = p->stored;
    }
    task_set_now(p->bank.task, now_ms);
}

static void play_group(struct play *p) {
    task_begin(p->bank.task);
    p->changed = false;
    for (int64_t left = 1 + (int64_t)random_below(&p->random, 9); left; left--)
        play_step(p);
    play_end_group(p);
}

/* Everything is mended: all that waits is tried until nothing does, and all is read. */
static void play_out(struct play *p) {
    size_t taken = 1;
    memset(moods, 0, sizeof(moods));
    for (int64_t left = 1; left;) {
        task_begin(p->bank.task);
        p->changed = true;
        while (p->now.count)
            play_operator(p, p->now.waiting[0].what < 0
                                 || head_of(&p->now, p->now.waiting[0].name)->what < 0);
        for (int i = 0; i < 40; i++)
            play_record(p);
        commit(&p->bank);
        left = p->now.count;
        for (int i = 0; i < PARTITIONS; i++)
            left += FEED - p->now.next[i];
    }
    task_begin(p->bank.task);
    CHECK_OK(task_park_due(p->bank.task, now_ms, 1, &taken));
    CHECK_INT((int64_t)taken, 0);
    commit(&p->bank);
}

static void play_one(uint64_t seed, int round) {
    static struct play p;
    memset(&p, 0, sizeof(p));
    p.random = random_seeded(seed);
    now_ms = 1000;
    memset(moods, 0, sizeof(moods));
    feed_make(&p.random);
    budget = budget_of(&p.random);
    p.bank.url = text_format("sqlite:%s/%d", test_dir(), round);
    bank_open(&p.bank, "ledger", handlers);
    ((struct declared_service *)(uintptr_t)p.bank.options.service)->park = budget;
    task_set_now(p.bank.task, now_ms);
    for (int i = 0; i < 25; i++) {
        play_group(&p);
        check_same(&p.bank, &p.now);
    }
    play_out(&p);
    check_same(&p.bank, &p.now);
    bank_close(&p.bank);
}

TEST(a_task_parks_as_the_reference_does_whatever_fails_and_whenever_it_dies) {
    const char *rounds = getenv("OCTAVO_PARK_ROUNDS");
    uint64_t seed = test_seed();
    for (int round = 0; round < (rounds ? (int)strtol(rounds, NULL, 10) : 100); round++)
        play_one(seed + (uint64_t)round, round);
}
