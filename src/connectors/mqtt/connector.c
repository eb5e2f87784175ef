/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Sockets, clients and tickets.
 *
 * A ticket names what is owed when its request is committed: a PUBACK, a PUBREC, a PUBCOMP, a
 * CONNACK. It dies with its connection; the device then sends again. Nothing is remembered here
 * beyond a connection: which packets of QoS 2 are held is rows of the gateway.
 *
 * Nobody is refused for load. A request that is not taken now (the broker is away, the outbox is
 * full) leaves its packet unread, and the connection is paused and tried again by a timer: TCP then
 * slows the device down. QoS 0 is not kept back for that: what is not taken is counted and gone, as
 * its sender has agreed. So memory is bounded: connections by the listener, input by one packet and
 * what a paused connection may hold, tickets by pending_max for each.
 *
 * Owned by the loop's thread. */
#include "mqtt.h"

#include "inside.h"
#include "report.h"
#include "request.h"
#include "subscriber.h"
#include "users.h"

#include "base/check.h"
#include "base/event.h"
#include "base/random.h"
#include "net/tls.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INPUT_MORE = 64 * 1024, /* beside one packet */
    OUTPUT_MAX = 256 * 1024,
    PORT_TRIES = 20,
    AGAIN_MS = 50,    /* after a request was not taken */
    SWEEP_MS = 1000,  /* how often silent connections are looked for */
    FIRST_MS = 10000, /* a new connection says CONNECT by then */
    DAY_MS = 86400000,
    CLIENT_CHARS = 128,
    LINES_MAX = 10, /* of the log, in a sweep */
    CODE_ACCEPTED = 0,
    CODE_OTHER_PROTOCOL = 1,
    CODE_CLIENT_REFUSED = 2,
    CODE_USER_REFUSED = 4,
};

/* ---- tickets */

static struct bytes ticket_key(const uint64_t *ticket) {
    return bytes_of(ticket, sizeof(*ticket));
}

static void pending_add(struct device *d, uint64_t ticket, enum mqtt_type answer, uint16_t id) {
    struct pending *p = memory_get(sizeof(*p));
    *p = (struct pending){
        .ticket = ticket, .device = d, .next = d->first, .answer = answer, .id = id
    };
    if (d->first)
        d->first->previous = p;
    d->first = p;
    d->pending_count += answer != MQTT_PUBLISH;
    void *old = table_put(&d->connector->pending, ticket_key(&p->ticket), p);
    assert(!old);
}

static void pause_judge(struct device *d) {
    bool full = d->pending_count >= d->connector->pending_max;
    bool room = d->pending_count <= d->connector->pending_max / 2;
    if (full || (room && !d->stalled))
        connection_pause(d->connection, full);
}

static void pending_end(struct pending *p) {
    struct device *d = p->device;
    if (p->previous)
        p->previous->next = p->next;
    else
        d->first = p->next;
    if (p->next)
        p->next->previous = p->previous;
    d->pending_count -= p->answer != MQTT_PUBLISH;
    (void)table_remove(&d->connector->pending, ticket_key(&p->ticket));
    free(p);
}

/* ---- closing */

static void device_say(struct device *d, const char *reason) {
    if (d->connector->lines++ < LINES_MAX)
        event_log(EV_request_malformed, "peer=%s reason=%s", connection_peer(d->connection),
                  reason);
}

void device_close(struct device *d, const char *reason) {
    if (reason && !d->gone)
        device_say(d, reason);
    d->gone = true;
    connection_close_after_sending(d->connection);
}

static void client_forget(struct device *d) {
    if (d->taken)
        (void)table_remove(&d->connector->clients, bytes_text(d->client));
    d->taken = false;
}

/* ---- asking */

