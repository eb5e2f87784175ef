/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo iot simulate: a fleet of devices against an MQTT edge, ours or another's. It needs
 * sockets, which no system has; so it is a verb of app's. */
#include "commands.h"

#include "demo/fleet.h"
#include "net/loop.h"
#include "options.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { PORT_DEFAULT = 1883, DEVICES_DEFAULT = 12, COUNT_MAX = 1000000000, DEVICES_MAX = 1000000 };
enum { CONNECTIONS_DEFAULT = 16, CONNECTIONS_MAX = 20000, POINTS_MAX = 1000 };

const char simulate_help[] =
    "octavo iot simulate [--devices N] [--readings N] [--rate N] [--mqtt-port N]\n"
    "                    [--connections N] [--points N]\n"
    "  Devices publish by MQTT, QoS 1: real series where ../shared/data is (or OCTAVO_DATA), "
    "scaled\n"
    "  for each device, a second apart and ending now. Without --readings each tells its whole\n"
    "  series. --connections (16) are shared by all devices, --points (1) go into a message, "
    "--rate\n"
    "  is messages a second. Prints how many were acknowledged, and how fast.\n"
    "  example: octavo iot simulate --devices 100 --rate 1000\n";

struct simulation {
    int64_t devices, readings, rate, port, connections, points;
    bool json;
};

static bool options_take(struct simulation *s, int count, char **arguments) {
    static const struct option known[] = {
        { "devices", 1, NULL, 'n' },
        { "readings", 1, NULL, 'r' },
        { "rate", 1, NULL, 'R' },
        { "mqtt-port", 1, NULL, 'p' },
        { "connections", 1, NULL, 'c' },
        { "points", 1, NULL, 'P' },
        OPTION_JSON,
        OPTION_HELP,
        OPTION_END,
    };
    for (int c; (c = option_next(count, arguments, known)) != -1;) {
        const struct {
            int letter;
            const char *name;
            int64_t most, *value;
        } numbers[] = {
            { 'n', "devices", DEVICES_MAX, &s->devices },
            { 'r', "readings", COUNT_MAX, &s->readings },
            { 'R', "rate", COUNT_MAX, &s->rate },
            { 'p', "mqtt-port", 65535, &s->port },
            { 'c', "connections", CONNECTIONS_MAX, &s->connections },
            { 'P', "points", POINTS_MAX, &s->points },
        };
        bool good = c == 'j';
        for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
            if (numbers[i].letter == c)
                good =
                    command_read_number(numbers[i].name, optarg, numbers[i].most, numbers[i].value);
        s->json = s->json || c == 'j';
        if (!good)
            return false;
    }
    return s->devices > 0 && s->connections > 0 && s->points > 0;
}

static void on_signal(void *context) {
    fleet_stop_sending(context);
}

static void told(const struct simulation *s, const struct fleet_counts *c, double seconds) {
    double ms = c->acknowledged ? (double)c->latency_ns / 1e6 / (double)c->acknowledged : 0;
    int64_t sent = c->sent * s->points, acknowledged = c->acknowledged * s->points;
    double rate = seconds > 0 ? (double)acknowledged / seconds : 0;
    (void)printf(s->json
                     ? "{\"sent\":%" PRId64 ",\"acknowledged\":%" PRId64 ",\"again\":%" PRId64
                       ",\"rate\":%.0f,\"acknowledged_ms\":%.2f,"
                       "\"connected_ms\":%" PRId64 "}\n"
                     : "%" PRId64 " readings sent, %" PRId64 " acknowledged, %" PRId64
                       " sent again; %.0f a second, acknowledged in %.2f ms; all were connected "
                       "in %" PRId64 " ms\n",
                 sent, acknowledged, c->again, rate, ms, c->connected_ms);
}

static enum error simulate(const struct simulation *s, struct loop *loop,
                           const struct readings *readings) {
    struct fleet *fleet;
    struct fleet_options options = {
        .loop = loop,
        .port = (int)s->port,
        .devices = (int)s->devices,
        .connections = (int)s->connections,
        .points = (int)s->points,
        .messages = s->readings ? (s->readings + s->points - 1) / s->points : 0,
        .rate = s->rate,
        .readings = readings,
    };
    TRY(fleet_start(&fleet, &options));
    int64_t begun_ms = clock_steady_ms(clock_real());
    loop_on_signal(loop, SIGINT, on_signal, fleet);
    while (!fleet_is_done(fleet))
        loop_turn(loop, 100);
    struct fleet_counts counts = fleet_counts(fleet);
    loop_off_signal(loop, SIGINT);
    fleet_destroy(fleet);
    told(s, &counts, (double)(clock_steady_ms(clock_real()) - begun_ms) / 1000);
    return E_ok;
}

int simulate_command(int count, char **arguments) {
    struct simulation s = {
        .devices = DEVICES_DEFAULT,
        .port = PORT_DEFAULT,
        .connections = CONNECTIONS_DEFAULT,
        .points = 1,
    };
    struct readings readings = { 0 };
    struct loop *loop = NULL;
    if (command_asked_help(count, arguments)) {
        (void)fputs(simulate_help, stdout);
        return EXIT_DONE;
    }
    if (!options_take(&s, count, arguments))
        return EXIT_USAGE;
    enum error e = loop_create(&loop, clock_real());
    if (!e)
        e = readings_open(&readings);
    if (!e)
        e = simulate(&s, loop, &readings);
    if (e)
        error_print();
    readings_finish(&readings);
    loop_destroy(loop);
    return e ? command_exit_code(e) : EXIT_DONE;
}
