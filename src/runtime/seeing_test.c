/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A service asked while it runs: by its control socket and over TCP. The asker is a thread, as
 * commands are processes; the service's loop turns meanwhile. */
#include "runtime/seeing.h"

#include "base/mailbox.h"
#include "net/http.h"
#include "runtime/control.h"
#include "runtime/mock_broker.h"
#include "runtime/service.h"
#include "sqlite/sqlite_store.h"

#include <stdlib.h>
#include <string.h>

static const char shop_yaml[] = "system: shop\n"
                                "broker: embedded\n"
                                "store: sqlite\n"
                                "topics:\n"
                                "  orders: { partitions: 4, key: customer }\n"
                                "services:\n"
                                "  reader:\n"
                                "    handler: shop.reader\n"
                                "    tasks: 1\n"
                                "    consumes: [orders]\n"
                                "    tables:\n"
                                "      total: { columns: { orders: int } }\n";

static const struct octavo_handler handlers[] = { { NULL, NULL } };
static const struct octavo_service code = { "reader", handlers };

static struct declaration *declaration;
static struct loop *loop;
static struct service *service;
static const char *bootstrap;

static enum error begin(const char *http) {
    static const struct connector_service *const no_services[] = { NULL };
    static const struct connectors none = { .services = no_services };
    struct service_options options = {
        .loop = loop,
        .declaration = declaration,
        .declared = &declaration->services[0],
        .code = &code,
        .store_kind = &sqlite_store_kind,
        .connectors = &none,
        .data_dir = test_dir(),
        .bootstrap = bootstrap,
        .http = http,
    };
    return service_open(&service, &options);
}

static void prepare(void) {
    CHECK_OK(declaration_read(&declaration, "shop.yaml", bytes_text(shop_yaml)));
    CHECK_OK(loop_create(&loop, clock_real()));
    bootstrap = mock_start();
}

static void finish(void) {
    service_close(service);
    loop_destroy(loop);
    declaration_destroy(declaration);
    mock_stop();
}

/* ---- asking, from another thread */

struct asking {
    struct http_call call;
    struct http_result result;
    enum error error;
    struct mailbox *done;
};

static void ask(void *context) {
    struct asking *a = context;
    a->error = http_call(&a->call, &a->result);
    mailbox_post_wait(a->done, a);
}

static void on_answered(void *context) {
    *(bool *)context = true;
}

/* The body is the caller's to finish. */
static struct http_result asked(struct http_call call) {
    struct asking a = { .call = call, .done = mailbox_create(1) };
    bool answered = false;
    struct loop_watch *watch = loop_watch_create(loop, mailbox_fd(a.done), on_answered, &answered);
    struct thread *t = thread_start("asker", ask, &a);
    while (!answered)
        loop_turn(loop, 100);
    thread_join(t);
    loop_watch_destroy(watch);
    mailbox_destroy(a.done);
    CHECK_OK(a.error);
    return a.result;
}

static void check_asked(struct http_call call, int status, const char *part) {
    struct http_result result = asked(call);
    CHECK_INT(result.status, status);
    if (!strstr(buf_text(&result.body), part))
        CHECK_TEXT(buf_text(&result.body), part);
    buf_finish(&result.body);
}

TEST(a_service_tells_its_state_on_its_socket_and_over_tcp) {
    char *path = text_format("%s/reader.0.sock", test_dir());
    prepare();
    CHECK_OK(begin("127.0.0.1:0"));
    struct http_call doors[] = { { .path = path },
                                 { .host = "127.0.0.1", .port = service_http_port(service) } };
    for (size_t i = 0; i < 2; i++) {
        struct http_call call = doors[i];
        call.target = "/livez";
        check_asked(call, 200, "{\"live\":true}");
        call.target = "/readyz";
        check_asked(call, 200, "{\"ready\":true,\"reasons\":[]}");
        call.target = "/api/system";
        check_asked(call, 200, "\"topics\":[{\"name\":\"orders\",\"partitions\":4}]");
        check_asked(call, 200, "{\"topic\":\"orders\",\"partition\":3,\"reading\":true,");
    }
    free(path);
    finish();
}

TEST(commands_go_to_the_socket_alone) {
    char *path = text_format("%s/reader.0.sock", test_dir());
    prepare();
    CHECK_OK(begin("[::1]:0"));
    struct http_call call = { .path = path, .method = "POST", .target = "/control/state" };
    check_asked(call, 200, "\"service\":\"reader\",\"instance\":\"0\",");
    call.target = "/control/dance";
    check_asked(call, 404, "a service has no verb dance");
    call.method = "GET";
    check_asked(call, 405, "");
    call = (struct http_call){ .host = "::1", .port = service_http_port(service) };
    call.method = "POST";
    call.target = "/control/state";
    check_asked(call, 404, "no such path");
    free(path);
    finish();
}

TEST(a_service_that_cannot_reach_its_broker_is_alive_and_not_ready) {
    char *path = text_format("%s/reader.0.sock", test_dir());
    struct http_call call = { .path = path, .target = "/readyz" };
    prepare();
    CHECK_OK(begin(NULL));
    (void)rd_kafka_mock_broker_set_down(mock, 1);
    for (int tries = 0; service_is_ready(service, NULL) && tries < 300; tries++)
        loop_turn(loop, 100);
    check_asked(call, 503, "{\"ready\":false,\"reasons\":[\"the broker is away\"]}");
    call.target = "/livez";
    check_asked(call, 200, "{\"live\":true}");
    free(path);
    finish();
}

TEST(an_instance_that_runs_is_not_started_again) {
    struct service *first;
    prepare();
    CHECK_OK(begin(NULL));
    first = service;
    CHECK_ERROR(begin(NULL), E_exists);
    CHECK_STORY("reader.0.sock: another process listens there");
    CHECK_STORY("try: --instance with another name");
    CHECK(service == NULL);
    service = first;
    finish();
}

TEST(an_address_to_show_on_must_be_one_and_loopback) {
    prepare();
    CHECK_ERROR(begin("127.0.0.1"), E_usage);
    CHECK_STORY("--http 127.0.0.1: HOST:PORT is wanted");
    CHECK_ERROR(begin("127.0.0.1:9x"), E_usage);
    CHECK_ERROR(begin(":80"), E_usage);
    CHECK_ERROR(begin("0.0.0.0:0"), E_refused);
    CHECK_STORY("0.0.0.0 is not a loopback address");
    finish();
}
