/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A caller has one request under way; its connection comes and goes beside it. */
#include "customers.h"

#include "base/disk.h"
#include "net/listener.h"
#include "net/loop.h"
#include "people.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_MAX = 16 << 20,
    CUSTOMERS_MAX = 100000,
    INVENTED = 5000,
    AGAIN_MS = 100,
    ANSWER_MS = 5000,
    CREATED = 201,
    OK = 200,
};

struct purchase {
    int32_t customer; /* its number, from 1 */
    int32_t day;      /* 19970101 */
    int32_t cents;
    int32_t line; /* of the file: keeps the order of a day */
};

struct caller {
    struct customers *all;
    int number;
    struct connection *connection; /* NULL: not connected */
    struct loop_timer *timer;      /* the answer, or trying again */
    size_t next;                   /* where to look for its next purchase */
    bool asking;                   /* purchases[asked] is under way */
    size_t asked;
};

struct customers {
    struct customers_options options;
    const char *source;
    struct purchase *purchases;
    size_t count;
    struct people *people;  /* NULL: nobody knows who they are */
    struct customer *known; /* by number */
    struct customer *list;  /* those written */
    struct caller *callers;
    int64_t written, again, refused;
    bool ending;
    bool closing;
    struct buf body, out;
};

/* ---- the data */

static void purchase_add(struct customers *c, const struct purchase *p, size_t *capacity) {
    if (p->customer < 1 || p->customer >= CUSTOMERS_MAX)
        return;
    c->purchases = memory_grow(c->purchases, c->count, capacity, sizeof(*p));
    c->purchases[c->count] = *p;
    c->purchases[c->count].line = (int32_t)c->count;
    c->count++;
}

/* " 00001 19970101  1   11.77" */
static void lines_read(struct customers *c, const char *text) {
    size_t capacity = 0;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        struct purchase p = { 0 };
        char *end;
        line += *line == '\n';
        p.customer = (int32_t)strtol(line, &end, 10);
        p.day = (int32_t)strtol(end, &end, 10);
        (void)strtol(end, &end, 10);
        p.cents = (int32_t)(strtod(end, NULL) * 100 + 0.5);
        if (p.day > 19000000)
            purchase_add(c, &p, &capacity);
    }
}

static void purchases_invent(struct customers *c) {
    size_t capacity = 0;
    for (int32_t i = 0; i < INVENTED; i++)
        purchase_add(
            c, &(struct purchase){ i * 7919 % 1000 + 1, 19970101 + i / 1000, i % 900 + 100, 0 },
            &capacity);
    c->source = "5,000 purchases, made up";
}

static int purchases_compare(const void *a, const void *b) {
    const struct purchase *left = a, *right = b;
    if (left->day != right->day)
        return left->day < right->day ? -1 : 1;
    return (left->line > right->line) - (left->line < right->line);
}

static void purchases_open(struct customers *c) {
    const char *data = getenv("OCTAVO_DATA");
    char *path = text_format("%s/cdnow/purchases.txt", data ? data : "../shared/data");
    struct buf text = { 0 };
    c->source = "CDNOW: purchases of 1997 and 1998 in the order of their days";
    if (disk_read_whole(disk_real(), path, FILE_MAX, &text))
        purchases_invent(c);
    else
        lines_read(c, buf_text(&text));
    c->people = people_open();
    if (c->people && text.len)
        c->source = "CDNOW: purchases of 1997 and 1998 in the order of their days, by people of "
                    "AdventureWorks";
    qsort(c->purchases, c->count, sizeof(*c->purchases), purchases_compare);
    if (c->options.purchases_max && c->count > (size_t)c->options.purchases_max)
        c->count = (size_t)c->options.purchases_max;
    buf_finish(&text);
    free(path);
}

/* ---- asking */

static void caller_connect(struct caller *a);

