/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What is lost of one person's data at an edge harms that effect and that request alone. */
#include "base/event.h"
#include "base/memory_disk.h"
#include "base/test.h"
#include "runtime/requests.h"
#include "runtime/service_state.h"
#include "runtime/workers.h"

#include <stdlib.h>
#include <string.h>

static const char staff[] =
    "system: staff\n"
    "topics: { hires: }\n"
    "services:\n"
    "  desk:\n"
    "    handler: staff.desk\n"
    "    tasks: 1\n"
    "    consumes: [hires]\n"
    "    edges:\n"
    "      door: { url: \"double://x\", person: employee, seals: [given], opens: [given] }\n"
    "  carrier:\n"
    "    handler: staff.carrier\n"
    "    consumes: [hires]\n"
    "    edges: { files: { url: \"file:x\", class: natural, opens: [given] } }\n";

static struct disk *disk;
static struct declaration *d;
static struct sealing *desk;
static struct buf got; /* what was performed, or replied */

static const struct declared_edge *edge_of(const char *service) {
    return &declaration_service(d, service)->edges[0];
}

static void open_all(void) {
    disk = memory_disk_create();
    buf_clear(&got);
    CHECK_OK(declaration_read(&d, "octavo.yaml", bytes_text(staff)));
    CHECK_OK(sealing_open(&desk, &(struct sealing_options){ disk, "k", d, "desk" }));
}

static void close_all(void) {
    sealing_close(desk);
    declaration_destroy(d);
    memory_disk_destroy(disk);
    buf_finish(&got);
}

static struct buf sealed_one(const char *employee) {
    struct buf in = { 0 }, out = { 0 };
    const struct seals how = { &edge_of("desk")->seals, "employee", { 0 } };
    buf_print(&in, "{\"employee\":\"%s\",\"given\":\"Anna\"}", employee);
    CHECK_OK(sealing_seal(desk, &how, buf_bytes(&in), &out));
    buf_finish(&in);
    return out;
}

/* ---- effects */

static enum error sink_open(struct connector **out, const struct sink_options *options) {
    (void)options;
    *out = (struct connector *)&got;
    return E_ok;
}

static void sink_perform(struct connector *c, const struct effect_request *r,
                         struct effect_answer *a) {
    buf_put_bytes((struct buf *)c, r->json);
    a->verdict = EFFECT_DONE;
}

static void sink_close(struct connector *c) {
    (void)c;
}

static const struct connector_sink sink = { .scheme = "file",
                                            .open = sink_open,
                                            .perform = sink_perform,
                                            .ask = sink_perform,
                                            .close = sink_close };

/* What a worker of the carrier makes of it. */
static struct effect_answer effect_done(bool asks, struct bytes json) {
    const struct sealing_options sealing = { disk, "k", d, "carrier" };
    struct workers_options options = {
        .sink = &sink, .count = 1, .depth = 1, .sealed = edge_of("carrier"), .sealing = &sealing
    };
    struct workers *w;
    struct job *job = memory_get(sizeof(*job));
    options.results = mailbox_create(workers_slots(&options));
    CHECK_OK(workers_start(&w, &options));
    job->kind = asks ? JOB_ASK : JOB_PERFORM;
    job->request.json = json;
    workers_give(w, job, 0);
    CHECK(mailbox_wait(options.results, -1) == job);
    CHECK(workers_came_back(job, 0));
    struct effect_answer answer = job->answer;
    job_destroy(job);
    workers_stop(w);
    CHECK(!workers_came_back(mailbox_wait(options.results, -1), 0));
    CHECK(workers_destroy(w));
    mailbox_destroy(options.results);
    return answer;
}

static void check_refused(struct bytes json, const char *reason) {
    struct effect_answer a = effect_done(false, json);
    CHECK_INT((int)a.verdict, EFFECT_REFUSED);
    CHECK(!a.edge_down);
    CHECK_TEXT(a.reason, reason);
    CHECK_INT((int)effect_done(true, json).verdict, EFFECT_UNKNOWN);
    CHECK_INT((int)got.len, 0);
}

