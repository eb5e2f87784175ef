/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* mqtt_paho PORT DEVICE COUNT: Eclipse Paho's C client publishes COUNT readings of the device with
 * each QoS, in a session that it keeps, and waits for each acknowledgement; then it comes back, and
 * is told that its session is there, subscribes to its commands and prints the first. */
#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, int code) {
    (void)fprintf(stderr, "%s: %d\n", what, code);
    return 1;
}

static int publish(MQTTClient client, const char *device, int number) {
    MQTTClient_deliveryToken token;
    char topic[128], payload[128];
    (void)snprintf(topic, sizeof(topic), "devices/%s", device);
    (void)snprintf(payload, sizeof(payload), "{\"load\":%d,\"boot\":1,\"seq\":%d}", number, number);
    int code =
        MQTTClient_publish(client, topic, (int)strlen(payload), payload, 1 + number % 2, 0, &token);
    return code ? code : MQTTClient_waitForCompletion(client, token, 30000);
}

static int command_hear(MQTTClient client, const char *device) {
    MQTTClient_message *message = NULL;
    char filter[128], *topic = NULL;
    int length = 0;
    (void)snprintf(filter, sizeof(filter), "devices/%s/command", device);
    int code = MQTTClient_subscribe(client, filter, 1);
    if (!code)
        code = MQTTClient_receive(client, &topic, &length, &message, 30000);
    if (code || !message)
        return fail("no command", code);
    (void)printf("%s %.*s\n", topic, message->payloadlen, (char *)message->payload);
    MQTTClient_freeMessage(&message);
    MQTTClient_free(topic);
    return 0;
}

int main(int count, char **arguments) {
    MQTTClient client;
    MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
    char url[64], name[64];
    if (count != 4)
        return fail("mqtt_paho PORT DEVICE COUNT", 2);
    (void)snprintf(url, sizeof(url), "tcp://127.0.0.1:%s", arguments[1]);
    (void)snprintf(name, sizeof(name), "%s-paho", arguments[2]);
    options.cleansession = 0;
    options.keepAliveInterval = 20;
    options.MQTTVersion = MQTTVERSION_3_1_1;
    int code = MQTTClient_create(&client, url, name, MQTTCLIENT_PERSISTENCE_NONE, NULL);
    if (code || (code = MQTTClient_connect(client, &options)) != 0)
        return fail("connect", code);
    if (options.returned.sessionPresent)
        return fail("a session was there before", 1);
    for (int n = 0; n < (int)strtol(arguments[3], NULL, 10); n++)
        if ((code = publish(client, arguments[2], n)) != 0)
            return fail("publish", code);
    if ((code = MQTTClient_disconnect(client, 10000)) != 0)
        return fail("disconnect", code);
    if ((code = MQTTClient_connect(client, &options)) != 0)
        return fail("connect again", code);
    if (!options.returned.sessionPresent)
        return fail("its session is gone", 1);
    if (command_hear(client, arguments[2]))
        return 1;
    code = MQTTClient_disconnect(client, 10000);
    MQTTClient_destroy(&client);
    return code ? fail("disconnect", code) : 0;
}