/* The n-th customer is the n-th person; there are fewer of those. */
static void person_put(struct customers *c, const struct purchase *p) {
    static const struct person nobody;
    const struct person *found = people_find(c->people, (size_t)p->customer - 1);
    const struct person *who = found ? found : &nobody;
    char name[64], email[64];
    (void)snprintf(name, sizeof(name), "Customer %d", (int)p->customer);
    (void)snprintf(email, sizeof(email), "c%d@example.org", (int)p->customer);
    if (who->email) { /* ken0@adventure-works.com */
        int len = (int)strcspn(who->email, "@0123456789");
        (void)snprintf(name, sizeof(name), "%.*s", len < 60 ? len : 60, who->email);
        name[0] = (char)(name[0] >= 'a' && name[0] <= 'z' ? name[0] - 'a' + 'A' : name[0]);
    }
    const struct {
        const char *field, *value;
    } fields[] = { { "name", name },        { "email", who->email ? who->email : email },
                   { "phone", who->phone }, { "street", who->street },
                   { "city", who->city },   { "zip", who->zip },
                   { "state", who->state }, { "country", who->country },
                   { "status", "active" } };
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        if (fields[i].value)
            json_put_text(&c->body, fields[i].field, bytes_text(fields[i].value));
}

static void body_write(struct customers *c, const struct purchase *p,
                       const struct customer *known) {
    char number[16];
    buf_clear(&c->body);
    json_begin(&c->body);
    json_put_int(&c->body, "purchases", known->purchases + 1);
    json_put_int(&c->body, "spent", known->spent + p->cents);
    (void)snprintf(number, sizeof(number), "%d", (int)p->day);
    json_put_text(&c->body, "last", bytes_text(number));
    if (!known->version) {
        json_put_text(&c->body, "since", bytes_text(number));
        (void)snprintf(number, sizeof(number), "%05d", (int)p->customer);
        json_put_text(&c->body, "id", bytes_text(number));
        person_put(c, p);
    }
    json_end(&c->body);
}

static void request_write(struct caller *a) {
    struct customers *c = a->all;
    const struct purchase *p = &c->purchases[a->asked];
    const struct customer *known = &c->known[p->customer];
    body_write(c, p, known);
    buf_clear(&c->out);
    if (known->version)
        buf_print(&c->out, "PATCH /customers/%05d", (int)p->customer);
    else
        buf_put_text(&c->out, "POST /customers");
    buf_print(&c->out,
              " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
              "Idempotency-Key: cdnow-%zu\r\nContent-Length: %zu\r\n\r\n%s",
              a->asked, c->body.len, buf_text(&c->body));
    connection_send(a->connection, buf_bytes(&c->out));
}

static bool purchase_next(struct caller *a) {
    struct customers *c = a->all;
    while (a->next < c->count && c->purchases[a->next].customer % c->options.callers != a->number)
        a->next++;
    a->asked = a->next;
    return !c->ending && a->next < c->count;
}

static void caller_go_on(struct caller *a) {
    if (!a->asking) {
        a->asking = purchase_next(a);
        a->next += a->asking;
    }
    if (!a->asking) {
        loop_timer_cancel(a->timer);
        return;
    }
    loop_timer_start(a->timer, a->connection ? ANSWER_MS : AGAIN_MS);
    if (a->connection)
        request_write(a);
}

/* ---- answers */

static void answered(struct caller *a, int64_t version) {
    struct customers *c = a->all;
    const struct purchase *p = &c->purchases[a->asked];
    struct customer *known = &c->known[p->customer];
    known->purchases++;
    known->spent += p->cents;
    known->version = version;
    (void)snprintf(known->id, sizeof(known->id), "%05d", (int)p->customer);
    c->written++;
    a->asking = false;
}

static void judge(struct caller *a, int status, const char *body) {
    const char *version = strstr(body, "\"version\":");
    if ((status == OK || status == CREATED) && version) {
        answered(a, strtoll(version + strlen("\"version\":"), NULL, 10));
        caller_go_on(a);
        return;
    }
    if (status != 409 && status != 503 && status != 504) {
        a->all->refused++;
        a->asking = false;
        caller_go_on(a);
        return;
    }
    a->all->again++;
    loop_timer_start(a->timer, AGAIN_MS);
}

