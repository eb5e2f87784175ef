/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/schemas.h"

#include "runtime/task_fixture.h"

static const char yaml[] =
    "system: bank\n"
    "topics:\n"
    "  moves: { partitions: 4, events: { move: { schema: move.json }, note: { schema: %s } } }\n"
    "  notes: { partitions: 1 }\n"
    "services:\n"
    "  ledger:\n"
    "    handler: bank.ledger\n"
    "    consumes: [moves]\n"
    "    produces: [moves, notes]\n"
    "    tables: { account: { columns: { balance: int } } }\n";

static enum octavo_outcome on_move(struct octavo_step *s) {
    int64_t amount = 0;
    struct octavo_value row = octavo_int_value(1);
    (void)octavo_event_int(s, "amount", &amount);
    octavo_row_put(s, "account", octavo_text(""), &row, 1);
    octavo_event_begin(s, "moves", "note", octavo_event_key(s));
    octavo_put_int(s, "amount", amount);
    octavo_end(s);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = { { "move", on_move }, { NULL, NULL } };

static void schema_put(const char *name, const char *text) {
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s", test_dir(), name);
    CHECK_OK(disk_replace(disk_real(), path, bytes_text(text)));
}

static enum error file_read(void *context, const char *path, struct buf *out) {
    (void)context;
    return disk_read_whole(disk_real(), path, 1 << 20, out);
}

static enum error opened(struct bank *b, const char *note, struct schemas **out) {
    char *text = text_format(yaml, note), *name = text_format("%s/octavo.yaml", test_dir());
    declaration_destroy(b->declaration);
    CHECK_OK(declaration_read(&b->declaration, name, bytes_text(text)));
    free(text);
    free(name);
    return schemas_open(out, &(struct schemas_options){ b->declaration, file_read, NULL, false });
}

static void check_parked(struct bank *b, const struct input *in, const char *reason) {
    task_begin(b->task);
    CHECK_INT(take(b, in), TAKEN_PARKED);
    CHECK_BYTES(task_parked_reason(b->task), bytes_text(reason));
    commit(b);
}

TEST(what_comes_from_outside_and_what_goes_out_is_held_against_its_schema) {
    struct bank b = { 0 };
    struct schemas *schemas;
    schema_put("move.json",
               "{\"required\":[\"amount\"],\"properties\":{\"amount\":{\"minimum\":1}}}");
    schema_put("note.json", "{\"properties\":{\"amount\":{\"maximum\":10}}}");
    CHECK_OK(opened(&b, "note.json", &schemas));
    b.options.schemas = schemas;
    bank_open(&b, "ledger", handlers);
    group(&b, "move", "ann", "{\"amount\":5}");
    struct input in = record(&b, "move", "bob", "{\"amount\":0}");
    check_parked(&b, &in, "its value is not what its schema says: /amount: below the minimum 1");
    in = record(&b, "move", "eve", "{\"amount\":11}");
    check_parked(&b, &in, "an event is not what its schema says: /amount: above the maximum 10");
    in = record(&b, "move", "sue", "{\"amount\":0}"); /* ours: it was checked when it was made */
    in.source = bytes_text("/octavo/bank/other/1/0/1");
    in.sequence = 1;
    task_begin(b.task);
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    commit(&b);
    check_rows(&b, 0, "ann/=1;sue/=1;");
    bank_close(&b);
    schemas_close(schemas);
}

TEST(a_schema_that_cannot_be_read_stops_the_start) {
    struct bank b = { 0 };
    struct schemas *schemas;
    schema_put("move.json", "{}");
    CHECK_ERROR(opened(&b, "none.json", &schemas), E_not_found);
    CHECK_STORY("while reading the schema of note");
    schema_put("note.json", "{\"type\":7}");
    CHECK_ERROR(opened(&b, "note.json", &schemas), E_malformed);
    CHECK_STORY("the value of \"type\"");
    CHECK(schemas_accept(NULL, bytes_text("moves"), bytes_text("move"), bytes_text("{}"), NULL));
    declaration_destroy(b.declaration);
}

static const char edge_yaml[] = "system: bank\n"
                                "topics: { moves: { partitions: 1 } }\n"
                                "services:\n"
                                "  gateway:\n"
                                "    handler: bank.gateway\n"
                                "    tasks: 1\n"
                                "    produces: [moves]\n"
                                "    edges:\n"
                                "      teller:\n"
                                "        url: http://127.0.0.1:0\n"
                                "        routes: { \"POST /moves\": move-asked }\n"
                                "        requests: { move-asked: move.json }\n";

static enum error no_file(void *context, const char *path, struct buf *out) {
    buf_put_text(out, context);
    return strcmp(path, "move.json") ? E_not_found : E_ok;
}

TEST(requests_have_schemas_by_their_edge_and_handlers_may_be_trusted) {
    struct declaration *d;
    struct schemas *schemas;
    struct buf why = { 0 };
    CHECK_OK(declaration_read(&d, "octavo.yaml", bytes_text(edge_yaml)));
    CHECK_OK(
        schemas_open(&schemas, &(struct schemas_options){
                                   .declaration = d,
                                   .read = no_file,
                                   .context = (void *)(uintptr_t) "{\"required\":[\"amount\"]}",
                                   .trusts_handlers = true,
                               }));
    struct bytes edge = bytes_text("edge:teller"), type = bytes_text("move-asked");
    CHECK(schemas_accept(schemas, edge, type, bytes_text("{\"amount\":1}"), &why));
    CHECK(!schemas_accept(schemas, edge, type, bytes_text("{}"), &why));
    CHECK(strstr(buf_text(&why), "amount"));
    CHECK(schemas_accept(schemas, bytes_text("edge:other"), type, bytes_text("{}"), &why));
    CHECK(schemas_promise(schemas, edge, type, bytes_text("{}"), &why));
    buf_finish(&why);
    schemas_close(schemas);
    declaration_destroy(d);
}
