/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The two readers of telemetry-event as they are, over the store of a fold and without a broker:
 * what a point costs telemetry-processor, with all it tells of it, and anomaly-detection.
 *
 *   telemetry_folds FOLDER [SERIES [POINTS [IN_A_MESSAGE]]]     1000, 2000000, 10
 *
 * A device has a series for each point of a message, at most ten; a message a second. Parts of
 * windows are told every two seconds of the topic's time, as shipped. Prints `name value unit`. */
#include "base/clock.h"
#include "fold/fold_store.h"
#include "iot/iot.h"
#include "runtime/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROUP = 1000, METRICS = 10, POINT_CHARS = 40, MESSAGE_CHARS = 256 };
#define BEGIN_MS INT64_C(1795435200000)

struct bench {
    struct declaration *declaration;
    struct task *task;
    const char *folder;
    long series, points, in_message;
    int64_t offset;
    int64_t resident; /* bytes, before there was a series */
    char *json;
};

static void must(enum error e) {
    if (!e)
        return;
    error_print();
    exit(3);
}

static int32_t one_partition(void *context, const char *topic) {
    (void)context;
    (void)topic;
    return 1;
}

static int64_t resident_bytes(void) {
    char text[64] = "";
    FILE *f = fopen("/proc/self/statm", "r");
    size_t len = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
    char *second = len ? strchr(text, ' ') : NULL;
    if (f)
        (void)fclose(f);
    return second ? strtoll(second, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

static const struct octavo_handler *handlers_of(const char *service) {
    const struct octavo_service *s = iot_system.services;
    while (strcmp(s->name, service) != 0)
        s++;
    return s->handlers;
}

static void service_open(struct bench *b, const char *service) {
    char *url = text_format("fold:%s", b->folder);
    struct task_options options = {
        .system = "iot",
        .service = declaration_service(b->declaration, service),
        .declaration = b->declaration,
        .handlers = handlers_of(service),
        .store_kind = &fold_store_kind,
        .store_url = url,
        .partitions_of = one_partition,
    };
    b->offset = 0;
    b->resident = resident_bytes();
    must(task_open(&b->task, &options));
    free(url);
}

/* The next message of a device: a point of each of its metrics, or several of one. */
static void message_make(struct bench *b, long device, int64_t now_ms, struct input *in,
                         char key[32]) {
    long metrics = b->in_message < METRICS ? b->in_message : METRICS;
    int at = snprintf(b->json, MESSAGE_CHARS,
                      "{\"device\":\"device-%06ld\",\"received\":%lld,\"boot\":1,\"seq\":%lld,"
                      "\"points\":\"",
                      device, (long long)now_ms, (long long)((now_ms - BEGIN_MS) / 1000));
    for (long p = 0; p < b->in_message; p++)
        at += snprintf(b->json + at, POINT_CHARS, "%s%lld %ld.%03ld metric-%ld", p ? ";" : "",
                       (long long)(now_ms - (b->in_message - p) / metrics), 20 + device % 50,
                       (long)((now_ms / 1000 * 7919 + device * 31 + p) % 1000), p % metrics);
    (void)snprintf(b->json + at, 4, "\"}");
    (void)snprintf(key, 32, "device-%06ld", device);
    *in = (struct input){
        .kind = INPUT_RECORD,
        .type = bytes_text("reading-taken"),
        .id = bytes_text(key),
        .key = bytes_text(key),
        .json = bytes_text(b->json),
        .time_ms = now_ms,
        .topic = bytes_text("telemetry-event"),
        .offset = b->offset,
        .source = bytes_text("/octavo/bench/source/1/0/1"),
        .sequence = ++b->offset,
    };
}

static void group_commit(struct bench *b, int64_t now_ms) {
    struct committed done = { 0 };
    must(task_commit(b->task, now_ms, &done));
    if (done.outbox_id)
        task_outbox_acked(b->task, done.outbox_id);
}

/* ns a point. Making the messages is not counted. */
static double run(struct bench *b) {
    long metrics = b->in_message < METRICS ? b->in_message : METRICS;
    long devices = b->series / metrics ? b->series / metrics : 1, device = 0, done = 0;
    int64_t now_ms = BEGIN_MS, spent_ns = 0;
    enum taken taken;
    for (int in_group = 0; done < b->points; done += b->in_message) {
        struct input in;
        char key[32];
        message_make(b, device, now_ms, &in, key);
        int64_t begun_ns = clock_steady_ns(clock_real());
        if (!in_group++)
            task_begin(b->task);
        must(task_take(b->task, &in, &taken));
        if (in_group == GROUP) {
            group_commit(b, now_ms);
            in_group = 0;
        }
        spent_ns += clock_steady_ns(clock_real()) - begun_ns;
        device = (device + 1) % devices;
        now_ms += device ? 0 : 1000;
        if (done + b->in_message >= b->points && in_group)
            group_commit(b, now_ms);
    }
    return (double)spent_ns / (double)done;
}

static void service_measure(struct bench *b, const char *service, const char *name) {
    bool saved = false;
    service_open(b, service);
    double ns = run(b);
    int64_t bytes = resident_bytes() - b->resident;
    int64_t begun_ns = clock_steady_ns(clock_real());
    must(task_save(b->task, BEGIN_MS));
    while (!saved)
        must(task_saved(b->task, true, &saved));
    int64_t saved_ns = clock_steady_ns(clock_real()) - begun_ns;
    (void)printf("%s_of_%ld_series %.0f points/s\n", name, b->series, 1e9 / ns);
    (void)printf("%s_of_%ld_series_point %.0f ns\n", name, b->series, ns);
    (void)printf("%s_of_%ld_series_memory %.0f bytes\n", name, b->series,
                 (double)bytes / (double)b->series);
    (void)printf("%s_of_%ld_series_snapshot %.0f ms\n", name, b->series, (double)saved_ns / 1e6);
    task_close(b->task);
}

int main(int count, char **arguments) {
    struct bench b = {
        .folder = count > 1 ? arguments[1] : "build/bench-rollups",
        .series = count > 2 ? strtol(arguments[2], NULL, 10) : 1000,
        .points = count > 3 ? strtol(arguments[3], NULL, 10) : 2000000,
        .in_message = count > 4 ? strtol(arguments[4], NULL, 10) : 10,
    };
    b.json = memory_get((size_t)b.in_message * POINT_CHARS + MESSAGE_CHARS);
    must(declaration_read(&b.declaration, "octavo.yaml", bytes_text(iot_system.declaration)));
    service_measure(&b, "telemetry-processor", "rollups");
    service_measure(&b, "anomaly-detection", "detection");
    declaration_destroy(b.declaration);
    free(b.json);
    return 0;
}
