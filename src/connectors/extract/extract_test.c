/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A run becomes one file of the archive, whole, once; and what cannot be one says why. */
#include "extract/extract.h"

#include "base/disk.h"
#include "base/test.h"
#include "extract/archive.h"
#include "extract/tries.h"
#include "values/json.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

static struct effect_answer answer;
static struct buf told;

static void database(const char *sql) {
    sqlite3 *db;
    char *path = text_format("%s/bank.db", test_dir()), *wrong = NULL;
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &wrong) != SQLITE_OK)
        test_failed(__FILE__, __LINE__, "%s", wrong);
    sqlite3_close(db);
    free(path);
}

static struct connector *open_with(int timeout_ms) {
    struct connector *c;
    char *places = text_format("%s/places", test_dir());
    struct sink_options options = { .url = "extract:archive",
                                    .timeout_ms = timeout_ms,
                                    .data_dir = test_dir() };
    CHECK_OK(disk_replace(disk_real(), places, bytes_text("# places\nbank sqlite:bank.db\n")));
    CHECK_OK(extract_sink.open(&c, &options));
    free(places);
    return c;
}

/* The definition is given as its members: "query":"SELECT 1" and so on. */
static enum effect_verdict act(struct connector *c, const char *run, const char *members,
                               bool asks) {
    struct buf json = { 0 };
    char *definition = text_format("{\"source\":\"bank\",%s}", members);
    json_begin(&json);
    json_put_text(&json, "run", bytes_text(run));
    json_put_text(&json, "extract", bytes_text("x"));
    json_put_int(&json, "from", 1000);
    json_put_int(&json, "until", 1795395600000);
    json_put_text(&json, "definition", bytes_text(definition));
    json_end(&json);
    struct effect_request r = { .id = bytes_text("id"), .json = buf_bytes(&json), .attempt = 1 };
    buf_clear(&told);
    answer = (struct effect_answer){ .verdict = EFFECT_UNKNOWN, .told = &told };
    (asks ? extract_sink.ask : extract_sink.perform)(c, &r, &answer);
    buf_finish(&json);
    free(definition);
    return answer.verdict;
}

/* What the run's file is, by what was told. */
static const char *content(void) {
    static struct buf out;
    struct json json;
    struct bytes path;
    CHECK_OK(json_read(&json, buf_bytes(&told)));
    CHECK(json_get_text(&json, "path", &path));
    char *whole = text_format("%s/archive/%.*s", test_dir(), (int)path.len, path.data);
    buf_clear(&out);
    CHECK_OK(disk_read_whole(disk_real(), whole, 64 << 20, &out));
    json_finish(&json);
    free(whole);
    return buf_text(&out);
}

static void check_content(const char *members, const char *wanted) {
    static int run;
    struct connector *c = open_with(10000);
    char *name = text_format("x@%d.1", ++run);
    if (act(c, name, members, false) != EFFECT_DONE)
        test_failed(__FILE__, __LINE__, "%s: %s", members, answer.reason);
    CHECK_TEXT(content(), wanted);
    extract_sink.close(c);
    free(name);
}

static void check_refused(const char *members, const char *reason) {
    struct connector *c = open_with(10000);
    bool there;
    struct archived archived;
    struct disk *d;
    CHECK_INT(act(c, "x@bad.1", members, false), EFFECT_REFUSED);
    if (!strstr(answer.reason, reason))
        test_failed(__FILE__, __LINE__, "%s: %s", members, answer.reason);
    char *path = text_format("%s/archive", test_dir());
    if (!disk_beneath(path, &d)) {
        CHECK_OK(archive_look(d, "x@bad.1", &there, &archived));
        CHECK(!there);
        disk_beneath_close(d);
    }
    free(path);
    CHECK_INT(act(c, "x@bad.1", members, true), EFFECT_AGAIN);
    extract_sink.close(c);
}

