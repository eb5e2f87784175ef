/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The staff of a bank is hired: real names and days (OCTAVO_DATA/employees), or made up. The
 * service at the directory, the one at the vendor and the broker are killed on the way; then the
 * directory's files, the carrier's files and the vendor's orders are counted, each where others
 * would look. */
#include "demo.h"

#include "app/commands.h"
#include "base/disk.h"
#include "base/table.h"
#include "octavo.h"
#include "runtime/session.h"
#include "stage.h"
#include "vendor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HIRES_INVENTED = 2000,
    FILE_MAX = 8 << 20,
    AT_ONCE = 50, /* published between two turns of the loop */
    LOOK_MS = 500,
    SETTLING_MS = 60000,
    PAUSE_MS = 3000,
    FIELDS = 6,
};

struct staff {
    struct buf text; /* employee, birth, given, family, start: lines of a CSV */
    const char *source;
    size_t at, hired;
};

struct seen {
    int accounts, covered;
    bool hired;
};

struct hiring {
    struct stage stage;
    struct staff staff;
    struct vendor vendor;
    struct octavo_session *session;
    struct table people; /* employee -> struct seen */
    int64_t onboarded, wanted;
    int64_t lost, repeated;
    int thirds;
    int64_t
        pause_ms; /* nothing is published before: the broker is being started, by our own loop */
};

/* ---- who is hired */

static void staff_invent(struct staff *s) {
    static const char *const given[] = { "Anna", "Jan", "Eva", "Petr", "Hana" };
    static const char *const family[] = { "Novak", "Mala", "Dvorak", "Kral" };
    buf_put_text(&s->text, "emp_no,birth_date,first_name,last_name,gender,hire_date\n");
    for (int i = 0; i < HIRES_INVENTED; i++)
        buf_print(&s->text, "%d,1970-01-%02d,%s,%s,F,2001-%02d-%02d\n", 10001 + i, i % 28 + 1,
                  given[i % 5], family[i % 4], i % 12 + 1, i % 28 + 1);
    s->source = "2,000 hires, made up";
}

static void staff_open(struct staff *s) {
    const char *data = getenv("OCTAVO_DATA");
    char *path = text_format("%s/employees/employees.csv", data ? data : "../shared/data");
    if (disk_read_whole(disk_real(), path, FILE_MAX, &s->text)) {
        buf_clear(&s->text);
        staff_invent(s);
    } else {
        s->source = "10,000 employees, names and days as they are (employees sample)";
    }
    s->at = strcspn(buf_text(&s->text), "\n") + 1;
    free(path);
}

/* The next line, cut at its commas in place; false: there is none. */
static bool staff_next(struct staff *s, char *fields[FIELDS]) {
    char *at = (char *)s->text.data + s->at;
    char *end = s->at < s->text.len ? strchr(at, '\n') : NULL;
    if (!end)
        return false;
    *end = 0;
    at[strcspn(at, "\r")] = 0;
    s->at = (size_t)(end - (char *)s->text.data) + 1;
    for (size_t i = 0; i < FIELDS; i++) {
        fields[i] = at;
        at += strcspn(at, ",");
        if (*at)
            *at++ = 0;
    }
    return true;
}

static bool publish(struct hiring *h, char *fields[FIELDS]) {
    static const struct {
        const char *name;
        size_t field;
    } texts[] = {
        { "employee", 0 }, { "birth", 1 }, { "given", 2 }, { "family", 3 }, { "start", 5 }
    };
    struct octavo_session *s = h->session;
    char *id = text_format("hire/%s/%s", fields[0], fields[5]);
    octavo_publish_begin(s, "onboarding-request", "hire-requested", octavo_text(fields[0]),
                         octavo_text(id));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        octavo_publish_text(s, texts[i].name, octavo_text(fields[texts[i].field]));
    bool sent = octavo_publish_send(s);
    free(id);
    struct seen *seen = memory_get(sizeof(*seen));
    free(table_put(&h->people, bytes_text(fields[0]), seen));
    h->staff.hired++;
    return sent;
}

/* ---- hiring */

static void count_onboarded(void *context, struct octavo_text key, struct octavo_text sub,
                            const struct octavo_value *v, size_t count) {
    struct hiring *h = context;
    (void)key;
    (void)sub;
    (void)count;
    h->onboarded += octavo_text_is(v[0].text, "onboarded");
}

