/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* `octavo test` as people call it: a folder with a declaration, a program, and a file of events. */
#include "commands.h"

#include "base/disk.h"
#include "base/test.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char shop[] =
    "system: shop\n"
    "topics: { order: { partitions: 4, key: order }, done: { partitions: 4 } }\n"
    "services:\n"
    "  desk:\n"
    "    handler: \"program:./desk.sh\"\n"
    "    consumes: [order]\n"
    "    produces: [done]\n"
    "    tables: { order: { columns: { text: text } } }\n"
    "    edges: { mail: { url: \"file:out\", class: keyed } }\n"
    "outside: { web: { produces: [order] }, reader: { consumes: [done] } }\n";

/* The number, the time and the type of what comes; BODY answers the rest of {"n":N */
#define DESK                                                                                       \
    "#!/bin/sh\nread -r g\n"                                                                       \
    "echo '{\"octavo\":1,\"handles\":[\"bad\",\"mail\",\"put\",\"late\",\"timer:pay-by\"]}'\n"     \
    "while read -r l; do n=${l#*\\\"n\\\":}; n=${n%%,*}; t=${l#*\\\"time\\\":}; t=${t%%,*}\n"      \
    "t=${t%%\\}*}; case $l in\n"

static const char desk[] = DESK
    "*'\"type\":\"bad\"'*) r=',\"outcome\":\"park\",\"reason\":\"it is bad\"' ;;\n"
    "*'\"type\":\"mail\"'*) "
    "r=',\"effects\":[{\"edge\":\"mail\",\"type\":\"send\",\"data\":{}}]' ;;\n"
    "*'\"type\":\"late\"'*) "
    "r=\",\\\"timers\\\":[{\\\"name\\\":\\\"pay-by\\\",\\\"at\\\":$((t + 5000))}]\" ;;\n"
    "*) r=\",\\\"events\\\":[{\\\"topic\\\":\\\"done\\\",\\\"type\\\":\\\"told\\\",\\\"data\\\":"
    "{\\\"at\\\":$t}}]\" ;;\n"
    "esac; echo \"{\\\"n\\\":$n$r}\"; done\n";

static void file_put(const char *name, const char *text) {
    char *path = text_format("%s/%s", test_dir(), name);
    CHECK_OK(disk_replace(disk_real(), path, bytes_text(text)));
    CHECK(chmod(path, 0755) == 0);
    free(path);
}

static void shop_put(const char *program, const char *events) {
    char *tests = text_format("%s/tests", test_dir());
    (void)signal(SIGPIPE, SIG_IGN); /* as the binary does */
    CHECK_OK(disk_make_dir(disk_real(), tests));
    file_put("octavo.yaml", shop);
    file_put("desk.sh", program);
    file_put("tests/a.jsonl", events);
    free(tests);
}

