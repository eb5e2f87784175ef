/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the system exports. Its octavo.yaml is inside the binary. */
#include "iot.h"

__asm__(".section .rodata\n"
        "iot_declaration: .incbin \"src/systems/iot/octavo.yaml\"\n"
        ".byte 0\n"
        ".globl iot_files\n"
        "iot_files: .incbin \"build/pack/iot.files\"\n"
        ".previous\n");
extern const char iot_declaration[] __attribute__((visibility("hidden")));

static const struct octavo_service services[] = {
    { "iot-device", iot_gateway_handlers },
    { "telemetry-processor", iot_processor_handlers },
    { "rollup-store", iot_keeper_handlers },
    { "anomaly-detection", iot_detection_handlers },
    { "alert-desk", iot_desk_handlers },
    { "device-state", iot_state_handlers },
    { NULL, NULL },
};

static const struct octavo_command commands[] = {
    { "ls", "ls",
      "  The devices that were heard of: when last, messages, repeats, points with a wrong clock.\n"
      "  example: octavo iot ls --json\n",
      iot_list },
    { "show", "show DEVICE",
      "  A device: each of its metrics with its last value, and its alerts.\n"
      "  example: octavo iot show pump-7\n",
      iot_show },
    { "rollups", "rollups DEVICE METRIC [--level 1s|1m|15m|1h|1d]",
      "  What a metric was, window by window: count, min, max, mean, variance.\n"
      "  example: octavo iot rollups pump-7 temperature --level 1m --json\n",
      iot_rollups },
    { "alerts", "alerts [DEVICE]",
      "  Alerts, open and cleared.\n"
      "  example: octavo iot alerts\n",
      iot_alerts },
    { "ack", "ack ALERT [--by NAME]",
      "  Somebody has seen the alert. Said again it changes nothing.\n"
      "  example: octavo iot ack pump-7/temperature/anomaly/1700000040000 --by jana\n",
      iot_acknowledge },
    { "snooze", "snooze DEVICE [--minutes N]",
      "  Nobody is told of the device's alerts for so long (60 minutes); they are rows all the "
      "same.\n"
      "  example: octavo iot snooze pump-7 --minutes 30\n",
      iot_snooze },
    { "command", "command DEVICE TEXT",
      "  Sends a command to a device: a message at devices/DEVICE/command, now or when it\n"
      "  subscribes. Prints its name.\n"
      "  example: octavo iot command pump-7 flush\n",
      iot_command },
    { "desire", "desire DEVICE NAME VALUE [--version N]",
      "  Wishes what a device should be; it is told, and its version grows. --version: refused if\n"
      "  the device's version is another by now.\n"
      "  example: octavo iot desire pump-7 interval 30 --version 4\n",
      iot_desire },
    { "state", "state DEVICE",
      "  What a device is wished to be, what it reports to be, and its commands.\n"
      "  example: octavo iot state pump-7\n",
      iot_state },
    { "tail", "tail [DEVICE]",
      "  The readings in the topic as JSON lines, of one device or of all, up to now.\n"
      "  example: octavo iot tail pump-7\n",
      iot_tail },
    { "dead", "dead [CLIENT]",
      "  What could not be read: topic, reason, bytes in base64.\n"
      "  example: octavo iot dead\n",
      iot_dead },
    { "score", "score DIR [--out DIR]",
      "  The detector over the labelled series in DIR (data/GROUP/FILE.csv of timestamp,value, "
      "and\n"
      "  windows.json), told as the Numenta Anomaly Benchmark does, beside a baseline. --out "
      "writes\n"
      "  its result files.\n"
      "  example: octavo iot score ../shared/data/nab --out results\n",
      iot_score },
    { NULL, NULL, NULL, NULL },
};

static const char *const alone[] = { "score", NULL };

const struct octavo_system iot_system = {
    .size = sizeof(struct octavo_system),
    .api = OCTAVO_API,
    .name = "iot",
    .declaration = iot_declaration,
    .services = services,
    .commands = commands,
    .alone = alone,
};
