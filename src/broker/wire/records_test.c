/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Records: what a callback sees, and every way in which they can disagree with their batch. */
#include "batch.h"

#include "base/test.h"

#include <string.h>

enum { MAX_BYTES = 1 << 20 };

static struct bytes three_records(struct batch_writer *w, const char *first_key) {
    batch_begin(w, 1000);
    batch_add(w, 1000, bytes_text(first_key), bytes_text("first"));
    batch_add(w, 1007, bytes_text("b"), bytes_text("second"));
    batch_add(w, 990, bytes_text("c"), (struct bytes){ 0 });
    return batch_end(w);
}

struct seen {
    int count;
    int stop_after;
    int64_t timestamps[3];
    char values[64];
};

static bool see(void *context, const struct record *r) {
    struct seen *seen = context;
    CHECK_INT(r->offset, 100 + seen->count);
    CHECK_INT(r->header_count, 0);
    seen->timestamps[seen->count++] = r->timestamp_ms;
    strncat(seen->values, r->value.data ? (const char *)r->value.data : "(null)",
            r->value.data ? r->value.len : 6);
    return seen->count != seen->stop_after;
}

TEST(each_record_is_shown_with_its_offset_and_its_time) {
    struct batch_writer w;
    struct batch b;
    struct seen seen = { 0 };
    struct cursor in = cursor_on(three_records(&w, "a"));
    batch_patch_offset(w.out.data, 100, 0);
    CHECK_OK(batch_read(&b, &in));
    CHECK_OK(batch_each(&b, MAX_BYTES, see, &seen));
    CHECK_INT(seen.count, 3);
    CHECK_INT(seen.timestamps[1], 1007);
    CHECK_INT(seen.timestamps[2], 990);
    CHECK_TEXT(seen.values, "firstsecond(null)");
    seen = (struct seen){ .stop_after = 2 };
    CHECK_OK(batch_each(&b, MAX_BYTES, see, &seen));
    CHECK_INT(seen.count, 2);
    b.attributes = 1 << 3; /* log append time */
    seen = (struct seen){ 0 };
    CHECK_OK(batch_each(&b, MAX_BYTES, see, &seen));
    CHECK_INT(seen.timestamps[0], 1007);
    buf_finish(&w.out);
}

TEST(a_null_key_anywhere_is_reported) {
    struct batch_writer w;
    struct batch b;
    bool keyless = true;
    size_t unpacked = 0;
    struct cursor in = cursor_on(three_records(&w, "a"));
    CHECK_OK(batch_read(&b, &in));
    CHECK_OK(batch_check_records(&b, MAX_BYTES, &keyless, &unpacked));
    CHECK(!keyless);
    buf_finish(&w.out);
    in = cursor_on(three_records(&w, NULL));
    CHECK_OK(batch_read(&b, &in));
    CHECK_OK(batch_check_records(&b, MAX_BYTES, &keyless, &unpacked));
    CHECK(keyless);
    buf_finish(&w.out);
}

/* A batch around hand-written records, whatever they say. */
static enum error check_raw(const char *records, size_t len, int32_t count) {
    struct buf whole = { 0 };
    bool keyless;
    size_t unpacked = 0;
    memset(buf_extend(&whole, BATCH_HEADER_BYTES), 0, BATCH_HEADER_BYTES);
    buf_put(&whole, records, len);
    struct batch b = { .whole = buf_bytes(&whole),
                       .record_count = count,
                       .last_offset_delta = count - 1 };
    enum error e = batch_check_records(&b, MAX_BYTES, &keyless, &unpacked);
    buf_finish(&whole);
    return e;
}

#define REFUSED(records, count, story)                                                             \
    do {                                                                                           \
        CHECK_ERROR(check_raw(records, sizeof(records) - 1, count), E_malformed);                  \
        CHECK_STORY(story);                                                                        \
    } while (0)

TEST(records_that_disagree_with_their_batch_are_refused) {
    static const char good[] = "\x10\0\0\0\2k\2v\0";
    CHECK_OK(check_raw(good, 9, 1));
    REFUSED("\x10\0\0\0\2k\2v\0", 2, "record of 0 bytes with 0 left");
    REFUSED("\x10\0\0\0\2k\2v\0\x10\0\0\0\2k\2v\0", 2, "record 1 has offset delta 0");
    REFUSED("\x10\0\0\2\2k\2v\0", 1, "offset delta 1 of 0");
    REFUSED("\x10\0\0\1\2k\2v\0", 1, "offset delta -1");
    REFUSED("\x10\0\0\0\2k\2v\0!", 1, "1 bytes behind the last record");
    REFUSED("\x12\0\0\0\2k\2v\0", 1, "record of 9 bytes with 8 left");
    REFUSED("\x01\0\0\0\2k\2v\0", 1, "record of -1 bytes");
    REFUSED("\xff\xff\xff\xff\x1f", 1, "record of 0 bytes");
    REFUSED("\x10\0\0\0\3k\2v\0", 1, "ends inside a field");
    REFUSED("\x10\0\0\0\2k\x04v\0", 1, "ends inside a field");
    CHECK_ERROR(check_raw("", 0, 0), E_malformed);
    CHECK_STORY("batch of 0 records");
}

TEST(record_headers_are_counted_and_measured) {
    static const char good[] = "\x1a\0\0\0\1\1\4\2h\2v\2h\1";
    CHECK_OK(check_raw(good, sizeof(good) - 1, 1));
    REFUSED("\x16\0\0\0\1\1\xfe\xff\xff\xff\x0f\0", 1, "record of 2147483647 headers");
    REFUSED("\x0e\0\0\0\1\1\1\0", 1, "record of -1 headers");
    REFUSED("\x10\0\0\0\1\1\2\1\1", 1, "record header ends early");
    REFUSED("\x12\0\0\0\1\1\2\0\1\0", 1, "1 bytes behind the last header");
}
