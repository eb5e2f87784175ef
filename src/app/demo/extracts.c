/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A bank's ledger, the balances it comes to, and a year of people's names are due again and again.
 * Two processors compete for the runs; one of them, the scheduler and the broker are killed on the
 * way. The names go to a partner by SFTP where this machine has sshd, all else to a partner's
 * folder. Then every run is held against what lies with its partner: by its SHA-256. */
#include "demo.h"

#include "app/commands.h"
#include "base/disk.h"
#include "base/table.h"
#include "feeds.h"
#include "octavo.h"
#include "runtime/session.h"
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECONDS = 20,
    FILE_MAX = 16 << 20,
    LOOK_MS = 500,
    SETTLING_MS = 60000,
    RUN_STATE = 1, /* columns of extract-processor's table run */
    RUN_NAME = 3,
    RUN_ROWS = 8,
    RUN_SHA256 = 10,
    EXTRACTS = 3,
};

struct feed {
    const char *name, *schedule, *partner, *query;
};

static const struct feed feeds[EXTRACTS] = {
    { "ledger", "@every 2s", "acme",
      "SELECT key AS entry, account, date, kind, amount, balance FROM movement ORDER BY key" },
    { "balances", "@every 1s", "acme",
      "SELECT account, count(*) AS movements, sum(amount) AS total FROM movement GROUP BY account"
      " ORDER BY account" },
    { "names", "@every 1s", "births",
      "SELECT year, name, sex, \"count\" FROM name WHERE year = 1880 + (:until_ms / 1000) % 30"
      " ORDER BY key" },
};

struct showing {
    struct stage stage;
    struct octavo_session *session;
    struct table expected; /* name of a file -> its digest; owned */
    int64_t runs, delivered, rows, lost, repeated;
    struct sshd sshd;
    bool by_sftp;
};

/* ---- definitions, as `octavo extracts apply` hands them over */

static bool define(struct showing *x, const struct feed *feed) {
    const char *const pairs[][2] = { { "schedule", feed->schedule },
                                     { "source", "bank" },
                                     { "partner", feed->partner },
                                     { "query", feed->query } };
    struct octavo_session *s = x->session;
    char *id = text_format("define/%s", feed->name);
    octavo_publish_begin(s, "extract-command", "extract-define-requested", octavo_text(feed->name),
                         octavo_text(id));
    octavo_publish_text(s, "extract", octavo_text(feed->name));
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        octavo_publish_text(s, pairs[i][0], octavo_text(pairs[i][1]));
    free(id);
    return octavo_publish_send(s);
}

static bool pause_one(struct showing *x, const char *extract) {
    char *id = text_format("pause/%s", extract);
    octavo_publish_begin(x->session, "extract-command", "extract-pause-requested",
                         octavo_text(extract), octavo_text(id));
    octavo_publish_text(x->session, "extract", octavo_text(extract));
    free(id);
    return octavo_publish_send(x->session);
}

static enum error asked(bool good) {
    return good ? E_ok : fail(E_network, "the broker did not take what the demo asks for");
}

static enum error places_write(struct showing *x, const char *folder) {
    char *path = text_format("%s/places", folder), *text = NULL;
    TRY(sshd_start(&x->sshd, x->stage.loop, folder, "births", &x->by_sftp));
    text = text_format("bank sqlite:bank.ledger.1.0.db\nacme file:acme\nbirths %s\n",
                       x->by_sftp ? x->sshd.address : "file:births");
    enum error e = disk_replace(disk_real(), path, bytes_text(text));
    free(text);
    free(path);
    return e;
}

static enum error sources_write(struct showing *x) {
    char *folder = text_format("%s/extracts", x->stage.place.dir), *what = NULL;
    enum error e = disk_make_dir(disk_real(), folder);
    if (!e)
        e = feeds_write(folder, &what);
    if (!e)
        e = places_write(x, folder);
    if (!e) {
        stage_say(&x->stage, "input: %s", what);
        stage_say(&x->stage, x->by_sftp ? "names go to a partner by SFTP: sshd on loopback"
                                        : "no sshd here: the names go to a folder, too");
    }
    free(what);
    free(folder);
    return e;
}

/* ---- watching */

