/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The inside of storage, shared by its files. Owned by the loop thread. */
#ifndef OCTAVO_STORAGE_STORAGE_STATE_H
#define OCTAVO_STORAGE_STORAGE_STATE_H

#include "base/table.h"
#include "partition.h"
#include "storage/storage.h"
#include "wal.h"

enum {
    PARTITIONS_MAX = 10000,
    TOPIC_NAME_BYTES_MAX = 249,
    GROUP_NAME_BYTES_MAX = 32767,
    METADATA_BYTES_MAX = 4096,
    PRODUCER_BLOCK_IDS = 1000,
    SETTINGS_BYTES_MAX = 2 + SETTING_COUNT * (2 * 2 + 32 + 64),
    READERS_MAX = 256, /* partitions with a file open for reads */
};

struct checkpoint;
struct cleaning;

struct storage {
    struct storage_options options;
    char *dir;
    struct disk *disk;
    struct clock *clock;
    struct file *lock;
    char cluster_id[CLUSTER_ID_BYTES + 1];
    uint32_t seed;
    struct wal wal;
    struct mailbox *done;
    struct worker *log_worker;
    struct worker *checkpoint_worker;
    int jobs_out;     /* posted and not yet finished */
    bool is_open;     /* recovery is over */
    bool is_closing;  /* nobody is told anything any more */
    bool has_failed;  /* for good */
    char *failure;    /* its story */
    bool wants_flush; /* frames wait for the group that flies, or for their file */
    bool is_stalled;  /* the flying group is durable, but the disk is too full to settle it */
    int64_t retry_ms; /* when a full disk is tried again */

    struct table topic_names;    /* name -> struct topic_entry */
    struct topic_entry **topics; /* by number; NULL: deleted, the number is free */
    size_t topic_count;          /* with those */
    uint32_t deletions;          /* of topics, ever */
    struct grave *graves;        /* topics deleted whose files are still there, oldest first */
    size_t grave_count;
    int64_t partition_count;
    struct topic_settings given[SETTINGS_LEVELS]; /* to the broker; defaults.c */
    struct topic_defaults defaults;               /* these, the one over the other; borrows */

    struct table groups; /* name -> struct group_offsets */

    struct table txn_ids; /* transactional id -> struct txn */
    struct txn **txns;    /* in order of creation */
    size_t txn_count;

    int64_t producer_next; /* the next id to give out */
    int64_t producer_end;  /* ids below are reserved */
    lsn_t producer_lsn;    /* of the frame that reserved them */

    struct checkpoint *checkpoint; /* being made, or NULL */
    struct cleaning *cleaning;     /* a partition being compacted, or NULL; never both */
    size_t clean_topic;            /* where the search for the next one goes on */
    int64_t housekeeping_at_ms;    /* steady: when it is due */
    int64_t expiry_at_ms;          /* the same of transactional ids */
    struct segment **retired; /* taken out of their lists; the log thread may still hold them */
    size_t retired_count;
    lsn_t retired_lsn;          /* frames up to here may speak of them */
    bool is_forgetting;         /* the log thread is told to let go of them */
    struct segment **forgotten; /* nobody holds them: the next checkpoint removes their files */
    size_t forgotten_count;
    int64_t bytes_since_checkpoint;
    int64_t replayed;                       /* frames, at the start */
    struct writers writers;                 /* the log thread's, once recovery is over */
    struct partition *readers[READERS_MAX]; /* those with a file open for reads, and some without */
    size_t next_reader;
    struct segment_window window;
};

struct topic_entry {
    struct topic topic; /* first: handed out */
    uint32_t number;
    uint32_t
        incarnation; /* how many topics had been deleted when it was created: names its files */
};

/* A deleted topic on its way out; topic_delete.c tells the way. */
enum grave_state { GRAVE_WAITS, GRAVE_RETIRED, GRAVE_FORGETTING, GRAVE_FORGOTTEN };

struct grave {
    struct topic_entry *topic;
    lsn_t lsn; /* of its deletion */
    enum grave_state state;
};

void defaults_init(struct storage *s);
enum error defaults_load(struct storage *s) MUST_CHECK;
void defaults_finish(struct storage *s);

void storage_post(struct storage *s, struct worker *w, struct job *job);
/* What a finished job's failure means: E_disk_full is tried again later, the rest is the end. */
void storage_job_failed(struct storage *s, const struct job *job);
void storage_moved(struct storage *s, struct partition *p); /* its readers have something to see */

/* For an audit: what the checkpoint says and nothing behind it; nothing may be changed. */
enum error storage_open_checkpoint(struct storage **out,
                                   const struct storage_options *options) MUST_CHECK;
void storage_abandon(
    struct storage *s); /* as a kill would: nothing more is written. NULL is fine */
struct audit_options;
enum error storage_check_place(const struct audit_options *o) MUST_CHECK; /* is it a broker's? */

/* A frame: E_io after a failure, E_disk_full, E_too_large; then begin, payload, close. */
enum error storage_admit(struct storage *s, size_t payload_bytes) MUST_CHECK;
struct buf *storage_frame_open(struct storage *s, size_t *begin);
lsn_t storage_frame_close(struct storage *s, size_t begin, enum wal_type type);
/* Applies one replayed frame. */
enum error storage_replay(void *storage, const struct wal_frame *frame,
                          struct bytes payload) MUST_CHECK;