/* Answer 0: nothing is owed. */
bool device_ask(struct device *d, const char *type, enum mqtt_type answer, uint16_t id) {
    struct connector *c = d->connector;
    char key[KEY_CHARS];
    uint64_t ticket = ++c->ticket_last;
    int len = snprintf(key, sizeof(key), "%016" PRIx64 "-%" PRIu64, c->nonce, ticket);
    struct connector_request r = {
        .type = type,
        .key = bytes_of(key, (size_t)len),
        .json = buf_bytes(&c->json),
        .ticket = ticket,
    };
    if (!c->options.on_request(c->options.context, &r))
        return false;
    if (!answer)
        return true; /* nothing is owed */
    pending_add(d, ticket, answer, id);
    if (answer == MQTT_PUBLISH) {
        d->subscribed.ticket = ticket;
        (void)snprintf(d->subscribed.key, sizeof(d->subscribed.key), "%s", key);
    } else {
        pause_judge(d);
    }
    return true;
}

/* What is in c->json; if not, c->why has the place that is wrong. */
static bool is_as_declared(struct connector *c, const char *type) {
    struct connector_request r = { .type = type, .json = buf_bytes(&c->json) };
    buf_clear(&c->why);
    return !c->options.judge || c->options.judge(c->options.context, &r, &c->why);
}

bool device_is_own(const struct device *d, struct bytes device) {
    return !d->connector->own || (d->user && bytes_is_text(device, d->user));
}

/* False: not taken now. */
static bool publish_ask(struct device *d, const struct mqtt_publish *p) {
    static const enum mqtt_type answers[] = { 0, MQTT_PUBACK, MQTT_PUBREC };
    struct connector *c = d->connector;
    struct topic_place place;
    const char *wrong = NULL;
    bool reports = c->reported.count && !topic_templates_find(&c->reported, p->topic, &place);
    if (!reports)
        wrong = topic_templates_find(&c->topics, p->topic, &place);
    if (!wrong && !device_is_own(d, place.device))
        wrong = "its device is not the user";
    if (!wrong)
        wrong = reports ? report_read(&c->payload, &c->arena, p->payload)
                        : payload_read(&c->payload, &c->arena, &place, p->payload,
                                       clock_wall_ms(loop_clock(c->options.loop)));
    struct request_publish request = {
        .client = d->client,
        .publish = p,
        .place = &place,
        .payload = &c->payload,
        .wrong = wrong,
        .reports = reports,
    };
    request_publish_put(&c->json, &request);
    if (!wrong && !is_as_declared(c, reports ? "report-asked" : "publish-asked")) {
        request.wrong = wrong = buf_text(&c->why);
        request_publish_put(&c->json, &request);
    }
    arena_reset(&c->arena);
    return device_ask(d,
                      wrong     ? "unread-asked"
                      : reports ? "report-asked"
                                : "publish-asked",
                      answers[p->qos], p->id);
}

static bool release_ask(struct device *d, uint16_t id) {
    request_client_put(&d->connector->json, d->client, "packet", id);
    return device_ask(d, "release-asked", MQTT_PUBCOMP, id);
}

/* ---- packets: false says that the packet is to be handed out again */

static void connack_send(struct device *d, bool present, int code) {
    struct connector *c = d->connector;
    buf_clear(&c->out);
    mqtt_connack_put(&c->out, present, code);
    connection_send(d->connection, buf_bytes(&c->out));
    if (code)
        device_close(d, "not_let_in");
}

static void will_keep(struct device *d, const struct mqtt_connect *m) {
    d->has_will = m->has_will;
    d->will_qos = m->will_qos;
    buf_clear(&d->will_topic);
    buf_clear(&d->will_payload);
    buf_put_bytes(&d->will_topic, m->will_topic);
    buf_put_bytes(&d->will_payload, m->will_payload);
}

/* A client is there once: who comes later stays. */
static void client_take(struct device *d) {
    struct device *old = table_put(&d->connector->clients, bytes_text(d->client), d);
    d->taken = true;
    if (!old)
        return;
    old->taken = false;
    device_close(old, "taken_over");
}

static bool client_name(struct device *d, const struct mqtt_connect *m) {
    if (m->client.len > CLIENT_CHARS || (!m->client.len && !m->clean_session))
        return false;
    d->client = m->client.len ? text_copy_bytes(m->client)
                              : text_format("unnamed-%016" PRIx64 "-%" PRIu64, d->connector->nonce,
                                            d->connector->ticket_last);
    return true;
}