static const char people[] =
    "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT, pay REAL, photo BLOB);"
    "INSERT INTO p VALUES (1, 'Jana', 0.1, x'00ff'), (2, NULL, NULL, NULL), (3, '', 1e300, x'');";

TEST(rows_become_csv_as_rfc_4180_has_it_and_a_second_time_nothing_happens) {
    database(people);
    struct connector *c = open_with(10000);
    const char *query = "\"query\":\"SELECT id, name, pay, photo FROM p ORDER BY id\"";
    CHECK_INT(act(c, "x@1.1", query, true), EFFECT_AGAIN);
    CHECK_INT(act(c, "x@1.1", query, false), EFFECT_DONE);
    CHECK_TEXT(content(), "id,name,pay,photo\r\n1,Jana,0.1,\\x00ff\r\n2,,,\r\n"
                          "3,\"\",1e+300,\\x\r\n");
    char *first = text_copy(buf_text(&told));
    CHECK(strstr(first, "{\"rows\":3,\"bytes\":"));
    database("DELETE FROM p");
    CHECK_INT(act(c, "x@1.1", query, false), EFFECT_DONE);
    CHECK_TEXT(buf_text(&told), first);
    CHECK_INT(act(c, "x@1.1", query, true), EFFECT_DONE);
    CHECK_TEXT(buf_text(&told), first);
    free(first);
    extract_sink.close(c);
}

TEST(null_empty_and_the_word_null_differ_and_quotes_and_ends_of_lines_survive) {
    database("CREATE TABLE t (a TEXT); INSERT INTO t VALUES (NULL), (''), ('NULL'), ('a\"b'),"
             " ('x' || char(13) || 'y'), ('x' || char(10) || 'y'), ('a,b'), (' a'), ('a '),"
             " (char(65279) || 'bom'), ('\xf0\x9f\x98\x80'), ('=cmd|1')");
    check_content("\"query\":\"SELECT a FROM t ORDER BY rowid\",\"header\":\"no\","
                  "\"newline\":\"lf\"",
                  "\n\"\"\nNULL\n\"a\"\"b\"\n\"x\ry\"\n\"x\ny\"\n\"a,b\"\n\" a\"\n\"a \"\n"
                  "\xef\xbb\xbf"
                  "bom\n\xf0\x9f\x98\x80\n=cmd|1\n");
    check_content("\"query\":\"SELECT a FROM t WHERE rowid < 4 ORDER BY rowid\",\"header\":\"no\","
                  "\"newline\":\"lf\",\"null\":\"NULL\"",
                  "NULL\n\"\"\n\"NULL\"\n");
    check_content("\"query\":\"SELECT a, 1 AS b FROM t WHERE rowid < 3 ORDER BY rowid\","
                  "\"newline\":\"lf\",\"quote\":\"all\",\"delimiter\":\";\"",
                  "\"a\";\"b\"\n;\"1\"\n\"\";\"1\"\n");
    check_content("\"query\":\"SELECT a, 1.5 AS b FROM t WHERE rowid IN (1, 4) ORDER BY rowid\","
                  "\"format\":\"json\"",
                  "{\"a\":null,\"b\":1.5}\n{\"a\":\"a\\\"b\",\"b\":1.5}\n");
}

TEST(a_trailer_is_the_last_line) {
    database(people);
    check_content("\"query\":\"SELECT id, pay FROM p WHERE id < 3 ORDER BY id\",\"trailer\":"
                  "\"TRL;{rows};{sum:pay};{sum:id}\"",
                  "id,pay\r\n1,0.1\r\n2,\r\nTRL;2;0.1;3\r\n");
    check_refused("\"query\":\"SELECT name FROM p\",\"trailer\":\"{sum:name}\"",
                  "column name is added up");
    check_refused("\"query\":\"SELECT name FROM p\",\"trailer\":\"{sum:pay}\"",
                  "which the query does not give");
}

