/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a command seals, shows and erases (sealing.h).
 *
 * Events for a sealed topic are kept until a hundred of them share one sync of the keys, or until
 * the flush: none is sent before the key by which it was sealed is on the disk. */
#include "runtime/session_sealed.h"

#include "runtime/sealing.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT_MOST = 100 };

struct kept {
    struct out_event event; /* its texts are in the arena */
};

struct session_sealed {
    struct sealing *sealing; /* NULL: the declaration seals nothing */
    struct kept kept[KEPT_MOST];
    size_t count;
    struct arena events, shown;
};

static enum error open_now(struct octavo_session *s, struct session_sealed **at) {
    const struct session_options *o = session_options_of(s);
    if (*at)
        return E_ok;
    struct session_sealed *sealed = *at = memory_get(sizeof(*sealed));
    return sealing_open(&sealed->sealing, &(struct sealing_options){ disk_real(), o->data_dir,
                                                                     o->declaration, NULL });
}

void session_sealed_close(struct session_sealed *s) {
    if (!s)
        return;
    sealing_close(s->sealing);
    arena_finish(&s->events);
    arena_finish(&s->shown);
    free(s);
}

/* ---- sending */

static enum error keep(struct session_sealed *s, const struct declared_topic *topic,
                       const struct out_event *event) {
    struct buf json = { 0 };
    const struct declared_fields fields = { topic->personal, topic->personal_count };
    const struct seals how = { &fields, topic->key, { 0 } };
    enum error e = sealing_seal(s->sealing, &how, event->value, &json);
    if (!e) {
        struct out_event *kept = &s->kept[s->count++].event;
        *kept = *event;
        kept->topic = arena_copy(&s->events, event->topic);
        kept->id = arena_copy(&s->events, event->id);
        kept->type = arena_copy(&s->events, event->type);
        kept->key = arena_copy(&s->events, event->key);
        kept->value = arena_copy(&s->events, buf_bytes(&json));
    }
    buf_finish(&json);
    return e;
}

enum error session_sealed_flush(struct octavo_session *s, struct session_sealed *sealed) {
    enum error e = sealed && sealed->count ? sealing_sync(sealed->sealing) : E_ok;
    for (size_t i = 0; !e && sealed && i < sealed->count; i++)
        e = session_produce(s, &sealed->kept[i].event);
    if (sealed) {
        sealed->count = 0;
        arena_reset(&sealed->events);
    }
    return e;
}

enum error session_sealed_send(struct octavo_session *s, struct session_sealed **at,
                               const struct declared_topic *topic, const struct out_event *event) {
    TRY(open_now(s, at));
    TRY_WHILE(keep(*at, topic, event), "sealing what goes to topic %s", topic->name);
    return (*at)->count == KEPT_MOST ? session_sealed_flush(s, *at) : E_ok;
}

/* ---- showing and erasing */

struct octavo_text octavo_opened(struct octavo_session *s, struct octavo_text text) {
    struct session_sealed **at = session_sealed_of(s);
    struct bytes in = bytes_of(text.data, text.len);
    struct buf out = { 0 };
    if (!sealed_is_in(in))
        return text;
    if (open_now(s, at) || sealing_show((*at)->sealing, in, &out)) {
        error_print();
        buf_finish(&out);
        return text;
    }
    struct bytes shown = arena_copy(&(*at)->shown, buf_bytes(&out));
    buf_finish(&out);
    return (struct octavo_text){ (const char *)shown.data, shown.len };
}

bool octavo_person_erase(struct octavo_session *s, struct octavo_text person, size_t *keys) {
    struct session_sealed **at = session_sealed_of(s);
    *keys = 0;
    enum error e = open_now(s, at);
    if (!e)
        e = sealing_erase((*at)->sealing, bytes_of(person.data, person.len), keys);
    if (e)
        error_print();
    return !e;
}
