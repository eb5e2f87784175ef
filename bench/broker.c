// rooms: runtime
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the broker costs beside its ceiling: librdkafka against `octavo broker`, which syncs before
 * it acknowledges, and against librdkafka's own mock broker, which keeps everything in memory, each
 * in a process of its own. Same client, same settings, same minute.
 *
 *   broker [MESSAGES]    1,000,000 of 100 bytes over 32 partitions, acks=all, lz4 off
 *
 * Then one message of 1 KiB at a time, waited for: what a request-reply service feels. Prints
 * `name value unit`. OCTAVO names the binary. */
#include <ftw.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PARTITIONS = 32, SMALL_BYTES = 100, LARGE_BYTES = 1024, ROUND_TRIPS = 3000, BATCH = 1000 };

struct peer {
    pid_t pid;
    char address[64];
    char dir[64];
};

static char payload[LARGE_BYTES];
static long acknowledged;

static void stop(const char *what, const char *why) {
    (void)fprintf(stderr, "broker: %s: %s\n", what, why);
    exit(1);
}

static double now_s(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- the two brokers */

static void mock_serve(int to_parent) {
    char reason[512], text[64] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "log_level", "3", reason, sizeof(reason));
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    rd_kafka_mock_cluster_t *mock = rk ? rd_kafka_mock_cluster_new(rk, 1) : NULL;
    if (!mock || rd_kafka_mock_topic_create(mock, "bench", PARTITIONS, 1))
        stop("mock", "cannot begin");
    (void)snprintf(text, sizeof(text), "%s", rd_kafka_mock_cluster_bootstraps(mock));
    if (write(to_parent, text, sizeof(text)) != sizeof(text))
        stop("mock", "its parent has gone");
    for (;;)
        (void)pause();
}

static struct peer mock_start(void) {
    struct peer p = { 0 };
    int ends[2];
    if (pipe(ends) != 0)
        stop("mock", "no pipe");
    p.pid = fork();
    if (p.pid == 0)
        mock_serve(ends[1]);
    if (p.pid < 0 || read(ends[0], p.address, sizeof(p.address)) != sizeof(p.address))
        stop("mock", "did not begin");
    return p;
}

static struct peer octavo_start(void) {
    const char *binary = getenv("OCTAVO") ? getenv("OCTAVO") : "build/release/octavo";
    struct peer p = { .dir = "build/bench.XXXXXX" };
    char file[96];
    int port = 0;
    double began = now_s();
    if (!mkdtemp(p.dir))
        stop(p.dir, "cannot make it");
    (void)snprintf(file, sizeof(file), "%s/port", p.dir);
    p.pid = fork();
    if (p.pid == 0) {
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(1);
        (void)execl(binary, binary, "broker", "--dir", p.dir, "--port", "0", "--port-file", file,
                    (char *)NULL);
        _exit(1);
    }
    while (!port && now_s() - began < 10) {
        struct timespec moment = { .tv_nsec = 200000 };
        FILE *f = fopen(file, "r");
        if (!f || fscanf(f, "%d", &port) != 1)
            (void)nanosleep(&moment, NULL);
        if (f)
            (void)fclose(f);
    }
    if (!port)
        stop(binary, "is not ready after 10 s");
    (void)printf("ready_first_start %.1f ms\n", (now_s() - began) * 1e3);
    (void)snprintf(p.address, sizeof(p.address), "127.0.0.1:%d", port);
    return p;
}