TEST(the_interval_is_bound_as_text_and_as_milliseconds) {
    database("CREATE TABLE t (a TEXT)");
    check_content("\"query\":\"SELECT :from AS a, :until AS b, :from_ms AS c, :until_ms AS d\"",
                  "a,b,c,d\r\n1970-01-01 00:00:01,2026-11-23 01:00:00,1000,1795395600000\r\n");
}

TEST(real_numbers_and_great_ones_come_back_as_they_were) {
    database("CREATE TABLE t (a)");
    check_content("\"query\":\"SELECT 0.1 + 0.2 AS a, 1e999 AS b, -1e999 AS c, 1.0 AS d,"
                  " 9223372036854775807 AS e\"",
                  "a,b,c,d,e\r\n0.30000000000000004,Infinity,-Infinity,1,9223372036854775807\r\n");
}

TEST(an_empty_result_is_a_file_with_its_header_or_a_failure_as_it_was_wished) {
    database(people);
    check_content("\"query\":\"SELECT id FROM p WHERE 0\"", "id\r\n");
    check_refused("\"query\":\"SELECT id FROM p WHERE 0\",\"empty\":\"fail\"",
                  "gave no rows, and empty is fail");
}

TEST(what_is_no_query_or_cannot_be_written_is_refused_and_nothing_is_there) {
    database(people);
    check_refused("\"query\":\"SELECT nobody FROM p\"", "no such column: nobody");
    check_refused("\"query\":\"SELEKT\"", "syntax error");
    check_refused("\"query\":\"DELETE FROM p\"", "it is no SELECT");
    check_refused("\"query\":\"SELECT 1; SELECT 2\"", "second statement");
    check_refused("\"query\":\"SELECT :day\"", "none of :from, :until");
    check_refused("\"query\":\"SELECT ?\"", "none of :from, :until");
    check_refused("\"query\":\"ATTACH '/etc/passwd' AS p\"", "it is no SELECT");
    check_refused("\"query\":\"SELECT id, CAST(x'4100' AS TEXT) AS z FROM p\"",
                  "row 1, column z: a zero byte");
    check_refused("\"query\":\"SELECT id, CAST(x'c328' AS TEXT) AS z FROM p\"",
                  "row 1, column z: a text that is not UTF-8");
    check_refused("\"query\":\"SELECT zeroblob(20000000)\"", "over 16 MiB");
    check_refused("\"query\":\"SELECT 1\",\"format\":\"xls\"", "format is csv, json or fixed");
    check_refused("\"query\":\"SELECT 1\",\"delimiter\":\"\\\"\"", "delimiter is one character");
    check_refused("\"source\":\"bank\"", "malformed");
    check_refused("\"quote\":\"all\"", "it has no query");
}

/* The query fails in its second thousand: what was written by then is in no manifest, and goes. */
static void on_name(void *context, const char *name) {
    (void)name;
    ++*(int *)context;
}

TEST(a_query_that_fails_in_the_middle_leaves_nothing) {
    database("CREATE TABLE t (a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
             " LIMIT 3000) INSERT INTO t SELECT i FROM n");
    check_refused("\"query\":\"SELECT a, CASE WHEN a = 2000 THEN abs(-9223372036854775807 - 1)"
                  " ELSE a END FROM t ORDER BY a\"",
                  "integer overflow");
    char *path = text_format("%s/archive/x@bad.1", test_dir());
    int names = 0;
    CHECK_OK(disk_list(disk_real(), path, on_name, &names));
    CHECK_INT(names, 0);
    free(path);
}

TEST(a_query_that_takes_too_long_is_given_up_and_tried_again) {
    database("CREATE TABLE t (a)");
    struct connector *c = open_with(50);
    CHECK_INT(act(c, "x@slow.1",
                  "\"query\":\"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                  " SELECT count(*) FROM n\"",
                  false),
              EFFECT_AGAIN);
    CHECK(strstr(answer.reason, "took longer than the edge's timeout"));
    extract_sink.close(c);
}