static bool on_connect(struct device *d, const struct mqtt_packet *p) {
    struct mqtt_connect m;
    struct connector *c = d->connector;
    if (d->connected || !mqtt_connect_read(p, &m)) {
        device_close(d, d->connected ? "second_connect" : "connect");
        return true;
    }
    if (m.other_protocol) {
        connack_send(d, false, CODE_OTHER_PROTOCOL);
        return true;
    }
    if (c->users.len && !users_know(buf_bytes(&c->users), m.user, m.password)) {
        connack_send(d, false, CODE_USER_REFUSED);
        return true;
    }
    bool named = d->client || client_name(d, &m);
    if (named)
        request_client_put(&c->json, d->client, "clean", m.clean_session);
    if (!named || !is_as_declared(c, "session-asked")) {
        connack_send(d, false, CODE_CLIENT_REFUSED);
        return true;
    }
    if (!device_ask(d, "session-asked", MQTT_CONNACK, 0))
        return false;
    d->connected = true;
    d->user = m.has_user ? text_copy_bytes(m.user) : NULL;
    d->clean_session = m.clean_session;
    d->silent_ms = (int64_t)m.keep_alive_s * 1500;
    will_keep(d, &m);
    client_take(d);
    return true;
}

static bool on_publish(struct device *d, const struct mqtt_packet *p) {
    struct mqtt_publish m;
    if (!mqtt_publish_read(p, &m)) {
        device_close(d, "publish");
        return true;
    }
    bool taken = publish_ask(d, &m);
    if (!taken && m.qos == 0)
        d->connector->dropped++;
    return taken || m.qos == 0;
}

static bool on_release(struct device *d, const struct mqtt_packet *p) {
    uint16_t id;
    if (mqtt_id_read(p, &id))
        return release_ask(d, id);
    device_close(d, "pubrel");
    return true;
}

static void on_ping(struct device *d) {
    struct connector *c = d->connector;
    buf_clear(&c->out);
    mqtt_pingresp_put(&c->out);
    connection_send(d->connection, buf_bytes(&c->out));
}

static bool on_packet(struct device *d, const struct mqtt_packet *p) {
    if (!d->connected && p->type != MQTT_CONNECT) {
        device_close(d, "no_connect");
        return true;
    }
    switch ((enum mqtt_type)p->type) {
    case MQTT_CONNECT:
        return on_connect(d, p);
    case MQTT_PUBLISH:
        return on_publish(d, p);
    case MQTT_PUBREL:
        return on_release(d, p);
    case MQTT_SUBSCRIBE:
        return subscriber_on_subscribe(d, p);
    case MQTT_UNSUBSCRIBE:
        return subscriber_on_unsubscribe(d, p);
    case MQTT_PUBACK:
        return subscriber_on_taken(d, p);
    case MQTT_PINGREQ:
        on_ping(d);
        return true;
    case MQTT_DISCONNECT:
        d->has_will = false;
        device_close(d, mqtt_is_empty(p) ? NULL : "disconnect");
        return true;
    case MQTT_PUBREC: /* of QoS 2, which we do not send */
    case MQTT_PUBCOMP:
    case MQTT_CONNACK:
    case MQTT_SUBACK:
    case MQTT_UNSUBACK:
    case MQTT_PINGRESP:
        break;
    }
    device_close(d, "not_of_a_client");
    return true;
}

/* ---- connections */

static void again_start(struct connector *c) {
    if (!c->again_waits)
        loop_timer_start(c->again, AGAIN_MS);
    c->again_waits = true;
}

static void device_stall(struct device *d) {
    d->stalled = true;
    connection_pause(d->connection, true);
    again_start(d->connector);
}

static void on_again(void *context) {
    struct connector *c = context;
    c->again_waits = false;
    for (struct device *d = c->devices; d; d = d->next)
        if (d->stalled) {
            d->stalled = false;
            pause_judge(d);
        }
    for (struct device *d = c->devices; d; d = d->next)
        if (d->subscribed.due && !d->gone && !subscriber_ask(d))
            again_start(c);
}

