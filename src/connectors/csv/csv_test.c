/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Rows become items once, in order; a wrong one is told with its line, and the next is itself. */
#include "csv/csv.h"

#include "base/disk.h"
#include "base/test.h"
#include "csv/row.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct buf told;
static char position[400];

static void file_put(const char *name, const char *text) {
    char *dir = text_format("%s/in", test_dir()), *path = text_format("%s/%s", dir, name);
    CHECK_OK(disk_make_dir(disk_real(), dir));
    CHECK_OK(disk_replace(disk_real(), path, bytes_text(text)));
    free(path);
    free(dir);
}

static struct connector *source(const char *parameters) {
    struct connector *c;
    char *url = text_format("csv:in?%s", parameters);
    struct source_options o = { .url = url, .data_dir = test_dir() };
    CHECK_OK(csv_source.open(&c, &o));
    free(url);
    return c;
}

static void on_item(void *context, const struct source_item *item) {
    (void)context;
    buf_print(&told, "%.*s %.*s %.*s\n", (int)item->id.len, (const char *)item->id.data,
              (int)item->key.len, (const char *)item->key.data, (int)item->json.len,
              (const char *)item->json.data);
    CHECK(item->position.len < sizeof(position));
    memset(position, 0, sizeof(position));
    memcpy(position, item->position.data, item->position.len);
}

static const char *read_some(struct connector *c, size_t max) {
    buf_clear(&told);
    char after[400];
    memcpy(after, position, sizeof(after));
    CHECK_OK(csv_source.read(c, bytes_text(after), max, on_item, NULL));
    return buf_text(&told);
}

TEST(rows_of_all_files_are_items_in_the_order_of_names_each_once) {
    file_put("b.csv", "name;code\nLast;z\n");
    file_put("a.csv", "\xef\xbb\xbf"
                      "code;name;spent\r\n1;\"Jana; \"\"J\"\"\";12\r\n\r\n2;;\"\"\n3;x;y");
    file_put("c.txt", "code\n9\n");
    for (size_t max = 1; max < 5; max++) { /* whatever a read may take, a restart after each */
        struct buf all = { 0 };
        memset(position, 0, sizeof(position));
        for (int i = 0; i < 6; i++) {
            struct connector *c = source("key=code&type=t&delimiter=%3B");
            buf_put_text(&all, read_some(c, max));
            csv_source.close(c);
        }
        CHECK_TEXT(
            buf_text(&all),
            "a.csv:2 1 {\"id\":\"1\",\"code\":\"1\",\"name\":\"Jana; \\\"J\\\"\",\"spent\":\"12\","
            "\"capture_op\":\"put\"}\n"
            "a.csv:4 2 {\"id\":\"2\",\"code\":\"2\",\"name\":null,\"spent\":\"\","
            "\"capture_op\":\"put\"}\n"
            "a.csv:5 3 {\"id\":\"3\",\"code\":\"3\",\"name\":\"x\",\"spent\":\"y\","
            "\"capture_op\":\"put\"}\n"
            "b.csv:2 z {\"id\":\"z\",\"name\":\"Last\",\"code\":\"z\",\"capture_op\":\"put\"}\n");
        buf_finish(&all);
    }
}

