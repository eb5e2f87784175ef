/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A partner gets a file once, whole, its done-file last, whatever happens on the way. */
#include "deliver/deliver.h"

#include "base/clock.h"
#include "base/disk.h"
#include "base/test.h"
#include "deliver/discipline.h"
#include "values/digest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char data[] = "id,name\r\n1,Jana\r\n";
static struct effect_answer answer;
static struct buf told;

static char *in_dir(const char *name) {
    return text_format("%s/%s", test_dir(), name);
}

static void put(const char *name, const char *content) {
    char *path = in_dir(name);
    CHECK_OK(disk_put_new(disk_real(), path, bytes_text(content)));
    free(path);
}

static const char *sha_of(const char *content) {
    static char hex[65];
    uint8_t digest[SHA256_BYTES];
    sha256(bytes_text(content), digest);
    sha256_hex(digest, hex);
    return hex;
}

static const char *there(const char *name) {
    static struct buf out;
    char *path = in_dir(name);
    buf_clear(&out);
    enum error e = disk_read_whole(disk_real(), path, 1 << 20, &out);
    free(path);
    return e ? "nothing" : buf_text(&out);
}

struct names {
    char text[512];
};

static void on_name(void *context, const char *name) {
    struct names *n = context;
    strncat(n->text, name, 60);
    strncat(n->text, " ", 2);
}

static size_t partner_names(void) {
    struct names n = { "" };
    size_t count = 0;
    char *path = in_dir("acme");
    CHECK_OK(disk_list(disk_real(), path, on_name, &n));
    for (const char *c = n.text; *c; c++)
        count += *c == ' ';
    free(path);
    return count;
}

/* ---- the sink */

static struct connector *open_sink(void) {
    struct connector *c;
    struct sink_options options = { .url = "deliver:archive",
                                    .timeout_ms = 10000,
                                    .data_dir = test_dir() };
    put("places", "acme file:acme\nonboarding file:elsewhere\nodd telnet:acme\n");
    put("archive/r/a.data", data);
    CHECK_OK(deliver_sink.open(&c, &options));
    return c;
}

static enum effect_verdict act(struct connector *c, const char *json, bool asks) {
    struct effect_request r = { .id = bytes_text("id"), .json = bytes_text(json), .attempt = 1 };
    buf_clear(&told);
    answer = (struct effect_answer){ .verdict = EFFECT_UNKNOWN, .told = &told };
    (asks ? deliver_sink.ask : deliver_sink.perform)(c, &r, &answer);
    return answer.verdict;
}

static char *request(const char *path, const char *name, const char *rest) {
    return text_format("{\"partner\":\"acme\",\"path\":\"%s\",\"name\":\"%s\",\"sha256\":\"%s\"%s}",
                       path, name, sha_of(data), rest);
}

static enum effect_verdict deliver(struct connector *c, const char *path, const char *name,
                                   const char *rest) {
    char *json = request(path, name, rest);
    enum effect_verdict verdict = act(c, json, false);
    free(json);
    return verdict;
}

static enum effect_verdict ask(struct connector *c, const char *name, const char *rest) {
    char *json = request("r/a.data", name, rest);
    enum effect_verdict verdict = act(c, json, true);
    free(json);
    return verdict;
}

TEST(a_file_is_delivered_with_its_done_file_and_a_second_time_nothing_happens) {
    struct connector *c = open_sink();
    CHECK_INT(ask(c, "a.csv", ""), EFFECT_AGAIN);
    CHECK_INT(deliver(c, "r/a.data", "a.csv", ",\"bytes\":17"), EFFECT_DONE);
    CHECK_TEXT(there("acme/a.csv"), data);
    char *done = text_format("%s  a.csv\n", sha_of(data));
    CHECK_TEXT(there("acme/a.csv.done"), done);
    CHECK_INT((long long)partner_names(), 2);
    CHECK_INT(deliver(c, "r/a.data", "a.csv", ""), EFFECT_DONE);
    CHECK_INT(ask(c, "a.csv", ""), EFFECT_DONE);
    CHECK_INT((long long)partner_names(), 2);
    free(done);
    deliver_sink.close(c);
}

