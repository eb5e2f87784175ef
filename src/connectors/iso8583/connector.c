/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Sockets and tickets: which answer belongs to which connection.
 *
 * Each connection is an asker with its outstanding requests in a list; a table finds them by
 * ticket. Both die with the connection, a later reply then finds nothing and is dropped: the
 * terminal repeats its request and the gateway answers from its store.
 *
 * Memory is bounded: connections by the listener, outstanding requests by pending_max (over it a
 * request is answered 91 without being asked), input by one message. Buffers that held a card
 * number are overwritten before they go back. Owned by the loop's thread. */
#include "iso8583.h"

#include "address.h"
#include "answer.h"
#include "pin.h"
#include "request.h"
#include "seal.h"

#include "base/check.h"
#include "base/event.h"
#include "base/table.h"
#include "net/listener.h"
#include "net/tls.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    PENDING_MAX = 65536,
    ASKER_PENDING_MAX = 1024, /* one terminal cannot use up the others' share */
    ADVICES_MAX = 64,         /* of a connection: over it nothing is read from it for a while */
    ADVICES_AGAIN = 32,
    INPUT_MAX = 64 * 1024,
    OUTPUT_MAX = 256 * 1024,
    PORT_TRIES = 20,
    LOG_LINES_MAX = 10, /* of one kind in LOG_WINDOW_MS */
    LOG_WINDOW_MS = 1000,
    HSM_PIN_MAX = 256,
};

/* At most LOG_LINES_MAX lines a window, then one that says how many were left out. */
struct log_limit {
    int64_t window_ms;
    int lines;
    int left_out;
};

struct connector {
    struct connector_options options;
    uint8_t *secret; /* our own copy, overwritten at close */
    struct iso_dialect dialect;
    struct tls_context *tls; /* or NULL */
    struct hsm *hsm;         /* or NULL */
    struct listener *listener;
    struct table pending; /* ticket -> struct pending */
    uint64_t ticket_last;
    struct buf json;           /* of the request being handed over */
    struct buf out;            /* of the answer being sent */
    struct iso_message asked;  /* the message being read */
    struct iso_message answer; /* the one being written */
    struct log_limit malformed;
    struct log_limit refused;
    struct log_limit sealed;
    struct log_limit away;
};

/* What a terminal has said of its line by 0800. */
enum link { LINK_SILENT, LINK_SIGNED_ON, LINK_SIGNED_OFF };

struct asker {
    struct connector *connector;
    struct connection *connection;
    enum link link;
    struct pending *first;
    size_t pending_count;
    size_t advice_count; /* of them */
};

struct pending {
    uint64_t ticket;
    struct asker *asker;
    struct pending *previous;
    struct pending *next;
    struct kept *kept;
    bool advice;
};

/* ---- outstanding requests */

static struct bytes ticket_key(const uint64_t *ticket) {
    return bytes_of(ticket, sizeof *ticket);
}

static struct pending *pending_add(struct asker *a, struct kept *kept) {
    struct pending *p = memory_get(sizeof *p);
    *p = (struct pending){
        .ticket = ++a->connector->ticket_last, .asker = a, .next = a->first, .kept = kept
    };
    if (a->first)
        a->first->previous = p;
    a->first = p;
    a->pending_count++;
    void *old = table_put(&a->connector->pending, ticket_key(&p->ticket), p);
    assert(!old);
    return p;
}

static void pending_destroy(struct pending *p) {
    struct asker *a = p->asker;
    if (p->previous)
        p->previous->next = p->next;
    else
        a->first = p->next;
    if (p->next)
        p->next->previous = p->previous;
    a->pending_count--;
    a->advice_count -= p->advice;
    if (p->advice && a->advice_count < ADVICES_AGAIN)
        connection_pause(a->connection, false);
    (void)table_remove(&a->connector->pending, ticket_key(&p->ticket));
    free(p->kept);
    free(p);
}

/* ---- the log, bounded */

static bool log_allowed(struct connector *c, struct log_limit *l, enum event event) {
    int64_t now = clock_steady_ms(loop_clock(c->options.loop));
    if (now - l->window_ms >= LOG_WINDOW_MS || !l->lines) {
        if (l->left_out)
            event_log(event, "left_out=%d", l->left_out);
        *l = (struct log_limit){ .window_ms = now };
    }
    if (l->lines < LOG_LINES_MAX) {
        l->lines++;
        return true;
    }
    l->left_out++;
    return false;
}

/* ---- answering */

static void hsm_complain(struct asker *a, enum error e) {
    struct connector *c = a->connector;
    if (e && log_allowed(c, &c->away, EV_hsm_away))
        event_log(EV_hsm_away, "peer=%s why=\"%s\"", connection_peer(a->connection), error_story());
    else if (!e && log_allowed(c, &c->sealed, EV_mac_wrong))
        event_log(EV_mac_wrong, "peer=%s type=%s", connection_peer(a->connection), c->asked.mti);
}