static void on_run(void *context, struct octavo_text key, struct octavo_text sub,
                   const struct octavo_value *v, size_t count) {
    struct showing *x = context;
    (void)key;
    (void)sub;
    (void)count;
    x->runs++;
    x->delivered += octavo_text_is(v[RUN_STATE].text, "delivered");
}

static void look(struct showing *x) {
    x->runs = x->delivered = 0;
    if (octavo_rows(x->session, "extract-processor", "run", NULL, on_run, x))
        stage_progress(&x->stage, x->delivered, x->runs, "files are delivered");
}

static void wait_until(struct showing *x, int64_t until_ms) {
    for (int64_t look_ms = 0; stage_turn(&x->stage, until_ms);)
        if (stage_now_ms(&x->stage) >= look_ms) {
            look(x);
            look_ms = stage_now_ms(&x->stage) + LOOK_MS;
        }
}

static void show_kills(struct showing *x, int64_t for_ms) {
    static const char *const killed[] = { "extract-processor.1", "broker", "extract-scheduler" };
    static const char *const called[] = { "second processor", "broker", "scheduler" };
    int64_t begun_ms = stage_now_ms(&x->stage);
    for (int i = 0; i < 3 && !x->stage.call->interrupted; i++) {
        wait_until(x, begun_ms + for_ms * (i + 1) / 4);
        stage_kill(&x->stage, killed[i], called[i]);
    }
    wait_until(x, begun_ms + for_ms);
}

/* Nothing is scheduled any more; the same runs twice, all delivered: at rest. */
static enum error settle(struct showing *x) {
    int64_t until_ms = stage_now_ms(&x->stage) + SETTLING_MS, before = -1;
    bool good = true;
    for (size_t i = 0; i < EXTRACTS; i++)
        good = pause_one(x, feeds[i].name) && good;
    TRY(asked(octavo_publish_flush(x->session) && good));
    while (!x->stage.call->interrupted && stage_now_ms(&x->stage) < until_ms) {
        wait_until(x, stage_now_ms(&x->stage) + (int64_t)4 * LOOK_MS);
        look(x);
        if (x->runs > 0 && x->runs == before && x->delivered == x->runs)
            return E_ok;
        before = x->runs;
    }
    return E_ok; /* the result says what is missing */
}

/* ---- counting */

static void on_expected(void *context, struct octavo_text key, struct octavo_text sub,
                        const struct octavo_value *v, size_t count) {
    struct showing *x = context;
    struct octavo_text sha256 = v[RUN_SHA256].text, name = v[RUN_NAME].text;
    (void)key;
    (void)sub;
    (void)count;
    x->rows += v[RUN_ROWS].integer;
    free(table_put(&x->expected, bytes_of(name.data, name.len),
                   text_copy_bytes(bytes_of(sha256.data, sha256.len))));
}

/* By whom it is for: the names are not acme's. */
static char *partner_path(const struct showing *x, const char *name, const char *ending) {
    const char *folder = strncmp(name, "names-", 6) == 0 ? "births" : "acme";
    return text_format("%s/extracts/%s/%s%s", x->stage.place.dir, folder, name, ending);
}

static bool file_is(const struct showing *x, const char *name, const char *sha256) {
    struct buf text = { 0 };
    char hex[65] = "";
    char *path = partner_path(x, name, "");
    if (disk_read_whole(disk_real(), path, FILE_MAX, &text) == E_ok)
        octavo_sha256(text.data, text.len, hex);
    buf_finish(&text);
    free(path);
    return strcmp(hex, sha256) == 0;
}

static bool done_is(const struct showing *x, const char *name, const char *sha256) {
    struct buf text = { 0 };
    char *path = partner_path(x, name, ".done");
    char *wanted = text_format("%s  %s\n", sha256, name);
    bool good = disk_read_whole(disk_real(), path, 1024, &text) == E_ok
                && strcmp(buf_text(&text), wanted) == 0;
    buf_finish(&text);
    free(wanted);
    free(path);
    return good;
}

