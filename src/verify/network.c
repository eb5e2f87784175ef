/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* unshare() and nft. Rules stand where packets leave: the kernel knows there whose socket it is,
 * and with it the group that opened it. */
#include "network.h"

#include "base/disk.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NFT_LIMIT_MS = 20000, WORDS_MAX = 24, LINE_MAX_LEN = 256 };

static const char *nft_find(void) {
    static const char *const places[] = { "/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft" };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        bool there = false;
        if (!disk_exists(disk_real(), places[i], &there) && there)
            return places[i];
    }
    return NULL;
}

const char *network_lacks(void) {
    if (geteuid() != 0)
        return "a network of its own is for root alone";
    return nft_find() ? NULL : "there is no nft: apt-get install nftables";
}

static enum error nft(const char *const *words, struct buf *said) {
    const char *all[WORDS_MAX] = { nft_find() };
    struct buf own = { 0 };
    int code = -1;
    for (size_t i = 0; words[i] && i + 2 < WORDS_MAX; i++)
        all[i + 1] = words[i];
    struct command c = { all, NFT_LIMIT_MS, said ? said : &own, NULL, NULL };
    enum error e = all[0] ? command_run(&c, &code) : fail(E_unsupported, "there is no nft");
    buf_finish(&own);
    if (!e && code)
        e = fail(E_unsupported, "nft %s %s ended with %d", words[0], words[1], code);
    return e;
}

static enum error loopback_raise(void) {
    struct ifreq lo = { .ifr_name = "lo" };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    lo.ifr_flags = IFF_UP | IFF_RUNNING;
    enum error e = fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) ? fail_errno("raise the loopback") : E_ok;
    if (fd >= 0)
        (void)close(fd);
    return e;
}

static enum error network_furnish(void) {
    static const char *const table[] = { "add", "table", "inet", "octavo", NULL };
    static const char *const out[] = { "add",    "chain", "inet",
                                       "octavo", "out",   "{ type filter hook output priority 0; }",
                                       NULL };
    TRY(loopback_raise());
    TRY(nft(table, NULL));
    return nft(out, NULL);
}

enum error network_enter(void) {
    int before = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (before < 0)
        return fail_errno("open /proc/self/ns/net");
    enum error e =
        unshare(CLONE_NEWNET) ? fail_errno("make a network namespace") : network_furnish();
    if (e && setns(before, CLONE_NEWNET)) /* half a network is none */
        e = fail_errno("go back to the network that was");
    (void)close(before);
    return e;
}

const char *network_way_name(enum network_way way) {
    switch (way) {
    case NETWORK_both:
        return "both ways";
    case NETWORK_said:
        return "what it says";
    case NETWORK_told:
        return "what it is told";
    }
    return "";
}

static enum error rule_add(const char *rule) {
    const char *words[] = { "add", "rule", "inet", "octavo", "out", rule, NULL };
    return nft(words, NULL);
}

/* Where a packet comes in nobody's socket is known yet. So what the process says marks the
 * connection, and what others say on a connection with its mark is what it is told. */
enum error network_cut(const struct network_cut *cut) {
    char rule[LINE_MAX_LEN], where[LINE_MAX_LEN / 2] = { 0 };
    int group = cut->process->group;
    if (cut->ports)
        (void)snprintf(where, sizeof(where), "tcp dport { %s } ", cut->ports);
    (void)snprintf(rule, sizeof(rule), "meta skgid %d %sct mark set %d", group, where, group);
    TRY(rule_add(rule));
    (void)snprintf(rule, sizeof(rule), "meta skgid != %d ct mark %d counter drop", group, group);
    if (cut->way != NETWORK_said)
        TRY(rule_add(rule));
    (void)snprintf(rule, sizeof(rule), "meta skgid %d %scounter drop", group, where);
    return cut->way != NETWORK_told ? rule_add(rule) : E_ok;
}

enum error network_heal(unsigned long long *dropped) {
    static const char *const list[] = { "list", "table", "inet", "octavo", NULL };
    static const char *const flush[] = { "flush", "table", "inet", "octavo", NULL };
    struct buf said = { 0 };
    *dropped = 0;
    enum error e = nft(list, &said);
    for (const char *at = buf_text(&said); !e && (at = strstr(at, "packets ")) != NULL; at += 8)
        *dropped += strtoull(at + 8, NULL, 10);
    buf_finish(&said);
    TRY(nft(flush, NULL));
    return e;
}