/* One packet; the loop calls again while something was used. */
static size_t on_data(void *context, struct bytes data) {
    struct device *d = context;
    struct mqtt_packet packet;
    d->heard_ms = clock_steady_ms(loop_clock(d->connector->options.loop));
    if (d->gone)
        return data.len;
    switch (mqtt_frame_find(data, d->connector->packet_max, &packet)) {
    case MQTT_PARTIAL:
        return 0;
    case MQTT_WHOLE:
        if (on_packet(d, &packet))
            return packet.size;
        device_stall(d);
        return 0;
    case MQTT_BAD:
        device_close(d, "packet");
        return data.len;
    case MQTT_TOO_LARGE:
        break;
    }
    device_close(d, "packet_too_large");
    return data.len;
}

static void *on_open(void *context, struct connection *connection) {
    struct device *d = memory_get(sizeof(*d));
    struct connector *c = context;
    *d = (struct device){ .connector = c, .connection = connection, .next = c->devices };
    d->heard_ms = clock_steady_ms(loop_clock(c->options.loop));
    if (c->devices)
        c->devices->previous = d;
    c->devices = d;
    return d;
}

static void will_publish(struct device *d) {
    struct mqtt_publish will = {
        .topic = buf_bytes(&d->will_topic),
        .payload = buf_bytes(&d->will_payload),
    };
    if (d->connected && d->has_will && !publish_ask(d, &will))
        d->connector->dropped++;
}

static void on_closed(void *context) {
    struct device *d = context;
    struct connector *c = d->connector;
    client_forget(d);
    while (d->first)
        pending_end(d->first);
    if (c->listener)
        will_publish(d);
    subscriber_end(d, c->listener != NULL);
    if (d->previous)
        d->previous->next = d->next;
    else
        c->devices = d->next;
    if (d->next)
        d->next->previous = d->previous;
    buf_finish(&d->will_topic);
    buf_finish(&d->will_payload);
    free(d->client);
    free(d->user);
    free(d);
}

/* Who is silent for one and a half of its keep-alive has gone without saying so. */
static void on_sweep(void *context) {
    struct connector *c = context;
    int64_t now_ms = clock_steady_ms(loop_clock(c->options.loop));
    for (struct device *d = c->devices; d; d = d->next)
        if (!d->gone && d->silent_ms && !d->stalled && now_ms - d->heard_ms > d->silent_ms)
            device_close(d, "silent");
    if (c->dropped)
        event_log(EV_request_refused, "edge=mqtt qos=0 count=%" PRIu64 " reason=not_taken",
                  c->dropped);
    if (c->lines > LINES_MAX)
        event_log(EV_request_malformed, "left_out=%d", c->lines - LINES_MAX);
    c->dropped = 0;
    c->lines = 0;
    loop_timer_start(c->sweep, SWEEP_MS);
}

/* ---- the service */

static void mqtt_close(struct connector *c) {
    if (!c)
        return;
    struct listener *listener = c->listener;
    c->listener = NULL; /* no will is published because we stop */
    listener_close(listener);
    tls_context_destroy(c->tls);
    if (c->users.data)
        explicit_bzero(c->users.data, c->users.len);
    buf_finish(&c->users);
    assert(!c->devices && c->pending.count == 0);
    loop_timer_destroy(c->again);
    loop_timer_destroy(c->sweep);
    table_finish(&c->pending);
    table_finish(&c->clients);
    topic_templates_finish(&c->topics);
    topic_templates_finish(&c->commands);
    topic_templates_finish(&c->reported);
    payload_finish(&c->payload);
    arena_finish(&c->arena);
    buf_finish(&c->json);
    buf_finish(&c->out);
    buf_finish(&c->why);
    free(c);
}

