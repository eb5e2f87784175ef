/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo iot host: this machine as a device. Every few seconds what Linux tells of its processors,
 * memory, disk and network is posted as one message with boot and sequence, so that one that is
 * posted again counts once. It reads /proc, which no system may; so it is a verb of app's. */
#include "commands.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/disk.h"
#include "net/http.h"
#include "net/loop.h"
#include "options.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

enum { PORT_DEFAULT = 8086, EVERY_DEFAULT = 5, EVERY_MAX = 86400, PROC_MAX = 64 * 1024 };

const char host_help[] =
    "octavo iot host [--http-port N] [--every SECONDS] [--count N]\n"
    "  This machine as a device, host-NAME: processors, memory, disk and network, by HTTP to the\n"
    "  gateway of iot, until Ctrl-C or N times.\n"
    "  example: octavo iot host --every 10\n";

struct host {
    int64_t port, every_s, count;
    char name[64];
    int64_t boot, sequence, told;
    int64_t busy, all;      /* of the processors, when it was told last */
    int64_t received, sent; /* bytes of the network, then */
    int64_t at_ms;
    struct loop *loop;
    struct loop_timer *timer;
    bool ended;
};

/* ---- what Linux tells */

/* Its size is not known before it is read. */
static bool proc_read(const char *path, struct buf *out) {
    struct file *f;
    if (disk_open(disk_real(), path, DISK_READ, &f))
        return false;
    bool good = !disk_read_at(f, 0, out, PROC_MAX) && out->len > 0;
    disk_close(f);
    return good;
}

static void name_find(struct host *h) {
    struct buf text = { 0 };
    (void)snprintf(h->name, sizeof(h->name), "host-unnamed");
    if (proc_read("/proc/sys/kernel/hostname", &text))
        (void)snprintf(h->name, sizeof(h->name), "host-%.50s", buf_text(&text));
    h->name[strcspn(h->name, "\n;\"\\")] = 0;
    buf_finish(&text);
}

static void json_put(struct buf *out, const char *name, double value) {
    buf_print(out, ",\"%s\":%.3f", name, value);
}

/* "cpu user nice system idle iowait irq softirq ..." in ticks since it was started. */
static void processors_put(struct host *h, struct buf *out) {
    struct buf text = { 0 };
    int64_t busy = 0, all = 0;
    if (proc_read("/proc/stat", &text)) {
        char *at = (char *)(uintptr_t)buf_text(&text) + strlen("cpu");
        for (int i = 0; i < 8; i++) {
            int64_t ticks = strtoll(at, &at, 10);
            all += ticks;
            busy += i == 3 || i == 4 ? 0 : ticks;
        }
    }
    if (h->told && all > h->all)
        json_put(out, "cpu_percent", 100.0 * (double)(busy - h->busy) / (double)(all - h->all));
    h->busy = busy;
    h->all = all;
    buf_finish(&text);
}

static void load_put(struct buf *out) {
    struct buf text = { 0 };
    if (proc_read("/proc/loadavg", &text))
        json_put(out, "load", strtod(buf_text(&text), NULL));
    buf_finish(&text);
}

static double kilobytes_of(const char *text, const char *name) {
    const char *found = strstr(text, name);
    return found ? strtod(found + strlen(name), NULL) : 0;
}

static void memory_put(struct buf *out) {
    struct buf text = { 0 };
    if (proc_read("/proc/meminfo", &text)) {
        double total = kilobytes_of(buf_text(&text), "MemTotal:");
        double left = kilobytes_of(buf_text(&text), "MemAvailable:");
        if (total > 0)
            json_put(out, "memory_percent", 100 * (total - left) / total);
    }
    buf_finish(&text);
}

static void disk_put(struct buf *out) {
    struct statvfs disk;
    if (statvfs("/", &disk) == 0 && disk.f_blocks > 0)
        json_put(out, "disk_percent", 100 * (1 - (double)disk.f_bavail / (double)disk.f_blocks));
}

