/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An effect says how an account shall be; here it is made so.
 *
 * Who has an account is found by the employee's number. If there is none, logins are tried in the
 * order of the policy until one is free; one that is taken is read: it may be our own, of an add
 * whose answer was lost. Never is an account taken over because it has the right name. A person who
 * comes back gets the old account, login and number, enabled.
 *
 * All of that may be done again from any point, so the class is natural: a worker has many at once,
 * and none waits for a commit of its intent. It is queryable, too, for whoever wants that: asking
 * is looking whether the account is as it shall be.
 *
 * Of many, all searches are on their way at once, then all first choices of those that have no
 * account. Whatever is not as simple as that is done by itself, one after the other, until half of
 * the time is over: the rest is tried again. What the directory refuses one of them is no other's
 * trouble; only when it cannot be reached, it can be by none. */
#include "account.h"

#include "nameless.h"

#include "connectors/answer.h"
#include "values/json.h"

#include <stdlib.h>
#include <string.h>

enum { EMPLOYEE_MAX = 64 };

struct work {
    struct connector *c;
    struct arena arena;
    struct json json;
    struct entry wanted; /* its login and number as they are found or made */
    int choice;          /* the login that is tried, from 1; 0: none was */
    const char *how;
};

/* ---- what is wanted */

static bool wanted_read(const struct json *j, struct entry *e) {
    static const char *const names[ENTRY_TEXTS] = { NULL,     "employee",   "given",
                                                    "family", "department", "title" };
    struct bytes state;
    *e = (struct entry){ .enabled = false };
    for (size_t i = 1; i < ENTRY_TEXTS; i++)
        (void)json_get_text(j, names[i], entry_text(e, i));
    if (!json_get_text(j, "state", &state))
        return false;
    e->enabled = bytes_is_text(state, "enabled");
    return (e->enabled || bytes_is_text(state, "disabled")) && e->employee.len
           && e->employee.len <= EMPLOYEE_MAX && e->family.len && e->given.len;
}

static bool is_as_wanted(struct entry *have, struct entry *wanted) {
    for (size_t i = 2; i < ENTRY_TEXTS; i++)
        if (!bytes_equal(*entry_text(have, i), *entry_text(wanted, i)))
            return false;
    return have->enabled == wanted->enabled;
}

/* False: it is answered. Either way the work is finished by work_end. */
static bool work_begin(struct work *w, struct connector *c, const struct effect_request *r,
                       struct effect_answer *a) {
    *w = (struct work){ .c = c };
    if (json_read(&w->json, r->json)) {
        answer_story(a, EFFECT_REFUSED);
        return false;
    }
    if (bytes_is_text(r->type, "account") && wanted_read(&w->json, &w->wanted))
        return true;
    answer_say(a, EFFECT_REFUSED, "it is no account with employee, given, family and a state");
    return false;
}

static void work_end(struct work *w) {
    arena_finish(&w->arena);
    json_finish(&w->json);
}

/* ---- making it so */

static void have_take(struct work *w, const struct entry *have) {
    w->wanted.login = have->login;
    w->wanted.dn = have->dn;
    w->wanted.uid_number = have->uid_number;
    w->wanted.flags = have->flags;
    w->how = "found";
}

/* Before the account says another department: afterwards nobody knows where it was. */
static enum error old_group_leave(struct work *w, const struct entry *have) {
    const struct membership m = { .department = have->department,
                                  .login = have->login,
                                  .dn = have->dn };
    struct directory *d = w->c->directory;
    if (!w->c->groups || !m.department.len || bytes_equal(m.department, w->wanted.department))
        return E_ok;
    return d->kind->regroup(d, &m, 1);
}

/* The last thing, so that what stops before it is done again. False: there is no group. */
static bool membership_of(const struct work *w, struct membership *out) {
    *out = (struct membership){ .department = w->wanted.department,
                                .login = w->wanted.login,
                                .dn = w->wanted.dn,
                                .member = w->wanted.enabled };
    return w->c->groups && w->wanted.department.len;
}

static enum error change(struct work *w, struct entry *have) {
    struct directory *d = w->c->directory;
    have_take(w, have);
    if (is_as_wanted(have, &w->wanted))
        return E_ok;
    w->how = "changed";
    TRY(old_group_leave(w, have));
    return d->kind->change(d, &w->wanted);
}

/* The login was taken: by ourselves, when the answer to our add was lost. */
static enum error resolve(struct work *w, bool *ours) {
    struct directory *d = w->c->directory;
    struct entry have;
    *ours = false;
    enum error e = d->kind->read(d, w->wanted.login, &w->arena, &have);
    if (e == E_not_found)
        return E_ok; /* it is gone again: the next choice will do */
    TRY(e);
    *ours = bytes_equal(have.employee, w->wanted.employee);
    return *ours ? change(w, &have) : E_ok;
}