TEST(an_effect_whose_data_is_lost_is_refused_alone_and_the_edge_is_not_down) {
    open_all();
    struct buf in = sealed_one("E1"), other = sealed_one("E2");
    memory_disk_flip(disk, "k/personal.keys", 512 + 200, 1);
    check_refused(buf_bytes(&in), "personal data in it cannot be opened: it or its key is damaged");
    CHECK_INT((int)effect_done(false, buf_bytes(&other)).verdict, EFFECT_DONE);
    CHECK_TEXT(buf_text(&got), "{\"employee\":\"E2\",\"given\":\"Anna\"}");
    buf_clear(&got);
    CHECK_OK(disk_unlink(disk, "k/carrier.unseal")); /* made anew: it is another key */
    check_refused(buf_bytes(&other), "personal data in it is not sealed for this service");
    buf_finish(&in);
    buf_finish(&other);
    close_all();
}

/* ---- requests */

static struct service service;
static struct connector_options opened;

static enum error double_open(struct connector **out, const struct connector_options *options) {
    opened = *options;
    *out = (struct connector *)&got;
    return E_ok;
}

static bool double_reply(struct connector *c, uint64_t ticket, struct bytes json) {
    (void)ticket;
    buf_put_bytes((struct buf *)c, json);
    return true;
}

static const struct connector_service kind = {
    .scheme = "double", .open = double_open, .reply = double_reply, .close = sink_close
};
static const struct connector_service *const services[] = { &kind, NULL };
static const struct connectors kinds = { .services = services };

static bool judged(const char *json, struct buf *why) {
    buf_clear(why);
    return opened.judge(opened.context, &(struct connector_request){ .json = bytes_text(json) },
                        why);
}

TEST(a_request_whose_key_is_not_for_this_service_is_refused_with_a_reason_and_a_reply_is_empty) {
    static const char anna[] = "{\"employee\":\"E1\",\"given\":\"Anna\"}";
    struct buf why = { 0 };
    open_all();
    struct buf in = sealed_one("E1");
    sealing_close(desk);
    CHECK_OK(disk_unlink(disk, "k/desk.unseal")); /* made anew: it is another key */
    CHECK_OK(sealing_open(&desk, &(struct sealing_options){ disk, "k", d, "desk" }));
    service = (struct service){ .options.connectors = &kinds, .sealing = desk };
    CHECK_OK(requests_open(&service, edge_of("desk")));
    CHECK(!judged(anna, &why));
    CHECK(strstr(buf_text(&why), "not sealed for desk"));
    CHECK(!opened.on_request(opened.context,
                             &(struct connector_request){ .json = bytes_text(anna) }));
    CHECK_INT((long long)event_count(EV_personal_data_refused), 2);
    CHECK(!judged("{\"given\":\"Anna\"}", &why));
    CHECK(strstr(buf_text(&why), "does not say whose data"));
    CHECK(!judged("{\"employee\":\"E2\",\"given\":\"\\u007bsealed:x}\"}", &why));
    CHECK_TEXT(buf_text(&why), "a text must not look as sealed data does");
    CHECK(!judged("{\"employee\":\"E2\",\"title\":\"\\u007bsealed:x}\"}", &why));
    CHECK_TEXT(buf_text(&why), "a text must not look as sealed data does");
    CHECK(judged("{\"employee\":\"E2\",\"given\":\"Eva\"}", &why));
    (void)table_put(&service.tickets, bytes_text("k"), (void *)(uintptr_t)8);
    requests_reply(&service, bytes_text("k"), buf_bytes(&in));
    CHECK_TEXT(buf_text(&got), "{\"employee\":\"E1\",\"given\":\"\"}");
    CHECK(!service.failed);
    requests_close(&service);
    table_finish(&service.tickets);
    buf_finish(&why);
    buf_finish(&in);
    close_all();
}