TEST(a_wrong_row_is_told_with_its_line_and_the_next_is_itself) {
    file_put("a.csv", "id,name\n1\n,x\n2,a\"b\n3,\"open\n4,\xff\n5,\"two\nlines\"\n6,good\n");
    struct connector *c = source("key=id&type=t");
    memset(position, 0, sizeof(position));
    const char *said = read_some(c, 256);
    static const char *const wanted[] = {
        "a.csv:2 a.csv:2 {\"capture_reason\":\"it has another number of fields than the",
        "a.csv:3 a.csv:3 {\"capture_reason\":\"its key is empty\"",
        "a.csv:4 a.csv:4 {\"capture_reason\":\"a quote stands in the middle of a field\"",
        "a.csv:5 a.csv:5 {\"capture_reason\":\"a quote stands in the middle of a field\"",
        "a.csv:6 a.csv:6 {\"capture_reason\":\"it is not UTF-8\"",
        "a.csv:7 5 {\"id\":\"5\",\"name\":\"two\\nlines\"",
        "a.csv:9 6 {\"id\":\"6\""
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
        if (!strstr(said, wanted[i]))
            test_failed(__FILE__, __LINE__, "no %s in\n%s", wanted[i], said);
    CHECK_TEXT(read_some(c, 256), "");
    csv_source.close(c);
}

TEST(a_row_that_is_too_long_is_wrong_and_costs_its_line_alone) {
    struct buf text = { 0 };
    buf_put_text(&text, "id,name\n1,");
    memset(buf_extend(&text, 2 * CSV_ROW_MAX), 'x', 2 * CSV_ROW_MAX);
    buf_put_text(&text, "\n2,good\n");
    file_put("a.csv", buf_text(&text));
    buf_finish(&text);
    struct connector *c = source("key=id&type=t");
    memset(position, 0, sizeof(position));
    const char *said = read_some(c, 256);
    CHECK(strstr(said, "over 256 KiB") != NULL);
    for (int i = 0; i < 4 && !strstr(said, "{\"id\":\"2\""); i++)
        said = read_some(c, 256);
    CHECK(strstr(said, "{\"id\":\"2\",\"name\":\"good\"") != NULL);
    csv_source.close(c);
}

TEST(rows_over_many_pieces_are_all_read_once) {
    struct buf text = { 0 };
    buf_put_text(&text, "id,name\n");
    for (int i = 0; i < 20000; i++)
        buf_print(&text, "%d,\"a name, with \"\"quotes\"\" and\nlines %d\"\n", i, i);
    file_put("a.csv", buf_text(&text));
    buf_finish(&text);
    struct connector *c = source("key=id&type=t");
    memset(position, 0, sizeof(position));
    int next = 0;
    for (const char *said = read_some(c, 256); *said; said = read_some(c, 256))
        for (const char *at = said; (at = strstr(at, "{\"id\":\"")) != NULL; at++)
            CHECK_INT(strtol(at + 7, NULL, 10), next++);
    CHECK_INT(next, 20000);
    CHECK(!strstr(buf_text(&told), "wrong"));
    csv_source.close(c);
}

static void row_of_quotes(struct buf *out, const char *id) {
    buf_print(out, "%s,", id);
    memset(buf_extend(out, CSV_ROW_MAX - 100), 1, CSV_ROW_MAX - 100); /* six letters each */
    buf_put_text(out, "\n");
}

TEST(a_row_that_can_be_no_event_is_told_and_the_next_is_itself) {
    static const char fault[] = "two of its columns have one name";
    struct buf text = { 0 };
    struct connector *c = source("key=id&type=t");
    memset(position, 0, sizeof(position));
    buf_put_text(&text, "id,name\n");
    row_of_quotes(&text, "1");
    buf_put_text(&text, "3,good\n");
    file_put("a.csv", buf_text(&text));
    buf_finish(&text);
    file_put("b.csv", "id,name,,\n4,x,,\n5,y,z,\n");
    file_put("c.csv", "id,name,name\n6,x,y\n");
    file_put("e.csv", "id,name\n8,good\n");
    const char *said = read_some(c, 1);
    CHECK(strstr(said, "a.csv:2 a.csv:2") != NULL);
    CHECK(strstr(said, fault) != NULL && !strstr(said, "\"put\""));
    said = read_some(c, 256);
    CHECK(strstr(said, "{\"id\":\"3\",\"name\":\"good\"") && !strstr(said, fault));
    for (int i = 0; i < 2; i++) {
        said = read_some(c, 256);
        CHECK(strstr(said, fault) && !strstr(said, "\"put\""));
    }
    CHECK(strstr(read_some(c, 256), "{\"id\":\"8\",\"name\":\"good\""));
    csv_source.close(c);
}

TEST(a_file_that_cannot_be_read_is_busy_and_goes_on_when_it_can) {
    struct connector *c = source("key=id&type=t");
    char *path = text_format("%s/in/a.csv", test_dir());
    memset(position, 0, sizeof(position));
    CHECK_OK(disk_make_dir(disk_real(), path));
    CHECK_ERROR(csv_source.read(c, bytes_text(""), 256, on_item, NULL), E_busy);
    CHECK_STORY("csv: a.csv cannot be read");
    CHECK_INT(rmdir(path), 0);
    file_put("a.csv", "id,name\n1,good\n");
    CHECK(strstr(read_some(c, 256), "{\"id\":\"1\",\"name\":\"good\""));
    free(path);
    csv_source.close(c);
}

TEST(rows_behind_many_blank_lines_are_read_and_a_read_is_as_full_as_may_be) {
    struct buf text = { 0 };
    struct connector *c = source("key=id&type=t");
    memset(position, 0, sizeof(position));
    buf_put_text(&text, "id,name\n");
    memset(buf_extend(&text, 3 * CSV_ROW_MAX), '\n', 3 * CSV_ROW_MAX);
    for (int i = 0; i < 256; i++)
        buf_print(&text, "%d,%04000d\n", i, i);
    file_put("a.csv", buf_text(&text));
    file_put("b.csv", "id,name\nb,good\n");
    buf_finish(&text);
    const char *said = read_some(c, 256);
    CHECK(strstr(said, "{\"id\":\"0\",") && strstr(said, "{\"id\":\"255\","));
    CHECK(strstr(read_some(c, 256), "{\"id\":\"b\","));
    csv_source.close(c);
}

TEST(an_empty_folder_or_none_has_nothing_and_an_address_that_is_none_is_refused) {
    struct connector *c = source("key=id&type=t");
    memset(position, 0, sizeof(position));
    CHECK_TEXT(read_some(c, 256), "");
    CHECK_ERROR(csv_source.read(c, bytes_text("nonsense"), 1, on_item, NULL), E_diverged);
    csv_source.close(c);
    static const char *const wrong[] = { "csv:in?key=id", "csv:in?type=t",
                                         "csv:in?key=id&type=t&delimiter=ab",
                                         "csv:in?key=id&type=t&x=1" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct source_options o = { .url = wrong[i], .data_dir = test_dir() };
        CHECK_ERROR(csv_source.open(&c, &o), E_config);
    }
}
