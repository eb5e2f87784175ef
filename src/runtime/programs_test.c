/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A program as the handlers of a task, over the real store. */
#include "runtime/programs.h"

#include "runtime/task_fixture.h"
#include "values/json.h"

#include <signal.h>
#include <sys/stat.h>

static const char counter_yaml[] =
    "system: bank\n"
    "topics: { moves: { partitions: 4 }, notes: { partitions: 1 } }\n"
    "services:\n"
    "  ledger:\n"
    "    handler: program:python3 p.py\n"
    "    consumes: [moves]\n"
    "    produces: [moves, notes]\n"
    "    budget: %s\n"
    "    tables:\n"
    "      account: { columns: { balance: int, name: text } }\n"
    "      posting: { log: true, scope: partition, columns: { amount: int, note: text } }\n"
    "%s";

/* What every program of these tests begins and ends with. */
static const char head[] =
    "import sys, json, os, signal, time\n"
    "def out(o): sys.stdout.write(json.dumps(o) + '\\n'); sys.stdout.flush()\n"
    "def get(n, table, sub):\n"
    "    out({'n': n, 'get': [table, sub]})\n"
    "    return json.loads(sys.stdin.readline())['row']\n"
    "sys.stdin.readline()\n"
    "out({'octavo': 1, 'handles': ['move', 'crash', 'bad', 'slow', 'timer:later', 'parkme']})\n"
    "for line in sys.stdin:\n"
    "    e = json.loads(line); n = e['n']; t = e['type']; d = e['data']; r = e['rows']\n";

static const char move[] =
    "    if t == 'move':\n"
    "        a = r['account'].get('', {'balance': 0, 'name': e['key']})\n"
    "        a['balance'] += d['amount']\n"
    "        out({'n': n, 'rows': {'account': {'': a}},\n"
    "             'log': {'posting': [{'amount': d['amount'], 'note': t}]},\n"
    "             'events': [{'topic': 'notes', 'type': 'noted', 'data': {'balance': a['balance'], "
    "'yes': True, 'no': None}}]})\n";

struct programmed_bank {
    struct bank bank;
    const struct octavo_service *code;
};

static void program_write_file(const char *body) {
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/p.py", test_dir());
    FILE *f = fopen(path, "we");
    CHECK(f != NULL);
    (void)fprintf(f, "%s%s", head, body);
    (void)fclose(f);
}

static void given(struct programmed_bank *b, const char *body, const char *budget,
                  const char *tables) {
    char *yaml = text_format(counter_yaml, budget, tables);
    char *name = text_format("%s/octavo.yaml", test_dir());
    (void)signal(SIGPIPE, SIG_IGN);
    program_write_file(body);
    CHECK_OK(declaration_read(&b->bank.declaration, name, bytes_text(yaml)));
    struct programs_options o = { b->bank.declaration, b->bank.declaration->services,
                                  clock_real() };
    CHECK_OK(programs_open(&b->code, &o));
    CHECK(programs_is(b->code));
    bank_open(&b->bank, "ledger", b->code->handlers);
    free(yaml);
    free(name);
}

static void closed(struct programmed_bank *b) {
    bank_close(&b->bank);
    programs_close(b->code);
}

struct given_event {
    const char *type, *key, *json;
};

/* A group as the turn takes it: all foreseen, then each at its turn. */
static void group_ahead(struct programmed_bank *b, const struct given_event *events, size_t count,
                        enum taken *taken) {
    struct input in[64];
    static char ids[64][32];
    bool full = false;
    task_begin(b->bank.task);
    programs_foresee_begin(b->code);
    for (size_t i = 0; i < count; i++) {
        in[i] = record(&b->bank, events[i].type, events[i].key, events[i].json);
        (void)snprintf(ids[i], sizeof(ids[i]), "%.*s", (int)in[i].id.len,
                       (const char *)in[i].id.data);
        in[i].id = bytes_text(ids[i]);
        CHECK_OK(programs_foresee(b->code, b->bank.task, &in[i], &full));
    }
    programs_foresee_send(b->code);
    for (size_t i = 0; i < count; i++)
        CHECK_OK(task_take(b->bank.task, &in[i], &taken[i]));
    commit(&b->bank);
}