TEST(a_file_that_the_partner_has_taken_is_not_put_there_again_unless_it_is_sent_again) {
    struct connector *c = open_sink();
    char *path = in_dir("acme/a.csv");
    CHECK_INT(deliver(c, "r/a.data", "a.csv", ""), EFFECT_DONE);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(deliver(c, "r/a.data", "a.csv", ""), EFFECT_DONE);
    CHECK_INT(ask(c, "a.csv", ""), EFFECT_DONE);
    CHECK_TEXT(there("acme/a.csv"), "nothing");
    CHECK_INT(ask(c, "a.csv", ",\"again\":\"yes\""), EFFECT_AGAIN);
    CHECK_INT(deliver(c, "r/a.data", "a.csv", ",\"again\":\"yes\""), EFFECT_DONE);
    CHECK_TEXT(there("acme/a.csv"), data);
    free(path);
    deliver_sink.close(c);
}

TEST(a_file_with_other_content_is_never_overwritten) {
    struct connector *c = open_sink();
    put("acme/a.csv", "theirs");
    CHECK_INT(deliver(c, "r/a.data", "a.csv", ""), EFFECT_REFUSED);
    CHECK(strstr(answer.reason, "a.csv is there with other content"));
    CHECK_INT(ask(c, "a.csv", ""), EFFECT_AGAIN);
    CHECK_TEXT(there("acme/a.csv"), "theirs");
    CHECK_TEXT(there("acme/a.csv.done"), "nothing");
    deliver_sink.close(c);
}

TEST(a_file_of_ours_without_done_file_gets_it) {
    struct connector *c = open_sink();
    put("acme/a.csv", data);
    CHECK_INT(ask(c, "a.csv", ""), EFFECT_AGAIN);
    CHECK_INT(deliver(c, "r/a.data", "a.csv", ""), EFFECT_DONE);
    CHECK_INT((long long)partner_names(), 2);
    deliver_sink.close(c);
}

TEST(parts_that_a_dead_one_left_are_taken_away_and_others_files_are_not) {
    struct connector *c = open_sink();
    put("acme/.a.csv.0123456789ab.part", "half");
    put("acme/.b.csv.0123456789ab.part", "another's");
    put("acme/.a.csv.more.part", "not ours");
    CHECK_INT(deliver(c, "r/a.data", "a.csv", ""), EFFECT_DONE);
    CHECK_TEXT(there("acme/.a.csv.0123456789ab.part"), "nothing");
    CHECK_TEXT(there("acme/.b.csv.0123456789ab.part"), "another's");
    CHECK_TEXT(there("acme/.a.csv.more.part"), "not ours");
    deliver_sink.close(c);
}

TEST(what_is_not_what_was_announced_is_never_seen) {
    struct connector *c = open_sink();
    put("archive/r/b.data", "something else");
    CHECK_INT(deliver(c, "r/b.data", "a.csv", ""), EFFECT_REFUSED);
    CHECK(strstr(answer.reason, "is not what was announced"));
    CHECK_INT((long long)partner_names(), 0);
    CHECK_INT(deliver(c, "r/a.data", "a.csv", ",\"bytes\":5"), EFFECT_REFUSED);
    CHECK_INT((long long)partner_names(), 0);
    deliver_sink.close(c);
}

TEST(other_systems_hand_files_over_from_places_of_their_own) {
    struct connector *c = open_sink();
    put("elsewhere/out/834.edi", data);
    CHECK_INT(deliver(c, "out/834.edi", "834.edi", ",\"from\":\"onboarding\",\"done\":\"no\""),
              EFFECT_DONE);
    CHECK_TEXT(there("acme/834.edi"), data);
    CHECK_INT((long long)partner_names(), 1);
    deliver_sink.close(c);
}

static void check_refused(struct connector *c, const char *json, const char *reason) {
    CHECK_INT(act(c, json, false), EFFECT_REFUSED);
    if (!strstr(answer.reason, reason))
        test_failed(__FILE__, __LINE__, "%s: %s", json, answer.reason);
}

