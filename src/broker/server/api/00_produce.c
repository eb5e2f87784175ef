/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Produce: batches are checked, appended as they came, and acknowledged once they are synced.
 *
 * One batch a partition (magic 2 allows no more). Checked before anything is stored, because
 * whatever is stored every consumer must be able to read: the checksum, and by decompressing what
 * only the records show. A topic with a compression.type of its own gets them packed so; else they
 * are stored as they came. acks=1 and acks=all mean the same here; acks=0 gets no reply, and an
 * error closes the connection, the only way to say so. A transactional batch must be of an open
 * transaction that has the partition: one that comes late, behind the end, is refused. */
#include "server/api/api.h"
#include "server/server.h"
#include "server/transactions.h"
#include "wire/packing.h"
#include "wire/sift.h"

#include <inttypes.h>

/* Of one batch, and of all in a request: a kilobyte can unpack to the most a batch may have. */
enum { DECOMPRESSED_MAX_BYTES = 32 << 20, REQUEST_DECOMPRESSED_MAX_BYTES = 128 << 20 };

struct produced {
    struct request *r;
    struct bytes transactional_id;
    int64_t now_ms; /* wall clock */
    lsn_t lsn;      /* the highest; 0: nothing was appended */
    size_t unpacked_bytes;
    bool failed;
};

static enum kafka_error code_of_append(enum error e) {
    if (e == E_diverged)
        return KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER;
    if (e == E_fenced)
        return KAFKA_INVALID_PRODUCER_EPOCH;
    if (e == E_refused)
        return KAFKA_INVALID_TXN_STATE;
    return e ? KAFKA_KAFKA_STORAGE_ERROR : KAFKA_NONE;
}

static enum kafka_error code_of_batch(enum error e) {
    if (e == E_unsupported)
        return KAFKA_UNSUPPORTED_FOR_MESSAGE_FORMAT;
    return e ? KAFKA_CORRUPT_MESSAGE : KAFKA_NONE;
}

static size_t most_bytes(const struct produced *p, const struct topic_settings *settings) {
    return settings->max_message_bytes ? (size_t)settings->max_message_bytes
                                       : server_settings(p->r->server)->message_bytes_max;
}

/* Reads the one batch of a partition and checks what storage relies on. */
static enum kafka_error batch_check(struct produced *p, const struct topic_settings *settings,
                                    struct bytes records, struct batch *batch) {
    struct cursor in = cursor_on(records);
    bool keyless;
    if (!records.len)
        return KAFKA_INVALID_RECORD;
    if (records.len > most_bytes(p, settings))
        return KAFKA_MESSAGE_TOO_LARGE;
    enum error e = batch_read(batch, &in);
    if (e)
        return code_of_batch(e);
    if (cursor_left(&in) || batch_is_control(batch) || batch_delete_horizon(batch) >= 0
        || (batch_is_transactional(batch) && batch->producer_id < 0))
        return KAFKA_INVALID_RECORD;
    if (batch->producer_id >= 0 && (batch->base_sequence < 0 || batch->producer_epoch < 0))
        return KAFKA_INVALID_RECORD;
    if (batch_codec(batch) != CODEC_NONE && p->unpacked_bytes >= REQUEST_DECOMPRESSED_MAX_BYTES)
        return KAFKA_MESSAGE_TOO_LARGE;
    e = batch_check_records(batch, DECOMPRESSED_MAX_BYTES, &keyless, &p->unpacked_bytes);
    /* Without a key nobody could ever replace it. */
    return e || (keyless && settings->compacts) ? KAFKA_INVALID_RECORD : KAFKA_NONE;
}

/* The batch as the topic wants it (compression.type, message.timestamp.type); in the request's
 * arena when it is written anew. */
