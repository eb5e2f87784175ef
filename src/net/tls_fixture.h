/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Certificates for tests, made anew in a test's directory: nothing that expires is kept. */
#ifndef OCTAVO_NET_TLS_FIXTURE_H
#define OCTAVO_NET_TLS_FIXTURE_H

#include "base/test.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct authority {
    X509 *certificate;
    EVP_PKEY *key;
};

static inline X509 *certificate_sign(EVP_PKEY *key, const char *name, const struct authority *by) {
    X509 *made = X509_new();
    X509_NAME *subject = X509_get_subject_name(made);
    (void)X509_set_version(made, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(made), by ? 2 : 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(made), -3600);
    (void)X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    (void)X509_set_pubkey(made, key);
    (void)X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
                                     -1, 0);
    (void)X509_set_issuer_name(made, by ? X509_get_subject_name(by->certificate) : subject);
    X509_EXTENSION *more =
        X509V3_EXT_conf_nid(NULL, NULL, by ? NID_subject_alt_name : NID_basic_constraints,
                            by ? "IP:127.0.0.1" : "critical,CA:TRUE");
    (void)X509_add_ext(made, more, -1);
    X509_EXTENSION_free(more);
    CHECK(X509_sign(made, by ? by->key : key, EVP_sha256()) > 0);
    return made;
}

/* DIR/NAME.pem and DIR/NAME.key; signed by itself when `by` is NULL, and then good for a CA. */
static inline struct authority given_certificate(const char *name, const struct authority *by) {
    struct authority made = { .key = EVP_EC_gen("P-256") };
    char *path = text_format("%s/%s.pem", test_dir(), name);
    made.certificate = certificate_sign(made.key, name, by);
    FILE *out = fopen(path, "we");
    CHECK(out && PEM_write_X509(out, made.certificate) == 1 && fclose(out) == 0);
    free(path);
    path = text_format("%s/%s.key", test_dir(), name);
    out = fopen(path, "we");
    CHECK(out && PEM_write_PrivateKey(out, made.key, NULL, NULL, 0, NULL, NULL) == 1);
    CHECK(fclose(out) == 0 && chmod(path, 0600) == 0);
    free(path);
    return made;
}

static inline void authority_finish(struct authority *a) {
    X509_free(a->certificate);
    EVP_PKEY_free(a->key);
}

/* Valid to the end of the test. */
static inline const char *given_path(const char *name) {
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", test_dir(), name);
    return path;
}

/* ca.pem, broker.pem and .key, client.pem and .key, and stranger.pem and .key of nobody's. */
static inline void given_certificates(void) {
    struct authority ca = given_certificate("ca", NULL);
    struct authority broker = given_certificate("broker", &ca);
    struct authority client = given_certificate("client", &ca);
    struct authority stranger = given_certificate("stranger", NULL);
    authority_finish(&ca);
    authority_finish(&broker);
    authority_finish(&client);
    authority_finish(&stranger);
}

#endif