/* What lies there and is no run's: a second file, a temporary one. */
static void on_name(void *context, const char *name) {
    struct showing *x = context;
    size_t len = strlen(name);
    bool is_done = len > 5 && strcmp(name + len - 5, ".done") == 0;
    if (!table_find(&x->expected, bytes_of(name, is_done ? len - 5 : len)))
        x->repeated++;
}

static enum error count_all(struct showing *x) {
    struct bytes name;
    void *sha256;
    static const char *const folders[] = { "acme", "births" };
    TRY(asked(octavo_rows(x->session, "extract-processor", "run", NULL, on_expected, x)));
    for (size_t at = 0; table_next(&x->expected, &at, &name, &sha256);) {
        char *text = text_copy_bytes(name);
        x->lost += !file_is(x, text, sha256) || !done_is(x, text, sha256);
        free(text);
    }
    enum error e = E_ok;
    for (size_t i = 0; i < 2 && !e; i++) {
        char *path = text_format("%s/extracts/%s", x->stage.place.dir, folders[i]);
        e = disk_list(disk_real(), path, on_name, x);
        free(path);
    }
    return e;
}

/* ---- telling */

static void result_tell(struct showing *x) {
    const struct demo_call *call = x->stage.call;
    stage_progress_end(&x->stage);
    if (call->json) {
        (void)printf("{\"system\":\"extracts\",\"runs\":%lld,\"delivered\":%lld,\"rows\":%lld,"
                     "\"lost\":%lld,\"repeated\":%lld}\n",
                     (long long)x->runs, (long long)x->delivered, (long long)x->rows,
                     (long long)x->lost, (long long)x->repeated);
        return;
    }
    (void)printf("\n%lld files due, %lld lost, %lld repeated%s\n"
                 "  %-20s  %lld, each whole, by its SHA-256, its done-file last\n"
                 "  %-20s  %lld\n",
                 (long long)x->runs, (long long)x->lost, (long long)x->repeated,
                 call->no_kill ? "" : "; a processor, the broker and the scheduler were killed",
                 x->by_sftp ? "in folder and by SFTP" : "with the partners",
                 (long long)x->delivered, "rows", (long long)x->rows);
}

static void try_next(const struct showing *x) {
    char *program = stage_shell_word(command_program());
    char *dir = stage_shell_word(x->stage.place.dir);
    (void)printf("\nTry next:\n"
                 "  %s extracts ls --runs --dir %s | tail -n 3\n"
                 "  %s extracts next names --dir %s\n"
                 "  (cd %s/extracts/acme && sha256sum -c *.done | tail -n 3)\n",
                 program, dir, program, dir, dir);
    (void)fflush(stdout);
    free(program);
    free(dir);
}

static enum error showing_run(struct showing *x, bool *good) {
    const struct demo_call *call = x->stage.call;
    bool defined = true;
    TRY(sources_write(x));
    TRY(stage_start(&x->stage));
    TRY(stage_session(&x->stage, &x->session));
    stage_say(&x->stage, "three extracts every second or two, two processors, two partners");
    for (size_t i = 0; i < EXTRACTS; i++)
        defined = define(x, &feeds[i]) && defined;
    TRY(asked(octavo_publish_flush(x->session) && defined));
    show_kills(x, call->for_ms ? call->for_ms : (int64_t)SECONDS * 1000);
    if (call->interrupted)
        return E_ok;
    TRY(settle(x));
    if (call->interrupted)
        return E_ok;
    TRY(count_all(x));
    result_tell(x);
    *good = x->runs > 0 && x->lost == 0 && x->repeated == 0 && x->delivered == x->runs;
    if (!call->json)
        try_next(x);
    stage_stay(&x->stage);
    return E_ok;
}

static enum error extracts_run(struct demo_call *call, bool *good) {
    struct showing x = { 0 };
    struct bytes name;
    void *sha256;
    enum error e = stage_open(&x.stage, call, "extracts");
    if (!e)
        e = showing_run(&x, good);
    session_destroy(x.session);
    sshd_stop(&x.sshd);
    for (size_t at = 0; table_next(&x.expected, &at, &name, &sha256);)
        free(sha256);
    table_finish(&x.expected);
    stage_close(&x.stage);
    return e;
}

const struct demo demo_extracts = {
    "extracts",
    "a bank's ledger and people's names reach partners every second",
    extracts_run,
};
