/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Asking another service and being answered, by events: the question names its task in the header
 * octavo-asker, "SERVICE/TASK", the answer carries that as octavo-answers. Tasks without a group
 * read every partition, so each answer reaches all of them, and only the one that is named takes
 * it. A deadline is a timer that the asker sets. */
#include "runtime/step.h"
#include "runtime/task_inside.h"

#include <stdio.h>
#include <string.h>

enum { ASKER_MAX = 128 }; /* SERVICE/TASK; a longer one is nobody's of ours */

void octavo_ask_begin(struct octavo_step *s, const char *topic, const char *type,
                      struct octavo_text key) {
    char asker[ASKER_MAX];
    octavo_event_begin(s, topic, type, key);
    int len = snprintf(asker, sizeof(asker), "%s/%d", s->task->options.service->name,
                       s->task->options.task);
    s->asker = arena_copy(&s->task->arena, bytes_of(asker, (size_t)len));
}

void octavo_answer_begin(struct octavo_step *s, const char *topic, const char *type,
                         struct octavo_text key) {
    octavo_event_begin(s, topic, type, key);
    if (s->in->asker.len && s->in->asker.len < ASKER_MAX)
        s->answers = s->in->asker;
}

bool task_is_answered(const struct task *t, const struct input *in) {
    char own[ASKER_MAX];
    const struct declared_service *service = t->options.service;
    size_t name_len = strlen(service->name);
    if (!service->tasks || in->answers.len <= name_len || in->answers.data[name_len] != '/'
        || memcmp(in->answers.data, service->name, name_len) != 0)
        return true; /* nobody is named, or somebody else: an event like any other */
    (void)snprintf(own, sizeof(own), "%s/%d", service->name, t->options.task);
    return bytes_is_text(in->answers, own);
}
