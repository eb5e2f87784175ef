/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* TLS over real sockets, against OpenSSL's own client and against ours. The server sends back what
 * it hears. */
#include "net/tls.h"

#include "base/test.h"
#include "net/listener.h"
#include "net/tls_files.h"
#include "net/tls_fixture.h"
#include "net/tls_session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10 * 1000 };

static struct loop *loop;
static struct listener *listener;
static struct tls_context *server_tls;
static int opened, closed, heard_bytes;
static size_t taken_at_once; /* by the server; 0: all */
static bool pauses;          /* the server, after the next byte */
static size_t input_max;     /* of the server; 0: the default */
static struct connection *server_side;

static void *on_open(void *context, struct connection *c) {
    (void)context;
    opened++;
    server_side = c;
    return c;
}

static size_t on_data(void *context, struct bytes data) {
    size_t len = taken_at_once && taken_at_once < data.len ? taken_at_once : data.len;
    if (pauses) {
        len = 1;
        pauses = false;
        connection_pause(context, true);
    }
    heard_bytes += (int)len;
    connection_send(context, bytes_part(data, 0, len));
    return len;
}

static void on_closed(void *context) {
    (void)context;
    closed++;
}

static struct tls_files files_of(const char *name) {
    char certificate[64], key[64];
    (void)snprintf(certificate, sizeof(certificate), "%s.pem", name);
    (void)snprintf(key, sizeof(key), "%s.key", name);
    return (struct tls_files){ given_path(certificate), given_path(key), NULL };
}

static void open_server(struct clock *clock, const char *client_ca) {
    struct tls_files files = files_of("broker");
    files.ca = client_ca;
    CHECK_OK(tls_context_listen(&server_tls, &files));
    struct listener_options options = { .tls = server_tls,
                                        .input_max_bytes = input_max,
                                        .handlers = { on_open, on_data, on_closed } };
    CHECK_OK(loop_create(&loop, clock));
    CHECK_OK(listener_open(&listener, loop, &options));
}

static void close_server(void) {
    listener_close(listener);
    loop_destroy(loop);
    tls_context_destroy(server_tls);
    CHECK_INT(opened, closed);
}

static int reach(void) {
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)listener_port(listener)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static void turn_until(const int *count, int wanted) {
    int64_t end_ms = clock_steady_ms(clock_real()) + PATIENCE_MS;
    while (*count != wanted && clock_steady_ms(clock_real()) < end_ms)
        loop_turn(loop, 5);
    CHECK_INT(*count, wanted);
}

/* ---- OpenSSL's client */

struct client {
    int fd;
    SSL_CTX *context;
    SSL *ssl;
};

