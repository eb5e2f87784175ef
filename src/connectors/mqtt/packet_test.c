/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "packet.h"

#include "base/test.h"

#include <string.h>

enum { MOST = 1000 };

static struct mqtt_packet packet;

static enum mqtt_frame find(const char *bytes, size_t len) {
    return mqtt_frame_find(bytes_of(bytes, len), MOST, &packet);
}
#define FIND(text) find(text, sizeof(text) - 1)

TEST(a_packet_is_found_when_all_of_it_is_there) {
    const char ping[] = "\xc0\x00\xc0";
    CHECK_INT(find(ping, 1), MQTT_PARTIAL);
    CHECK_INT(find(ping, 3), MQTT_WHOLE);
    CHECK_INT(packet.type, MQTT_PINGREQ);
    CHECK_INT((long long)packet.size, 2);
    CHECK(mqtt_is_empty(&packet));
}

TEST(a_length_of_several_bytes_is_read) {
    char bytes[3 + 321] = "\x30\xc1\x02";
    CHECK_INT(find(bytes, sizeof(bytes) - 1), MQTT_PARTIAL);
    CHECK_INT(find(bytes, sizeof(bytes)), MQTT_WHOLE);
    CHECK_INT((long long)packet.rest.len, 321);
}

TEST(no_type_no_length_and_too_much_are_told_apart) {
    CHECK_INT(FIND("\x00\x00"), MQTT_BAD);
    CHECK_INT(FIND("\xf0\x00"), MQTT_BAD);
    CHECK_INT(FIND("\x30\xff\xff\xff\xff\x01"), MQTT_BAD);
    CHECK_INT(FIND("\x30\xff\xff\xff\x7f"), MQTT_TOO_LARGE); /* 256 MB are announced */
    CHECK_INT(FIND("\x30\xff\xff"), MQTT_PARTIAL);
}

TEST(connect_is_read_with_all_that_can_be_in_it) {
    struct mqtt_connect c;
    CHECK_INT(FIND("\x10\x20\x00\x04MQTT\x04\xce\x00\x3c\x00\x02id\x00\x04will\x00\x02ok\x00\x01u"
                   "\x00\x01p\x00\x00"),
              MQTT_WHOLE);
    CHECK(!mqtt_connect_read(&packet, &c)); /* two bytes too many */
    CHECK_INT(FIND("\x10\x1e\x00\x04MQTT\x04\xce\x00\x3c\x00\x02id\x00\x04will\x00\x02ok\x00\x01u"
                   "\x00\x01p"),
              MQTT_WHOLE);
    CHECK(mqtt_connect_read(&packet, &c));
    CHECK(c.clean_session && c.has_will && c.has_user && c.has_password);
    CHECK_INT(c.will_qos, 1);
    CHECK_INT(c.keep_alive_s, 60);
    CHECK(bytes_is_text(c.client, "id") && bytes_is_text(c.will_topic, "will"));
    CHECK(bytes_is_text(c.will_payload, "ok") && bytes_is_text(c.password, "p"));
}

TEST(another_protocol_is_known_as_one) {
    struct mqtt_connect c;
    CHECK_INT(FIND("\x10\x07\x00\x04MQTT\x05"), MQTT_WHOLE);
    CHECK(mqtt_connect_read(&packet, &c) && c.other_protocol);
    CHECK_INT(FIND("\x10\x09\x00\x06MQIsdp\x03"), MQTT_WHOLE);
    CHECK(mqtt_connect_read(&packet, &c) && c.other_protocol);
}

TEST(a_mosquitto_that_is_a_bridge_is_a_client) {
    struct mqtt_connect c;
    CHECK_INT(FIND("\x10\x0d\x00\x04MQTT\x84\x02\x00\x3c\x00\x01x"), MQTT_WHOLE);
    CHECK(mqtt_connect_read(&packet, &c) && !c.other_protocol && bytes_is_text(c.client, "x"));
}

