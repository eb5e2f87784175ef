// rooms: runtime
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the broker costs beside its ceiling and beside what it replaces: librdkafka against `octavo
 * broker`, which syncs before it acknowledges; against librdkafka's own mock broker, which keeps
 * everything in memory; and, where `make test-kafka` has fetched it, against one node of Apache
 * Kafka that syncs each batch, and one as it comes, which syncs nothing. Each is a process of its
 * own. Same client, same settings, same disk, same minute.
 *
 *   broker [MESSAGES]    1,000,000: so many of 100 bytes over 32 partitions, over 1 and over 100, a
 *                        quarter of them of 1 KiB over 32; acks=all, lz4 off
 *
 * Then one message of 1 KiB at a time, waited for: what a request-reply service feels. Prints
 * `name value unit`, and as `of_` what the bars are about: the broker's figure as a part of the
 * other's. OCTAVO names the binary. */
#include <ftw.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PARTITIONS = 32, FEW = 1, MANY = 100 };
enum { SMALL_BYTES = 100, LARGE_BYTES = 1024, ROUND_TRIPS = 3000, BATCH = 1000 };

struct peer {
    const char *name;
    pid_t pid;
    char address[64];
    char dir[64];
    double ready_ms;
};

/* What one broker can do. */
struct figures {
    double produce, produce_large, produce_few, produce_many; /* messages a second */
    double consume;
    double p50_us, p99_us;
    double idle_mb, memory_mb, peak_mb; /* before, after and under all of it */
};

struct load {
    const char *topic;
    const char *what; /* in the figure's name */
    int partitions;
    size_t bytes;
    long count;
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
    if (!mock || rd_kafka_mock_topic_create(mock, "bench", PARTITIONS, 1)
        || rd_kafka_mock_topic_create(mock, "few", FEW, 1)
        || rd_kafka_mock_topic_create(mock, "many", MANY, 1)
        || rd_kafka_mock_topic_create(mock, "large", PARTITIONS, 1)
        || rd_kafka_mock_topic_create(mock, "trips", FEW, 1))
        stop("mock", "cannot begin");
    (void)snprintf(text, sizeof(text), "%s", rd_kafka_mock_cluster_bootstraps(mock));
    if (write(to_parent, text, sizeof(text)) != sizeof(text))
        stop("mock", "its parent has gone");
    for (;;)
        (void)pause();
}