/* An answer's head ends with an empty line; its length is always said. */
static size_t on_data(void *context, struct bytes data) {
    struct caller *a = context;
    char *text = text_copy_bytes(data);
    char *body = strstr(text, "\r\n\r\n");
    const char *length = strstr(text, "Content-Length: ");
    size_t used = 0;
    if (body && length && length < body) {
        size_t head = (size_t)(body - text) + 4;
        size_t len = strtoul(length + strlen("Content-Length: "), NULL, 10);
        used = data.len >= head + len ? head + len : 0;
    }
    if (used && a->asking)
        judge(a, (int)strtol(text + strlen("HTTP/1.1 "), NULL, 10), body + 4);
    free(text);
    return used;
}

static void on_closed(void *context) {
    struct caller *a = context;
    a->connection = NULL;
    if (a->asking && !a->all->closing)
        loop_timer_start(a->timer, AGAIN_MS);
}

/* No answer, or not connected: asked again, with the same key. */
static void on_time(void *context) {
    struct caller *a = context;
    if (a->connection && a->asking) {
        a->all->again++;
        request_write(a);
        loop_timer_start(a->timer, ANSWER_MS);
        return;
    }
    a->all->again += a->asking;
    caller_connect(a);
}

static void caller_connect(struct caller *a) {
    static const struct connection_handlers handlers = { NULL, on_data, on_closed };
    if (!a->connection
        && connection_connect(&a->connection, a->all->options.loop, "127.0.0.1",
                              a->all->options.port, &handlers, a))
        a->connection = NULL;
    caller_go_on(a);
}

/* ---- the whole */

enum error customers_start(struct customers **out, const struct customers_options *o) {
    struct customers *c = memory_get(sizeof(*c));
    *out = c;
    c->options = *o;
    purchases_open(c);
    c->known = memory_get(CUSTOMERS_MAX * sizeof(*c->known));
    c->list = memory_get(CUSTOMERS_MAX * sizeof(*c->list));
    c->callers = memory_get((size_t)o->callers * sizeof(*c->callers));
    for (int i = 0; i < o->callers; i++) {
        struct caller *a = &c->callers[i];
        a->all = c;
        a->number = i;
        a->timer = loop_timer_create(o->loop, on_time, a);
        caller_connect(a);
    }
    return c->count ? E_ok : fail(E_malformed, "there are no purchases in the data");
}

const char *customers_source(const struct customers *c) {
    return c->source;
}

int64_t customers_written(const struct customers *c) {
    return c->written;
}

int64_t customers_total(const struct customers *c) {
    return (int64_t)c->count;
}

int64_t customers_asked_again(const struct customers *c) {
    return c->again;
}

int64_t customers_refused(const struct customers *c) {
    return c->refused;
}

void customers_end(struct customers *c) {
    c->ending = true;
}

bool customers_are_done(const struct customers *c) {
    for (int i = 0; i < c->options.callers; i++)
        if (c->callers[i].asking)
            return false;
    return true;
}

const struct customer *customers_all(const struct customers *c, size_t *count) {
    *count = 0;
    for (size_t i = 0; i < CUSTOMERS_MAX; i++)
        if (c->known[i].version)
            c->list[(*count)++] = c->known[i];
    return c->list;
}

void customers_destroy(struct customers *c) {
    if (!c)
        return;
    c->closing = true;
    for (int i = 0; c->callers && i < c->options.callers; i++) {
        struct caller *a = &c->callers[i];
        loop_timer_destroy(a->timer);
        if (a->connection)
            connection_close(a->connection);
    }
    loop_turn(c->options.loop, 0); /* on_closed comes at the end of a turn */
    buf_finish(&c->body);
    buf_finish(&c->out);
    people_close(c->people);
    free(c->callers);
    free(c->known);
    free(c->list);
    free(c->purchases);
    free(c);
}