/* topics.c */
struct new_entry {
    struct bytes name;
    int32_t partition_count;
    uint32_t number; /* a free one */
    uint32_t incarnation;
};
enum error topic_add(struct storage *s, const struct new_entry *wanted,
                     struct topic_entry **out) MUST_CHECK;
struct topic_entry *topic_numbered(struct storage *s, uint32_t number); /* NULL: there is none */
void topic_destroy(struct topic_entry *t);
enum error topic_replay(struct storage *s, struct bytes payload) MUST_CHECK;
enum error topic_settings_replay(struct storage *s, struct bytes payload) MUST_CHECK;
enum error topic_growth_replay(struct storage *s, struct bytes payload) MUST_CHECK;
void put_settings(struct buf *out, const struct topic_settings *settings);
enum error read_settings(struct cursor *in, struct topic_settings *settings) MUST_CHECK;
struct partition *partition_find(struct storage *s, uint32_t topic_number, int32_t index);
void topics_finish(struct storage *s);

/* topic_delete.c */
enum error topic_deletion_replay(struct storage *s, lsn_t lsn, struct bytes payload) MUST_CHECK;
void graves_go_on(struct storage *s);
/* retire.c moves them when the log thread is told to let go of their segments, and when it has. */
void graves_move(struct storage *s, enum grave_state from, enum grave_state to);
bool graves_have(const struct storage *s, enum grave_state state);
/* Takes out those whose files nobody has open; the caller removes them and destroys the topics. */
size_t graves_take(struct storage *s, struct topic_entry ***out);
enum error topic_remove_files(struct disk *disk, const struct topic *t) MUST_CHECK;
void graves_finish(struct storage *s);

/* offsets.c */
/* What groups have committed for the partitions of a topic is no more, by the frame of that LSN. */
void offsets_forget_topic(struct storage *s, const struct topic *t, lsn_t lsn);
void offset_put(struct storage *s, const struct offset_key *key,
                const struct committed_offset *value, lsn_t lsn);
enum error offset_replay(struct storage *s, lsn_t lsn, struct bytes payload) MUST_CHECK;
/* An open transaction holds so many more (or fewer) values for the key. */
void offset_hold(struct storage *s, const struct offset_key *key, int more);
enum error offset_check(const struct offset_key *key,
                        const struct committed_offset *value) MUST_CHECK;
size_t offset_value_bytes(const struct committed_offset *value);
void put_offset_value(struct buf *out, int32_t partition, const struct committed_offset *v);
/* The caller frees value->metadata. */
void read_offset_value(struct cursor *in, int32_t *partition, struct committed_offset *value);
void offsets_save(struct storage *s, struct buf *out); /* newest of each, synced or not */
enum error offsets_load(struct storage *s, struct cursor *in) MUST_CHECK;
void offsets_finish(struct storage *s);

/* transactions.c */
void txns_forget_topic(struct storage *s, const struct topic *t);
void txns_expire(struct storage *s);

/* transactions_log.c */
enum error txn_session_replay(struct storage *s, struct bytes payload) MUST_CHECK;
enum error txn_add_replay(struct storage *s, struct bytes payload) MUST_CHECK;
enum error txn_offset_replay(struct storage *s, struct bytes payload) MUST_CHECK;
enum error txn_end_replay(struct storage *s, lsn_t lsn, struct bytes payload) MUST_CHECK;
void txns_save(struct storage *s, struct buf *out);
enum error txns_load(struct storage *s, struct cursor *in, uint32_t version) MUST_CHECK;
void txns_finish(struct storage *s);

/* checkpoint.c */
void checkpoint_begin(struct storage *s); /* takes the snapshot */
void checkpoint_go_on(struct storage *s); /* posts it once all in it is synced */
void checkpoint_destroy(struct checkpoint *c);

/* retire.c */
void storage_retire(struct storage *s, struct segment *segment); /* owns it from here on */
void retired_go_on(struct storage *s);
void retired_finish(struct storage *s);

/* cleaning.c */
/* Once housekeeping is due: keeps limits, and looks for a partition that compaction is worth it. */
void cleaning_go_on(struct storage *s);
void cleaning_destroy(struct cleaning *c);

/* checkpoint_load.c */
struct wal_recovery;
enum error checkpoint_load(struct storage *s, struct wal_recovery *recovery) MUST_CHECK;

/* directory.c */
enum error directory_open(struct storage *s) MUST_CHECK; /* makes, locks and identifies it */
/* Was the last stop a clean one at this LSN? Takes the mark away. */
enum error directory_take_clean(struct storage *s, lsn_t lsn, bool *is_clean) MUST_CHECK;
enum error directory_mark_clean(struct storage *s, lsn_t lsn) MUST_CHECK;

/* producer_ids.c */
enum error producer_block_replay(struct storage *s, struct bytes payload) MUST_CHECK;

/* Text in frames and checkpoints: length u16, bytes. */
void put_text(struct buf *out, struct bytes text);
struct bytes read_text(struct cursor *in);

#endif
