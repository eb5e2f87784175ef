/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Terminals over TLS, and which of them are let in. */
#include "connector_fixture.h"

#include "net/tls.h"
#include "net/tls_fixture.h"

static void given_tls_connector(bool asks_clients) {
    char *parameters = text_format("iso87&certificate=%s&key=%s%s%s", given_path("broker.pem"),
                                   given_path("broker.key"), asks_clients ? "&client_ca=" : "",
                                   asks_clients ? given_path("ca.pem") : "");
    given_connector(parameters);
    free(parameters);
}

/* As the terminal with this certificate; NULL: with none. */
static struct tls_context *tls_open_as(struct client *c, const char *who) {
    struct tls_context *tls = NULL;
    static const struct connection_handlers handlers = { NULL, client_on_data, client_on_closed };
    char *certificate = who ? text_format("%s.pem", who) : NULL;
    char *key = who ? text_format("%s.key", who) : NULL;
    struct tls_files files = { certificate ? given_path(certificate) : NULL,
                               key ? given_path(key) : NULL, given_path("ca.pem") };
    CHECK_OK(tls_context_connect(&tls, &files));
    struct connection_target target = { .host = "127.0.0.1",
                                        .port = iso8583_connector.port(connector),
                                        .tls = tls };
    *c = (struct client){ 0 };
    CHECK_OK(connection_connect_tls(&c->connection, loop, &target, &handlers, c));
    free(certificate);
    free(key);
    return tls;
}

TEST(a_terminal_with_a_certificate_of_the_ca_is_served_over_tls) {
    struct client c;
    given_certificates();
    given_tls_connector(true);
    struct tls_context *tls = tls_open_as(&c, "client");
    withdrawal_send(&c, "000001");
    asked_wait(1);
    CHECK(reply(tickets[0], "{\"code\":\"00\"}"));
    answer_wait(&c);
    check_answer("0210", "00");
    client_close(&c);
    finish();
    tls_context_destroy(tls);
}

static void check_not_served(const char *who) {
    struct client c;
    struct tls_context *tls = tls_open_as(&c, who);
    withdrawal_send(&c, "000001");
    closed_wait(&c);
    CHECK_INT(asked_count, 0);
    client_close(&c);
    tls_context_destroy(tls);
}

TEST(a_terminal_without_a_certificate_of_the_ca_is_not) {
    struct client plain;
    given_certificates();
    given_tls_connector(true);
    check_not_served(NULL);
    check_not_served("stranger");
    client_open(&plain); /* and none without TLS */
    withdrawal_send(&plain, "000001");
    closed_wait(&plain);
    CHECK_INT(asked_count, 0);
    client_close(&plain);
    finish();
}

static void check_wide(const char *parameters, const char *story) {
    struct connector *c = NULL;
    char *url = text_format("iso8583://0.0.0.0:0?dialect=iso87&%s", parameters);
    struct connector_options options = {
        .loop = loop, .url = url, .secret = "k", .secret_len = 1, .on_request = on_request
    };
    enum error e = iso8583_connector.open(&c, &options);
    CHECK(!e == !story);
    if (story)
        CHECK_STORY(story);
    iso8583_connector.close(c);
    free(url);
}

TEST(terminals_come_from_elsewhere_only_when_they_show_certificates) {
    given_certificates();
    CHECK_OK(loop_create(&loop, clock_real()));
    char *files =
        text_format("certificate=%s&key=%s", given_path("broker.pem"), given_path("broker.key"));
    char *asking = text_format("%s&client_ca=%s", files, given_path("ca.pem"));
    check_wide("idle_ms=1000", "0.0.0.0 is not a loopback address");
    check_wide(files, "0.0.0.0 is not a loopback address");
    check_wide(asking, NULL);
    check_wide("key=x", "TLS wants certificate and key");
    check_wide("client_ca=x", "client_ca wants TLS");
    free(files);
    free(asking);
    loop_destroy(loop);
}
