/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An effect {partner, path, name, sha256, bytes?, done?, from?} brings a file to a partner.
 *
 * `partner` is a line of the file `places`; path is beneath the edge's folder, or beneath the place
 * that `from` names, which is how other systems hand files over. */
#include "deliver/deliver.h"

#include "base/clock.h"
#include "connectors/answer.h"
#include "connectors/folder.h"
#include "connectors/name.h"
#include "deliver/discipline.h"
#include "deliver/terms.h"
#include "values/json.h"

#include <stdlib.h>
#include <string.h>

struct connector {
    struct folder folder;
    char *data_dir;
    int timeout_ms;
};

struct wanted {
    struct json json;
    struct bytes partner, from;
    char *path, *name, *sha256;
    struct delivery delivery;
    struct terms terms;
};

static const struct partner_kind *const kinds[] = { &folder_partner_kind, &sftp_partner_kind,
                                                    &http_partner_kind, &https_partner_kind,
                                                    &s3_partner_kind };

/* ---- opening */

static enum error deliver_open(struct connector **out, const struct sink_options *options) {
    static const char *const known[] = { NULL };
    static const struct url_form form = { "deliver", known, "deliver:archive" };
    struct url url;
    TRY(sftp_partner_prepare());
    TRY(url_read(&url, &form, options->url));
    struct connector *c = memory_get(sizeof(*c));
    folder_init(&c->folder, &url, options->data_dir);
    url_finish(&url);
    c->data_dir = text_copy(options->data_dir);
    c->timeout_ms = options->timeout_ms;
    *out = c;
    return E_ok;
}

static void deliver_close(struct connector *c) {
    folder_finish(&c->folder);
    free(c->data_dir);
    free(c);
}

/* ---- what is wanted */

static enum error text_want(struct wanted *w, const char *field, char **out) {
    struct bytes text;
    if (!json_get_text(&w->json, field, &text))
        return fail(E_malformed, "it has no text \"%s\"", field);
    *out = text_copy_bytes(text);
    return E_ok;
}

static enum error texts_check(const struct wanted *w) {
    const char *wrong = file_name_wrong(w->path);
    if (wrong)
        return fail(E_malformed, "its \"path\" is no path: %s", wrong);
    wrong = strchr(w->name, '/')    ? "it has a slash"
            : strlen(w->name) > 220 ? "it is over 220 bytes"
                                    : file_name_wrong(w->name);
    if (wrong)
        return fail(E_malformed, "its \"name\" is no file name: %s", wrong);
    if (strlen(w->sha256) != DELIVERY_SHA_CHARS
        || strspn(w->sha256, "0123456789abcdef") != DELIVERY_SHA_CHARS)
        return fail(E_malformed, "its \"sha256\" is not 64 digits 0-9a-f");
    return E_ok;
}

static enum error wanted_read(struct wanted *w, const struct effect_request *r) {
    struct bytes done, again;
    TRY(json_read(&w->json, r->json));
    TRY(text_want(w, "path", &w->path));
    TRY(text_want(w, "name", &w->name));
    TRY(text_want(w, "sha256", &w->sha256));
    TRY(texts_check(w));
    if (!json_get_text(&w->json, "partner", &w->partner))
        return fail(E_malformed, "it has no text \"partner\"");
    w->delivery.bytes = -1;
    (void)json_get_int(&w->json, "bytes", &w->delivery.bytes);
    (void)json_get_text(&w->json, "from", &w->from);
    w->delivery.again = json_get_text(&w->json, "again", &again);
    w->delivery.no_done = json_get_text(&w->json, "done", &done) && bytes_is_text(done, "no");
    return E_ok;
}

static enum error partner_find(const struct connector *c, struct wanted *w, char **address) {
    struct named_place place;
    TRY(named_place_find(c->data_dir, w->partner, &place));
    *address = place.address;
    enum error wrong = terms_of_words(place.words, clock_wall_ms(clock_real()), &w->terms);
    free(place.words);
    TRY(wrong);
    TRY(terms_of_holds(c->data_dir, w->partner, &w->terms));
    size_t len = strcspn(*address, ":");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (strlen(kinds[i]->scheme) == len && memcmp(kinds[i]->scheme, *address, len) == 0) {
            w->delivery.kind = kinds[i];
            return E_ok;
        }
    enum error e = fail(E_config, "the partner's address begins with %.*s:, which is no way",
                        (int)(len < 32 ? len : 32), *address);
    fail_try("file:///srv/partners/acme, sftp://USER@HOST/FOLDER?host_key=...&key=..., "
             "https://HOST/FOLDER, or s3://BUCKET/FOLDER?endpoint=...&region=...&key=...");
    return e;
}