static void look(struct hiring *h) {
    static const char *const killed[] = { "network-user-creation", "broker", "background-check" };
    static const char *const called[] = { "service at the directory", "broker",
                                          "service at the vendor" };
    h->onboarded = 0;
    if (!octavo_rows(h->session, "hr-onboarding", "hire", NULL, count_onboarded, h))
        return;
    stage_progress(&h->stage, h->onboarded, (int64_t)h->staff.hired, "hires are onboarded");
    if (h->thirds < 3 && h->onboarded * 4 >= h->wanted * (h->thirds + 1)) {
        stage_kill(&h->stage, killed[h->thirds], called[h->thirds]);
        h->pause_ms = stage_now_ms(&h->stage) + PAUSE_MS;
        h->thirds++;
    }
}

/* False: that was all. */
static bool hire_some(struct hiring *h, int64_t until_ms) {
    char *fields[FIELDS];
    int64_t most = h->stage.call->inputs_max;
    for (int i = 0; i < AT_ONCE; i++)
        if (stage_now_ms(&h->stage) >= until_ms || (most && (int64_t)h->staff.hired >= most)
            || !staff_next(&h->staff, fields) || !publish(h, fields))
            return false;
    return octavo_publish_flush(h->session);
}

static enum error hire_all(struct hiring *h) {
    const struct demo_call *call = h->stage.call;
    int64_t begun_ms = stage_now_ms(&h->stage), look_ms = begun_ms;
    int64_t until_ms = call->for_ms ? begun_ms + call->for_ms : INT64_MAX, settled_ms = INT64_MAX;
    int64_t onboarded = 0;
    bool more = true;
    h->wanted = call->inputs_max ? call->inputs_max : 1000;
    while (!call->interrupted && (more || h->onboarded < (int64_t)h->staff.hired)) {
        int64_t now_ms = stage_now_ms(&h->stage);
        /* the desk is not far ahead of the services, so that what is killed is in the middle */
        bool far = (int64_t)h->staff.hired > h->onboarded + 500;
        if (more && !far && now_ms >= h->pause_ms)
            more = hire_some(h, until_ms);
        more = more && now_ms < until_ms;
        if (!more && (settled_ms == INT64_MAX || h->onboarded > onboarded)) {
            settled_ms = now_ms + SETTLING_MS; /* so long without one more is the end */
            onboarded = h->onboarded;
        }
        if (now_ms >= look_ms) {
            look(h);
            look_ms = now_ms + LOOK_MS;
        }
        if (now_ms > settled_ms)
            return E_ok; /* the result says what is missing */
        (void)stage_turn(&h->stage, INT64_MAX);
    }
    return E_ok;
}

/* ---- counting */

static struct seen *seen_of(struct hiring *h, const char *text, size_t len) {
    return table_find(&h->people, bytes_of(text, len));
}

struct folder_look {
    struct hiring *h;
    char *path;
    void (*take)(struct hiring *h, char *text);
};

static void account_take(struct hiring *h, char *text) {
    char *at = strstr(text, "\nemployeeNumber: ");
    struct seen *s = at ? seen_of(h, at + 17, strcspn(at + 17, "\n")) : NULL;
    if (s)
        s->accounts++;
    else
        h->repeated++; /* of nobody that was hired */
}

/* INS*Y*18*021*...~REF*0F*EMPLOYEE~ */
static void file_take(struct hiring *h, char *text) {
    for (char *at = strstr(text, "INS*Y*18*"); at; at = strstr(at + 1, "INS*Y*18*")) {
        char *number = strstr(at, "REF*0F*");
        struct seen *s = number ? seen_of(h, number + 7, strcspn(number + 7, "~")) : NULL;
        if (s && strncmp(at + 9, "021", 3) == 0)
            s->covered++;
    }
}

static void on_name(void *context, const char *name) {
    struct folder_look *l = context;
    struct buf text = { 0 };
    size_t len = strlen(name);
    bool is_whole =
        len > 5 && (strcmp(name + len - 5, ".ldif") == 0 || strcmp(name + len - 4, ".edi") == 0);
    char *path = text_format("%s/%s", l->path, name);
    if (is_whole && disk_read_whole(disk_real(), path, FILE_MAX, &text) == E_ok) {
        char *copy = text_copy(buf_text(&text));
        l->take(l->h, copy);
        free(copy);
    }
    buf_finish(&text);
    free(path);
}

static enum error folder_count(struct hiring *h, const char *name,
                               void (*take)(struct hiring *h, char *text)) {
    struct folder_look l = { .h = h, .take = take };
    l.path = text_format("%s/onboarding/%s", h->stage.place.dir, name);
    enum error e = disk_list(disk_real(), l.path, on_name, &l);
    free(l.path);
    return e;
}

