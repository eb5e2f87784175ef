/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A fleet of devices on real series. They publish by MQTT; the processor, the gateway and the
 * broker are killed under them; then what was acknowledged is held against what the rollups count.
 */
#include "demo.h"

#include "app/commands.h"
#include "fleet.h"
#include "runtime/session.h"
#include "stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICES_DEFAULT = 12, MESSAGES_DEFAULT = 20000, SETTLING_LIMIT_MS = 60000 };
enum { ROLLUP_COUNT = 0, ROLLUP_COLUMNS = 9 }; /* of the system's octavo.yaml */

struct fleet_run {
    struct stage stage;
    struct readings readings;
    struct fleet *fleet;
    struct octavo_session *session;
    int64_t counted, days; /* points in the rollups of a day, and how many these are */
    int64_t alerts;
};

static void on_rollup(void *context, struct octavo_text key, struct octavo_text sub,
                      const struct octavo_value *values, size_t count) {
    struct fleet_run *r = context;
    (void)key;
    if (count != ROLLUP_COLUMNS || !memmem(sub.data, sub.len, "/1d/", 4))
        return;
    r->counted += values[ROLLUP_COUNT].integer;
    r->days++;
}

static void on_alert(void *context, struct octavo_text key, struct octavo_text sub,
                     const struct octavo_value *values, size_t count) {
    struct fleet_run *r = context;
    (void)key, (void)sub, (void)values, (void)count;
    r->alerts++;
}

static void rows_count(struct fleet_run *r) {
    r->counted = r->days = r->alerts = 0;
    (void)octavo_rows(r->session, "rollup-store", "rollup", NULL, on_rollup, r);
    (void)octavo_rows(r->session, "alert-desk", "alert", NULL, on_alert, r);
}

static void killing(struct fleet_run *r, int *killed) {
    static const struct {
        const char *service, *called;
    } victims[] = { { "telemetry-processor", "processor" },
                    { "iot-device.0", "gateway" },
                    { "broker", "broker" } };
    struct fleet_counts c = fleet_counts(r->fleet);
    if (*killed < 3 && c.acknowledged * 4 > c.total * (*killed + 1)) {
        stage_kill(&r->stage, victims[*killed].service, victims[*killed].called);
        ++*killed;
    }
}

static enum error publish(struct fleet_run *r) {
    const struct demo_call *call = r->stage.call;
    struct fleet_options options = {
        .loop = r->stage.loop,
        .port = r->stage.running.edge_port,
        .devices = call->clients ? (int)call->clients : DEVICES_DEFAULT,
        .messages = call->inputs_max ? call->inputs_max : MESSAGES_DEFAULT,
        .rate = call->rate,
        .readings = &r->readings,
    };
    int64_t end_ms = call->for_ms ? stage_now_ms(&r->stage) + call->for_ms : INT64_MAX;
    int killed = 0;
    stage_say(&r->stage, "%d devices publish %" PRId64 " readings over MQTT, QoS 1",
              options.devices, options.messages);
    TRY(fleet_start(&r->fleet, &options));
    while (!fleet_is_done(r->fleet) && stage_turn(&r->stage, INT64_MAX)) {
        struct fleet_counts c = fleet_counts(r->fleet);
        if (stage_now_ms(&r->stage) > end_ms)
            fleet_stop_sending(r->fleet);
        killing(r, &killed);
        stage_progress(&r->stage, c.acknowledged, c.total, "readings");
    }
    return E_ok;
}

static void settle(struct fleet_run *r) {
    int64_t until_ms = stage_now_ms(&r->stage) + SETTLING_LIMIT_MS, seen_ms = 0;
    do {
        if (stage_now_ms(&r->stage) - seen_ms < 200)
            continue;
        rows_count(r);
        seen_ms = stage_now_ms(&r->stage);
        if (r->counted >= fleet_counts(r->fleet).sent)
            return;
    } while (stage_turn(&r->stage, until_ms));
}

static bool conclude(struct fleet_run *r) {
    const struct demo_call *call = r->stage.call;
    settle(r);
    struct fleet_counts c = fleet_counts(r->fleet);
    int64_t lost = c.acknowledged > r->counted ? c.acknowledged - r->counted : 0;
    int64_t repeated = r->counted > c.sent ? r->counted - c.sent : 0;
    double ms = c.acknowledged ? (double)c.latency_ns / 1e6 / (double)c.acknowledged : 0;
    stage_progress_end(&r->stage);
    if (call->json)
        (void)printf("{\"readings\":%" PRId64 ",\"lost\":%" PRId64 ",\"repeated\":%" PRId64
                     ",\"again\":%" PRId64 ",\"alerts\":%" PRId64 ",\"acknowledged_ms\":%.2f}\n",
                     c.acknowledged, lost, repeated, c.again, r->alerts, ms);
    else
        (void)printf("\n%" PRId64 " readings acknowledged%s; lost %" PRId64 ", repeated %" PRId64
                     "; %" PRId64 " were sent again\n"
                     "  acknowledged in       %.1f ms on average, when the log has synced them\n"
                     "  rollups of a day      %" PRId64 ", they count %" PRId64 " points\n"
                     "  anomalies             %" PRId64 " alerts\n",
                     c.acknowledged,
                     call->no_kill ? "" : "; I killed the processor, the gateway and the broker",
                     lost, repeated, c.again, ms, r->days, r->counted, r->alerts);
    return lost == 0 && repeated == 0 && c.acknowledged == c.sent && c.acknowledged > 0;
}

static void try_next(const struct stage *s) {
    char *program = stage_shell_word(command_program());
    char *dir = stage_shell_word(s->place.dir);
    (void)printf("\nTry next:\n  %s iot ls --dir %s\n  %s iot alerts --dir %s\n", program, dir,
                 program, dir);
    if (!s->call->stay)
        (void)printf("  %s up iot --dir %s\n", program, dir);
    (void)fflush(stdout);
    free(program);
    free(dir);
}

static enum error fleet_run(struct fleet_run *r, bool *good) {
    TRY(readings_open(&r->readings));
    stage_say(&r->stage, "input: %s", r->readings.source);
    TRY(stage_start(&r->stage));
    TRY(stage_session(&r->stage, &r->session));
    TRY(publish(r));
    if (r->stage.call->interrupted)
        return E_ok;
    *good = conclude(r);
    if (!r->stage.call->json)
        try_next(&r->stage);
    stage_stay(&r->stage);
    return E_ok;
}

static enum error iot_run(struct demo_call *call, bool *good) {
    struct fleet_run r = { 0 };
    enum error e = stage_open(&r.stage, call, "iot");
    if (!e)
        e = fleet_run(&r, good);
    fleet_destroy(r.fleet);
    session_destroy(r.session);
    readings_finish(&r.readings);
    stage_close(&r.stage);
    return e;
}

const struct demo demo_iot = {
    "iot",
    "devices on real series: readings by MQTT, rollups, anomalies",
    iot_run,
};