/* False: every choice was tried. */
static bool login_next(struct work *w) {
    const struct login_of of = { w->c->pattern, w->wanted.given, w->wanted.family };
    char login[LOGIN_CHARS + 1];
    while (++w->choice <= LOGIN_CHOICES)
        if (login_make(w->c->latin, &of, w->choice, login)) {
            w->wanted.login = arena_copy(&w->arena, bytes_text(login));
            return true;
        }
    return false;
}

static enum error make_on(struct work *w) {
    struct directory *d = w->c->directory;
    while (login_next(w)) {
        bool ours;
        enum error e = d->kind->add(d, &w->wanted);
        w->how = "made";
        if (e != E_exists)
            return e;
        TRY(resolve(w, &ours));
        if (ours)
            return E_ok;
    }
    return fail(E_refused, "every login for this name is taken");
}

static enum error make(struct work *w) {
    struct directory *d = w->c->directory;
    TRY(d->kind->number(d, &w->wanted.uid_number));
    w->choice = 0;
    return make_on(w);
}

static enum error work_do(struct work *w) {
    struct directory *d = w->c->directory;
    struct entry have;
    enum error e = d->kind->find(d, w->wanted.employee, &w->arena, &have);
    if (e == E_not_found)
        return make(w);
    TRY(e);
    return change(w, &have);
}

static enum error work_look(struct work *w) {
    struct directory *d = w->c->directory;
    struct entry have;
    TRY(d->kind->find(d, w->wanted.employee, &w->arena, &have));
    have_take(w, &have);
    return is_as_wanted(&have, &w->wanted) ? E_ok : fail(E_not_found, "it is not as it shall be");
}

/* ---- answering */

static void answer_done(const struct work *w, struct effect_answer *a) {
    a->verdict = EFFECT_DONE;
    json_begin(a->told);
    json_put_text(a->told, "login", w->wanted.login);
    if (w->wanted.uid_number)
        json_put_int(a->told, "uid_number", w->wanted.uid_number);
    json_put_text(a->told, "how", bytes_text(w->how));
    json_end(a->told);
}

static void answer_error(const struct work *w, struct effect_answer *a, enum error e) {
    bool unknown = e == E_timed_out || e == E_io;
    a->edge_down = e != E_refused && e != E_malformed;
    answer_story(a, !a->edge_down ? EFFECT_REFUSED : unknown ? EFFECT_UNKNOWN : EFFECT_AGAIN);
    reason_make_nameless(a->reason, &w->wanted);
}

static void work_answer(const struct work *w, struct effect_answer *a, enum error e) {
    if (e)
        answer_error(w, a, e);
    else
        answer_done(w, a);
}

void account_perform(struct connector *c, const struct effect_request *r, struct effect_answer *a) {
    struct work w;
    if (work_begin(&w, c, r, a)) {
        struct membership m;
        enum error e = work_do(&w);
        if (!e && membership_of(&w, &m))
            e = c->directory->kind->regroup(c->directory, &m, 1);
        work_answer(&w, a, e);
    }
    work_end(&w);
}

void account_ask(struct connector *c, const struct effect_request *r, struct effect_answer *a) {
    struct work w;
    if (work_begin(&w, c, r, a)) {
        enum error e = work_look(&w);
        work_answer(&w, a, e);
        if (e == E_not_found) {
            a->verdict = EFFECT_AGAIN;
            a->edge_down = false;
        } else if (a->verdict == EFFECT_AGAIN) {
            a->verdict = EFFECT_UNKNOWN;
        }
    }
    work_end(&w);
}

/* ---- many at once */

struct many {
    struct connector *c;
    struct work works[SINK_MANY];
    struct finding findings[SINK_MANY];
    struct adding addings[SINK_MANY];
    bool open[SINK_MANY]; /* not answered yet */
    bool done[SINK_MANY]; /* but for the group */
    size_t count;
    int64_t until_ms; /* what has not begun by then is left for the next time */
};

static bool is_away(enum error e) {
    return e == E_network || e == E_timed_out;
}

static bool is_late(const struct many *m) {
    return clock_steady_ms(m->c->clock) >= m->until_ms;
}

/* An add of it may have been sent. */
static bool is_begun(const struct many *m, size_t i) {
    return m->findings[i].found == FOUND_NONE && m->addings[i].added == ADDED_NOT_KNOWN;
}

static void late_answer(struct effect_answer *a, bool begun) {
    answer_say(a, begun ? EFFECT_UNKNOWN : EFFECT_AGAIN,
               "others before it took half of the time: it is asked for again; try: a directory "
               "that answers sooner, or a longer timeout");
}

