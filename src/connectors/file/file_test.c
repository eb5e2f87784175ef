/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Effects become files: once, whole, in their folder, and every fault has its answer. */
#include "file/file.h"

#include "base/memory_disk.h"
#include "base/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct effect_answer answer;
static struct buf told;

static struct effect_request request(const char *json) {
    return (struct effect_request){ .id = bytes_text("0001-id"),
                                    .key = bytes_text("k"),
                                    .type = bytes_text("put"),
                                    .json = bytes_text(json),
                                    .attempt = 1 };
}

static enum effect_verdict act(struct connector *c, const char *json, bool asks) {
    struct effect_request r = request(json);
    buf_clear(&told);
    answer = (struct effect_answer){ .verdict = EFFECT_UNKNOWN, .told = &told };
    (asks ? file_sink.ask : file_sink.perform)(c, &r, &answer);
    return answer.verdict;
}

static enum effect_verdict perform(struct connector *c, const char *json) {
    return act(c, json, false);
}

static enum effect_verdict ask(struct connector *c, const char *json) {
    return act(c, json, true);
}

static struct connector *open_at(const char *url) {
    struct connector *c;
    struct sink_options options = { .url = url, .timeout_ms = 1000, .data_dir = test_dir() };
    CHECK_OK(file_sink.open(&c, &options));
    return c;
}

static char *in_dir(const char *name) {
    return text_format("%s/%s", test_dir(), name);
}

static void check_file(const char *name, const char *wanted) {
    char *path = in_dir(name);
    struct buf b = { 0 };
    CHECK_OK(disk_read_whole(disk_real(), path, 1 << 20, &b));
    CHECK_BYTES(buf_bytes(&b), bytes_text(wanted));
    buf_finish(&b);
    free(path);
}

TEST(an_effect_is_a_file_in_the_data_directory_and_done_again_it_is_no_change) {
    struct connector *c = open_at("file:out/deep");
    CHECK_INT(perform(c, "{\"name\":\"a/b.csv\",\"content\":\"1;2\\n\"}"), EFFECT_DONE);
    CHECK_TEXT(buf_text(&told),
               "{\"name\":\"a/b.csv\",\"bytes\":4,\"sha256\":"
               "\"0eb6e0354782afba2e9c5708c3dacd1b4b2a36125547a363f6eaf85de2ed449b\"}");
    check_file("out/deep/a/b.csv", "1;2\n");
    CHECK_INT(perform(c, "{\"name\":\"a/b.csv\",\"content\":\"1;2\\n\"}"), EFFECT_DONE);
    CHECK_INT(perform(c, "{\"name\":\"a/b.csv\",\"content\":\"other\"}"), EFFECT_REFUSED);
    CHECK_TEXT(answer.reason, "already there: a/b.csv: a file with other content is there");
    CHECK(!answer.edge_down);
    check_file("out/deep/a/b.csv", "1;2\n");
    file_sink.close(c);
}

TEST(without_a_name_the_file_is_called_by_the_effects_id) {
    struct connector *c = open_at("file:out");
    CHECK_INT(perform(c, "{\"content\":\"x\"}"), EFFECT_DONE);
    check_file("out/0001-id", "x");
    file_sink.close(c);
}

TEST(asked_it_tells_whether_the_effect_has_happened) {
    struct connector *c = open_at("file:out");
    CHECK_INT(ask(c, "{\"name\":\"a\",\"content\":\"x\"}"), EFFECT_AGAIN);
    CHECK_INT(perform(c, "{\"name\":\"a\",\"content\":\"x\"}"), EFFECT_DONE);
    CHECK_INT(ask(c, "{\"name\":\"a\",\"content\":\"x\"}"), EFFECT_DONE);
    CHECK_INT(ask(c, "{\"name\":\"a\",\"content\":\"y\"}"), EFFECT_AGAIN);
    file_sink.close(c);
}

static void check_refused(struct connector *c, const char *json, const char *reason) {
    CHECK_INT(perform(c, json), EFFECT_REFUSED);
    CHECK(!answer.edge_down);
    if (!strstr(answer.reason, reason))
        test_failed(__FILE__, __LINE__, "%s: %s", json, answer.reason);
}

TEST(names_that_could_harm_are_refused) {
    struct connector *c = open_at("file:out");
    check_refused(c, "{\"name\":\"../x\",\"content\":\"\"}", "begins with a dot");
    check_refused(c, "{\"name\":\"a/../../x\",\"content\":\"\"}", "begins with a dot");
    check_refused(c, "{\"name\":\".ssh/authorized_keys\",\"content\":\"\"}", "begins with a dot");
    check_refused(c, "{\"name\":\"/etc/passwd\",\"content\":\"\"}", "empty part");
    check_refused(c, "{\"name\":\"a//b\",\"content\":\"\"}", "empty part");
    check_refused(c, "{\"name\":\"a/\",\"content\":\"\"}", "empty part");
    check_refused(c, "{\"name\":\"\",\"content\":\"\"}", "empty part");
    check_refused(c, "{\"name\":\"a.part\",\"content\":\"\"}", "unfinished file");
    check_refused(c, "{\"name\":\"a\\nb\",\"content\":\"\"}", "control character");
    check_refused(c, "{\"name\":\"a\\\\b\",\"content\":\"\"}", "backslash");
    check_refused(c, "{\"name\":7,\"content\":\"\"}", "its \"name\" is no text");
    check_refused(c, "{\"name\":\"a\"}", "no text \"content\"");
    check_refused(c, "{\"name\":\"a\",\"content\":7}", "no text \"content\"");
    check_refused(c, "{\"name\":\"a\\u0000b\",\"content\":\"\"}", "malformed");
    check_refused(c, "[]", "malformed");
    file_sink.close(c);
}