static void answer_pack(struct connector *c) {
    buf_clear(&c->out);
    enum error e = iso_pack(&c->dialect, &c->answer, &c->out);
    assert(!e); /* answer_dialect_check and is_code saw to it */
}

/* What cannot be sealed cannot be believed, so it is not said, and asked for again; but that the
 * module is away may be said by anybody. */
static bool answer_seal(struct asker *a) {
    struct connector *c = a->connector;
    enum error e = seal_put(c->hsm, &c->dialect, &c->out, 0);
    if (!e)
        return true;
    hsm_complain(a, e);
    if (!bytes_is_text(c->answer.fields[39], ISO_CODE_MALFUNCTION))
        return false;
    c->answer.fields[64].data = c->answer.fields[128].data = NULL;
    answer_pack(c);
    return true;
}

static void answer_send(struct asker *a) {
    struct connector *c = a->connector;
    if (c->dialect.mac)
        seal_prepare(&c->answer);
    answer_pack(c);
    if (!c->dialect.mac || answer_seal(a))
        connection_send(a->connection, buf_bytes(&c->out));
    else
        connection_close(a->connection);
}

static void answer_code(struct asker *a, const char *code) {
    answer_at_once(&a->connector->asked, code, &a->connector->answer);
    answer_send(a);
}

/* 91 says that nothing was moved. Of a repeat nobody here can say so: its first copy may have been
 * committed, and be approved yet. So it gets no answer but a closed connection, and comes again. */
static bool is_transaction_repeat(const struct iso_message *m) {
    return strcmp(m->mti, "0201") == 0 || strcmp(m->mti, "0101") == 0;
}

static void on_refused(struct asker *a, const char *reason) {
    struct connector *c = a->connector;
    if (log_allowed(c, &c->refused, EV_request_refused))
        event_log(EV_request_refused, "peer=%s reason=%s", connection_peer(a->connection), reason);
    if (is_transaction_repeat(&c->asked))
        connection_close_after_sending(a->connection);
    else
        answer_code(a, ISO_CODE_AWAY);
}

/* A terminal that was away for days sends thousands of advices as fast as it can. It gets through
 * as fast as they are committed; the others do not wait behind it. */
static void advice_count(struct asker *a, struct pending *p) {
    p->advice = request_is_advice(&a->connector->asked);
    a->advice_count += p->advice;
    if (a->advice_count >= ADVICES_MAX)
        connection_pause(a->connection, true);
}

/* The same for a code that is no decision. */
static void answer_undecided(struct asker *a, const char *code) {
    if (is_transaction_repeat(&a->connector->asked))
        connection_close_after_sending(a->connection);
    else
        answer_code(a, code);
}

/* False: it is not as its type is declared, and answered as a format error. */
static bool request_is_as_declared(struct asker *a, const struct request *request) {
    struct connector *c = a->connector;
    struct connector_request handed = { .type = request->type, .json = buf_bytes(&c->json) };
    struct buf why = { 0 };
    bool good = !c->options.judge || c->options.judge(c->options.context, &handed, &why);
    if (!good) {
        event_log(EV_request_refused, "peer=%s reason=schema where=\"%.200s\"",
                  connection_peer(a->connection), buf_text(&why));
        answer_undecided(a, ISO_CODE_FORMAT);
    }
    buf_finish(&why);
    return good;
}

static void request_hand_over(struct asker *a, const struct request *request) {
    struct connector *c = a->connector;
    if (c->pending.count >= PENDING_MAX || a->pending_count >= ASKER_PENDING_MAX) {
        on_refused(a, "too_many_outstanding");
        return;
    }
    if (!request_is_as_declared(a, request))
        return;
    struct pending *p = pending_add(a, answer_keep(&c->asked, request->id));
    uint64_t ticket = p->ticket;
    advice_count(a, p);
    struct connector_request handed = {
        .type = request->type,
        .key = bytes_text(request->id),
        .json = buf_bytes(&c->json),
        .ticket = ticket,
    };
    if (c->options.on_request(c->options.context, &handed))
        return;
    /* Refused; the answer was not given, so the ticket must still be there. */
    p = table_find(&c->pending, ticket_key(&ticket));
    assert(p != NULL);
    pending_destroy(p);
    on_refused(a, "not_taken");
}

/* Field 70 of an 0800: the line is all that is there to be spoken about. Keys are not changed by
 * messages, so 161 and the like are unknown. */