TEST(a_place_that_nobody_wrote_down_is_named_with_what_to_write) {
    struct connector *c = open_with(1000);
    CHECK_INT(act(c, "x@1.1", "\"source\":\"bank\",\"query\":\"SELECT 1\"", false), EFFECT_REFUSED);
    char *places = text_format("%s/places", test_dir());
    CHECK_OK(disk_replace(disk_real(), places, bytes_text("other sqlite:bank.db\n")));
    CHECK_INT(act(c, "x@1.1", "\"query\":\"SELECT 1\"", false), EFFECT_REFUSED);
    CHECK(strstr(answer.reason, "has no place \"bank\""));
    free(places);
    extract_sink.close(c);
}

static void check_place(const char *line, const char *reason) {
    struct connector *c = open_with(1000);
    char *places = text_format("%s/places", test_dir());
    CHECK_OK(disk_replace(disk_real(), places, bytes_text(line)));
    CHECK_INT(act(c, "x@1.1", "\"query\":\"SELECT 1, :until\"", false), EFFECT_REFUSED);
    if (!strstr(answer.reason, reason) || strstr(answer.reason, "secret"))
        test_failed(__FILE__, __LINE__, "%s: %s", line, answer.reason);
    free(places);
    extract_sink.close(c);
}

TEST(a_connection_string_that_is_cut_at_a_blank_is_told_and_what_may_stand_there_is_not) {
    static const char cut[] = "the place's address ends at a blank";
    static const char whole[] = "nobody can see who may still write";
    check_place("bank odbc:Driver={ODBC Driver 18};Server=a;Pwd=secret\n", cut);
    check_place("bank odbc:DSN=my\tbank;Pwd=secret\n", cut);
    check_place("bank odbc:DSN=bank \r\n", whole);
    check_place("bank odbc:DSN=bank  # the warehouse\n", whole);
    check_place("bank odbc:DSN=bank hours=22:00-04:00@Europe/Prague\n", whole);
}

/* ---- two owners of one run */

static struct disk *archive_disk(void) {
    struct disk *d;
    char *path = text_format("%s/archive", test_dir());
    CHECK_OK(disk_make_dir(disk_real(), path));
    CHECK_OK(disk_beneath(path, &d));
    free(path);
    return d;
}

static enum error publish(struct archive_file *f, const char *content_of, struct archived *out) {
    buf_put_text(archive_room(f), content_of);
    out->rows = 1;
    TRY(archive_seal(f, out));
    char *manifest =
        text_format("{\"rows\":1,\"bytes\":%d,\"sha256\":\"%s\"}", (int)out->bytes, out->sha256);
    enum error e = archive_publish(f, bytes_text(manifest), out);
    free(manifest);
    return e;
}

TEST(an_owner_that_comes_back_from_a_stall_can_publish_nothing) {
    struct disk *d = archive_disk();
    struct archive_file *stale, *fresh;
    struct archived archived = { 0 }, late = { 0 };
    CHECK_OK(archive_begin(&stale, d, "r", NULL));
    buf_put_text(archive_room(stale), "old snapshot");
    CHECK_OK(archive_begin(&fresh, d, "r", NULL));
    CHECK_ERROR(publish(stale, "", &late), E_busy);
    CHECK_STORY("another owner of run r has begun it anew");
    CHECK_OK(publish(fresh, "new snapshot", &archived));
    archive_end(stale);
    archive_end(fresh);
    bool there;
    CHECK_OK(archive_look(d, "r", &there, &late));
    CHECK(there);
    CHECK_TEXT(late.sha256, archived.sha256);
    disk_beneath_close(d);
}