/* Lines "NAME: received ... (eight numbers) sent ...", below two of titles; lo is no network. */
static void network_put(struct host *h, struct buf *out, int64_t now_ms) {
    struct buf text = { 0 };
    int64_t received = 0, sent = 0;
    if (proc_read("/proc/net/dev", &text))
        for (const char *at = strchr(buf_text(&text), ':'); at; at = strchr(at, ':')) {
            bool is_lo = at - buf_text(&text) >= 2 && memcmp(at - 2, "lo", 2) == 0;
            char *number = (char *)(uintptr_t)at + 1;
            at++;
            for (int i = 0; i < 9; i++) {
                int64_t n = strtoll(number, &number, 10);
                received += i == 0 && !is_lo ? n : 0;
                sent += i == 8 && !is_lo ? n : 0;
            }
        }
    double seconds = (double)(now_ms - h->at_ms) / 1000;
    if (h->told && seconds > 0 && received >= h->received && sent >= h->sent) {
        json_put(out, "received_bytes", (double)(received - h->received) / seconds);
        json_put(out, "sent_bytes", (double)(sent - h->sent) / seconds);
    }
    h->received = received;
    h->sent = sent;
    buf_finish(&text);
}

/* ---- telling */

static void message_put(struct host *h, struct buf *out) {
    int64_t now_ms = clock_steady_ms(clock_real());
    buf_print(out, "{\"device\":\"%s\",\"time\":%" PRId64 ",\"boot\":%" PRId64 ",\"seq\":%" PRId64,
              h->name, clock_wall_ms(clock_real()), h->boot, h->sequence++);
    processors_put(h, out);
    load_put(out);
    memory_put(out);
    disk_put(out);
    network_put(h, out, now_ms);
    buf_put_text(out, "}");
    h->at_ms = now_ms;
}

/* What is not taken is told once on standard error, and gone: the next is as good. */
static bool message_post(struct host *h) {
    struct buf body = { 0 };
    struct http_result result = { 0 };
    message_put(h, &body);
    struct http_call call = {
        .host = "127.0.0.1",
        .port = (int)h->port,
        .method = "POST",
        .target = "/telemetry",
        .body = buf_bytes(&body),
    };
    bool good = !http_call(&call, &result) && result.status == 204;
    if (!good && result.status)
        (void)fprintf(stderr, "octavo iot host: %d %s\n", result.status, buf_text(&result.body));
    else if (!good)
        error_print();
    buf_finish(&result.body);
    buf_finish(&body);
    return good;
}

static void on_time(void *context) {
    struct host *h = context;
    h->told += message_post(h);
    h->ended = h->ended || (h->count && h->sequence >= h->count);
    loop_timer_start(h->timer, h->every_s * 1000);
}

static void on_signal(void *context) {
    ((struct host *)context)->ended = true;
}

static enum error host_run(struct host *h) {
    TRY(loop_create(&h->loop, clock_real()));
    name_find(h);
    h->boot = clock_wall_ms(clock_real());
    h->timer = loop_timer_create(h->loop, on_time, h);
    loop_timer_start(h->timer, 0);
    loop_on_signal(h->loop, SIGINT, on_signal, h);
    loop_on_signal(h->loop, SIGTERM, on_signal, h);
    while (!h->ended)
        loop_turn(h->loop, 1000);
    loop_timer_destroy(h->timer);
    loop_destroy(h->loop);
    (void)printf("%" PRId64 " of %" PRId64 " readings of %s are kept\n", h->told, h->sequence,
                 h->name);
    return E_ok;
}

static bool options_take(struct host *h, int count, char **arguments) {
    static const struct option known[] = {
        { "http-port", 1, NULL, 'p' },
        { "every", 1, NULL, 'e' },
        { "count", 1, NULL, 'c' },
        OPTION_HELP,
        OPTION_END,
    };
    for (int c; (c = option_next(count, arguments, known)) != -1;) {
        bool good = c == 'p'   ? command_read_number("http-port", optarg, 65535, &h->port)
                    : c == 'e' ? command_read_number("every", optarg, EVERY_MAX, &h->every_s)
                    : c == 'c' ? command_read_number("count", optarg, 1000000000, &h->count)
                               : false;
        if (!good)
            return false;
    }
    return h->every_s > 0;
}

int host_command(int count, char **arguments) {
    struct host h = { .port = PORT_DEFAULT, .every_s = EVERY_DEFAULT };
    if (command_asked_help(count, arguments)) {
        (void)fputs(host_help, stdout);
        return EXIT_DONE;
    }
    if (!options_take(&h, count, arguments))
        return EXIT_USAGE;
    enum error e = host_run(&h);
    if (e)
        error_print();
    return e ? command_exit_code(e) : h.told ? EXIT_DONE : EXIT_FOUND;
}