static const char *network_code(struct asker *a) {
    struct bytes code = a->connector->asked.fields[70];
    if (bytes_is_text(code, "001"))
        a->link = LINK_SIGNED_ON;
    else if (bytes_is_text(code, "002"))
        a->link = LINK_SIGNED_OFF;
    else if (code.data && !bytes_is_text(code, "301")) /* an echo; without the field it is one */
        return ISO_CODE_INVALID_TRANSACTION;
    return ISO_CODE_APPROVED;
}

static bool may_ask(const struct asker *a) {
    return a->connector->dialect.sign_on ? a->link == LINK_SIGNED_ON : a->link != LINK_SIGNED_OFF;
}

/* Whoever is asked counts the wrong ones, so they are handed over, under a type of their own: who
 * does not know it pays nothing out. So is a repeat: whether its first copy had this PIN they know
 * who are asked. False: it is answered. */
static bool pin_is_judged(struct asker *a, struct request *request) {
    struct connector *c = a->connector;
    bool right = true;
    if (!pin_is_wanted(c->hsm, &c->asked))
        return true;
    hsm_set_now(c->hsm, clock_steady_ms(loop_clock(c->options.loop)));
    enum error e = pin_check(c->hsm, &c->asked, &right);
    if (e) {
        hsm_complain(a, e);
        answer_undecided(a, ISO_CODE_MALFUNCTION);
    } else if (!right) {
        request->type = "pin-wrong-asked";
    }
    return !e;
}

/* The same for its code of authentication. What has a wrong one is nobody's: nothing of it is
 * kept, also of an advice. */
static bool seal_is_right(struct asker *a, struct bytes message) {
    struct connector *c = a->connector;
    bool right = true;
    if (!c->dialect.mac)
        return true;
    hsm_set_now(c->hsm, clock_steady_ms(loop_clock(c->options.loop)));
    enum error e = seal_check(c->hsm, &c->dialect, message, &c->asked, &right);
    if (!e && right)
        return true;
    hsm_complain(a, e);
    answer_undecided(a, e ? ISO_CODE_MALFUNCTION : c->dialect.mac_code);
    return false;
}

static void message_answer(struct asker *a) {
    struct connector *c = a->connector;
    struct request request;
    struct request_options options = {
        .secret = bytes_of(c->secret, c->options.secret_len),
        .now_ms = clock_wall_ms(loop_clock(c->options.loop)),
    };
    bool broken = c->asked.broken || c->asked.bad_field;
    buf_clear(&c->json);
    if (strncmp(c->asked.mti, "080", 3) == 0 && !broken) {
        answer_code(a, network_code(a));
        return;
    }
    if (!may_ask(a)) {
        on_refused(a, "not_signed_on");
        return;
    }
    const char *code = request_read(&c->asked, &options, &request, &c->json);
    if (code)
        answer_code(a, code);
    else if (pin_is_judged(a, &request))
        request_hand_over(a, &request);
}

/* ---- connections */

static void connection_refuse(struct asker *a, const char *reason) {
    struct connector *c = a->connector;
    if (log_allowed(c, &c->malformed, EV_request_malformed))
        event_log(EV_request_malformed, "peer=%s reason=%s", connection_peer(a->connection),
                  reason);
    connection_close(a->connection);
}

static void on_message(struct asker *a, struct bytes message) {
    struct connector *c = a->connector;
    enum error e = iso_unpack(&c->dialect, message, &c->asked);
    assert(!e == !(c->asked.broken || c->asked.bad_field));
    if (!c->asked.mti[0])
        connection_refuse(a, "no_type");
    else if (!answer_is_due(&c->asked))
        connection_refuse(a, "not_a_request");
    else if (seal_is_right(a, message))
        message_answer(a);
    iso_message_wipe(&c->asked);
    /* The input is the loop's and is read into again: no card number stays in it. */
    explicit_bzero((void *)(uintptr_t)message.data, message.len);
}

/* One message; the loop calls again while something was used. */
static size_t on_data(void *context, struct bytes data) {
    struct asker *a = context;
    struct bytes message;
    size_t used = 0;
    switch (iso_frame_find(&a->connector->dialect, data, &message, &used)) {
    case ISO_FRAME_PARTIAL:
        return 0;
    case ISO_FRAME_WHOLE:
        on_message(a, message);
        return used;
    case ISO_FRAME_BAD:
        break;
    }
    connection_refuse(a, "length");
    return data.len;
}

static void *on_open(void *context, struct connection *connection) {
    struct asker *a = memory_get(sizeof *a);
    a->connector = context;
    a->connection = connection;
    return a;
}

static void on_closed(void *context) {
    struct asker *a = context;
    while (a->first)
        pending_destroy(a->first);
    free(a);
}

/* ---- the service */