TEST(of_two_that_were_sealed_the_first_manifest_is_the_runs_and_the_other_file_goes) {
    struct disk *d = archive_disk();
    struct archive_file *first, *second;
    struct archived one = { .rows = 1 }, two = { .rows = 1 };
    CHECK_OK(archive_begin(&first, d, "r", NULL));
    buf_put_text(archive_room(first), "one");
    CHECK_OK(archive_seal(first, &one));
    CHECK_OK(archive_begin(&second, d, "r", NULL));
    CHECK_OK(publish(second, "two", &two));
    char wanted[65];
    memcpy(wanted, two.sha256, sizeof(wanted));
    char *manifest = text_format("{\"rows\":1,\"bytes\":3,\"sha256\":\"%s\"}", one.sha256);
    char *mine = text_format("r/%s.data", one.sha256);
    CHECK_OK(archive_publish(first, bytes_text(manifest), &one));
    CHECK_TEXT(one.sha256, wanted);
    archive_end(first);
    archive_end(second);
    bool there;
    CHECK_OK(disk_exists(d, mine, &there));
    CHECK(!there);
    free(manifest);
    free(mine);
    disk_beneath_close(d);
}

/* ---- as a partner wishes it */

TEST(fixed_width_fills_with_blanks_and_refuses_what_does_not_fit) {
    database(people);
    check_content("\"format\":\"fixed\",\"widths\":\"4r, 6,8r\",\"newline\":\"lf\","
                  "\"query\":\"SELECT id, name, pay FROM p WHERE id < 3 ORDER BY id\"",
                  "   1Jana       0.1\n   2              \n");
    check_content("\"format\":\"fixed\",\"widths\":\"3\",\"header\":\"yes\",\"null\":\"-\","
                  "\"query\":\"SELECT NULL AS a UNION ALL SELECT '\u010dap'\"",
                  "a  \r\n-  \r\n\xc4\x8d"
                  "ap\r\n");
    check_refused("\"format\":\"fixed\",\"widths\":\"3\",\"query\":\"SELECT 'abcd' AS a\"",
                  "row 1, column a: a text that is longer than its width");
    check_refused("\"format\":\"fixed\",\"widths\":\"5\",\"query\":\"SELECT 'a'||char(10) AS a\"",
                  "an end of line in a line of fixed width");
    check_refused("\"format\":\"fixed\",\"widths\":\"5,6\",\"query\":\"SELECT 1\"",
                  "widths has another count than the query's 1 columns");
    check_refused("\"format\":\"fixed\",\"query\":\"SELECT 1\"", "widths has another count");
    check_refused("\"format\":\"fixed\",\"widths\":\"5l\",\"query\":\"SELECT 1\"",
                  "widths are such as 10,12r,8");
}

static struct bytes raw(void) {
    static struct buf out;
    struct json json;
    struct bytes path;
    int64_t bytes;
    CHECK_OK(json_read(&json, buf_bytes(&told)));
    CHECK(json_get_text(&json, "path", &path) && json_get_int(&json, "bytes", &bytes));
    char *whole = text_format("%s/archive/%.*s", test_dir(), (int)path.len, path.data);
    buf_clear(&out);
    CHECK_OK(disk_read_whole(disk_real(), whole, 64 << 20, &out));
    CHECK_INT((long long)out.len, bytes);
    json_finish(&json);
    free(whole);
    return buf_bytes(&out);
}

#define MANY_ROWS                                                                                  \
    "\"query\":\"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 60000) "     \
    "SELECT i, 'row ' || i FROM n\",\"header\":\"no\",\"newline\":\"lf\""

static const char unpacked_ends[] = "60000,row 60000\n";

static void check_unpacked(const char *text, size_t len) {
    CHECK(len > sizeof(unpacked_ends));
    CHECK(memcmp(text, "1,row 1\n2,row 2\n", 16) == 0);
    CHECK(memcmp(text + len - strlen(unpacked_ends), unpacked_ends, strlen(unpacked_ends)) == 0);
    size_t lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    CHECK_INT((long long)lines, 60000);
}