TEST(a_program_handles_events_as_a_handler_in_c_does) {
    struct programmed_bank b = { 0 };
    given(&b, move, "5s", "");
    group(&b.bank, "move", "ann", "{\"amount\":5}");
    CHECK(b.bank.committed.outbox.len > 0);
    group(&b.bank, "move", "ann", " {\n \"amount\":7}\n");
    group(&b.bank, "move", "bob", "{\"amount\":-1}");
    check_rows(&b.bank, 0, "ann/=12,ann;bob/=-1,bob;");
    check_rows(&b.bank, 1, "2/1=5,move;2/2=7,move;2/3=-1,move;");
    closed(&b);
}

TEST(events_of_different_keys_are_under_way_together_and_of_one_key_in_order) {
    static const struct given_event events[] = {
        { "move", "a", "{\"amount\":1}" },  { "move", "b", "{\"amount\":2}" },
        { "move", "a", "{\"amount\":4}" },  { "move", "c", "{\"amount\":8}" },
        { "move", "a", "{\"amount\":16}" }, { "move", "b", "{\"amount\":32}" },
    };
    enum taken taken[6];
    struct programmed_bank b = { 0 };
    given(&b, move, "5s", "");
    for (int i = 0; i < 2; i++)
        group_ahead(&b, events, 6, taken);
    check_rows(&b.bank, 0, "a/=42,a;b/=68,b;c/=16,c;");
    struct programs_counts counts = programs_counts(b.code);
    CHECK_INT((int)counts.foreseen, 6); /* a, b, c of each group */
    CHECK_INT((int)counts.asked, 6);
    closed(&b);
}

/* What is foreseen changes no result: the same events in many orders, some dropped as repeats. */
TEST(foreseen_or_not_the_outcome_is_the_same) {
    uint64_t seed = test_seed();
    struct programmed_bank b = { 0 };
    int64_t balances[5] = { 0 };
    char wanted[256] = "";
    given(&b, move, "5s", "");
    for (int round = 0; round < 20; round++) {
        struct given_event events[16];
        char keys[16][4], values[16][64];
        enum taken taken[16];
        for (int i = 0; i < 16; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            int k = (int)(seed >> 33) % 5, amount = (int)(seed >> 40) % 100;
            (void)snprintf(keys[i], sizeof(keys[i]), "k%d", k);
            (void)snprintf(values[i], sizeof(values[i]), "{\"amount\":%d}", amount);
            events[i] = (struct given_event){ "move", keys[i], values[i] };
            balances[k] += amount;
        }
        group_ahead(&b, events, 16, taken);
    }
    for (int k = 0; k < 5; k++) {
        char row[40];
        (void)snprintf(row, sizeof(row), "k%d/=%lld,k%d;", k, (long long)balances[k], k);
        (void)snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "%s", row);
    }
    check_rows(&b.bank, 0, wanted);
    closed(&b);
}