static void person_judge(struct hiring *h, struct bytes employee, const struct seen *s) {
    char *name = text_copy_bytes(employee);
    int orders = vendor_orders_of(&h->vendor, name);
    h->lost += s->accounts < 1 || s->covered < 1 || orders < 1;
    h->repeated += s->accounts > 1 || s->covered > 1 || orders > 1;
    free(name);
}

static enum error count_all(struct hiring *h) {
    struct bytes employee;
    void *seen;
    TRY(folder_count(h, "directory/people", account_take));
    TRY(folder_count(h, "834", file_take));
    for (size_t at = 0; table_next(&h->people, &at, &employee, &seen);)
        person_judge(h, employee, seen);
    return E_ok;
}

/* ---- telling */

static void result_tell(struct hiring *h, int64_t ms) {
    const struct demo_call *call = h->stage.call;
    double seconds = (double)ms / 1000;
    stage_progress_end(&h->stage);
    if (call->json) {
        (void)printf("{\"system\":\"onboarding\",\"hires\":%zu,\"onboarded\":%lld,\"lost\":%lld,"
                     "\"repeated\":%lld,\"orders\":%lld,\"seconds\":%.1f}\n",
                     h->staff.hired, (long long)h->onboarded, (long long)h->lost,
                     (long long)h->repeated, (long long)h->vendor.made, seconds);
        return;
    }
    (void)printf("\n%zu hires, %lld lost, %lld repeated%s\n"
                 "  %-20s  %lld in %.1f s, each with one account, one coverage, one order\n"
                 "  %-20s  %lld orders, asked for %lld times: answers were lost\n",
                 h->staff.hired, (long long)h->lost, (long long)h->repeated,
                 call->no_kill ? "" : "; the broker and two services were killed", "onboarded",
                 (long long)h->onboarded, seconds, "at the vendor", (long long)h->vendor.made,
                 (long long)h->vendor.posted);
}

static void try_next(const struct hiring *h) {
    char *program = stage_shell_word(command_program());
    char *dir = stage_shell_word(h->stage.place.dir);
    (void)printf("\nTry next:\n"
                 "  %s onboarding audit --dir %s\n"
                 "  %s onboarding ls --dir %s | tail -n 3\n"
                 "  cat %s/onboarding/directory/people/*.ldif | tail -n 16\n",
                 program, dir, program, dir, dir);
    (void)fflush(stdout);
    free(program);
    free(dir);
}

static enum error declare(struct hiring *h) {
    char *vendor = text_format("127.0.0.1:%d/orders", http_port(h->vendor.server));
    const struct stage_edit edits[] = {
        { "127.0.0.1:8592/orders", vendor },
        { "127.0.0.1:8590?", "127.0.0.1:0?" },
        { "127.0.0.1:8591?", "127.0.0.1:0?" },
        { "poll_ms: 3600000", "poll_ms: 300" },
        { NULL, NULL },
    };
    enum error e = stage_declare(&h->stage, edits);
    free(vendor);
    return e;
}

static enum error hiring_run(struct hiring *h, bool *good) {
    TRY(vendor_open(&h->vendor, h->stage.loop));
    TRY(declare(h));
    staff_open(&h->staff);
    stage_say(&h->stage, "input: %s", h->staff.source);
    TRY(stage_start(&h->stage));
    TRY(stage_session(&h->stage, &h->session));
    stage_say(&h->stage,
              "HR hires; a directory in files, a carrier, and a vendor that loses answers");
    int64_t begun_ms = stage_now_ms(&h->stage);
    TRY(hire_all(h));
    if (h->stage.call->interrupted)
        return E_ok;
    int64_t ms = stage_now_ms(&h->stage) - begun_ms;
    TRY(count_all(h));
    result_tell(h, ms);
    *good = h->staff.hired > 0 && h->lost == 0 && h->repeated == 0
            && h->onboarded == (int64_t)h->staff.hired;
    if (!h->stage.call->json)
        try_next(h);
    stage_stay(&h->stage);
    return E_ok;
}

static enum error onboarding_run(struct demo_call *call, bool *good) {
    struct hiring h = { 0 };
    struct bytes employee;
    void *seen;
    enum error e = stage_open(&h.stage, call, "onboarding");
    if (!e)
        e = hiring_run(&h, good);
    session_destroy(h.session);
    if (h.stage.loop)
        running_stop(&h.stage.running); /* they call the vendor until they stop */
    vendor_close(&h.vendor);
    for (size_t at = 0; table_next(&h.people, &at, &employee, &seen);)
        free(seen);
    table_finish(&h.people);
    buf_finish(&h.staff.text);
    stage_close(&h.stage);
    return e;
}

const struct demo demo_onboarding = {
    "onboarding",
    "a bank's staff is hired: accounts, insurances, background checks",
    onboarding_run,
};