TEST(gzip_is_the_same_bytes_each_time_and_unpacks_to_the_rows) {
    database(people);
    struct connector *c = open_with(10000);
    static char text[4 << 20];
    z_stream z = { 0 };
    CHECK_INT(act(c, "x@gz.1", MANY_ROWS ",\"compress\":\"gzip\"", false), EFFECT_DONE);
    struct bytes packed = raw();
    CHECK_INT(inflateInit2(&z, 15 + 16), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)packed.data;
    z.avail_in = (uInt)packed.len;
    z.next_out = (Bytef *)text;
    z.avail_out = sizeof(text);
    CHECK_INT(inflate(&z, Z_FINISH), Z_STREAM_END);
    check_unpacked(text, z.total_out);
    CHECK_INT(inflateEnd(&z), Z_OK);
    char *before = text_copy_bytes(packed);
    size_t len = packed.len;
    CHECK_INT(act(c, "x@gz.2", MANY_ROWS ",\"compress\":\"gzip\"", false), EFFECT_DONE);
    packed = raw();
    CHECK(packed.len == len && memcmp(packed.data, before, len) == 0);
    free(before);
    extract_sink.close(c);
}

TEST(zstd_unpacks_to_the_rows_and_an_empty_one_to_nothing) {
    database(people);
    struct connector *c = open_with(10000);
    static char text[4 << 20];
    CHECK_INT(act(c, "x@zst.1", MANY_ROWS ",\"compress\":\"zstd\"", false), EFFECT_DONE);
    struct bytes packed = raw();
    size_t len = ZSTD_decompress(text, sizeof(text), packed.data, packed.len);
    CHECK(!ZSTD_isError(len));
    check_unpacked(text, len);
    CHECK_INT(act(c, "x@zst.2",
                  "\"query\":\"SELECT 1 WHERE 0\",\"header\":\"no\",\"compress\":\"zstd\"", false),
              EFFECT_DONE);
    packed = raw();
    CHECK(packed.len > 0);
    CHECK_INT((long long)ZSTD_decompress(text, sizeof(text), packed.data, packed.len), 0);
    CHECK_INT(act(c, "x@zst.3", "\"query\":\"SELECT 1\",\"compress\":\"lzma\"", false),
              EFFECT_REFUSED);
    CHECK(strstr(answer.reason, "compress is gzip, zstd or no"));
    extract_sink.close(c);
}

TEST(another_encoding_is_written_whole_or_not_at_all) {
    database(people);
    check_content("\"encoding\":\"ISO-8859-1\",\"header\":\"no\",\"query\":\"SELECT 'Jos\u00e9'\"",
                  "Jos\xe9\r\n");
    check_refused("\"encoding\":\"ISO-8859-1\",\"query\":\"SELECT 'a \u010dap' AS a\"",
                  "ISO-8859-1 has no character for what stands at the end of");
    check_refused("\"encoding\":\"latin-nine\",\"query\":\"SELECT 1\"",
                  "there is no encoding \"latin-nine\"");
}

TEST(what_was_promised_of_columns_and_rows_holds_or_there_is_no_file) {
    database(people);
    check_refused("\"columns\":\"id,pay\",\"query\":\"SELECT id, name, pay FROM p\"",
                  "column 2 is \"name\", and was promised to be \"pay\"");
    check_content("\"columns\":\"id\",\"drift\":\"accept_add\","
                  "\"query\":\"SELECT id, name FROM p ORDER BY id\"",
                  "id\r\n1\r\n2\r\n3\r\n");
    check_refused("\"min_rows\":\"4\",\"query\":\"SELECT id FROM p\"",
                  "the query gives 3 rows, min_rows is 4");
    check_refused("\"not_null\":\"name\",\"query\":\"SELECT id, name FROM p ORDER BY id\"",
                  "row 2, column 2 is NULL");
    check_content("\"mask\":\"name:last4\",\"query\":\"SELECT name FROM p WHERE id = 1\"",
                  "name\r\n****\r\n");
    check_refused("\"mask\":\"name:hash\",\"query\":\"SELECT name FROM p\"",
                  "mask.key is not there, or under 16 bytes");
}

/* ---- hard cases */

static sqlite3 *writer_open(void) {
    sqlite3 *db;
    char *path = text_format("%s/bank.db", test_dir());
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    free(path);
    return db;
}