static enum kafka_error rewrite(struct produced *p, const struct topic_settings *settings,
                                struct batch *batch) {
    struct buf out = { 0 };
    bool repacks = settings->repacks && settings->codec != batch_codec(batch);
    if (!repacks && !settings->stamps)
        return KAFKA_NONE;
    enum error e = E_ok;
    if (repacks)
        e = batch_repack(batch, settings->codec, DECOMPRESSED_MAX_BYTES, &out);
    else
        buf_put_bytes(&out, batch->whole);
    if (!e && settings->stamps)
        batch_stamp(out.data, out.len, p->now_ms);
    struct cursor in = cursor_on(e ? bytes_text("") : arena_copy(&p->r->arena, buf_bytes(&out)));
    size_t len = out.len;
    buf_finish(&out);
    if (e || len > most_bytes(p, settings))
        return KAFKA_MESSAGE_TOO_LARGE;
    return code_of_batch(batch_read(batch, &in));
}

static enum kafka_error check_transaction(const struct produced *p, const struct batch *batch,
                                          const struct partition *partition) {
    if (!batch_is_transactional(batch))
        return KAFKA_NONE;
    if (!p->transactional_id.data)
        return KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    struct txn *known = txn_find(server_storage(p->r->server), p->transactional_id);
    struct transaction_event event = { .kind = TRANSACTION_PRODUCE,
                                       .producer_id = batch->producer_id,
                                       .epoch = batch->producer_epoch,
                                       .is_added = known && txn_has_partition(known, partition) };
    return (enum kafka_error)transaction_ask(p->r, p->transactional_id, &event).verdict.code;
}

static enum kafka_error append(struct produced *p, struct bytes topic,
                               const struct produce_request_partition *in,
                               struct produce_response_partition *out) {
    struct partition *partition = server_partition(p->r->server, topic, in->index);
    struct batch batch;
    struct appended done;
    if (!partition)
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    enum kafka_error code = batch_check(p, partition_settings(partition), in->records, &batch);
    if (!code)
        code = check_transaction(p, &batch, partition);
    if (!code)
        code = rewrite(p, partition_settings(partition), &batch);
    if (code)
        return code;
    code = code_of_append(partition_append(partition, &batch, &done));
    if (code)
        return code;
    out->base_offset = done.base_offset;
    if (partition_settings(partition)->stamps && !done.repeated) /* a repeat has its first time */
        out->log_append_time_ms = p->now_ms;
    out->log_start_offset = partition_log_start(partition);
    p->lsn = done.lsn > p->lsn ? done.lsn : p->lsn;
    p->r->held_bytes += done.repeated ? 0 : batch.whole.len;
    return KAFKA_NONE;
}

/* What is wrong with the request as a whole, if anything. */
static enum kafka_error request_check(const struct produce_request *body) {
    if (body->acks < -1 || body->acks > 1)
        return KAFKA_INVALID_REQUIRED_ACKS;
    return KAFKA_NONE;
}

static void append_topic(struct produced *p, enum kafka_error refused,
                         const struct produce_request_topic *in,
                         struct produce_response_topic *out) {
    out->name = in->name; /* borrowed: encoded before the handler returns */
    out->partitions_count = in->partitions_count;
    out->partitions =
        message_items(&message_produce_response_partition, in->partitions_count, &p->r->arena);
    for (size_t i = 0; i < in->partitions_count; i++) {
        struct produce_response_partition *partition = &out->partitions[i];
        partition->index = in->partitions[i].index;
        partition->base_offset = -1;
        enum kafka_error code =
            refused ? refused : append(p, in->name, &in->partitions[i], partition);
        partition->error_code = (int16_t)code;
        p->failed = p->failed || code != KAFKA_NONE;
    }
}

void produce_on_request(struct request *r, const struct produce_request *body) {
    struct produced p = { .r = r,
                          .transactional_id = body->transactional_id,
                          .now_ms = server_wall_ms(r->server) };
    struct produce_response response = { .topics_count = body->topics_count };
    enum kafka_error refused = request_check(body);
    response.topics = message_items(&message_produce_response_topic, body->topics_count, &r->arena);
    for (size_t i = 0; i < body->topics_count; i++)
        append_topic(&p, refused, &body->topics[i], &response.topics[i]);
    if (body->acks != 0)
        request_reply_synced(r, &response, p.lsn);
    else if (p.failed)
        request_refuse(r, "acks_0_failed");
    else
        request_silent(r, p.lsn);
}