static enum error listen_at(struct connector *c, const struct iso_address *address) {
    struct listener_options options = {
        .host = address->host,
        .port = address->port,
        .port_tries = address->port ? PORT_TRIES : 0,
        .connections_max = (int)address->connections_max,
        .input_max_bytes = INPUT_MAX,
        .output_max_bytes = OUTPUT_MAX,
        .first_byte_ms = address->first_byte_ms,
        .partial_ms = address->partial_ms,
        .idle_ms = address->idle_ms,
        .tls = c->tls,
        .knows_its_clients = address->client_ca[0],
        .handlers = { on_open, on_data, on_closed },
        .context = c,
    };
    return listener_open(&c->listener, c->options.loop, &options);
}

static void iso8583_close(struct connector *c) {
    if (!c)
        return;
    listener_close(c->listener); /* ends every asker and with them every ticket */
    tls_context_destroy(c->tls);
    hsm_close(c->hsm);
    assert(c->pending.count == 0);
    table_finish(&c->pending);
    buf_finish(&c->json);
    buf_finish(&c->out);
    iso_message_wipe(&c->asked);
    if (c->secret)
        explicit_bzero(c->secret, c->options.secret_len);
    free(c->secret);
    free(c);
}

/* Terminals come from elsewhere only when they show a certificate; the listener sees to it. */
static enum error tls_open(struct connector *c, const struct iso_address *address) {
    const struct tls_files files = {
        .certificate = address->certificate,
        .key = address->key,
        .ca = address->client_ca[0] ? address->client_ca : NULL,
    };
    return address->certificate[0] ? tls_context_listen(&c->tls, &files) : E_ok;
}

static enum error hsm_begin(struct connector *c, const struct iso_address *address) {
    struct buf pin = { 0 };
    if (!address->hsm[0])
        return c->dialect.mac ? fail(E_config,
                                     "dialect %s authenticates messages: the edge needs "
                                     "hsm, hsm_token, hsm_pin_file and mac_key",
                                     c->dialect.name)
                              : E_ok;
    if (c->dialect.mac && !address->mac_key[0])
        return fail(E_config, "dialect %s authenticates messages: the edge needs mac_key",
                    c->dialect.name);
    TRY(disk_read_whole(disk_real(), address->hsm_pin_file, HSM_PIN_MAX, &pin));
    while (pin.len && pin.data[pin.len - 1] == '\n')
        pin.len--;
    struct hsm_options options = {
        .module = address->hsm,
        .token = address->hsm_token,
        .pin = buf_bytes(&pin),
        .keys = { address->mac_key, address->pin_key, address->pvv_key },
    };
    enum error e = hsm_open(&c->hsm, &options);
    explicit_bzero(pin.data, pin.len);
    buf_finish(&pin);
    return e;
}

static enum error secret_copy(struct connector *c, const struct connector_options *options) {
    if (!options->secret || !options->secret_len) {
        enum error e = fail(E_config, "an ISO 8583 edge needs a secret for its card tokens");
        fail_try("declare secret_file: card.key at the edge; it is made when absent");
        return e;
    }
    c->secret = memory_get(options->secret_len);
    memcpy(c->secret, options->secret, options->secret_len);
    return E_ok;
}

static enum error connector_start(struct connector *c, const struct connector_options *options) {
    struct iso_address address;
    TRY(secret_copy(c, options));
    TRY(iso_address_read(&address, options->url));
    TRY(iso_dialect_open(&c->dialect, disk_real(), address.dialect));
    TRY(answer_dialect_check(&c->dialect));
    if (c->dialect.mac)
        TRY(seal_dialect_check(&c->dialect));
    TRY_WHILE(hsm_begin(c, &address), "opening %s", options->url);
    TRY_WHILE(tls_open(c, &address), "opening %s", options->url);
    TRY_WHILE(listen_at(c, &address), "opening %s", options->url);
    return E_ok;
}

static enum error iso8583_open(struct connector **out, const struct connector_options *options) {
    struct connector *c = memory_get(sizeof *c);
    c->options = *options;
    c->options.url = NULL; /* both are the caller's and may go */
    c->options.secret = NULL;
    enum error e = connector_start(c, options);
    if (e) {
        iso8583_close(c);
        c = NULL;
    }
    *out = c;
    return e;
}

static bool iso8583_reply(struct connector *c, uint64_t ticket, struct bytes json) {
    struct pending *p = table_find(&c->pending, ticket_key(&ticket));
    if (!p)
        return false;
    answer_decided(p->kept, json, &c->answer);
    answer_send(p->asker);
    pending_destroy(p);
    return true;
}

static int iso8583_port(const struct connector *c) {
    return listener_port(c->listener);
}

const struct connector_service iso8583_connector = {
    .scheme = "iso8583",
    .open = iso8583_open,
    .reply = iso8583_reply,
    .port = iso8583_port,
    .close = iso8583_close,
};
