/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A TLS context from PEM files, with all that is old or optional switched off.
 *
 * No renegotiation, no compression and no tickets: a client that has done one handshake cannot ask
 * for more work. Certificates of clients may have 32 KiB. The key may not be open to everybody on
 * the machine. */
#include "net/tls_files.h"

#include "base/check.h"
#include "base/disk.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

enum { PEM_FILE_MAX = 1 << 20, CLIENT_CERTIFICATES_MAX = 32 * 1024 };

/* An encrypted key must not ask on the terminal of a server. */
static int give_no_passphrase(char *out, int size, int writes, void *context) {
    (void)out;
    (void)size;
    (void)writes;
    (void)context;
    return 0;
}

static enum error refuse(const char *path, const char *what, const char *remedy) {
    enum error e = fail(E_config, "%s: %s", path, what);
    fail_try("%s", remedy);
    return e;
}

static enum error read_pem(const char *path, BIO **out) {
    struct buf content = { 0 };
    enum error e = disk_read_whole(disk_real(), path, PEM_FILE_MAX, &content);
    if (e) {
        buf_finish(&content);
        return refuse(path, "cannot be read", "a PEM file that this user may read");
    }
    *out = BIO_new(BIO_s_mem());
    assert(*out);
    int written = BIO_write(*out, content.data, (int)content.len);
    assert(written == (int)content.len);
    if (content.len)
        OPENSSL_cleanse(content.data, content.len);
    buf_finish(&content);
    return E_ok;
}

static enum error use_certificate(SSL_CTX *context, const char *path) {
    BIO *in = NULL;
    TRY(read_pem(path, &in));
    X509 *own = PEM_read_bio_X509_AUX(in, NULL, give_no_passphrase, NULL);
    bool good = own && SSL_CTX_use_certificate(context, own) == 1;
    X509_free(own);
    for (X509 *next; good && (next = PEM_read_bio_X509(in, NULL, give_no_passphrase, NULL));)
        good = SSL_CTX_add0_chain_cert(context, next) == 1; /* which takes it */
    BIO_free(in);
    ERR_clear_error(); /* the end of the file is reported as an error */
    if (!good)
        return refuse(path, "is no certificate that TLS can use",
                      "a PEM file that begins with the server's certificate, of a key of at least "
                      "2048 bits (RSA) or 256 bits (EC)");
    return E_ok;
}

static enum error use_key(SSL_CTX *context, const char *path) {
    bool is_public = true;
    BIO *in = NULL;
    TRY(read_pem(path, &in));
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, give_no_passphrase, NULL);
    bool good = key && SSL_CTX_use_PrivateKey(context, key) == 1;
    EVP_PKEY_free(key);
    BIO_free(in);
    ERR_clear_error();
    if (!key)
        return refuse(path, "holds no private key", "a PEM file with an unencrypted private key");
    if (!good)
        return refuse(path, "is not the key of the certificate",
                      "the key that the certificate was made with");
    if (disk_real_is_public(path, &is_public) || is_public)
        return refuse(path, "everybody on this machine may read this key", "chmod 600 on it");
    return E_ok;
}

static enum error trust(SSL_CTX *context, const char *path, bool listens) {
    BIO *in = NULL;
    int count = 0;
    TRY(read_pem(path, &in));
    for (X509 *ca; (ca = PEM_read_bio_X509(in, NULL, give_no_passphrase, NULL)); count++) {
        int added = X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca);
        assert(added == 1);
        if (listens)
            (void)SSL_CTX_add_client_CA(context, ca); /* a hint which certificate is wanted */
        X509_free(ca);
    }
    BIO_free(in);
    ERR_clear_error();
    if (!count)
        return refuse(path, "holds no certificate", "a PEM file with the CA's certificate");
    return E_ok;
}

static SSL_CTX *context_make(const SSL_METHOD *method) {
    SSL_CTX *context = SSL_CTX_new(method);
    assert(context);
    (void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    (void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION
                                           | SSL_OP_NO_TICKET | SSL_OP_IGNORE_UNEXPECTED_EOF
                                           | SSL_OP_CIPHER_SERVER_PREFERENCE);
    /* Without AUTO_RETRY one call handles one record: nobody keeps us busy with messages of TLS. */
    (void)SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    (void)SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE
                                        | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                                        | SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_max_cert_list(context, CLIENT_CERTIFICATES_MAX);
    return context;
}

static enum error load(SSL_CTX *context, const struct tls_files *files, bool listens) {
    if (files->certificate && !files->key)
        return refuse(files->certificate, "a certificate is of no use without its key",
                      "name the key too");
    if (files->certificate) {
        TRY(use_certificate(context, files->certificate));
        TRY(use_key(context, files->key));
    }
    if (files->ca)
        return trust(context, files->ca, listens);
    if (!listens)
        (void)SSL_CTX_set_default_verify_paths(context);
    return E_ok;
}

static enum error open_context(struct tls_context **out, const struct tls_files *files,
                               bool listens) {
    struct tls_context *made = memory_get(sizeof(*made));
    *out = NULL;
    made->openssl = context_make(listens ? TLS_server_method() : TLS_client_method());
    enum error e = load(made->openssl, files, listens);
    if (e) {
        tls_context_destroy(made);
        return e;
    }
    made->asks_clients = listens && files->ca;
    if (made->asks_clients)
        SSL_CTX_set_verify(made->openssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    if (!listens)
        SSL_CTX_set_verify(made->openssl, SSL_VERIFY_PEER, NULL);
    *out = made;
    return E_ok;
}

enum error tls_context_listen(struct tls_context **out, const struct tls_files *files) {
    *out = NULL;
    if (!files->certificate)
        return fail(E_config, "a listener of TLS needs a certificate and its key");
    return open_context(out, files, true);
}

enum error tls_context_connect(struct tls_context **out, const struct tls_files *files) {
    return open_context(out, files, false);
}

bool tls_context_asks_clients(const struct tls_context *context) {
    return context->asks_clients;
}

void tls_context_destroy(struct tls_context *context) {
    if (!context)
        return;
    SSL_CTX_free(context->openssl);
    free(context);
}