static void many_find(struct many *m) {
    struct finding asked[SINK_MANY];
    size_t place[SINK_MANY], count = 0;
    struct directory *d = m->c->directory;
    if (!d->kind->find_many)
        return;
    for (size_t i = 0; i < m->count; i++)
        if (m->open[i]) {
            place[count] = i;
            asked[count++] = (struct finding){ .employee = m->works[i].wanted.employee };
        }
    d->kind->find_many(d, asked, count, &m->works[0].arena);
    for (size_t i = 0; i < count; i++)
        m->findings[place[i]] = asked[i];
}

/* The first choices of who has no account. */
static void many_add(struct many *m) {
    struct adding asked[SINK_MANY] = { 0 };
    size_t place[SINK_MANY] = { 0 }, count = 0;
    struct directory *d = m->c->directory;
    for (size_t i = 0; i < m->count; i++) {
        struct work *w = &m->works[i];
        if (!m->open[i] || m->findings[i].found != FOUND_NONE)
            continue;
        if (d->kind->number(d, &w->wanted.uid_number))
            break; /* nor will it give one to the next; who needs it is told why */
        if (!login_next(w))
            continue;
        w->how = "made";
        place[count] = i;
        asked[count++] = (struct adding){ .entry = &w->wanted };
    }
    if (count)
        d->kind->add_many(d, asked, count);
    for (size_t i = 0; i < count; i++)
        m->addings[place[i]] = asked[i];
}

static enum error taken(struct work *w) {
    bool ours;
    TRY(resolve(w, &ours));
    return ours ? E_ok : make_on(w);
}

static enum error one_finish(struct many *m, size_t i) {
    struct work *w = &m->works[i];
    if (m->findings[i].found == FOUND_ONE)
        return change(w, &m->findings[i].entry);
    switch (m->addings[i].added) {
    case ADDED:
        return E_ok;
    case ADDED_TAKEN:
        return taken(w);
    case ADDED_NOT_KNOWN:
        break;
    }
    return work_do(w);
}

/* One of them finds the directory away: the others need not wait for the same. */
static void away_answer(struct effect_answer *a, const struct effect_answer *away, bool begun) {
    a->verdict = begun ? EFFECT_UNKNOWN : EFFECT_AGAIN;
    a->edge_down = true;
    memcpy(a->reason, away->reason, sizeof(a->reason));
}

static void many_finish(struct many *m, struct effect_answer *const *a) {
    const struct effect_answer *away = NULL;
    for (size_t i = 0; i < m->count; i++) {
        if (!m->open[i])
            continue;
        if (away && m->addings[i].added != ADDED) {
            away_answer(a[i], away, m->findings[i].found == FOUND_NONE);
            continue;
        }
        if (m->addings[i].added != ADDED && is_late(m)) {
            late_answer(a[i], is_begun(m, i));
            continue;
        }
        enum error e = one_finish(m, i);
        m->done[i] = !e;
        if (e)
            answer_error(&m->works[i], a[i], e);
        if (is_away(e))
            away = a[i];
    }
}

/* The group of one of them was refused, and nobody knows whose: each has a result of its own. */
static void regroup_each(struct many *m, struct effect_answer *const *a) {
    struct directory *d = m->c->directory;
    enum error e = E_ok;
    for (size_t i = 0; i < m->count; i++) {
        struct membership own;
        if (!m->done[i])
            continue;
        bool has_group = membership_of(&m->works[i], &own);
        if (has_group && is_late(m)) {
            late_answer(a[i], false);
            continue;
        }
        if (has_group && !is_away(e))
            e = d->kind->regroup(d, &own, 1);
        work_answer(&m->works[i], a[i], has_group ? e : E_ok);
    }
}

/* Who is in no group is done; the groups of all others are set together. */
static void many_regroup(struct many *m, struct effect_answer *const *a) {
    struct membership all[SINK_MANY];
    size_t count = 0;
    for (size_t i = 0; i < m->count; i++)
        count += m->done[i] && membership_of(&m->works[i], &all[count]);
    struct directory *d = m->c->directory;
    enum error e = count ? d->kind->regroup(d, all, count) : E_ok;
    if (e && !is_away(e) && count > 1) {
        regroup_each(m, a);
        return;
    }
    for (size_t i = 0; i < m->count; i++) {
        struct membership own;
        if (m->done[i])
            work_answer(&m->works[i], a[i], membership_of(&m->works[i], &own) ? e : E_ok);
    }
}

void account_perform_many(struct connector *c, const struct effect_request *const *r,
                          struct effect_answer *const *a, size_t count) {
    struct many *m = memory_get(sizeof(*m));
    m->c = c;
    m->count = count;
    m->until_ms = clock_steady_ms(c->clock) + c->timeout_ms / 2;
    for (size_t i = 0; i < count; i++)
        m->open[i] = work_begin(&m->works[i], c, r[i], a[i]);
    many_find(m);
    many_add(m);
    many_finish(m, a);
    many_regroup(m, a);
    for (size_t i = 0; i < count; i++)
        work_end(&m->works[i]);
    free(m);
}