static struct client client_reach(const char *certificate, int version_max) {
    struct client c = { reach(), SSL_CTX_new(TLS_client_method()), NULL };
    SSL_CTX_set_security_level(c.context, 0);
    CHECK_INT(SSL_CTX_load_verify_locations(c.context, given_path("ca.pem"), NULL), 1);
    SSL_CTX_set_verify(c.context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_max_proto_version(c.context, version_max);
    if (certificate) {
        struct tls_files own = files_of(certificate);
        CHECK(SSL_CTX_use_certificate_chain_file(c.context, own.certificate) == 1);
        CHECK(SSL_CTX_use_PrivateKey_file(c.context, own.key, SSL_FILETYPE_PEM) == 1);
    }
    c.ssl = SSL_new(c.context);
    SSL_set_fd(c.ssl, c.fd);
    struct timeval wait = { .tv_usec = 2000 }; /* the loop turns between the tries */
    CHECK_INT(setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
    CHECK_INT(setsockopt(c.fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)), 0);
    return c;
}

static void client_leave(struct client *c) {
    SSL_free(c->ssl);
    SSL_CTX_free(c->context);
    CHECK_INT(close(c->fd), 0);
    ERR_clear_error();
}

/* Whether the call wants to be made again; the server has its turn. */
static bool try_again(struct client *c, int result) {
    int kind = SSL_get_error(c->ssl, result);
    ERR_clear_error();
    loop_turn(loop, 0);
    return result <= 0 && (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE);
}

static bool client_agrees(struct client *c) {
    int result;
    do
        result = SSL_connect(c->ssl);
    while (try_again(c, result));
    return result == 1;
}

/* Sends and hears the same again, piece by piece. */
static bool client_is_echoed(struct client *c, struct bytes said) {
    struct buf heard = { 0 };
    size_t sent = 0;
    uint8_t part[64 * 1024];
    while (heard.len < said.len) {
        if (sent < said.len) {
            size_t len = said.len - sent < sizeof(part) ? said.len - sent : sizeof(part);
            int put = SSL_write(c->ssl, said.data + sent, (int)len);
            if (put > 0)
                sent += (size_t)put;
            else if (!try_again(c, put))
                break;
        }
        int got = SSL_read(c->ssl, part, sizeof(part));
        if (got > 0)
            buf_put(&heard, part, (size_t)got);
        else if (!try_again(c, got))
            break;
    }
    bool same = bytes_equal(buf_bytes(&heard), said);
    buf_finish(&heard);
    return same;
}

TEST(a_client_of_tls_1_2_and_one_of_1_3_are_served_and_an_older_one_is_not) {
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    given_certificates();
    open_server(clock_real(), NULL);
    for (int i = 0; i < 2; i++) {
        struct client c = client_reach(NULL, versions[i]);
        CHECK(client_agrees(&c));
        CHECK_INT(SSL_version(c.ssl), versions[i]);
        CHECK(client_is_echoed(&c, bytes_text("hello")));
        client_leave(&c);
    }
    CHECK_INT(SSL_CTX_get_min_proto_version(server_tls->openssl), TLS1_2_VERSION);
    struct client old = client_reach(NULL, TLS1_1_VERSION);
    CHECK(!client_agrees(&old));
    client_leave(&old);
    turn_until(&closed, 3);
    close_server();
}

TEST(handshakes_that_fail_are_told_once_a_second_and_counted) {
    given_certificates();
    open_server(clock_real(), NULL);
    struct tls *t = tls_create(server_tls, -1, NULL);
    CHECK_INT(tls_failures_to_tell(t, 5000), 1);
    CHECK_INT(tls_failures_to_tell(t, 5001), 0);
    CHECK_INT(tls_failures_to_tell(t, 5999), 0);
    CHECK_INT(tls_failures_to_tell(t, 6000), 3);
    CHECK_INT(tls_failures_to_tell(t, 7000), 1);
    tls_destroy(t);
    close_server();
}

TEST(ten_megabytes_come_back_whole_also_when_they_are_taken_in_small_pieces) {
    struct buf big = { 0 };
    uint8_t *at = buf_extend(&big, 10 << 20);
    for (size_t i = 0; i < big.len; i++)
        at[i] = (uint8_t)(i * 2654435761u >> 13);
    given_certificates();
    open_server(clock_real(), NULL);
    for (int i = 0; i < 2; i++) {
        struct client c = client_reach(NULL, TLS1_3_VERSION);
        taken_at_once = i ? 1000 : 0;
        CHECK(client_agrees(&c));
        CHECK(client_is_echoed(&c, buf_bytes(&big)));
        client_leave(&c);
    }
    buf_finish(&big);
    close_server();
}

/* OpenSSL has read the record whole; the socket will not tell of it again. */
TEST(the_rest_of_a_record_is_handed_out_although_the_socket_is_empty) {
    uint8_t said[200];
    memset(said, 's', sizeof(said));
    given_certificates();
    input_max = 10;
    open_server(clock_real(), NULL);
    struct client c = client_reach(NULL, TLS1_3_VERSION);
    CHECK(client_agrees(&c));
    pauses = true;
    CHECK_INT(SSL_write(c.ssl, said, 100), 100);
    turn_until(&heard_bytes, 1);
    CHECK_INT(SSL_write(c.ssl, said, 100), 100);
    for (int i = 0; i < 20; i++)
        loop_turn(loop, 1);
    connection_pause(server_side, false);
    turn_until(&heard_bytes, 200);
    client_leave(&c);
    close_server();
}

TEST(the_peer_hears_that_the_connection_ends_and_was_not_cut) {
    given_certificates();
    open_server(clock_real(), NULL);
    struct client c = client_reach(NULL, TLS1_3_VERSION);
    CHECK(client_agrees(&c));
    CHECK(client_is_echoed(&c, bytes_text("last words")));
    CHECK_INT(SSL_shutdown(c.ssl), 0); /* sent, not yet answered */
    int result;
    uint8_t byte;
    do
        result = SSL_read(c.ssl, &byte, 1);
    while (try_again(&c, result));
    CHECK_INT(SSL_get_shutdown(c.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    client_leave(&c);
    turn_until(&closed, 1);
    close_server();
}

TEST(a_client_asks_for_no_second_handshake) {
    given_certificates();
    open_server(clock_real(), NULL);
    struct client c = client_reach(NULL, TLS1_2_VERSION);
    CHECK(client_agrees(&c));
    CHECK(client_is_echoed(&c, bytes_text("one")));
    int result;
    CHECK_INT(SSL_renegotiate(c.ssl), 1);
    do
        result = SSL_do_handshake(c.ssl);
    while (try_again(&c, result));
    CHECK(result != 1);
    client_leave(&c);
    turn_until(&closed, 1);
    close_server();
}

TEST(many_key_updates_hold_nobody_up) {
    given_certificates();
    open_server(clock_real(), NULL);
    struct client greedy = client_reach(NULL, TLS1_3_VERSION);
    struct client honest = client_reach(NULL, TLS1_3_VERSION);
    CHECK(client_agrees(&greedy));
    CHECK(client_agrees(&honest));
    for (int i = 0; i < 200; i++) {
        CHECK_INT(SSL_key_update(greedy.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
        if (SSL_write(greedy.ssl, "x", 1) != 1)
            break;
    }
    CHECK(client_is_echoed(&honest, bytes_text("I am served")));
    client_leave(&greedy);
    client_leave(&honest);
    turn_until(&closed, 2);
    close_server();
}

/* ---- certificates of clients */

TEST(with_a_ca_for_clients_only_those_with_its_certificates_are_served) {
    static const char *const shown[] = { "client", "stranger", NULL };
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    given_certificates();
    open_server(clock_real(), given_path("ca.pem"));
    CHECK(tls_context_asks_clients(server_tls));
    for (int i = 0; i < 6; i++) {
        struct client c = client_reach(shown[i % 3], versions[i / 3]);
        /* in 1.3 a client believes it is in before the server has seen its certificate */
        bool served = client_agrees(&c) && client_is_echoed(&c, bytes_text("hello"));
        CHECK_INT(served, i % 3 == 0);
        client_leave(&c);
    }
    turn_until(&closed, 6);
    close_server();
}

/* ---- what is no TLS */

TEST(garbage_and_plain_requests_are_closed_and_harm_nobody) {
    static const char noise[][40] = {
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\x16\x03\x01\xff\xff garbage that is no hello at all",
        "\x80\x00\x00\x00",
        "\x17\x03\x03\x00\x05hello",
        "\x16\x03\x03\x00\x00\x16\x03\x03",
    };
    given_certificates();
    open_server(clock_real(), NULL);
    struct client honest = client_reach(NULL, TLS1_3_VERSION);
    CHECK(client_agrees(&honest));
    for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
        int fd = reach();
        CHECK(send(fd, noise[i], 32, MSG_NOSIGNAL) == 32);
        turn_until(&closed, (int)i + 1);
        CHECK(client_is_echoed(&honest, bytes_text("still here")));
        (void)close(fd);
    }
    client_leave(&honest);
    close_server();
}

TEST(every_byte_of_a_real_handshake_may_be_wrong) {
    given_certificates();
    open_server(clock_real(), NULL);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    uint8_t hello[2048];
    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    CHECK_INT(SSL_do_handshake(ssl), -1);
    int len = BIO_read(out, hello, sizeof(hello));
    CHECK(len > 100);
    for (int i = 0; i < len; i++) {
        int fd = reach();
        hello[i] ^= 0xff;
        CHECK_INT(send(fd, hello, (size_t)len, MSG_NOSIGNAL), len);
        hello[i] ^= 0xff;
        CHECK_INT(shutdown(fd, SHUT_WR), 0);
        turn_until(&closed, i + 1);
        (void)close(fd);
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    struct client honest = client_reach(NULL, TLS1_3_VERSION);
    CHECK(client_agrees(&honest));
    client_leave(&honest);
    turn_until(&closed, opened);
    close_server();
}

TEST(a_handshake_that_does_not_end_is_closed_after_ten_seconds_of_bytes_or_none) {
    static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc";
    struct fake_clock clock;
    fake_clock_init(&clock, 1000);
    given_certificates();
    open_server(&clock.clock, NULL);
    int silent = reach(), slow = reach();
    turn_until(&opened, 2);
    for (int i = 0; i < 9; i++) {
        CHECK_INT(send(slow, &hello[i], 1, MSG_NOSIGNAL), 1);
        fake_clock_advance(&clock, 1000);
        loop_turn(loop, 5);
    }
    CHECK_INT(closed, 0);
    fake_clock_advance(&clock, 1000);
    turn_until(&closed, 2);
    (void)close(silent);
    (void)close(slow);
    close_server();
}

/* ---- our own client */

static struct buf told;
static int told_bytes, gone;

static size_t on_told(void *context, struct bytes data) {
    (void)context;
    buf_put_bytes(&told, data);
    told_bytes += (int)data.len;
    return data.len;
}

static void on_gone(void *context) {
    (void)context;
    gone++;
}

static struct connection *connect_own(struct tls_context *tls, const char *name) {
    static const struct connection_handlers handlers = { NULL, on_told, on_gone };
    struct connection_target target = { "127.0.0.1", listener_port(listener), tls, name };
    struct connection *c = NULL;
    CHECK_OK(connection_connect_tls(&c, loop, &target, &handlers, &gone));
    return c;
}

TEST(our_own_client_sends_before_it_is_agreed_and_hears_the_answer) {
    struct tls_files files = { 0 };
    struct tls_context *tls = NULL;
    given_certificates();
    open_server(clock_real(), NULL);
    files.ca = given_path("ca.pem");
    CHECK_OK(tls_context_connect(&tls, &files));
    struct connection *c = connect_own(tls, NULL);
    connection_send(c, bytes_text("hello"));
    turn_until(&told_bytes, 5);
    CHECK_BYTES(buf_bytes(&told), bytes_text("hello"));
    connection_close(c);
    turn_until(&closed, 1);
    c = connect_own(tls, NULL);
    connection_send(c, bytes_text("last words"));
    connection_close_after_sending(c);
    turn_until(&gone, 2);
    turn_until(&closed, 2);
    CHECK_INT(heard_bytes, 15);
    buf_finish(&told);
    tls_context_destroy(tls);
    close_server();
}

TEST(our_own_client_refuses_a_stranger_and_another_name) {
    struct tls_files files = { 0 };
    struct tls_context *trusting = NULL, *wary = NULL;
    given_certificates();
    open_server(clock_real(), NULL);
    files.ca = given_path("ca.pem");
    CHECK_OK(tls_context_connect(&trusting, &files));
    files.ca = given_path("stranger.pem");
    CHECK_OK(tls_context_connect(&wary, &files));
    connection_send(connect_own(wary, NULL), bytes_text("secret"));
    turn_until(&gone, 1);
    connection_send(connect_own(trusting, "bank.example"), bytes_text("secret"));
    turn_until(&gone, 2);
    turn_until(&closed, 2);
    CHECK_INT((long long)told.len, 0);
    tls_context_destroy(trusting);
    tls_context_destroy(wary);
    close_server();
}

/* ---- files */

TEST(files_that_are_no_good_are_named_with_a_remedy) {
    struct tls_context *tls = NULL;
    given_certificates();
    struct tls_files files = files_of("broker");
    files.key = given_path("client.key");
    CHECK_ERROR(tls_context_listen(&tls, &files), E_config);
    CHECK_STORY("client.key: is not the key of the certificate");
    files.key = given_path("broker.pem");
    CHECK_ERROR(tls_context_listen(&tls, &files), E_config);
    CHECK_STORY("broker.pem: holds no private key");
    files.key = given_path("nowhere.key");
    CHECK_ERROR(tls_context_listen(&tls, &files), E_config);
    CHECK_STORY("nowhere.key: cannot be read");
    files = files_of("broker");
    files.ca = files.key;
    CHECK_ERROR(tls_context_listen(&tls, &files), E_config);
    CHECK_STORY("broker.key: holds no certificate");
    files.ca = NULL;
    CHECK_INT(chmod(files.key, 0644), 0);
    CHECK_ERROR(tls_context_listen(&tls, &files), E_config);
    CHECK_STORY("everybody on this machine may read this key");
    CHECK_STORY("chmod 600");
    files = (struct tls_files){ given_path("broker.key"), given_path("broker.key"), NULL };
    CHECK_ERROR(tls_context_listen(&tls, &files), E_config);
    CHECK_STORY("is no certificate");
    CHECK(!tls);
}

TEST(only_tls_with_clients_that_authenticate_may_listen_on_all_addresses) {
    struct listener_options options = { .host = "0.0.0.0",
                                        .handlers = { on_open, on_data, on_closed } };
    given_certificates();
    open_server(clock_real(), NULL);
    struct listener *wide = NULL;
    CHECK_ERROR(listener_open(&wide, loop, &options), E_refused);
    options.knows_its_clients = true;
    CHECK_ERROR(listener_open(&wide, loop, &options), E_refused);
    options.tls = server_tls;
    options.knows_its_clients = false;
    CHECK_ERROR(listener_open(&wide, loop, &options), E_refused);
    CHECK_STORY("TLS and clients that authenticate");
    options.knows_its_clients = true;
    CHECK_OK(listener_open(&wide, loop, &options));
    listener_close(wide);
    close_server();
}