static void writer_do(sqlite3 *db, const char *sql) {
    CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

#define UNTIL                                                                                      \
    "\"query\":\"SELECT id FROM p WHERE id * 1000 < :until_ms ORDER BY id\",\"header\":\"no\""

TEST(a_row_of_sqlite_that_is_written_and_not_committed_is_waited_for) {
    database(people);
    struct connector *c = open_with(10000);
    sqlite3 *writer = writer_open();
    writer_do(writer, "BEGIN; INSERT INTO p VALUES (9, 'late', 1, NULL)");
    CHECK_INT(act(c, "x@late.1", UNTIL, false), EFFECT_AGAIN);
    CHECK(strstr(answer.reason, "a transaction that may have begun before the interval's end is "
                                "still open"));
    writer_do(writer, "COMMIT");
    CHECK_INT(act(c, "x@late.1", UNTIL, false), EFFECT_DONE);
    CHECK_TEXT(content(), "1\r\n2\r\n3\r\n9\r\n");
    sqlite3_close(writer);
    extract_sink.close(c);
}

TEST(a_query_without_an_interval_waits_for_no_writer) {
    database(people);
    struct connector *c = open_with(10000);
    sqlite3 *writer = writer_open();
    writer_do(writer, "BEGIN; INSERT INTO p VALUES (9, 'late', 1, NULL)");
    CHECK_INT(act(c, "x@all.1", "\"query\":\"SELECT count(*) AS n FROM p\"", false), EFFECT_DONE);
    CHECK_TEXT(content(), "n\r\n3\r\n");
    writer_do(writer, "ROLLBACK");
    sqlite3_close(writer);
    extract_sink.close(c);
}

TEST(a_field_of_a_gigabyte_is_refused_before_it_is_in_memory) {
    database("CREATE TABLE f (a BLOB); INSERT INTO f VALUES (zeroblob(900000000))");
    check_refused("\"query\":\"SELECT a FROM f\"", "too big");
    check_refused("\"query\":\"SELECT zeroblob(1000000000) AS a\"", "too big");
}

TEST(a_run_that_ends_the_process_each_time_is_refused_after_five_and_then_anew) {
    database(people);
    struct connector *c = open_with(10000);
    char *dir = text_format("%s/archive", test_dir()),
         *tries = text_format("%s/x@poison.1/tries", dir);
    struct disk *d;
    CHECK_INT(act(c, "x@other.1", "\"query\":\"SELECT 1\"", false), EFFECT_DONE);
    CHECK_OK(disk_beneath(dir, &d));
    CHECK_OK(disk_make_dir(d, "x@poison.1"));
    for (int i = 0; i < TRIES_MOST; i++)
        CHECK_OK(tries_begin(d, "x@poison.1")); /* and the process was gone */
    CHECK_INT(act(c, "x@poison.1", "\"query\":\"SELECT 1\"", false), EFFECT_REFUSED);
    CHECK(strstr(answer.reason, "begun 5 times in a row, and each time the process ended with it"));
    CHECK_INT(act(c, "x@other.2", "\"query\":\"SELECT 1\"", false), EFFECT_DONE);
    CHECK_INT(act(c, "x@poison.1", "\"query\":\"SELECT 1\"", false), EFFECT_DONE);
    bool there;
    CHECK_OK(disk_exists(disk_real(), tries, &there));
    CHECK(!there);
    CHECK_INT(act(c, "x@wrong.1", "\"query\":\"SELECT nobody\"", false), EFFECT_REFUSED);
    for (int i = 0; i < TRIES_MOST; i++) /* an error is no end of the process */
        CHECK_INT(act(c, "x@wrong.1", "\"query\":\"SELECT nobody\"", false), EFFECT_REFUSED);
    CHECK(strstr(answer.reason, "no such column"));
    disk_beneath_close(d);
    free(tries);
    free(dir);
    extract_sink.close(c);
}