TEST(names_that_could_harm_and_places_that_nobody_wrote_down_are_refused) {
    struct connector *c = open_sink();
    char *json = request("../../etc/passwd", "a", "");
    check_refused(c, json, "begins with a dot");
    free(json);
    json = request("r/a.data", "../a", "");
    check_refused(c, json, "it has a slash");
    free(json);
    json = request("r/a.data", ".a", "");
    check_refused(c, json, "begins with a dot");
    free(json);
    check_refused(c, "{\"path\":\"r/a\",\"name\":\"a\",\"sha256\":\"00\",\"partner\":\"acme\"}",
                  "not 64 digits");
    check_refused(c, "{\"path\":\"r/a\"}", "no text \"name\"");
    check_refused(c, "[]", "malformed");
    json = text_format("{\"partner\":\"nobody\",\"path\":\"r/a.data\",\"name\":\"a\","
                       "\"sha256\":\"%s\"}",
                       sha_of(data));
    CHECK_INT(act(c, json, false), EFFECT_AGAIN);
    CHECK(strstr(answer.reason, "has no place \"nobody\""));
    free(json);
    json = text_format("{\"partner\":\"odd\",\"path\":\"r/a.data\",\"name\":\"a\","
                       "\"sha256\":\"%s\"}",
                       sha_of(data));
    check_refused(c, json, "begins with telnet:");
    free(json);
    deliver_sink.close(c);
}

/* ---- faults: the folder's kind, whose nth call fails, before or after it has done its work */

static int calls, fails_at;
static bool fails_after;
static enum error fails_with;

static enum error faulty(enum error done) {
    (void)done;
    return fail(fails_with, "a fault");
}

#define FAULT_BEFORE                                                                               \
    do {                                                                                           \
        if (++calls == fails_at && !fails_after)                                                   \
            return fail(fails_with, "a fault");                                                    \
    } while (0)
#define FAULT_AFTER(call)                                                                          \
    do {                                                                                           \
        enum error fault_e = (call);                                                               \
        return calls == fails_at && fails_after ? faulty(fault_e) : fault_e;                       \
    } while (0)

static enum error bad_create(struct partner *p, const char *name) {
    FAULT_BEFORE;
    FAULT_AFTER(folder_partner_kind.create(p, name));
}
static enum error bad_append(struct partner *p, struct bytes part) {
    FAULT_BEFORE;
    FAULT_AFTER(folder_partner_kind.append(p, part));
}
static enum error bad_seal(struct partner *p) {
    FAULT_BEFORE;
    FAULT_AFTER(folder_partner_kind.seal(p));
}
static enum error bad_size(struct partner *p, const char *name, int64_t *bytes) {
    FAULT_BEFORE;
    FAULT_AFTER(folder_partner_kind.size(p, name, bytes));
}
static enum error bad_read(struct partner *p, const char *name, int64_t at, struct buf *out,
                           size_t len) {
    FAULT_BEFORE;
    FAULT_AFTER(folder_partner_kind.read(p, name, at, out, len));
}
static enum error bad_rename(struct partner *p, const char *from, const char *to) {
    FAULT_BEFORE;
    FAULT_AFTER(folder_partner_kind.rename_new(p, from, to));
}
static enum error bad_remove(struct partner *p, const char *name) {
    FAULT_BEFORE;
    FAULT_AFTER(folder_partner_kind.remove(p, name));
}
static enum error bad_list(struct partner *p, partner_on_name *names, void *context) {
    FAULT_BEFORE;
    FAULT_AFTER(folder_partner_kind.list(p, names, context));
}
static enum error bad_settle(struct partner *p) {
    FAULT_BEFORE;
    FAULT_AFTER(folder_partner_kind.settle(p));
}

static const struct partner_kind bad_kind = {
    .scheme = "bad",
    .create = bad_create,
    .append = bad_append,
    .seal = bad_seal,
    .size = bad_size,
    .read = bad_read,
    .rename_new = bad_rename,
    .remove = bad_remove,
    .list = bad_list,
    .settle = bad_settle,
};

static enum error attempt(void) {
    struct delivery d = { .kind = &bad_kind,
                          .path = "r/a.data",
                          .name = "a.csv",
                          .sha256 = sha_of(data),
                          .bytes = 17,
                          .deadline_ns = INT64_MAX };
    char *archive = in_dir("archive");
    CHECK_OK(disk_beneath(archive, &d.from));
    CHECK_OK(folder_partner_kind.open(&d.partner, "file:acme", test_dir()));
    enum error e = delivery_perform(&d);
    folder_partner_kind.close(d.partner);
    disk_beneath_close(d.from);
    free(archive);
    return e;
}

/* What a partner may see at any moment: nothing, the whole file, or that and its done-file. */
static void check_whole(void) {
    bool file = strcmp(there("acme/a.csv"), "nothing") != 0;
    bool done = strcmp(there("acme/a.csv.done"), "nothing") != 0;
    CHECK(!done || file);
    if (file)
        CHECK_TEXT(there("acme/a.csv"), data);
}

