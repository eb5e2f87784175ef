/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* librdkafka's transactional producer. One request in flight: the broker takes any first sequence
 * of a producer that it does not know, so a second batch could be taken before the first. */
#include "runtime/kafka_transactions.h"

#include "runtime/kafka_inside.h"

#include <stdio.h>
#include <stdlib.h>

enum { TRANSACTION_MS = 10000, QUEUE_FULL_POLL_MS = 50 };

struct kafka_transactions {
    rd_kafka_t *rk;
};

static bool is_fencing(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED
           || code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

static enum error failed(const struct kafka_transactions *t, rd_kafka_resp_err_t code,
                         const char *what, const char *reason) {
    char fatal[256];
    rd_kafka_resp_err_t first = rd_kafka_fatal_error(t->rk, fatal, sizeof(fatal));
    if (is_fencing(code) || is_fencing(first))
        return fail(E_fenced, "%s: %s", what, first ? fatal : reason);
    return fail(E_closed, "%s: %s", what, reason);
}

static enum error ended(const struct kafka_transactions *t, rd_kafka_error_t *error,
                        const char *what) {
    if (!error)
        return E_ok;
    enum error e = rd_kafka_error_is_retriable(error)
                       ? fail(E_timed_out, "%s: %s", what, rd_kafka_error_string(error))
                       : failed(t, rd_kafka_error_code(error), what, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return e;
}

/* With nobody to hear of a delivery, librdkafka's commit looks for it every 10 ms; so it is woken.
 */
static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
    (void)rk;
    (void)m;
    (void)opaque;
}

static enum error conf_fill(rd_kafka_conf_t *conf, const struct kafka_transactions_options *o) {
    char timeout[16];
    (void)snprintf(timeout, sizeof(timeout), "%d", o->timeout_ms ? o->timeout_ms : TRANSACTION_MS);
    TRY(kafka_conf_begin(conf, o->bootstrap, o->client_id));
    TRY(kafka_setting_put(conf, "transactional.id", o->transactional_id));
    TRY(kafka_setting_put(conf, "transaction.timeout.ms", timeout));
    TRY(kafka_setting_put(conf, "max.in.flight.requests.per.connection", "1"));
    TRY(kafka_setting_put(conf, "linger.ms", "0"));
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return kafka_setting_put(conf, "retry.backoff.ms", "20");
}

enum error kafka_transactions_create(struct kafka_transactions **out,
                                     const struct kafka_transactions_options *options) {
    struct kafka_transactions *t = memory_get(sizeof(*t));
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum error e = conf_fill(conf, options);
    if (e)
        rd_kafka_conf_destroy(conf);
    else
        e = kafka_handle_create(&t->rk, RD_KAFKA_PRODUCER, conf);
    if (e) {
        free(t);
        t = NULL;
    }
    *out = t;
    return e;
}

void kafka_transactions_destroy(struct kafka_transactions *t) {
    if (!t)
        return;
    (void)rd_kafka_purge(t->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_destroy(t->rk);
    free(t);
}

enum error kafka_transactions_init(struct kafka_transactions *t, int timeout_ms) {
    return ended(t, rd_kafka_init_transactions(t->rk, timeout_ms), "beginning to transact");
}

enum error kafka_transaction_begin(struct kafka_transactions *t) {
    return ended(t, rd_kafka_begin_transaction(t->rk), "beginning a transaction");
}

enum error kafka_transaction_send(struct kafka_transactions *t, const struct out_event *e) {
    rd_kafka_resp_err_t error;
    while ((error = kafka_hand_over(t->rk, e, NULL)) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        (void)rd_kafka_poll(t->rk, QUEUE_FULL_POLL_MS);
    (void)rd_kafka_poll(t->rk, 0);
    return error ? failed(t, error, "sending in a transaction", rd_kafka_err2str(error)) : E_ok;
}

/* As long as the transaction may last: another time-out would leave it in a state of its own. */
enum error kafka_transaction_commit(struct kafka_transactions *t) {
    return ended(t, rd_kafka_commit_transaction(t->rk, -1), "committing a transaction");
}