static void print_memory(const struct peer *p, const char *name) {
    char path[64], line[128];
    long kib = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)p->pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (f)
        (void)fclose(f);
    (void)printf("%s %.1f MB\n", name, (double)kib / 1024);
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *ftw) {
    (void)s;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void peer_stop(struct peer *p, const char *name) {
    struct rusage used;
    int status;
    (void)kill(p->pid, p->dir[0] ? SIGTERM : SIGKILL);
    if (wait4(p->pid, &status, 0, &used) != p->pid || (p->dir[0] && status != 0))
        stop(name, "did not stop cleanly");
    (void)printf("%s_cpu %.0f ms\n", name,
                 (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3
                     + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3);
    if (p->dir[0] && nftw(p->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        stop(p->dir, "cannot remove it");
}

/* ---- the client */

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
    (void)rk;
    (void)opaque;
    if (m->err)
        stop("delivery", rd_kafka_err2str(m->err));
    acknowledged++;
}

static rd_kafka_t *client_create(const struct peer *p, rd_kafka_type_t type, const char *linger) {
    const char *settings[][2] = {
        { "bootstrap.servers", p->address },
        { "linger.ms", linger },
        { "queue.buffering.max.messages", "2000000" },
        { "acks", "all" },
        { "queue.buffering.max.kbytes", "2000000" },
        { "auto.offset.reset", "error" },
        { "group.id", "none" },
        { "queued.min.messages", "1000000" },
        { "log_level", "3" },
    };
    char reason[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], reason, sizeof(reason)))
            stop(settings[i][0], reason);
    if (type == RD_KAFKA_PRODUCER)
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *rk = rd_kafka_new(type, conf, reason, sizeof(reason));
    if (!rk)
        stop("client", reason);
    return rk;
}

static void topic_create(const struct peer *p) {
    char reason[512];
    rd_kafka_t *rk = client_create(p, RD_KAFKA_PRODUCER, "0");
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new("bench", PARTITIONS, 1, reason, sizeof(reason));
    rd_kafka_CreateTopics(rk, &topic, 1, NULL, queue);
    rd_kafka_event_t *done = rd_kafka_queue_poll(queue, 10000);
    if (!done || rd_kafka_event_error(done))
        stop("create topic", done ? rd_kafka_event_error_string(done) : "timed out");
    rd_kafka_event_destroy(done);
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
}

static void produce(const struct peer *p, const char *name, long count) {
    rd_kafka_t *rk = client_create(p, RD_KAFKA_PRODUCER, "5");
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, "bench", NULL);
    double began = now_s();
    acknowledged = 0;
    for (long i = 0; i < count; i++) {
        /* Runs of one partition, as the sticky partitioner makes them. */
        int32_t partition = (int32_t)(i / BATCH % PARTITIONS);
        while (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, payload, SMALL_BYTES, NULL,
                                0, NULL))
            (void)rd_kafka_poll(rk, 1);
        if (i % BATCH == 0)
            (void)rd_kafka_poll(rk, 0);
    }
    while (acknowledged < count)
        (void)rd_kafka_poll(rk, 10);
    (void)printf("%s_produce_100B %.0f msg/s\n", name, (double)count / (now_s() - began));
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(rk);
}

static void consume(const struct peer *p, const char *name, long count) {
    static rd_kafka_message_t *messages[BATCH];
    rd_kafka_t *rk = client_create(p, RD_KAFKA_CONSUMER, "0");
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++)
        rd_kafka_topic_partition_list_add(all, "bench", i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    double began = now_s();
    if (rd_kafka_assign(rk, all))
        stop("consume", "cannot assign");
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    for (long got = 0; got < count;) {
        ssize_t more = rd_kafka_consume_batch_queue(queue, 10000, messages, BATCH);
        if (more <= 0)
            stop("consume", "no message within 10 s");
        for (ssize_t i = 0; i < more; i++) {
            got += messages[i]->err == 0;
            rd_kafka_message_destroy(messages[i]);
        }
    }
    (void)printf("%s_consume_100B %.0f msg/s\n", name, (double)count / (now_s() - began));
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(all);
    (void)rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void round_trips(const struct peer *p, const char *name) {
    static double took_us[ROUND_TRIPS];
    rd_kafka_t *rk = client_create(p, RD_KAFKA_PRODUCER, "0");
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, "bench", NULL);
    acknowledged = 0;
    for (long i = 0; i < ROUND_TRIPS; i++) {
        double began = now_s();
        if (rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, payload, LARGE_BYTES, NULL, 0, NULL))
            stop("round trip", "queue full");
        while (acknowledged <= i)
            (void)rd_kafka_poll(rk, 100);
        took_us[i] = (now_s() - began) * 1e6;
    }
    qsort(took_us, ROUND_TRIPS, sizeof(took_us[0]), by_size);
    (void)printf("%s_sync_1KiB_p50 %.0f us\n", name, took_us[ROUND_TRIPS / 2]);
    (void)printf("%s_sync_1KiB_p99 %.0f us\n", name, took_us[ROUND_TRIPS * 99 / 100]);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(rk);
}

int main(int count, char **arguments) {
    long messages = count > 1 ? strtol(arguments[1], NULL, 10) : 1000000;
    memset(payload, 'x', sizeof(payload));
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* children must not inherit unwritten lines */
    struct peer mock = mock_start();
    produce(&mock, "mock", messages);
    consume(&mock, "mock", messages);
    round_trips(&mock, "mock");
    peer_stop(&mock, "mock");
    struct peer octavo = octavo_start();
    print_memory(&octavo, "octavo_idle");
    topic_create(&octavo);
    produce(&octavo, "octavo", messages);
    consume(&octavo, "octavo", messages);
    round_trips(&octavo, "octavo");
    print_memory(&octavo, "octavo_after");
    peer_stop(&octavo, "octavo");
    return 0;
}