static struct peer mock_start(void) {
    struct peer p = { .name = "mock" };
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

/* Waits for the port file, which each broker writes when it can serve. */
static void await_port(struct peer *p, double began, int limit_s) {
    char file[96];
    int port = 0;
    (void)snprintf(file, sizeof(file), "%s/port", p->dir);
    while (!port && now_s() - began < limit_s) {
        struct timespec moment = { .tv_nsec = 200000 };
        FILE *f = fopen(file, "r");
        if (!f || fscanf(f, "%d", &port) != 1)
            (void)nanosleep(&moment, NULL);
        if (f)
            (void)fclose(f);
    }
    if (!port)
        stop(p->name, "is not ready");
    p->ready_ms = (now_s() - began) * 1e3;
    (void)printf("%s_ready %.1f ms\n", p->name, p->ready_ms);
    (void)snprintf(p->address, sizeof(p->address), "127.0.0.1:%d", port);
}

static struct peer program_start(const char *name, const char **command, int limit_s) {
    const char *program = command[0] ? command[0] : name;
    struct peer p = { .name = name, .dir = "build/bench.XXXXXX" };
    char file[96];
    double began = now_s();
    if (!mkdtemp(p.dir))
        stop(p.dir, "cannot make it");
    (void)snprintf(file, sizeof(file), "%s/port", p.dir);
    for (int i = 0; command[i]; i++)
        command[i] = strcmp(command[i], "DIR") == 0         ? p.dir
                     : strcmp(command[i], "PORT_FILE") == 0 ? file
                                                            : command[i];
    p.pid = fork();
    if (p.pid == 0) {
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(1);
        (void)execv(program, (char *const *)(uintptr_t)command);
        _exit(1);
    }
    await_port(&p, began, limit_s);
    return p;
}

static struct peer octavo_start(void) {
    const char *binary = getenv("OCTAVO") ? getenv("OCTAVO") : "build/release/octavo";
    const char *command[] = { binary, "broker",      "--dir",     "DIR", "--port",
                              "0",    "--port-file", "PORT_FILE", NULL };
    return program_start("octavo", command, 10);
}

/* Again on what it has; `name` is the figure's. */
static void octavo_again(struct peer *p, const char *name, int signal) {
    const char *binary = getenv("OCTAVO") ? getenv("OCTAVO") : "build/release/octavo";
    struct peer again = *p;
    char file[96];
    (void)snprintf(file, sizeof(file), "%s/port", p->dir);
    (void)kill(p->pid, signal);
    if (waitpid(p->pid, NULL, 0) != p->pid || remove(file) != 0)
        stop(p->dir, "cannot start it again");
    double began = now_s();
    again.name = name;
    again.pid = fork();
    if (again.pid == 0) {
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(1);
        (void)execl(binary, binary, "broker", "--dir", p->dir, "--port", "0", "--port-file", file,
                    (char *)NULL);
        _exit(1);
    }
    await_port(&again, began, 60);
    again.name = p->name;
    *p = again;
}

/* One node with the heap, the collector and the threads that Kafka's own start script and settings
 * give it; below the ports that clients get. */
static struct peer kafka_start(const char *name, const char *option) {
    char port[16];
    (void)snprintf(port, sizeof(port), "%d", 12000 + (int)(getpid() % 9000));
    const char *command[] = { "tests/kafka/node",
                              "DIR",
                              port,
                              "PORT_FILE",
                              "1",
                              NULL,
                              "num.network.threads=3",
                              "num.io.threads=8",
                              "log.cleaner.dedupe.buffer.size=134217728",
                              option,
                              NULL };
    char voters[64];
    if (setenv("KAFKA_JVM",
               "-Xms1G -Xmx1G -server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 "
               "-XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent "
               "-XX:MaxInlineLevel=15",
               1))
        stop(name, "no memory");
    (void)snprintf(voters, sizeof(voters), "1@127.0.0.1:%d", 22000 + (int)(getpid() % 9000));
    command[5] = voters;
    return program_start(name, command, 120);
}

/* "VmRSS:" now, "VmHWM:" at most so far. */
static double memory_mb(const struct peer *p, const char *which) {
    char path[64], line[128];
    long kib = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)p->pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, which, strlen(which)) == 0)
            kib = strtol(line + strlen(which), NULL, 10);
    if (f)
        (void)fclose(f);
    return (double)kib / 1024;
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *ftw) {
    (void)s;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void peer_stop(struct peer *p) {
    struct rusage used;
    int status;
    (void)kill(p->pid, p->dir[0] ? SIGTERM : SIGKILL);
    bool is_ours = strcmp(p->name, "octavo") == 0; /* a JVM ends with 143 */
    if (wait4(p->pid, &status, 0, &used) != p->pid || (is_ours && status != 0))
        stop(p->name, "did not stop cleanly");
    (void)printf("%s_cpu %.0f ms\n", p->name,
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

static void topic_create(const struct peer *p, const char *name, int partitions) {
    char reason[512];
    rd_kafka_t *rk = client_create(p, RD_KAFKA_PRODUCER, "0");
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, 1, reason, sizeof(reason));
    rd_kafka_CreateTopics(rk, &topic, 1, NULL, queue);
    rd_kafka_event_t *done = rd_kafka_queue_poll(queue, 10000);
    if (!done || rd_kafka_event_error(done))
        stop("create topic", done ? rd_kafka_event_error_string(done) : "timed out");
    rd_kafka_event_destroy(done);
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
}

static double produce(const struct peer *p, struct load load) {
    rd_kafka_t *rk = client_create(p, RD_KAFKA_PRODUCER, "5");
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, load.topic, NULL);
    double began = now_s();
    acknowledged = 0;
    for (long i = 0; i < load.count; i++) {
        /* Runs of one partition, as the sticky partitioner makes them. */
        int32_t partition = (int32_t)(i / BATCH % load.partitions);
        while (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, payload, load.bytes, NULL, 0,
                                NULL))
            (void)rd_kafka_poll(rk, 1);
        if (i % BATCH == 0)
            (void)rd_kafka_poll(rk, 0);
    }
    while (acknowledged < load.count)
        (void)rd_kafka_poll(rk, 10);
    double rate = (double)load.count / (now_s() - began);
    (void)printf("%s_produce_%s %.0f msg/s\n", p->name, load.what, rate);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(rk);
    return rate;
}

