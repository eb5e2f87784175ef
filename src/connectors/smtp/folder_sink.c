/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* smtp+folder:FOLDER: what would be sent is put into a folder, ID.eml, whole, by the discipline of
 * files. The embedded default: a system sends mail before anybody has told it a server. */
#include "smtp/smtp.h"

#include "connectors/answer.h"
#include "connectors/folder.h"
#include "smtp/message.h"
#include "values/json.h"

#include <stdlib.h>

struct connector {
    struct url url;
    struct folder folder;
};

static void folder_sink_close(struct connector *c) {
    folder_finish(&c->folder);
    url_finish(&c->url);
    free(c);
}

static enum error address_check(const struct connector *c) {
    const char *from = url_get(&c->url, "from");
    if (from && !mail_address_is_good(bytes_text(from)))
        return url_wrong(&c->url, "its `from` is no address");
    return E_ok;
}

static enum error folder_sink_open(struct connector **out, const struct sink_options *options) {
    static const char *const known[] = { "from", NULL };
    static const struct url_form form = { "smtp+folder", known,
                                          "smtp+folder:mail?from=bank@example.org" };
    struct connector *c = memory_get(sizeof(*c));
    enum error e = url_read(&c->url, &form, options->url);
    if (!e) {
        folder_init(&c->folder, &c->url, options->data_dir);
        e = address_check(c);
    }
    if (e) {
        folder_sink_close(c);
        return e;
    }
    *out = c;
    return E_ok;
}

static void mail_put(struct connector *c, const struct mail *m, struct effect_answer *a) {
    struct disk *d;
    enum error e = folder_open(&c->folder, &d);
    if (e) {
        folder_answer_error(a, e, false);
        return;
    }
    char *name = text_format("%s.eml", m->id);
    e = disk_put_new(d, name, buf_bytes(&m->text));
    if (e) {
        folder_answer_error(a, e, true);
    } else {
        a->verdict = EFFECT_DONE;
        json_begin(a->told);
        json_put_text(a->told, "file", bytes_text(name));
        json_end(a->told);
    }
    free(name);
    disk_beneath_close(d);
}

static void folder_sink_perform(struct connector *c, const struct effect_request *r,
                                struct effect_answer *a) {
    struct mail mail;
    if (mail_build(&mail, r, url_get(&c->url, "from"))) {
        answer_story(a, EFFECT_REFUSED);
        return;
    }
    mail_put(c, &mail, a);
    mail_finish(&mail);
}

const struct connector_sink smtp_folder_sink = {
    .scheme = "smtp+folder",
    .can = SINK_BLIND | SINK_NATURAL,
    .open = folder_sink_open,
    .perform = folder_sink_perform,
    .close = folder_sink_close,
};
