/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The journal's line as it grows. The last run of records is held back until it ends. */
#include "runtime/journal.h"

#include "runtime/task.h"
#include "values/json.h"
#include "values/utf8.h"

#include <stdio.h>

static void entry_begin(struct journal *j) {
    buf_put_text(&j->text, j->text.len ? "," : "[");
    json_begin(&j->text);
    if (j->text.len > sizeof("[") || !j->version)
        return;
    json_put_text(&j->text, "version", bytes_text(j->version));
    json_end(&j->text);
    buf_put_text(&j->text, ",");
    json_begin(&j->text);
}

static bool is_json_text(struct bytes text) {
    for (size_t i = 0, len; i < text.len; i += len) {
        len = utf8_sequence_len(text.data + i, text.len - i);
        if (!len || !text.data[i])
            return false;
    }
    return true;
}

/* Keys are bytes of somebody else's: what JSON cannot hold stands as digits, or a replay would take
 * in another key. */
void journal_put_text(struct buf *out, const char *name, struct bytes text) {
    char hex_name[32];
    struct buf digits = { 0 };
    if (is_json_text(text)) {
        json_put_text(out, name, text);
        return;
    }
    for (size_t i = 0; i < text.len; i++)
        buf_print(&digits, "%02x", text.data[i]);
    (void)snprintf(hex_name, sizeof(hex_name), "%s_hex", name);
    json_put_text(out, hex_name, buf_bytes(&digits));
    buf_finish(&digits);
}

static void run_end(struct journal *j) {
    if (!j->run.place)
        return;
    entry_begin(j);
    json_put_text(&j->text, "topic", j->run.place->topic);
    json_put_int(&j->text, "partition", j->run.place->partition);
    json_put_int(&j->text, "from", j->run.from);
    json_put_int(&j->text, "to", j->run.to);
    if (j->run.records != j->run.to - j->run.from + 1)
        json_put_int(&j->text, "records", j->run.records);
    json_end(&j->text);
    j->run.place = NULL;
}

void journal_ahead(struct journal *j, const struct place *place, int64_t offset, int64_t at_ms) {
    run_end(j);
    entry_begin(j);
    json_put_text(&j->text, "ahead", place->topic);
    json_put_int(&j->text, "partition", place->partition);
    json_put_int(&j->text, "offset", offset);
    json_put_int(&j->text, "at", at_ms);
    json_end(&j->text);
}

void journal_record(struct journal *j, const struct place *place, int64_t offset) {
    if (j->run.place != place) {
        run_end(j);
        j->run = (struct journal_run){ place, offset, offset, 0 };
    }
    j->run.to = offset;
    j->run.records++;
}

/* The request's own object stands inside: it was read as JSON before. */
void journal_request(struct journal *j, const struct journal_request *r) {
    run_end(j);
    entry_begin(j);
    journal_put_text(&j->text, "request", r->id);
    journal_put_text(&j->text, "type", r->type);
    json_put_int(&j->text, "at", r->at_ms);
    buf_put_text(&j->text, ",\"json\":");
    buf_put_bytes(&j->text, r->json);
    json_end(&j->text);
}

/* As with a request: whoever made the item has read its object. */
void journal_item(struct journal *j, const struct journal_request *r) {
    run_end(j);
    entry_begin(j);
    journal_put_text(&j->text, "item", r->id);
    journal_put_text(&j->text, "edge", r->edge);
    journal_put_text(&j->text, "key", r->key);
    journal_put_text(&j->text, "type", r->type);
    json_put_int(&j->text, "at", r->at_ms);
    journal_put_text(&j->text, "position", r->position);
    buf_put_text(&j->text, ",\"json\":");
    buf_put_bytes(&j->text, r->json);
    json_end(&j->text);
}

void journal_timer(struct journal *j, const struct timer_row *t) {
    run_end(j);
    entry_begin(j);
    journal_put_text(&j->text, "timer", t->name);
    journal_put_text(&j->text, "key", t->key);
    json_put_int(&j->text, "due", t->due_ms);
    json_end(&j->text);
}

/* Its object stands inside, as a request's: the runtime has built it. */
void journal_outcome(struct journal *j, struct bytes outcome, const struct input *in) {
    static const size_t lead = sizeof("effect:") - 1;
    run_end(j);
    entry_begin(j);
    journal_put_text(&j->text, "outcome", outcome);
    journal_put_text(&j->text, "effect", in->id);
    journal_put_text(&j->text, "edge", bytes_part(in->type, lead, in->type.len - lead));
    journal_put_text(&j->text, "key", in->key);
    json_put_int(&j->text, "at", in->time_ms);
    buf_put_text(&j->text, ",\"json\":");
    buf_put_bytes(&j->text, in->json);
    json_end(&j->text);
}

void journal_command(struct journal *j, const char *command, struct bytes effect, int64_t at_ms) {
    run_end(j);
    entry_begin(j);
    json_put_text(&j->text, "command", bytes_text(command));
    journal_put_text(&j->text, "effect", effect);
    json_put_int(&j->text, "at", at_ms);
    json_end(&j->text);
}

void journal_unpark(struct journal *j, const struct input *in) {
    run_end(j);
    entry_begin(j);
    json_put_int(&j->text, "unpark", in->offset);
    json_put_text(&j->text, "do", in->type);
    json_put_text(&j->text, "by", in->source);
    json_put_int(&j->text, "at", in->time_ms);
    json_end(&j->text);
}

bool journal_is_empty(const struct journal *j) {
    return j->text.len == 0 && !j->run.place;
}

struct bytes journal_line(struct journal *j) {
    run_end(j);
    buf_put_byte(&j->text, ']');
    return buf_bytes(&j->text);
}

void journal_keep(struct journal *j) {
    j->kept_len = j->text.len;
    j->kept_run = j->run;
}

void journal_stored(struct journal *j) {
    if (j->text.len)
        j->version = NULL;
    buf_clear(&j->text);
    j->run = (struct journal_run){ 0 };
    journal_keep(j);
}

void journal_drop(struct journal *j) {
    j->text.len = j->kept_len;
    j->run = j->kept_run;
}

void journal_finish(struct journal *j) {
    buf_finish(&j->text);
}