static double consume(const struct peer *p, long count) {
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
    double rate = (double)count / (now_s() - began);
    (void)printf("%s_consume_100B %.0f msg/s\n", p->name, rate);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(all);
    (void)rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return rate;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void round_trips(const struct peer *p, struct figures *f) {
    static double took_us[ROUND_TRIPS];
    rd_kafka_t *rk = client_create(p, RD_KAFKA_PRODUCER, "0");
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, "trips", NULL);
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
    f->p50_us = took_us[ROUND_TRIPS / 2];
    f->p99_us = took_us[ROUND_TRIPS * 99 / 100];
    (void)printf("%s_sync_1KiB_p50 %.0f us\n", p->name, f->p50_us);
    (void)printf("%s_sync_1KiB_p99 %.0f us\n", p->name, f->p99_us);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(rk);
}

static struct figures measure(struct peer *p, long messages) {
    struct figures f = { 0 };
    f.idle_mb = memory_mb(p, "VmRSS:");
    (void)printf("%s_idle %.1f MB\n", p->name, f.idle_mb);
    if (p->dir[0]) { /* the mock has them */
        topic_create(p, "bench", PARTITIONS);
        topic_create(p, "few", FEW);
        topic_create(p, "many", MANY);
        topic_create(p, "large", PARTITIONS);
        topic_create(p, "trips", FEW);
    }
    long part = messages / 4;
    f.produce = produce(p, (struct load){ "bench", "100B", PARTITIONS, SMALL_BYTES, messages });
    f.consume = consume(p, messages);
    f.produce_large = produce(p, (struct load){ "large", "1KiB", PARTITIONS, LARGE_BYTES, part });
    f.produce_few = produce(p, (struct load){ "few", "1_partition", FEW, SMALL_BYTES, messages });
    f.produce_many =
        produce(p, (struct load){ "many", "100_partitions", MANY, SMALL_BYTES, messages });
    (void)printf("%s_100_partitions_of_1 %.2f x\n", p->name, f.produce_many / f.produce_few);
    round_trips(p, &f);
    f.memory_mb = memory_mb(p, "VmRSS:");
    f.peak_mb = memory_mb(p, "VmHWM:");
    (void)printf("%s_peak %.1f MB\n", p->name, f.peak_mb);
    (void)printf("%s_after %.1f MB\n", p->name, f.memory_mb);
    if (strcmp(p->name, "octavo") == 0) { /* with all of that on its disk */
        octavo_again(p, "octavo_after_a_kill", SIGKILL);
        octavo_again(p, "octavo_after_a_stop", SIGTERM);
    }
    peer_stop(p);
    return f;
}

static void compare(const char *name, const struct figures *ours, const struct figures *other) {
    (void)printf("of_%s_produce_100B %.2f x\n", name, ours->produce / other->produce);
    (void)printf("of_%s_produce_1KiB %.2f x\n", name, ours->produce_large / other->produce_large);
    (void)printf("of_%s_consume_100B %.2f x\n", name, ours->consume / other->consume);
    (void)printf("of_%s_memory_idle %.3f x\n", name, ours->idle_mb / other->idle_mb);
    (void)printf("of_%s_memory %.3f x\n", name, ours->memory_mb / other->memory_mb);
    (void)printf("of_%s_memory_peak %.3f x\n", name, ours->peak_mb / other->peak_mb);
}

int main(int count, char **arguments) {
    long messages = count > 1 ? strtol(arguments[1], NULL, 10) : 1000000;
    memset(payload, 'x', sizeof(payload));
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* children must not inherit unwritten lines */
    struct peer peer = mock_start();
    struct figures mock = measure(&peer, messages);
    peer = octavo_start();
    struct figures octavo = measure(&peer, messages);
    compare("mock", &octavo, &mock);
    if (access("build/kafka/complete", F_OK) != 0) {
        (void)fprintf(stderr, "Apache Kafka is not here: make test-kafka fetches it\n");
        return 0;
    }
    peer = kafka_start("kafka_synced", "log.flush.interval.messages=1");
    struct figures kafka = measure(&peer, messages);
    compare("kafka_synced", &octavo, &kafka);
    peer = kafka_start("kafka", "log.flush.interval.messages=9223372036854775807");
    kafka = measure(&peer, messages);
    compare("kafka", &octavo, &kafka);
    return 0;
}