TEST(connects_that_must_not_be_are_refused) {
    struct mqtt_connect c;
    const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
#define BAD(text) { text, sizeof(text) - 1 }
        BAD("\x10\x0c\x00\x04MQTT\x04\x03\x00\x3c\x00\x00"),     /* the reserved flag */
        BAD("\x10\x0c\x00\x04MQTT\x04\x0a\x00\x3c\x00\x00"),     /* qos of no will */
        BAD("\x10\x0c\x00\x04MQTT\x04\x42\x00\x3c\x00\x00"),     /* a password without a user */
        BAD("\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01\xff"), /* no UTF-8 */
        BAD("\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01\x00"), /* a zero */
        BAD("\x10\x0b\x00\x04MQTT\x04\x02\x00\x3c\x00"),         /* cut off */
        BAD("\x11\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"),     /* flags of the head */
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        CHECK_INT(find(bad[i].bytes, bad[i].len), MQTT_WHOLE);
        CHECK(!mqtt_connect_read(&packet, &c));
    }
}

TEST(publishes_of_every_qos_are_read) {
    struct mqtt_publish p;
    CHECK_INT(FIND("\x30\x06\x00\x03"
                   "a/b!"),
              MQTT_WHOLE);
    CHECK(mqtt_publish_read(&packet, &p) && p.qos == 0 && bytes_is_text(p.payload, "!"));
    CHECK_INT(FIND("\x3b\x07\x00\x03"
                   "a/b\x00\x11"),
              MQTT_WHOLE);
    CHECK(mqtt_publish_read(&packet, &p) && p.qos == 1 && p.duplicate && p.retain && p.id == 17);
    CHECK_INT((long long)p.payload.len, 0);
}

TEST(publishes_that_must_not_be_are_refused) {
    struct mqtt_publish p;
    CHECK_INT(FIND("\x36\x07\x00\x03"
                   "a/b\x00\x11"),
              MQTT_WHOLE);
    CHECK(!mqtt_publish_read(&packet, &p)); /* qos 3 */
    CHECK_INT(FIND("\x32\x07\x00\x03"
                   "a/b\x00\x00"),
              MQTT_WHOLE);
    CHECK(!mqtt_publish_read(&packet, &p)); /* packet 0 */
    CHECK_INT(FIND("\x30\x05\x00\x03"
                   "a/#"),
              MQTT_WHOLE);
    CHECK(!mqtt_publish_read(&packet, &p)); /* a wildcard */
    CHECK_INT(FIND("\x30\x02\x00\x00"), MQTT_WHOLE);
    CHECK(!mqtt_publish_read(&packet, &p)); /* no topic */
    CHECK_INT(FIND("\x38\x05\x00\x03"
                   "a/b"),
              MQTT_WHOLE);
    CHECK(!mqtt_publish_read(&packet, &p)); /* a repeat of qos 0 */
}

TEST(subscriptions_and_numbers_are_read_and_answered) {
    struct mqtt_subscribe s;
    struct buf out = { 0 };
    uint16_t id;
    CHECK_INT(FIND("\x82\x08\x00\x05\x00\x03"
                   "a/#\x01"),
              MQTT_WHOLE);
    CHECK(mqtt_subscribe_read(&packet, &s));
    CHECK_INT(s.id, 5);
    CHECK_INT((long long)s.count, 1);
    mqtt_suback_put(&out, &s, (const uint8_t[]){ 0x80, 1 });
    mqtt_id_put(&out, MQTT_PUBACK, 258);
    CHECK_BYTES(buf_bytes(&out), bytes_of("\x90\x03\x00\x05\x80\x40\x02\x01\x02", 9));
    buf_finish(&out);
    CHECK_INT(FIND("\x62\x02\x01\x02"), MQTT_WHOLE);
    CHECK(mqtt_id_read(&packet, &id) && id == 258);
    CHECK_INT(FIND("\x60\x02\x01\x02"), MQTT_WHOLE);
    CHECK(!mqtt_id_read(&packet, &id)); /* PUBREL has its flag */
}
