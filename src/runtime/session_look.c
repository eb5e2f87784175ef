/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A dry run: a command shows an effect to the connector of its edge, which says what would come of
 * it. There is no step, no journal and no effect; the connector is opened for this one question. */
#include "connectors/connector.h"
#include "runtime/session.h"
#include "values/json.h"

#include <stdio.h>
#include <string.h>

static const struct declared_edge *edge_find(const struct octavo_session *s, const char *service,
                                             const char *edge) {
    const struct declared_service *declared =
        declaration_service(session_options_of(s)->declaration, service);
    for (size_t i = 0; declared && i < declared->edge_count; i++)
        if (strcmp(declared->edges[i].name, edge) == 0)
            return &declared->edges[i];
    return NULL;
}

static const struct connector_sink *looking_sink(const struct octavo_session *s, const char *url) {
    const struct connectors *all = session_options_of(s)->connectors;
    size_t len = strcspn(url, ":");
    for (const struct connector_sink *const *sink = all ? all->sinks : NULL; sink && *sink; sink++)
        if (strlen((*sink)->scheme) == len && strncmp((*sink)->scheme, url, len) == 0)
            return (*sink)->look ? *sink : NULL;
    return NULL;
}

static bool told_tell(const struct buf *told, octavo_on_text *on_text, void *context) {
    struct json json;
    struct bytes text = { 0 };
    bool good = !json_read(&json, buf_bytes(told)) && json_get_text(&json, "text", &text);
    if (good)
        on_text(context, (struct octavo_text){ (const char *)text.data, text.len });
    json_finish(&json);
    return good;
}

bool octavo_look(struct octavo_session *s, const char *service, const char *edge,
                 octavo_on_text *on_text, void *context) {
    const struct declared_edge *declared = edge_find(s, service, edge);
    const struct connector_sink *sink = declared ? looking_sink(s, declared->url) : NULL;
    struct connector *c = NULL;
    struct buf told = { 0 };
    struct effect_request request = { .json = session_event_json(s), .attempt = 1 };
    struct effect_answer answer = { .verdict = EFFECT_UNKNOWN, .told = &told };
    enum error e = sink ? E_ok : fail(E_config, "edge %s of %s cannot be looked at", edge, service);
    if (!e) {
        struct sink_options options = { .url = declared->url,
                                        .timeout_ms = (int)declared->effects.timeout_ms,
                                        .data_dir = session_options_of(s)->data_dir };
        e = sink->open(&c, &options);
    }
    if (e) {
        error_print();
        return false;
    }
    sink->look(c, &request, &answer);
    sink->close(c);
    bool good = answer.verdict == EFFECT_DONE && told_tell(&told, on_text, context);
    if (!good)
        (void)fprintf(stderr, "octavo: %s\n", answer.reason);
    buf_finish(&told);
    return good;
}
