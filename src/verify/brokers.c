/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Command lines of brokers. All of them stand behind the line, if there is one. */
#include "brokers.h"

#include "base/check.h"
#include "base/disk.h"
#include "house.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void argue(struct process *p, const char *option, const char *value) {
    process_argument(p, option);
    process_argument(p, value);
}

static void own_build(struct house *h, int number) {
    struct process *p = &h->processes[HOUSE_BROKER];
    char *dir = text_format("%s/broker", h->dir);
    char port[16];
    (void)snprintf(port, sizeof(port), "%d", number);
    process_init(p, "broker", h->dir);
    p->environment = &h->environment;
    p->preload = &h->preload.environment;
    process_argument(p, h->binary);
    process_argument(p, "broker");
    argue(p, "--dir", dir);
    argue(p, "--port", port);
    argue(p, "--port-file", p->port_file);
    if (h->line.rules)
        argue(p, "--advertise", LINE_ADDRESS);
    free(dir);
}

static void setting_put(struct buf *settings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void setting_put(struct buf *settings, const char *format, ...) {
    char text[1024];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    buf_put(settings, text, strlen(text) + 1);
}

/* Nothing is loaded under it: its files are its own affair, and so is its clock. */
static enum error node_build(struct house *h, size_t node, int port) {
    struct process *p = &h->processes[node];
    struct buf *settings = &h->node_settings[node];
    char *name = text_format("broker-%zu", node + 1);
    char *dir = text_format("%s/broker/%zu", h->dir, node + 1);
    char *command = text_format("exec %s", h->nodes[node]);
    enum error e = disk_make_dir(disk_real(), dir);
    process_init(p, name, h->dir);
    setting_put(settings, "NODE=%zu", node + 1);
    setting_put(settings, "NODE_DIR=%s", dir);
    setting_put(settings, "PORT=%d", port);
    setting_put(settings, "ADVERTISE=%s", h->line.rules ? LINE_ADDRESS : "127.0.0.1");
    setting_put(settings, "PORT_FILE=%s", p->port_file);
    p->environment = settings;
    process_argument(p, "/bin/sh");
    argue(p, "-c", command);
    free(name);
    free(dir);
    free(command);
    return e;
}

static enum error all_build(struct house *h, const int *ports) {
    struct buf list = { 0 }, numbers = { 0 };
    if (line_open(&h->line, ports, h->brokers)) /* its faults say why they are skipped */
        h->line = (struct line){ 0 };
    for (size_t i = 0; i < h->brokers; i++) {
        buf_print(&numbers, "%s%d", i ? "," : "", ports[i]);
        buf_print(&list, "%s%s:%d", i ? "," : "", h->line.rules ? LINE_ADDRESS : "127.0.0.1",
                  ports[i]);
        if (h->node_count)
            TRY(node_build(h, i, ports[i]));
        else
            own_build(h, ports[i]);
    }
    h->bootstrap = text_copy(buf_text(&list));
    h->ports_of_brokers = text_copy(buf_text(&numbers));
    buf_finish(&list);
    buf_finish(&numbers);
    return E_ok;
}

enum error brokers_build(struct house *h) {
    int ports[HOUSE_NODES_MAX];
    assert(h->node_count <= HOUSE_NODES_MAX);
    h->brokers = h->node_count ? h->node_count : 1;
    h->count = h->brokers;
    if (h->broker_list) {
        process_init(&h->processes[HOUSE_BROKER], "broker", h->dir);
        h->processes[HOUSE_BROKER].elsewhere = true;
        h->bootstrap = text_copy(h->broker_list);
        return E_ok;
    }
    for (size_t i = 0; i < h->brokers; i++)
        TRY(port_free(&ports[i]));
    return all_build(h, ports);
}