static const char hostile[] =
    "    elif t == 'crash': sys.stderr.write('no such thing\\n'); sys.stderr.flush(); os._exit(3)\n"
    "    elif t == 'slow': time.sleep(1000)\n"
    "    elif t == 'parkme': out({'n': n, 'outcome': 'park', 'reason': 'not today'})\n"
    "    elif t == 'bad':\n"
    "        w = d['what']\n"
    "        if w == 'json': sys.stdout.write('nonsense\\n'); sys.stdout.flush()\n"
    "        elif w == 'table': out({'n': n, 'rows': {'nowhere': {'': {}}}})\n"
    "        elif w == 'column': out({'n': n, 'rows': {'account': {'': {'size': 1}}}})\n"
    "        elif w == 'kind': out({'n': n, 'rows': {'account': {'': {'balance': 'much'}}}})\n"
    "        elif w == 'topic': out({'n': n, 'events': [{'topic': 'moon', 'type': 'x'}]})\n"
    "        elif w == 'twice': out({'n': n}); out({'n': n}); out({'n': n})\n"
    "        elif w == 'number': out({'n': n + 1})\n"
    "        elif w == 'get': out({'n': n, 'get': ['account', '']})\n"
    "        elif w == 'long': sys.stdout.write('x' * 5000000); sys.stdout.flush()\n"
    "        elif w == 'float': out({'n': n, 'events': [{'topic': 'notes', 'type': 'x', 'data': "
    "{'a': 1.5}}]})\n"
    "        elif w == 'log': out({'n': n, 'log': {'account': [{}]}})\n"
    "        elif w == 'timer': out({'n': n, 'timers': [{'name': '', 'at': 1}]})\n"
    "        elif w == 'edge': out({'n': n, 'effects': [{'edge': 'nope', 'type': 'x'}]})\n"
    "        elif w == 'reply': out({'n': n, 'replies': [{'data': {}}]})\n";

static void check_parked(struct programmed_bank *b, const char *what, const char *reason) {
    char json[64], key[32];
    (void)snprintf(json, sizeof(json), "{\"what\":\"%s\"}", what);
    (void)snprintf(key, sizeof(key), "bad-%s", what);
    struct input in = record(&b->bank, "bad", key, json);
    task_begin(b->bank.task);
    CHECK_INT(take(&b->bank, &in), TAKEN_PARKED);
    char *why = text_copy_bytes(task_parked_reason(b->bank.task));
    if (!strstr(why, reason))
        CHECK_TEXT(why, reason);
    free(why);
    commit(&b->bank);
}

TEST(what_a_program_gets_wrong_parks_the_event_and_nothing_else) {
    struct programmed_bank b = { 0 };
    char *body = text_format("%s%s", move, hostile);
    given(&b, body, "5s", "");
    group(&b.bank, "move", "ann", "{\"amount\":5}");
    check_parked(&b, "json", "the program: json: line 1, byte 1: a value expected");
    check_parked(&b, "table", "table \"nowhere\" is not declared");
    check_parked(&b, "column", "a row of table \"account\" has a column that is not declared");
    check_parked(&b, "kind", "column \"balance\" of table \"account\" is an int");
    check_parked(&b, "topic", "topic \"moon\" is not among the declared");
    check_parked(&b, "number", "an answer has `n`");
    check_parked(&b, "get", "no table is declared with `ask`");
    check_parked(&b, "long", "it wrote a line of over 2097152 bytes");
    check_parked(&b, "float", "`events` of an answer is not what is described");
    check_parked(&b, "log", "table \"account\" is not a log");
    check_parked(&b, "timer", "a timer's name is empty");
    check_parked(&b, "edge", "edge \"nope\" is not declared");
    check_parked(&b, "reply", "a reply, in a service that has no edge");
    group(&b.bank, "move", "ann", "{\"amount\":5}");
    check_rows(&b.bank, 0, "ann/=10,ann;");
    free(body);
    closed(&b);
}

/* One answer too many is what the next event seems to get: it is asked again, afresh. */
TEST(an_answer_too_many_harms_nobody) {
    struct programmed_bank b = { 0 };
    char *body = text_format("%s%s", move, hostile);
    given(&b, body, "5s", "");
    group(&b.bank, "bad", "k", "{\"what\":\"twice\"}");
    group(&b.bank, "move", "ann", "{\"amount\":5}");
    check_rows(&b.bank, 0, "ann/=5,ann;");
    CHECK_INT((int)programs_counts(b.code).restarts, 1);
    free(body);
    closed(&b);
}

