/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Where a partner takes files from, whatever it is: a folder, a server. One way of delivery
 * (discipline.c) is built on these few calls; each kind of partner has its own.
 *
 * Names are names in one folder, without slashes. Errors: E_network, E_timed_out, E_busy: later;
 * E_disk_full: the partner has no room; E_exists: rename found something; E_refused: the partner
 * says no for good; E_io: nobody knows. */
#ifndef OCTAVO_CONNECTORS_DELIVER_PARTNER_H
#define OCTAVO_CONNECTORS_DELIVER_PARTNER_H

#include "base/bytes.h"
#include "base/error.h"

struct partner;

typedef void partner_on_name(void *context, const char *name);

/* A whole file, handed over by those who ask for it. */
struct partner_content {
    int64_t bytes;
    const char *sha256;
    /* The next piece; nothing at the end. The last one is given only when all that was read has the
     * digest: an error ends the request before the partner has all of it. */
    enum error (*read)(void *context, struct buf *append_to, size_t most);
    void *context;
};

struct partner_kind {
    const char *scheme;
    enum error (*open)(struct partner **out, const char *address, const char *data_dir);
    void (*close)(struct partner *p);
    /* A new file of this name; E_exists when there is one. Written in order, then sealed: after
     * that all of it survives a loss of power, as far as the partner's world can promise it. */
    enum error (*create)(struct partner *p, const char *name);
    enum error (*append)(struct partner *p, struct bytes part);
    enum error (*seal)(struct partner *p);
    /* *bytes is -1 when there is no such file; reading what is there gives its digest. */
    enum error (*size)(struct partner *p, const char *name, int64_t *bytes);
    enum error (*read)(struct partner *p, const char *name, int64_t at, struct buf *append_to,
                       size_t len);
    enum error (*rename_new)(struct partner *p, const char *from, const char *to);
    enum error (*remove)(struct partner *p, const char *name); /* E_not_found is told */
    enum error (*list)(struct partner *p, partner_on_name *on_name, void *context);
    /* Where there is no rename, these two instead of create, append, seal, rename_new and list: a
     * file that is seen once all of it is there, and is put over no other one (E_exists, where the
     * partner can tell); the SHA-256 of what lies there, in hexadecimal digits. */
    enum error (*put)(struct partner *p, const char *name, struct partner_content *content);
    enum error (*hash)(struct partner *p, const char *name, char hex[65]);
    /* Names that were changed stay changed. */
    enum error (*settle)(struct partner *p);
};

/* ?mode=0640 of an address: what files of ours may be read by; E_config: it is none of 0400 to 0666
 * without x. */
struct url;
enum error partner_mode(const struct url *url, unsigned otherwise, unsigned *mode) MUST_CHECK;

extern const struct partner_kind folder_partner_kind;
extern const struct partner_kind sftp_partner_kind;
extern const struct partner_kind http_partner_kind;
extern const struct partner_kind https_partner_kind;
extern const struct partner_kind s3_partner_kind;
/* Before the first thread that delivers: the libraries behind sftp are made ready. */
enum error sftp_partner_prepare(void) MUST_CHECK;

#endif