static void clear_partner(void) {
    char *file = in_dir("acme/a.csv"), *done = in_dir("acme/a.csv.done");
    (void)unlink(file);
    (void)unlink(done);
    free(file);
    free(done);
}

TEST(whatever_call_fails_or_loses_its_answer_the_next_attempt_ends_with_one_whole_file) {
    static const enum error errors[] = { E_network, E_io, E_disk_full, E_timed_out };
    put("archive/r/a.data", data);
    for (size_t k = 0; k < sizeof(errors) / sizeof(*errors); k++)
        for (int after = 0; after < 2; after++)
            for (fails_at = 1; fails_at < 40; fails_at++) {
                fails_with = errors[k];
                fails_after = after;
                calls = 0;
                (void)!attempt();
                check_whole();
                bool reached = calls >= fails_at;
                fails_at += 1000;
                CHECK_OK(attempt());
                fails_at -= 1000;
                check_whole();
                CHECK_INT((long long)partner_names(), 2);
                clear_partner();
                if (!reached)
                    break;
            }
}

TEST(an_attempt_that_took_too_long_renames_nothing) {
    put("archive/r/a.data", data);
    struct delivery d = { .kind = &folder_partner_kind,
                          .path = "r/a.data",
                          .name = "a.csv",
                          .sha256 = sha_of(data),
                          .bytes = -1,
                          .deadline_ns = clock_steady_ns(clock_real()) - 1 };
    char *archive = in_dir("archive");
    CHECK_OK(disk_beneath(archive, &d.from));
    CHECK_OK(folder_partner_kind.open(&d.partner, "file:acme", test_dir()));
    CHECK_ERROR(delivery_perform(&d), E_timed_out);
    CHECK_TEXT(there("acme/a.csv"), "nothing");
    folder_partner_kind.close(d.partner);
    disk_beneath_close(d.from);
    free(archive);
}

/* ---- a partner's terms */

TEST(a_held_partner_gets_nothing_and_is_asked_nothing_until_it_is_released) {
    struct connector *c = open_sink();
    put("held/acme", "they moved");
    CHECK_INT(deliver(c, "r/a.data", "a.csv", ""), EFFECT_AGAIN);
    CHECK_TEXT(answer.reason, "acme is held: they moved");
    CHECK(answer.again_ms > 0);
    CHECK_INT(ask(c, "a.csv", ""), EFFECT_UNKNOWN);
    CHECK_TEXT(there("acme/a.csv"), "nothing");
    char *path = in_dir("held/acme");
    CHECK_INT(unlink(path), 0);
    free(path);
    CHECK_INT(deliver(c, "r/a.data", "a.csv", ""), EFFECT_DONE);
    CHECK_TEXT(there("acme/a.csv"), data);
    deliver_sink.close(c);
}

static unsigned mode_of(const char *name) {
    struct stat s;
    char *path = in_dir(name);
    CHECK_INT(stat(path, &s), 0);
    free(path);
    return s.st_mode & 0777;
}

TEST(files_have_the_mode_that_the_partners_line_says_whatever_the_umask) {
    struct connector *c = open_sink();
    char *path = in_dir("places");
    CHECK_OK(disk_replace(disk_real(), path, bytes_text("acme file:acme?mode=0644\n")));
    (void)umask(077);
    CHECK_INT(deliver(c, "r/a.data", "a.csv", ""), EFFECT_DONE);
    CHECK_INT(mode_of("acme/a.csv"), 0644);
    CHECK_INT(mode_of("acme/a.csv.done"), 0644);
    CHECK_OK(disk_replace(disk_real(), path, bytes_text("acme file:acme\n")));
    CHECK_INT(deliver(c, "r/a.data", "b.csv", ""), EFFECT_DONE);
    CHECK_INT(mode_of("acme/b.csv"), 0600);
    CHECK_OK(disk_replace(disk_real(), path, bytes_text("acme file:acme?mode=0755\n")));
    CHECK_INT(deliver(c, "r/a.data", "d.csv", ""), EFFECT_REFUSED);
    CHECK(strstr(answer.reason, "its mode is 0400 to 0666"));
    free(path);
    deliver_sink.close(c);
}