TEST(one_that_crashes_parks_its_event_with_its_last_words_and_the_others_are_done) {
    static const struct given_event events[] = {
        { "move", "a", "{\"amount\":1}" }, { "crash", "x", "{}" },
        { "move", "b", "{\"amount\":2}" }, { "move", "x", "{\"amount\":9}" },
        { "parkme", "y", "{}" },           { "move", "c", "{\"amount\":3}" },
    };
    enum taken taken[6];
    struct programmed_bank b = { 0 };
    char *body = text_format("%s%s", move, hostile);
    given(&b, body, "5s", "");
    group_ahead(&b, events, 6, taken);
    CHECK_INT(taken[0], TAKEN_HANDLED);
    CHECK_INT(taken[1], TAKEN_PARKED);
    CHECK_INT(taken[3], TAKEN_PARKED); /* behind it */
    CHECK_INT(taken[4], TAKEN_PARKED);
    CHECK_INT(taken[5], TAKEN_HANDLED);
    check_rows(&b.bank, 0, "a/=1,a;b/=2,b;c/=3,c;");
    struct input in = record(&b.bank, "crash", "z", "{}");
    task_begin(b.bank.task);
    CHECK_INT(take(&b.bank, &in), TAKEN_PARKED);
    CHECK_BYTES(task_parked_reason(b.bank.task),
                bytes_text("the program: it has ended by exit code 3; it said: no such thing"));
    commit(&b.bank);
    free(body);
    closed(&b);
}

TEST(a_kill_of_the_program_is_nobodys_fault) {
    static const struct given_event events[] = {
        { "move", "a", "{\"amount\":1}" },
        { "move", "b", "{\"amount\":2}" },
        { "move", "c", "{\"amount\":3}" },
    };
    enum taken taken[3];
    struct programmed_bank b = { 0 };
    char *body = text_format("    if not os.path.exists('killed') and e['key'] == 'b':\n"
                             "        open('killed', 'w').close(); os.kill(os.getpid(), 9)\n%s",
                             move);
    given(&b, body, "5s", "");
    group_ahead(&b, events, 3, taken);
    for (int i = 0; i < 3; i++)
        CHECK_INT(taken[i], TAKEN_HANDLED);
    check_rows(&b.bank, 0, "a/=1,a;b/=2,b;c/=3,c;");
    CHECK_INT((int)programs_counts(b.code).restarts, 1);
    free(body);
    closed(&b);
}

TEST(rows_of_the_partition_are_asked_for) {
    struct programmed_bank b = { 0 };
    given(&b,
          "    total = get(n, 'total', '') or {'balance': 0}\n"
          "    line = get(n, 'line', str(d['amount'])) or {'seen': 0}\n"
          "    total['balance'] += d['amount']; line['seen'] += 1\n"
          "    assert 'line' not in r and 'total' not in r\n"
          "    out({'n': n, 'rows': {'total': {'': total}, 'line': {str(d['amount']): line}}})\n",
          "5s",
          "      total: { scope: partition, columns: { balance: int } }\n"
          "      line: { ask: true, columns: { seen: int } }\n");
    static const struct given_event events[] = {
        { "move", "a", "{\"amount\":1}" },
        { "move", "b", "{\"amount\":2}" },
        { "move", "a", "{\"amount\":1}" },
    };
    enum taken taken[3];
    group_ahead(&b, events, 3, taken);
    check_rows(&b.bank, 2, "2/=4;");
    check_rows(&b.bank, 3, "a/1=2;b/2=1;");
    CHECK_INT((int)programs_counts(b.code).foreseen, 0);
    closed(&b);
}

