/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A member: what it said when it joined (copied), what it waits for, and when it is given up.
 *
 * Whatever a member makes us keep is weighed (member.bytes) and added to coordinator.bytes, so that
 * the limit over all members is one comparison. */
#include "group.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { CLIENT_ID_IN_MEMBER_ID_MAX = 200 };

struct bytes bytes_keep(struct bytes b) {
    if (!b.data)
        return b;
    uint8_t *own = memory_get(b.len + 1);
    if (b.len)
        memcpy(own, b.data, b.len);
    return bytes_of(own, b.len);
}

void bytes_drop(struct bytes *b) {
    free((void *)(uintptr_t)b->data);
    *b = (struct bytes){ 0 };
}

struct bytes member_new_id(struct coordinator *c, struct bytes client_id) {
    struct buf id = { 0 };
    size_t len = client_id.len;
    if (len > CLIENT_ID_IN_MEMBER_ID_MAX)
        for (len = CLIENT_ID_IN_MEMBER_ID_MAX; len && (client_id.data[len] & 0xc0) == 0x80;)
            len--; /* never through a UTF-8 character */
    buf_put(&id, client_id.data, len);
    buf_print(&id, "-%llu-%016llx", (unsigned long long)++c->ids_given,
              (unsigned long long)random_next(&c->random));
    return buf_bytes(&id); /* the buf's memory is now the id's */
}

size_t protocols_bytes(const struct join_protocol *protocols, size_t count) {
    size_t bytes = count * sizeof(*protocols);
    for (size_t i = 0; i < count; i++)
        bytes += protocols[i].name.len + protocols[i].metadata.len;
    return bytes;
}

static struct bytes place(uint8_t **at, struct bytes b) {
    uint8_t *begin = *at;
    if (b.len)
        memcpy(begin, b.data, b.len);
    *at += b.len;
    return bytes_of(begin, b.len);
}

static void member_keep_protocols(struct member *m, const struct join_request *r) {
    free(m->protocols);
    m->protocols = memory_get(protocols_bytes(r->protocols, r->protocol_count) + 1);
    m->protocol_count = r->protocol_count;
    uint8_t *at = (uint8_t *)(m->protocols + r->protocol_count);
    for (size_t i = 0; i < r->protocol_count; i++) {
        m->protocols[i].name = place(&at, r->protocols[i].name);
        m->protocols[i].metadata = place(&at, r->protocols[i].metadata);
    }
}

static void member_weigh(struct member *m) {
    struct coordinator *c = m->group->coordinator;
    assert(c->bytes >= m->bytes);
    c->bytes -= m->bytes;
    m->bytes = sizeof(*m) + m->id.len + m->instance_id.len + m->client_id.len + m->client_host.len
               + protocols_bytes(m->protocols, m->protocol_count) + m->assignment.len;
    c->bytes += m->bytes;
}

static int32_t rebalance_timeout(const struct coordinator *c, const struct join_request *r) {
    int32_t least = c->options.session_timeout_min_ms; /* 0 would be a barrier that never waits */
    int32_t most = c->options.session_timeout_max_ms;
    int32_t asked = r->rebalance_timeout_ms < 0 ? r->session_timeout_ms : r->rebalance_timeout_ms;
    return asked < least ? least : asked > most ? most : asked;
}

struct member *member_create(struct group *g, struct bytes own_id, const struct join_request *r) {
    struct member *m = memory_get(sizeof(*m));
    m->group = g;
    m->id = own_id;
    m->instance_id = bytes_keep(r->group_instance_id);
    m->expires_ms = NEVER;
    m->knows_id = r->member_id.len || r->group_instance_id.data;
    member_update(m, r);
    return m;
}

void member_update(struct member *m, const struct join_request *r) {
    bytes_drop(&m->client_id);
    bytes_drop(&m->client_host);
    m->client_id = bytes_keep(r->client_id);
    m->client_host = bytes_keep(r->client_host);
    m->session_timeout_ms = r->session_timeout_ms;
    m->rebalance_timeout_ms = rebalance_timeout(m->group->coordinator, r);
    member_keep_protocols(m, r);
    member_weigh(m);
}

void member_destroy(struct member *m) {
    assert(!m->join.waits && !m->sync.waits);
    m->group->coordinator->bytes -= m->bytes;
    bytes_drop(&m->id);
    bytes_drop(&m->instance_id);
    bytes_drop(&m->client_id);
    bytes_drop(&m->client_host);
    bytes_drop(&m->assignment);
    free(m->protocols);
    free(m);
}

void member_rename(struct member *m, struct bytes own_id) {
    bytes_drop(&m->id);
    m->id = own_id;
    member_weigh(m);
}

void member_assign(struct member *m, struct bytes assignment) {
    bytes_drop(&m->assignment);
    m->assignment = bytes_keep(assignment);
    member_weigh(m);
}

bool member_matches(const struct member *m, const struct join_request *r) {
    if (m->protocol_count != r->protocol_count)
        return false;
    for (size_t i = 0; i < m->protocol_count; i++)
        if (!bytes_equal(m->protocols[i].name, r->protocols[i].name)
            || !bytes_equal(m->protocols[i].metadata, r->protocols[i].metadata))
            return false;
    return true;
}

const struct join_protocol *member_protocol(const struct member *m, struct bytes name) {
    for (size_t i = 0; i < m->protocol_count; i++)
        if (bytes_equal(m->protocols[i].name, name))
            return &m->protocols[i];
    return NULL;
}

void member_touch(struct member *m, int64_t now_ms) {
    if (m->join.waits || m->sync.waits)
        return;
    m->expires_ms = now_ms + m->session_timeout_ms;
    coordinator_due(m->group->coordinator, m->expires_ms);
}

static struct bytes ticket_key(const uint64_t *ticket) {
    return bytes_of(ticket, sizeof(*ticket));
}

void member_park(struct member *m, struct parked *where, uint64_t ticket) {
    assert(!where->waits);
    *where = (struct parked){ true, ticket };
    m->expires_ms = NEVER;
    void *before = table_put(&m->group->coordinator->parked, ticket_key(&ticket), m);
    assert(!before); /* the caller's promise: a parked ticket is not used again */
}

void member_unpark(struct member *m, struct parked *where, int64_t now_ms) {
    assert(where->waits);
    void *found = table_remove(&m->group->coordinator->parked, ticket_key(&where->ticket));
    assert(found == m);
    *where = (struct parked){ 0 };
    member_touch(m, now_ms);
}
