/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A partner that has no rename: a file goes out in one request, whose last piece is held back until
 * it is sure. The partner here is a folder whose nth call fails or loses its answer. */
#include "deliver/discipline.h"

#include "base/test.h"
#include "values/digest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char data[700000]; /* three pieces */
static int calls, fails_at;
static int asked, in_time = -1; /* pieces: behind that many the time is over; -1: it never is */
static const char *conflicts;   /* this name is refused once, though nothing lies there */
static struct delivery *current;
static bool fails_after;
static size_t sent; /* bytes that the partner was handed in all requests for the file */

static char *in_dir(const char *name) {
    return text_format("%s/%s", test_dir(), name);
}

static const char *sha_of(struct bytes content) {
    static char hex[2 * SHA256_BYTES + 1];
    uint8_t digest[SHA256_BYTES];
    sha256(content, digest);
    sha256_hex(digest, hex);
    return hex;
}

static bool fails_now(bool after) {
    calls += !after;
    return calls == fails_at && fails_after == after;
}

static enum error whole_store(struct partner *p, const char *name, struct bytes content) {
    int64_t bytes;
    TRY(folder_partner_kind.size(p, name, &bytes));
    if (bytes >= 0)
        return fail(E_exists, "%s is there", name);
    TRY(folder_partner_kind.create(p, ".whole"));
    TRY(folder_partner_kind.append(p, content));
    TRY(folder_partner_kind.seal(p));
    return folder_partner_kind.rename_new(p, ".whole", name);
}

static enum error web_put(struct partner *p, const char *name, struct partner_content *content) {
    struct buf all = { 0 };
    enum error e = fails_now(false) ? fail(E_network, "a fault") : E_ok;
    while (!e && (int64_t)all.len < content->bytes) {
        size_t before = all.len;
        if (asked++ == in_time)
            current->deadline_ns = INT64_MIN;
        e = content->read(content->context, &all, 256 << 10);
        sent += e || !strcmp(name, "a.csv.done") ? 0 : all.len - before;
    }
    if (!e && conflicts && !strcmp(name, conflicts)) {
        conflicts = NULL;
        e = fail(E_exists, "it answers 409");
    }
    if (!e)
        e = whole_store(p, name, buf_bytes(&all));
    buf_finish(&all);
    return !e && fails_now(true) ? fail(E_network, "its answer is lost") : e;
}

static enum error web_size(struct partner *p, const char *name, int64_t *bytes) {
    return fails_now(false) ? fail(E_network, "a fault") : folder_partner_kind.size(p, name, bytes);
}

static enum error web_hash(struct partner *p, const char *name, char hex[65]) {
    struct buf all = { 0 };
    enum error e = folder_partner_kind.read(p, name, 0, &all, sizeof(data) + 1);
    memcpy(hex, sha_of(buf_bytes(&all)), 65);
    buf_finish(&all);
    return e;
}

static enum error web_read(struct partner *p, const char *name, int64_t at, struct buf *out,
                           size_t len) {
    return fails_now(false) ? fail(E_network, "a fault")
                            : folder_partner_kind.read(p, name, at, out, len);
}

static enum error web_remove(struct partner *p, const char *name) {
    return folder_partner_kind.remove(p, name);
}

static enum error web_settle(struct partner *p) {
    (void)p;
    return E_ok;
}

static const struct partner_kind web_kind = { .scheme = "web",
                                              .put = web_put,
                                              .size = web_size,
                                              .hash = web_hash,
                                              .read = web_read,
                                              .remove = web_remove,
                                              .settle = web_settle };

static enum error attempt(const char *sha) {
    struct delivery d = { .kind = &web_kind,
                          .path = "r/a.data",
                          .name = "a.csv",
                          .sha256 = sha,
                          .bytes = -1,
                          .deadline_ns = INT64_MAX };
    char *archive = in_dir("archive");
    current = &d;
    asked = 0;
    CHECK_OK(disk_beneath(archive, &d.from));
    CHECK_OK(folder_partner_kind.open(&d.partner, "file:acme", test_dir()));
    enum error e = delivery_perform(&d);
    folder_partner_kind.close(d.partner);
    disk_beneath_close(d.from);
    free(archive);
    return e;
}