TEST(a_name_over_the_limits_is_refused_and_one_at_them_is_taken) {
    struct connector *c = open_at("file:out");
    char *json = text_format("{\"content\":\"\",\"name\":\"%0250d\"}", 1);
    CHECK_INT(perform(c, json), EFFECT_DONE);
    free(json);
    json = text_format("{\"content\":\"\",\"name\":\"%0251d\"}", 1);
    check_refused(c, json, "a part of it is over 250 bytes");
    free(json);
    json = text_format("{\"content\":\"\",\"name\":\"%0200d/%0200d/%0200d/%0200d/%0221d\"}", 1, 1,
                       1, 1, 1);
    check_refused(c, json, "over 1024 bytes");
    free(json);
    file_sink.close(c);
}

TEST(links_in_the_folder_are_refused) {
    struct connector *c = open_at("file:out");
    CHECK_INT(perform(c, "{\"name\":\"a\",\"content\":\"x\"}"), EFFECT_DONE);
    char *link = in_dir("out/link"), *file = in_dir("out/file");
    CHECK_INT(symlink("..", link), 0);
    CHECK_INT(symlink("a", file), 0);
    check_refused(c, "{\"name\":\"link/b\",\"content\":\"x\"}", "link is a link or no directory");
    check_refused(c, "{\"name\":\"file\",\"content\":\"x\"}", "no plain file");
    free(link);
    free(file);
    file_sink.close(c);
}

TEST(a_folder_elsewhere_that_is_missing_is_an_edge_that_is_down_until_it_is_there) {
    char *folder = in_dir("mount");
    char *cwd = getcwd(NULL, 0), *url = text_format("file://%s/%s", cwd, folder);
    struct connector *c = open_at(url);
    CHECK_INT(perform(c, "{\"name\":\"a\",\"content\":\"x\"}"), EFFECT_AGAIN);
    CHECK(answer.edge_down);
    CHECK(strstr(answer.reason, "no such directory"));
    CHECK_INT(ask(c, "{\"name\":\"a\",\"content\":\"x\"}"), EFFECT_UNKNOWN);
    CHECK(answer.edge_down);
    CHECK_INT(mkdir(folder, 0700), 0);
    CHECK_INT(perform(c, "{\"name\":\"a\",\"content\":\"x\"}"), EFFECT_DONE);
    check_file("mount/a", "x");
    free(folder);
    free(cwd);
    free(url);
    file_sink.close(c);
}

static const char small[] = "{\"name\":\"d/a\",\"content\":\"some bytes of content\"}";

TEST(a_full_disk_is_tried_again_and_does_not_close_the_edge) {
    struct disk *d = memory_disk_create();
    struct connector *c = file_connector_on(d);
    memory_disk_limit(d, 10);
    CHECK_INT(perform(c, small), EFFECT_AGAIN);
    CHECK(!answer.edge_down);
    CHECK(strstr(answer.reason, "no room for 21 bytes"));
    CHECK_INT(perform(c, "{\"name\":\"b\",\"content\":\"x\"}"), EFFECT_DONE);
    memory_disk_limit(d, 0);
    CHECK_INT(perform(c, small), EFFECT_DONE);
    file_sink.close(c);
    memory_disk_destroy(d);
}

TEST(after_an_error_of_the_disk_nobody_claims_to_know_and_trying_again_is_right) {
    static const enum memory_disk_op ops[] = { MEMORY_DISK_CREATE,   MEMORY_DISK_WRITE,
                                               MEMORY_DISK_SYNC,     MEMORY_DISK_RENAME,
                                               MEMORY_DISK_MAKE_DIR, MEMORY_DISK_SYNC_DIR };
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        struct disk *d = memory_disk_create();
        struct connector *c = file_connector_on(d);
        memory_disk_fail(d, &(struct memory_disk_fault){ .op = ops[i], .nth = 1, .error = E_io });
        CHECK_INT(perform(c, small), EFFECT_UNKNOWN);
        CHECK(answer.edge_down);
        CHECK_INT(perform(c, small), EFFECT_DONE);
        CHECK_INT(ask(c, small), EFFECT_DONE);
        file_sink.close(c);
        memory_disk_destroy(d);
    }
}

/* The process dies with the machine at every operation; the effect is then asked for and, where it
 * did not happen, performed, as the engine does. */
TEST(over_any_loss_of_power_an_effect_that_was_told_done_is_there) {
    for (int64_t at = 0; at < 12; at++)
        for (uint64_t seed = 0; seed < 100; seed++) {
            struct disk *d = memory_disk_create();
            struct connector *c = file_connector_on(d);
            memory_disk_power_off_after(d, at);
            bool done = perform(c, small) == EFFECT_DONE;
            memory_disk_crash(d, seed);
            enum effect_verdict asked = ask(c, small);
            CHECK(asked == EFFECT_DONE || (asked == EFFECT_AGAIN && !done));
            CHECK_INT(perform(c, small), EFFECT_DONE);
            file_sink.close(c);
            memory_disk_destroy(d);
        }
}

TEST(an_address_with_parameters_is_refused) {
    struct connector *c;
    struct sink_options options = { .url = "file:out?mode=7", .data_dir = test_dir() };
    CHECK_ERROR(file_sink.open(&c, &options), E_config);
    CHECK_STORY("a parameter is unknown");
    CHECK_STORY("file:FOLDER, or file:///srv/FOLDER");
}