/* Its exit code, and what it prints. */
static int test_call(const char *option, struct buf *out) {
    char *file = text_format("%s/printed", test_dir());
    char *arguments[] = { "test", text_copy(test_dir()), text_copy(option), NULL };
    int real = dup(STDOUT_FILENO);
    int printed = open(file, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
    CHECK(real >= 0 && printed >= 0);
    (void)fflush(stdout);
    CHECK(dup2(printed, STDOUT_FILENO) >= 0);
    optind = 0;
    CHECK(setenv("TMPDIR", test_dir(), 1) == 0);
    int code = test_command(*option ? 3 : 2, arguments);
    (void)fflush(stdout);
    CHECK(dup2(real, STDOUT_FILENO) >= 0);
    buf_clear(out);
    CHECK_OK(disk_read_whole(disk_real(), file, 1 << 20, out));
    (void)close(real);
    (void)close(printed);
    free(arguments[1]);
    free(arguments[2]);
    free(file);
    return code;
}

/* What --show prints before the verdict, for a system that keeps it. */
static void check_told(const char *events, const char *wanted) {
    struct buf out = { 0 };
    shop_put(desk, events);
    CHECK_INT(test_call("--accept", &out), EXIT_DONE);
    CHECK_TEXT(buf_text(&out), "kept     a\n");
    CHECK_INT(test_call("--show", &out), EXIT_DONE);
    char *all = text_format("%sok       a\n", wanted);
    CHECK_TEXT(buf_text(&out), all);
    free(all);
    buf_finish(&out);
}

#define TOLD(task, key, at)                                                                        \
    "{\"service\":\"desk\",\"task\":" task ",\"event\":{\"topic\":\"done\",\"partition\":" task    \
    ",\"type\":\"told\",\"key\":\"" key "\",\"data\":{\"at\":" at "}}}\n"
#define PUT(key, more) "{\"topic\":\"order\",\"type\":\"put\",\"key\":\"" key "\"" more "}\n"

TEST(octavo_test_gives_each_record_to_the_task_of_its_partition) {
    check_told(PUT("o-1", "") "# a remark\n\n" PUT("o-2", ""),
               TOLD("2", "o-1", "1767225600000") TOLD("3", "o-2", "1767225600000"));
}

TEST(octavo_test_takes_a_record_again_unless_it_has_the_id_of_one_before) {
    struct buf out = { 0 };
    shop_put(desk, PUT("o-1", ",\"id\":\"x\"") PUT("o-1", ",\"id\":\"x\"") PUT("o-1", ""));
    char *yaml = text_format("%s", shop);
    char *at = strstr(yaml, "key: order }");
    CHECK(at != NULL);
    char *dedupes = text_format("%.*sdedupe: 1d, %s", (int)(at - yaml), yaml, at);
    file_put("octavo.yaml", dedupes);
    CHECK_INT(test_call("--show", &out), EXIT_FOUND);
    const char *first = strstr(buf_text(&out), "\"type\":\"told\"");
    CHECK(first && strstr(first + 1, "\"type\":\"told\""));
    const char *again = strstr(buf_text(&out), "differs");
    int told = 0;
    for (const char *t = buf_text(&out); (t = strstr(t, "\"type\":\"told\"")) && t < again; t++)
        told++;
    CHECK_INT(told, 2);
    free(yaml);
    free(dedupes);
    buf_finish(&out);
}

TEST(octavo_test_tells_an_effect_once_and_what_is_parked_with_its_reason) {
    check_told(
        "{\"topic\":\"order\",\"type\":\"mail\",\"key\":\"o-1\"}\n" PUT(
            "o-1", "") "{\"topic\":\"order\",\"type\":\"bad\",\"key\":\"o-1\"}\n" PUT("o-1", ""),
        "{\"service\":\"desk\",\"task\":2,\"effect\":{\"edge\":\"mail\",\"type\":\"send\","
        "\"key\":\"o-1\",\"data\":{}}}\n" TOLD(
            "2", "o-1",
            "1767225600000") "{\"service\":\"desk\",\"task\":2,\"parked\":{\"type\":\"bad\","
                             "\"key\":\"o-1\",\"reason\":\"it is bad\"}}\n"
                             "{\"service\":\"desk\",\"task\":2,\"parked\":{\"type\":\"put\","
                             "\"key\":\"o-1\",\"reason\":\"it waits behind its key\"}}\n");
}

TEST(octavo_test_fires_a_timer_at_its_own_time_and_not_before) {
    check_told("{\"topic\":\"order\",\"type\":\"late\",\"key\":\"o-1\"}\n{\"wait_ms\":4999}\n" PUT(
                   "o-1", "") "{\"wait_ms\":60000}\n" PUT("o-1", ""),
               TOLD("2", "o-1", "1767225604999") TOLD("2", "o-1", "1767225605000")
                   TOLD("2", "o-1", "1767225664999"));
}

#define LATE(key) "{\"topic\":\"order\",\"type\":\"late\",\"key\":\"" key "\"}\n"

TEST(octavo_test_fires_the_timers_of_all_tasks_in_the_order_of_time) {
    check_told(LATE("o-2") "{\"wait_ms\":1000}\n" LATE("o-1") "{\"wait_ms\":60000}\n",
               TOLD("3", "o-2", "1767225605000") TOLD("2", "o-1", "1767225606000"));
}

TEST(octavo_test_finds_what_is_not_kept_yet_and_what_differs) {
    struct buf out = { 0 };
    shop_put(desk, PUT("o-1", ""));
    CHECK_INT(test_call("", &out), EXIT_FOUND);
    CHECK(
        strstr(buf_text(&out), "differs  a\n" TOLD("2", "o-1", "1767225600000") "  there is no "));
    CHECK(strstr(buf_text(&out), "octavo test --accept keeps it\n1 of 1 differ\n"));
    CHECK_INT(test_call("--accept", &out), EXIT_DONE);
    file_put("tests/a.jsonl", PUT("o-1", "") PUT("o-2", ""));
    CHECK_INT(test_call("", &out), EXIT_FOUND);
    CHECK(strstr(buf_text(&out), "a.expected, line 2:\n  expected \n  now      {\"service\""));
    buf_finish(&out);
}

/* A system that counts its starts in a file does not do the same when it is fed again. */
TEST(octavo_test_finds_a_handler_that_does_not_do_the_same_twice) {
    struct buf out = { 0 };
    shop_put(DESK "*) echo x >> starts; r=\",\\\"events\\\":[{\\\"topic\\\":\\\"done\\\",\\\"type"
                  "\\\":\\\"told\\\",\\\"data\\\":{\\\"at\\\":$(grep -c x starts)}}]\" ;;\n"
                  "esac; echo \"{\\\"n\\\":$n$r}\"; done\n",
             PUT("o-1", ""));
    CHECK_INT(test_call("--accept", &out), EXIT_FOUND);
    CHECK(strstr(buf_text(&out), "IDE6     a: fed twice, a handler did not do the same"));
    CHECK(strstr(buf_text(&out), "  first    " TOLD("2", "o-1", "1")));
    CHECK(strstr(buf_text(&out), "  now      " TOLD("2", "o-1", "2")));
    char *kept = text_format("%s/tests/a.expected", test_dir());
    CHECK(access(kept, F_OK) != 0);
    free(kept);
    buf_finish(&out);
}

static void check_wrong(const char *line, const char *why) {
    struct buf out = { 0 };
    shop_put(desk, line);
    CHECK_INT(test_call("", &out), EXIT_USAGE);
    CHECK_STORY("tests/a.jsonl:1: ");
    CHECK_STORY(why);
    buf_finish(&out);
}

TEST(octavo_test_refuses_a_line_that_is_none_with_its_place) {
    check_wrong("[]", "no JSON object");
    check_wrong("{\"topic\":\"order\",\"typ\":\"put\"}", "a member that is not one of topic,");
    check_wrong("{\"topic\":\"nothing\",\"type\":\"put\"}", "no such topic is declared");
    check_wrong("{\"service\":\"nobody\",\"type\":\"put\"}", "no such service is declared");
    check_wrong("{\"topic\":\"order\"}", "a `type`, and a `topic` or a `service`, are wanted");
    check_wrong("{\"topic\":\"order\",\"service\":\"desk\",\"type\":\"put\"}", "are wanted");
    check_wrong("{\"topic\":\"order\",\"type\":\"put\",\"key\":7}", "are texts");
    check_wrong("{\"wait_ms\":1.5}", "whole numbers of milliseconds");
    check_wrong("{\"wait_ms\":-1}", "whole numbers of milliseconds");
    check_wrong("{\"wait_ms\":9223372036854775807}", "whole numbers of milliseconds");
    check_wrong("{\"time\":9223372036854775807}", "whole numbers of milliseconds");
}
