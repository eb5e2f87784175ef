// rooms: connectors/mqtt
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes as a stream of packets, and the payload of every publish as points: nothing is read
 * outside, and what comes out is within its bounds. */
#include "mqtt/packet.h"
#include "mqtt/payload.h"
#include "mqtt/report.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct topic_templates templates;

static void publish_try(const struct mqtt_publish *p) {
    struct arena arena = { 0 };
    struct payload payload = { 0 };
    struct topic_place place;
    if (!topic_templates_find(&templates, p->topic, &place)
        && !payload_read(&payload, &arena, &place, p->payload, 1700000000000)) {
        assert(payload.count > 0 && payload.count <= POINTS_MAX && payload.points.len > 0);
        for (size_t i = 0; i < payload.points.len; i++)
            assert(payload.points.data[i] >= ' ' && payload.points.data[i] != '"');
    }
    if (!report_read(&payload, &arena, p->payload)) {
        assert(payload.count <= REPORT_NAMES_MAX);
        for (size_t i = 0; i < payload.points.len; i++)
            assert(payload.points.data[i] >= ' ');
    }
    payload_finish(&payload);
    arena_finish(&arena);
}

static void packet_try(const struct mqtt_packet *p) {
    struct mqtt_connect connect;
    struct mqtt_publish publish;
    struct mqtt_subscribe subscribe;
    uint16_t id;
    if (p->type == MQTT_CONNECT && mqtt_connect_read(p, &connect) && !connect.other_protocol)
        assert(connect.client.len <= p->rest.len && connect.will_qos < 3);
    if (p->type == MQTT_PUBLISH && mqtt_publish_read(p, &publish))
        publish_try(&publish);
    if (mqtt_subscribe_read(p, &subscribe))
        assert(subscribe.count > 0 && subscribe.count <= MQTT_FILTERS_MAX);
    if (mqtt_id_read(p, &id))
        assert(id != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct mqtt_packet packet;
    struct bytes left = bytes_of(data, size);
    if (!templates.count)
        assert(topic_templates_read(&templates, "devices/{device}/{metric},devices/{device}")
               == E_ok);
    while (mqtt_frame_find(left, 64 * 1024, &packet) == MQTT_WHOLE) {
        packet_try(&packet);
        left = bytes_part(left, packet.size, left.len - packet.size);
    }
    return 0;
}