static enum error from_open(struct connector *c, const struct wanted *w, struct disk **out) {
    static const char *const known[] = { NULL };
    static const struct url_form form = { "file", known, "file:///srv/files" };
    struct url url;
    char *address;
    if (!w->from.len)
        return folder_open(&c->folder, out);
    TRY(place_address(c->data_dir, w->from, &address));
    enum error e = url_read(&url, &form, address);
    free(address);
    TRY(e);
    char *path = url_path(&url, c->data_dir);
    url_finish(&url);
    e = disk_beneath(path, out);
    free(path);
    return e;
}

/* ---- both ways of asking */

typedef enum error act_on(struct delivery *d, bool *done);

static enum error act_perform(struct delivery *d, bool *done) {
    *done = true;
    return delivery_perform(d);
}

static enum error act_with(struct connector *c, struct wanted *w, act_on *act, bool *done) {
    struct delivery *d = &w->delivery;
    char *address = NULL;
    enum error e = partner_find(c, w, &address);
    if (e || w->terms.closed) {
        free(address);
        return e;
    }
    e = from_open(c, w, &d->from);
    if (!e)
        e = d->kind->open(&d->partner, address, c->data_dir);
    free(address);
    d->path = w->path;
    d->name = w->name;
    d->sha256 = w->sha256;
    d->deadline_ns = clock_steady_ns(clock_real()) + (int64_t)c->timeout_ms * 1000000;
    if (!e)
        e = act(d, done);
    if (d->partner)
        d->kind->close(d->partner);
    disk_beneath_close(d->from);
    return e;
}

static void wanted_finish(struct wanted *w) {
    json_finish(&w->json);
    free(w->path);
    free(w->name);
    free(w->sha256);
}

/* ---- answering */

static void answer_delivered(struct effect_answer *a, const struct wanted *w) {
    a->verdict = EFFECT_DONE;
    json_begin(a->told);
    json_put_text(a->told, "name", bytes_text(w->name));
    json_put_text(a->told, "partner", w->partner);
    json_end(a->told);
}

/* A partner's error is that partner's: the edge goes on for the others. What a person must mend is
 * refused; a folder that is not there (not mounted), no room, and what the disk says may pass. */
static bool wants_a_person(enum error e) {
    return e == E_malformed || e == E_config || e == E_exists || e == E_refused || e == E_corrupt
           || e == E_too_large;
}

static void answer_error(struct effect_answer *a, enum error e) {
    answer_story(a, wants_a_person(e) ? EFFECT_REFUSED : EFFECT_AGAIN);
}

/* Nothing is asked of a partner outside its hours, not even what lies there. */
static void answer_closed(struct effect_answer *a, const struct wanted *w, bool asks) {
    answer_say(a, asks ? EFFECT_UNKNOWN : EFFECT_AGAIN, "%s", w->terms.reason);
    a->again_ms = w->terms.again_ms;
}

static void deliver_perform(struct connector *c, const struct effect_request *r,
                            struct effect_answer *a) {
    struct wanted w = { 0 };
    bool done = false;
    enum error e = wanted_read(&w, r);
    if (!e)
        e = act_with(c, &w, act_perform, &done);
    if (e)
        answer_error(a, e);
    else if (w.terms.closed)
        answer_closed(a, &w, false);
    else
        answer_delivered(a, &w);
    wanted_finish(&w);
}

static void deliver_ask(struct connector *c, const struct effect_request *r,
                        struct effect_answer *a) {
    struct wanted w = { 0 };
    bool done = false;
    enum error e = wanted_read(&w, r);
    if (e) {
        answer_story(a, EFFECT_AGAIN);
        wanted_finish(&w);
        return;
    }
    e = act_with(c, &w, delivery_look, &done);
    if (!e && w.terms.closed)
        answer_closed(a, &w, true);
    else if (!e && done)
        answer_delivered(a, &w);
    else if (!e)
        answer_say(a, EFFECT_AGAIN, "%s is not delivered", w.name);
    else /* AGAIN: the next attempt meets the same, and ends as refused */
        answer_story(a, wants_a_person(e) ? EFFECT_AGAIN : EFFECT_UNKNOWN);
    wanted_finish(&w);
}

const struct connector_sink deliver_sink = {
    .scheme = "deliver",
    .can = SINK_ASKED | SINK_NATURAL,
    .open = deliver_open,
    .perform = deliver_perform,
    .ask = deliver_ask,
    .close = deliver_close,
};
