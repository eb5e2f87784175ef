/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An effect {name, content} becomes the file FOLDER/NAME.
 *
 * The name decides everything: put again with the same content it is done already, with other
 * content it is refused, and looking at it tells whether it has happened. Without a name the file
 * is called by the effect's id, which no other effect has: that is the keyed class. */
#include "file/file.h"

#include "connectors/answer.h"
#include "connectors/folder.h"
#include "connectors/name.h"
#include "values/digest.h"
#include "values/json.h"

#include <stdlib.h>
#include <string.h>

struct connector {
    struct folder folder;
    struct disk *given; /* a test's, instead of the folder */
};

/* What an effect wants to be there. */
struct wanted {
    char *name;
    struct bytes content;
};

/* ---- opening */

static enum error file_open(struct connector **out, const struct sink_options *options) {
    static const char *const known[] = { NULL };
    static const struct url_form form = { "file", known, "file:FOLDER, or file:///srv/FOLDER" };
    struct url url;
    TRY(url_read(&url, &form, options->url));
    struct connector *c = memory_get(sizeof(*c));
    folder_init(&c->folder, &url, options->data_dir);
    url_finish(&url);
    *out = c;
    return E_ok;
}

struct connector *file_connector_on(struct disk *disk) {
    struct connector *c = memory_get(sizeof(*c));
    c->given = disk;
    return c;
}

static void file_close(struct connector *c) {
    folder_finish(&c->folder);
    free(c);
}

static enum error disk_take(struct connector *c, struct disk **out) {
    *out = c->given;
    return c->given ? E_ok : folder_open(&c->folder, out);
}

static void disk_give_back(struct connector *c, struct disk *d) {
    if (d != c->given)
        disk_beneath_close(d);
}

/* ---- what is wanted */

static bool refuse(struct effect_answer *a, const char *format, const char *what) {
    answer_say(a, EFFECT_REFUSED, format, what);
    return false;
}

static bool wanted_find(struct wanted *w, const struct json *json, const struct effect_request *r,
                        struct effect_answer *a) {
    struct bytes name = r->id;
    if (json_has(json, "name") && !json_get_text(json, "name", &name))
        return refuse(a, "its \"name\" is no text%s", "");
    if (!json_get_text(json, "content", &w->content))
        return refuse(a, "it has no text \"content\"%s", "");
    w->name = text_copy_bytes(name);
    const char *wrong = file_name_wrong(w->name);
    return wrong ? refuse(a, "its \"name\" is no file name: %s", wrong) : true;
}

/* ---- performing */

static void answer_done(struct effect_answer *a, const struct wanted *w) {
    uint8_t sum[SHA256_BYTES];
    char digest[2 * SHA256_BYTES + 1];
    a->verdict = EFFECT_DONE;
    sha256(w->content, sum);
    sha256_hex(sum, digest);
    json_begin(a->told);
    json_put_text(a->told, "name", bytes_text(w->name));
    json_put_int(a->told, "bytes", (int64_t)w->content.len);
    json_put_text(a->told, "sha256", bytes_text(digest));
    json_end(a->told);
}

static void put(struct connector *c, const struct wanted *w, struct effect_answer *a) {
    struct disk *d;
    enum error e = disk_take(c, &d);
    if (e) {
        folder_answer_error(a, e, false);
        return;
    }
    e = disk_put_new(d, w->name, w->content);
    if (e)
        folder_answer_error(a, e, true);
    else
        answer_done(a, w);
    disk_give_back(c, d);
}

/* A file that is there with our content is ours; putting it again makes sure that it stays. */
static void look(struct connector *c, const struct wanted *w, struct effect_answer *a) {
    struct disk *d;
    bool there = false;
    enum error e = disk_take(c, &d);
    if (!e) {
        e = disk_exists(d, w->name, &there);
        if (!e && there)
            e = disk_put_new(d, w->name, w->content);
        disk_give_back(c, d);
    }
    if (!e && there)
        answer_done(a, w);
    else if (!e)
        answer_say(a, EFFECT_AGAIN, "%s is not there", w->name);
    else if (e == E_exists || e == E_refused)
        answer_story(a, EFFECT_AGAIN); /* somebody else's: ours has not happened */
    else {
        folder_answer_error(a, e, true);
        a->verdict = EFFECT_UNKNOWN;
    }
}

typedef void act_on(struct connector *, const struct wanted *, struct effect_answer *);

static void with_wanted(struct connector *c, const struct effect_request *r,
                        struct effect_answer *a, act_on *act) {
    struct json json;
    struct wanted w = { 0 };
    if (json_read(&json, r->json)) {
        answer_story(a, EFFECT_REFUSED);
        return;
    }
    if (wanted_find(&w, &json, r, a))
        act(c, &w, a);
    free(w.name);
    json_finish(&json);
}

static void file_perform(struct connector *c, const struct effect_request *r,
                         struct effect_answer *a) {
    with_wanted(c, r, a, put);
}

static void file_ask(struct connector *c, const struct effect_request *r, struct effect_answer *a) {
    with_wanted(c, r, a, look);
}

const struct connector_sink file_sink = {
    .scheme = "file",
    .can = SINK_KEYED | SINK_NATURAL | SINK_ASKED,
    .open = file_open,
    .perform = file_perform,
    .ask = file_ask,
    .close = file_close,
};