static enum error listen_at(struct connector *c, const struct mqtt_address *address) {
    struct listener_options options = {
        .host = address->host,
        .port = address->port,
        .port_tries = address->port ? PORT_TRIES : 0,
        .connections_max = (int)address->connections_max,
        .input_max_bytes = (size_t)address->packet_max + INPUT_MORE,
        .output_max_bytes = OUTPUT_MAX,
        .first_byte_ms = FIRST_MS,
        .idle_ms = DAY_MS, /* the keep-alive is what counts */
        .knows_its_clients = address->client_ca[0] || c->users.len,
        .handlers = { on_open, on_data, on_closed },
        .context = c,
    };
    const struct tls_files files = {
        .certificate = address->certificate,
        .key = address->key,
        .ca = address->client_ca[0] ? address->client_ca : NULL,
    };
    c->own = address->own;
    if (address->certificate[0]) {
        TRY(tls_context_listen(&c->tls, &files));
        options.tls = c->tls;
    }
    c->packet_max = (size_t)address->packet_max;
    c->pending_max = (size_t)address->pending_max;
    return listener_open(&c->listener, c->options.loop, &options);
}

static enum error connector_start(struct connector *c, const char *url) {
    struct mqtt_address address;
    const struct mqtt_templates templates = { &c->topics, &c->commands, &c->reported };
    TRY(mqtt_address_read(&address, &templates, url));
    return listen_at(c, &address);
}

static enum error mqtt_open(struct connector **out, const struct connector_options *options) {
    struct connector *c = memory_get(sizeof(*c));
    c->options = *options;
    c->options.url = c->options.secret = NULL; /* the caller's, and may go */
    buf_put(&c->users, options->secret, options->secret ? options->secret_len : 0);
    random_system(&c->nonce, sizeof(c->nonce));
    c->again = loop_timer_create(options->loop, on_again, c);
    c->sweep = loop_timer_create(options->loop, on_sweep, c);
    loop_timer_start(c->sweep, SWEEP_MS);
    enum error e = connector_start(c, options->url);
    if (e) {
        fail_while("opening %s", options->url);
        mqtt_close(c);
        c = NULL;
    }
    *out = c;
    return e;
}

/* {present, device, qos}: whether the gateway has kept a session, and what it was subscribed to. */
static void session_open(struct device *d, struct bytes json) {
    struct connector *c = d->connector;
    struct json j;
    struct bytes device = bytes_of("", 0);
    int64_t present = 0, qos = 0;
    if (json_read(&j, json))
        return;
    (void)json_get_int(&j, "present", &present);
    (void)json_get_int(&j, "qos", &qos);
    mqtt_connack_put(&c->out, present != 0, CODE_ACCEPTED);
    connection_send(d->connection, buf_bytes(&c->out));
    bool kept = json_get_text(&j, "device", &device) && device.len && !d->subscribed.device;
    if (kept && device_is_own(d, device)) { /* another user may have had the client's name */
        subscriber_keep(d, device, (int)qos);
        again_start(c);
    }
    json_finish(&j);
}

/* Replies come in the order of the requests, so acknowledgements go in the order of publishes. */
static bool mqtt_reply(struct connector *c, uint64_t ticket, struct bytes json) {
    struct pending *p = table_find(&c->pending, ticket_key(&ticket));
    if (!p)
        return false;
    struct device *d = p->device;
    buf_clear(&c->out);
    enum mqtt_type answer = p->answer;
    uint16_t id = p->id;
    pending_end(p);
    if (answer == MQTT_CONNACK) {
        session_open(d, json);
    } else if (answer == MQTT_PUBLISH) {
        if (ticket == d->subscribed.ticket) /* else of a subscription that has ended */
            subscriber_tell(d, json);
        if (d->subscribed.due)
            again_start(c);
    } else {
        mqtt_id_put(&c->out, answer, id);
        connection_send(d->connection, buf_bytes(&c->out));
    }
    pause_judge(d);
    return true;
}

static int mqtt_port(const struct connector *c) {
    return listener_port(c->listener);
}

const struct connector_service mqtt_connector = {
    .scheme = "mqtt",
    .after_log = true,
    .open = mqtt_open,
    .reply = mqtt_reply,
    .port = mqtt_port,
    .close = mqtt_close,
};