static void begin(void) {
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (char)('a' + i % 23);
    char *path = in_dir("archive/r/a.data");
    CHECK_OK(disk_put_new(disk_real(), path, bytes_of(data, sizeof(data))));
    free(path);
    fails_at = 0;
}

static int64_t there_bytes(const char *name) {
    struct buf out = { 0 };
    char *path = in_dir(name);
    enum error e = disk_read_whole(disk_real(), path, 1 << 20, &out);
    int64_t bytes = e ? -1 : (int64_t)out.len;
    CHECK(e || strstr(name, ".done") || bytes_equal(buf_bytes(&out), bytes_of(data, sizeof(data))));
    buf_finish(&out);
    free(path);
    return bytes;
}

static void forget(const char *name) {
    char *path = in_dir(name);
    (void)unlink(path);
    free(path);
}

TEST(a_file_that_is_put_in_one_request_is_there_once_whatever_call_fails_or_loses_its_answer) {
    begin();
    char *sha = text_copy(sha_of(bytes_of(data, sizeof(data))));
    for (int after = 0; after < 2; after++)
        for (int nth = 1; nth < 20; nth++) {
            fails_at = nth;
            fails_after = after;
            calls = 0;
            (void)!attempt(sha);
            CHECK(there_bytes("acme/a.csv.done") < 0 || there_bytes("acme/a.csv") > 0);
            fails_at = 0;
            CHECK_OK(attempt(sha));
            CHECK_INT(there_bytes("acme/a.csv"), sizeof(data));
            CHECK_INT(there_bytes("acme/a.csv.done"), 64 + 2 + 5 + 1);
            forget("acme/a.csv");
            forget("acme/a.csv.done");
        }
    free(sha);
}

TEST(the_last_piece_of_what_is_not_what_was_announced_is_never_sent) {
    begin();
    sent = 0;
    CHECK_ERROR(attempt(sha_of(bytes_text("another"))), E_corrupt);
    CHECK_INT((long long)sent, 2 * (256 << 10));
    CHECK_INT(there_bytes("acme/a.csv"), -1);
}

TEST(no_further_piece_is_sent_when_the_time_is_over) {
    begin();
    char *sha = text_copy(sha_of(bytes_of(data, sizeof(data))));
    for (in_time = 0; in_time < 3; in_time++) {
        sent = 0;
        CHECK_ERROR(attempt(sha), E_timed_out);
        CHECK_INT((long long)sent, in_time * (256 << 10));
        CHECK_INT(there_bytes("acme/a.csv"), -1);
    }
    in_time = -1;
    free(sha);
}

static void check_conflict(const char *name, const char *story) {
    char *sha = text_copy(sha_of(bytes_of(data, sizeof(data))));
    conflicts = name;
    CHECK_ERROR(attempt(sha), E_busy);
    CHECK_STORY(story);
    CHECK_OK(attempt(sha));
    CHECK_INT(there_bytes("acme/a.csv"), sizeof(data));
    CHECK_INT(there_bytes("acme/a.csv.done"), 64 + 2 + 5 + 1);
    forget("acme/a.csv");
    forget("acme/a.csv.done");
    free(sha);
}

TEST(a_name_that_is_refused_as_taken_and_is_not_there_is_tried_again) {
    begin();
    check_conflict("a.csv", "a.csv was there, and is gone");
    check_conflict("a.csv.done", "a.csv.done was there, and is gone");
}

TEST(another_file_of_that_name_is_not_touched_by_a_request_either) {
    begin();
    char *path = in_dir("acme/a.csv");
    char *sha = text_copy(sha_of(bytes_of(data, sizeof(data))));
    CHECK_OK(disk_put_new(disk_real(), path, bytes_text("theirs")));
    CHECK_ERROR(attempt(sha), E_exists);
    CHECK_STORY("is there with other content");
    free(path);
    free(sha);
}
