/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* SQLite's write-ahead file, looked at before SQLite is: a header of 32 bytes, then frames, each a
 * header of 24 bytes and a page. A frame's checksum begins with that of the frame before as it
 * stands there, so a whole frame shows itself even behind one that is not.
 *
 * A power cut leaves of the last transaction any of its frames, as it was not synced; nothing was
 * written behind it. So where a whole frame stands behind a whole commit, everything before it was
 * synced, and a frame there that is not whole has been changed since. The header is smaller than a
 * sector and synced by itself: it is whole, or was never written. */
#include "pages.h"

#include <string.h>

enum { WAL_HEADER = 32, FRAME_HEADER = 24, WAL_MAGIC = 0x377f0682 };

struct wal {
    struct file *file;
    const char *path;
    bool swapped;    /* the checksums are of words in the other byte order */
    uint32_t sum[2]; /* of the frame before, as it stands in the file */
    uint32_t page_bytes;
    uint8_t salts[8];
};

static uint32_t be32(const uint8_t *b) {
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint32_t word_at(const struct wal *w, const uint8_t *b) {
    return w->swapped ? be32(b)
                      : (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static void sum_add(const struct wal *w, uint32_t *sum, struct bytes of) {
    for (size_t i = 0; i + 8 <= of.len; i += 8) {
        sum[0] += word_at(w, of.data + i) + sum[1];
        sum[1] += word_at(w, of.data + i + 4) + sum[0];
    }
}

static enum error changed(const struct wal *w, const char *what, int64_t at) {
    enum error e = fail(E_corrupt, "%s: %s at byte %lld is not what was written", w->path, what,
                        (long long)at);
    fail_try("keep this file and the database beside it, and put their last backup in their place");
    return e;
}

/* `*there`: it is a file with frames. */
static enum error header_read(struct wal *w, struct bytes header, bool *there) {
    uint32_t sum[2] = { 0, 0 };
    uint32_t magic = header.len == WAL_HEADER ? be32(header.data) : 0;
    *there = false;
    for (size_t i = 0; i < header.len; i++)
        *there |= header.data[i] != 0;
    *there &= header.len == WAL_HEADER;
    if (!*there)
        return E_ok;
    w->swapped = magic & 1;
    sum_add(w, sum, bytes_of(header.data, FRAME_HEADER));
    w->page_bytes = be32(header.data + 8);
    memcpy(w->salts, header.data + 16, sizeof(w->salts));
    w->sum[0] = be32(header.data + 24);
    w->sum[1] = be32(header.data + 28);
    if ((magic & ~1U) != WAL_MAGIC || sum[0] != w->sum[0] || sum[1] != w->sum[1]
        || w->page_bytes < 512 || w->page_bytes > 65536)
        return changed(w, "its header", 0);
    return E_ok;
}

/* Whether it is whole, behind the one before it. */
static bool frame_is_whole(struct wal *w, struct bytes frame) {
    uint32_t sum[2] = { w->sum[0], w->sum[1] };
    sum_add(w, sum, bytes_of(frame.data, 8));
    sum_add(w, sum, bytes_of(frame.data + FRAME_HEADER, w->page_bytes));
    w->sum[0] = be32(frame.data + 16);
    w->sum[1] = be32(frame.data + 20);
    return memcmp(frame.data + 8, w->salts, sizeof(w->salts)) == 0 && sum[0] == w->sum[0]
           && sum[1] == w->sum[1];
}

static enum error frames_check(struct wal *w) {
    struct buf frame = { 0 };
    size_t bytes = FRAME_HEADER + w->page_bytes;
    int64_t bad = -1;
    bool commit = false; /* a whole one, behind what is not */
    enum error e = E_ok;
    for (int64_t at = WAL_HEADER; !e; at += (int64_t)bytes) {
        buf_clear(&frame);
        e = disk_read_at(w->file, at, &frame, bytes);
        if (e || frame.len < bytes)
            break;
        bool whole = frame_is_whole(w, buf_bytes(&frame));
        if (whole && commit)
            e = changed(w, "a frame", bad);
        if (!whole && bad < 0)
            bad = at;
        commit |= whole && bad >= 0 && be32(frame.data + 4) != 0;
    }
    buf_finish(&frame);
    return e;
}

enum error wal_check(struct file *file, const char *path) {
    struct wal w = { .file = file, .path = path };
    struct buf header = { 0 };
    bool there = false;
    enum error e = disk_read_at(file, 0, &header, WAL_HEADER);
    if (!e)
        e = header_read(&w, buf_bytes(&header), &there);
    buf_finish(&header);
    if (e || !there)
        return e;
    return frames_check(&w);
}
