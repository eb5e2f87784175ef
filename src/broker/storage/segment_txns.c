/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The transaction index: BASE.txnindex, as Kafka has it, for each aborted transaction whose marker
 * is in the segment, in order of the markers: version int16 (0), producer id, first offset, offset
 * of the marker, and the last stable offset once it was ended, each int64, big-endian.
 *
 * It is derived: readers are answered from what the partition remembers, which is in the
 * checkpoint. The file is there so that a partition's directory is whole for Kafka's own tools, and
 * for a Kafka that takes it over: Kafka builds this index only for segments it has not flushed. So
 * a checkpoint writes it beside the others, and nothing waits for its sync.
 *
 * The last stable offset tells a search when it may stop. Who was ended in an earlier life of this
 * process, and is not in the file, gets 0: search on. */
#include "segment_txns.h"

#include <stdlib.h>
#include <string.h>

enum { VERSION = 0, SAME_BYTES = 26, FILE_BYTES_MAX = 1 << 30 };

char *segment_txns_path(const struct segment *s) {
    size_t stem = strlen(s->path) - strlen(".log");
    return text_format("%.*s.txnindex", (int)stem, s->path);
}

static int64_t end_of(const struct partition *p, const struct segment *s) {
    for (size_t i = 0; i + 1 < p->segment_count; i++)
        if (p->segments[i] == s)
            return p->segments[i + 1]->base_offset;
    return p->high_watermark;
}

void segment_txns_put(const struct partition *p, const struct segment *s, struct buf *out) {
    int64_t end = end_of(p, s);
    end = end < p->high_watermark ? end : p->high_watermark;
    for (size_t i = 0; i < p->aborted_count; i++) {
        const struct aborted_txn *t = &p->aborted[i];
        if (t->last_offset < s->base_offset || t->last_offset >= end)
            continue;
        buf_put_be16(out, VERSION);
        buf_put_be64(out, (uint64_t)t->producer_id);
        buf_put_be64(out, (uint64_t)t->first_offset);
        buf_put_be64(out, (uint64_t)t->last_offset);
        buf_put_be64(out, (uint64_t)t->last_stable);
    }
}

struct aborted_txn segment_txns_read(struct bytes entry, bool *is_sound) {
    struct cursor in = cursor_on(entry);
    int16_t version = read_int16(&in);
    struct aborted_txn t = { .producer_id = read_int64(&in) };
    t.first_offset = read_int64(&in);
    t.last_offset = read_int64(&in);
    t.last_stable = read_int64(&in);
    *is_sound = !in.bad && version == VERSION && t.last_stable >= 0 && t.first_offset >= 0
                && t.first_offset < t.last_offset && t.last_stable <= t.last_offset + 1;
    return t;
}

/* How many bytes of the file say the same, whatever they say of the last stable offset. */
static size_t same_bytes(struct bytes file, struct bytes entries) {
    size_t at = 0;
    while (at + TXNS_ENTRY_BYTES <= file.len && at + TXNS_ENTRY_BYTES <= entries.len
           && memcmp(file.data + at, entries.data + at, SAME_BYTES) == 0)
        at += TXNS_ENTRY_BYTES;
    return at;
}

static enum error write_behind(struct disk *disk, const char *path, size_t same,
                               struct bytes entries) {
    struct file *f;
    TRY(disk_open(disk, path, DISK_CREATE, &f));
    enum error e = disk_write_at(f, (int64_t)same, bytes_part(entries, same, entries.len - same));
    if (!e)
        e = disk_truncate(f, (int64_t)entries.len);
    disk_close(f);
    return e;
}

enum error segment_txns_save(struct disk *disk, const char *path, struct bytes entries) {
    struct buf file = { 0 };
    bool exists;
    TRY(disk_exists(disk, path, &exists));
    if (!entries.len)
        return exists ? disk_unlink(disk, path) : E_ok;
    enum error e = exists ? disk_read_whole(disk, path, FILE_BYTES_MAX, &file) : E_ok;
    size_t same = e ? 0 : same_bytes(buf_bytes(&file), entries);
    bool is_right = !e && same == entries.len && file.len == same;
    buf_finish(&file);
    if (e && e != E_too_large)
        return e;
    return is_right ? E_ok : write_behind(disk, path, same, entries);
}