TEST(all_rows_of_a_key_are_given_also_what_the_group_has_made_of_them) {
    struct programmed_bank b = { 0 };
    given(&b,
          "    line = r['line']\n"
          "    if 'drop' in d: out({'n': n, 'delete': {'line': [d['drop']]}, 'rows': {'account': "
          "{'': {'balance': len(line), 'name': ' '.join(sorted(line))}}}})\n"
          "    else: out({'n': n, 'rows': {'line': {d['sub']: {'seen': 1}}, 'account': {'': "
          "{'balance': len(line)}}}})\n",
          "5s", "      line: { columns: { seen: int } }\n");
    group(&b.bank, "move", "a", "{\"sub\":\"1\"}");
    task_begin(b.bank.task);
    take_record(&b.bank, "move", "a", "{\"sub\":\"2\"}");
    take_record(&b.bank, "move", "b", "{\"sub\":\"9\"}");
    take_record(&b.bank, "move", "a", "{\"sub\":\"3\\u00e9\"}");
    take_record(&b.bank, "move", "a", "{\"drop\":\"1\"}");
    take_record(&b.bank, "move", "a", "{\"drop\":\"2\"}");
    commit(&b.bank);
    check_rows(&b.bank, 0, "a/=2,2 3\xc3\xa9;b/=0,;");
    check_rows(&b.bank, 2, "a/3\xc3\xa9=1;b/9=1;");
    closed(&b);
}

TEST(more_rows_than_may_be_sent_park_the_event_and_say_what_to_declare) {
    struct programmed_bank b = { 0 };
    given(&b,
          "    out({'n': n, 'rows': {'line': {str(i): {'seen': i} for i in range(d['from'], "
          "d['to'])}}})\n",
          "5s", "      line: { columns: { seen: int } }\n");
    group(&b.bank, "move", "a", "{\"from\":0,\"to\":1000}");
    group(&b.bank, "move", "a", "{\"from\":1000,\"to\":1001}");
    struct input in = record(&b.bank, "move", "a", "{\"from\":0,\"to\":1}");
    task_begin(b.bank.task);
    CHECK_INT(take(&b.bank, &in), TAKEN_PARKED);
    char *why = text_copy_bytes(task_parked_reason(b.bank.task));
    CHECK_TEXT(why, "the program: its key has over 1000 rows or 1048576 bytes of them in table "
                    "line: declare `ask: true` there");
    free(why);
    commit(&b.bank);
    CHECK_INT((int)programs_counts(b.code).restarts, 0);
    closed(&b);
}

TEST(one_that_is_silent_parks_the_event_after_its_budget) {
    struct programmed_bank b = { 0 };
    char *body = text_format("%s%s", move, hostile);
    given(&b, body, "300ms", "");
    check_parked(&b, "silence", "it did not answer within 300 ms");
    CHECK_INT((int)programs_counts(b.code).restarts, 1);
    free(body);
    closed(&b);
}

/* ---- effects and their ids */

static const char mailing[] =
    "    if t == 'move':\n"
    "        out({'n': n, 'effects': [{'edge': 'mail', 'type': 'mail'}, {'edge': 'mail', 'type': "
    "'mail'}],\n"
    "             'events': [{'topic': 'notes', 'type': 'noted', 'data': {}, 'effect_ids': "
    "{'mail': "
    "d['which']}}]})\n";

static const char mail_edge[] = "    edges: { mail: { url: \"file:out\", class: natural } }\n";

TEST(an_event_may_have_the_id_of_an_effect_that_its_answer_asks_for) {
    struct programmed_bank b = { 0 };
    struct out_event event;
    struct json json;
    struct bytes id;
    given(&b, mailing, "5s", mail_edge);
    group(&b.bank, "move", "ann", "{\"which\":1}");
    struct cursor in = cursor_on(b.bank.committed.outbox);
    CHECK_OK(outbox_unpack(&in, &event));
    CHECK_OK(json_read(&json, event.value));
    CHECK(json_get_text(&json, "mail", &id));
    CHECK(id.len > 10 && !bytes_equal(id, event.id));
    json_finish(&json);
    closed(&b);
}

TEST(an_effect_that_the_answer_does_not_ask_for_parks_its_event) {
    struct programmed_bank b = { 0 };
    given(&b, mailing, "5s", mail_edge);
    task_begin(b.bank.task);
    struct input in = record(&b.bank, "move", "ann", "{\"which\":2}");
    CHECK_INT(take(&b.bank, &in), TAKEN_PARKED);
    CHECK_BYTES(task_parked_reason(b.bank.task),
                bytes_text("an event names an effect that the answer does not ask for"));
    commit(&b.bank);
    closed(&b);
}
