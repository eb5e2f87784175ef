/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A line of a file of events, given to the system on trial. */
#include "trial_inside.h"

#include "values/json_tree.h"

static const int64_t TIME_MOST_MS = 253402300799999; /* 9999-12-31T23:59:59.999Z */

struct fed {
    struct arena *arena;
    const struct json_tree *line;
    const char *name;
    int number;
};

static struct bytes text_member(const struct fed *f, const char *name, const char *absent) {
    const struct json_tree *value = json_tree_find(f->line, name);
    return value && value->kind == TREE_TEXT ? value->text : bytes_text(absent);
}

static enum error line_wrong(const struct fed *f, const char *what) {
    enum error e = fail(E_usage, "%s:%d: %s", f->name, f->number, what);
    fail_try(
        "{\"topic\":\"order\",\"type\":\"order-placed\",\"key\":\"o-1\",\"data\":{\"total\":12}}");
    return e;
}

enum { TEXTS = 5 };

static enum error members_check(const struct fed *f) {
    static const char *const known[] = { "topic", "service", "type", "key", /* texts */
                                         "id",    "data",    "time", "wait_ms" };
    if (f->line->kind != TREE_OBJECT)
        return line_wrong(f, "no JSON object");
    for (const struct json_tree *m = f->line->first; m; m = m->next) {
        size_t i = 0;
        while (i < sizeof(known) / sizeof(known[0]) && !bytes_is_text(m->name, known[i]))
            i++;
        if (i == sizeof(known) / sizeof(known[0]))
            return line_wrong(f, "it has a member that is not one of topic, service, type, key, "
                                 "data, id, time, wait_ms");
        if (i < TEXTS && m->kind != TREE_TEXT)
            return line_wrong(f, "topic, service, type, key and id are texts");
    }
    return E_ok;
}

static bool is_time(const struct json_tree *value) {
    return !value || (value->is_integer && value->integer >= 0 && value->integer <= TIME_MOST_MS);
}

static enum error line_time(struct trial *t, const struct fed *f) {
    const struct json_tree *time = json_tree_find(f->line, "time");
    const struct json_tree *wait = json_tree_find(f->line, "wait_ms");
    if (!is_time(time) || !is_time(wait))
        return line_wrong(f, "`time` and `wait_ms` are whole numbers of milliseconds, not below 0 "
                             "nor beyond the year 9999");
    if (time)
        TRY(trial_time_pass(t, time->integer));
    return wait ? trial_time_pass(t, t->now_ms + wait->integer) : E_ok;
}

static struct input input_of(struct trial *t, const struct fed *f) {
    struct buf text = { 0 };
    const struct json_tree *data = json_tree_find(f->line, "data");
    buf_print(&text, "%s:%d", f->name, f->number);
    struct bytes id = arena_copy(f->arena, buf_bytes(&text));
    buf_clear(&text);
    if (data)
        json_tree_write(&text, data);
    struct bytes json = arena_copy(f->arena, data ? buf_bytes(&text) : bytes_text("{}"));
    buf_finish(&text);
    struct bytes own = text_member(f, "id", "");
    return (struct input){
        .type = text_member(f, "type", ""),
        .id = own.len ? own : id,
        .key = text_member(f, "key", ""),
        .json = data && data->kind == TREE_NULL ? (struct bytes){ 0 } : json,
        .time_ms = t->now_ms,
    };
}

/* A request, as its edge would make it: to the first task that takes them. */
static enum error request_feed(struct trial *t, const struct fed *f, struct input *in) {
    struct bytes name = text_member(f, "service", "");
    in->kind = INPUT_REQUEST;
    if (!in->key.len)
        in->key = in->id;
    in->id = in->key;
    for (size_t i = 0; i < t->declaration->service_count; i++)
        if (bytes_is_text(name, t->services[i].declared->name)) {
            TRY(trial_input_give(t, &t->services[i], 0, in));
            return trial_queue_run(t);
        }
    return line_wrong(f, "no such service is declared");
}

static enum error record_feed(struct trial *t, const struct fed *f, struct input *in) {
    const char *topic = arena_text(f->arena, text_member(f, "topic", ""));
    const struct declared_topic *declared = declaration_topic(t->declaration, topic);
    if (!declared)
        return line_wrong(f, "no such topic is declared");
    in->kind = INPUT_RECORD;
    in->topic = bytes_text(topic);
    in->partition = partition_of_key(in->key, declared->partitions);
    in->offset = trial_offset_next(t, topic, in->partition);
    TRY(trial_record_give(t, in));
    return trial_queue_run(t);
}

static enum error line_feed(struct trial *t, const struct fed *f) {
    TRY(members_check(f));
    TRY(line_time(t, f));
    bool has_topic = json_tree_find(f->line, "topic"),
         has_service = json_tree_find(f->line, "service");
    if (!has_topic && !has_service && json_tree_find(f->line, "wait_ms"))
        return E_ok;
    if (has_topic == has_service || !text_member(f, "type", "").len)
        return line_wrong(f, "a `type`, and a `topic` or a `service`, are wanted");
    struct input in = input_of(t, f);
    return has_topic ? record_feed(t, f, &in) : request_feed(t, f, &in);
}

enum error trial_feed(struct trial *t, struct bytes line, const char *name, int number) {
    struct arena arena = { 0 };
    struct json_tree *tree;
    struct fed f = { &arena, NULL, name, number };
    enum error e = json_tree_read(&tree, &arena, line);
    if (e)
        fail_while("reading %s:%d", name, number);
    f.line = tree;
    if (!e) {
        e = line_feed(t, &f);
        if (e && e != E_usage)
            fail_while("feeding %s:%d", name, number);
    }
    arena_finish(&arena);
    return e;
}
