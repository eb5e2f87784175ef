/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A second entity, of which the code knows nothing: it is its tables, topics and routes. */
#include "caching_fixture.h"

static const char yaml[] =
    "system: caching\n"
    "topics:\n"
    "  product-created: { partitions: 2, compacted: true, merge: version }\n"
    "  product-updated: { partitions: 2, compacted: true, merge: version }\n"
    "services:\n"
    "  crm:\n"
    "    handler: caching.crm\n"
    "    tasks: 1\n"
    "    produces: [product-created, product-updated]\n"
    "    edges:\n"
    "      rest:\n"
    "        url: http://127.0.0.1:0\n"
    "        routes: { \"POST /products\": product-create-asked }\n"
    "    tables:\n"
    "      product:\n"
    "        scope: partition\n"
    "        columns: { version: int, time: int, deleted: int, label: text, price: int }\n"
    "      moved: { scope: partition, columns: { into: text } }\n"
    "      request:\n"
    "        scope: partition\n"
    "        columns: { digest: text, status: int, id: text, version: int, token: text, detail: "
    "text }\n"
    "  operational-data-cache:\n"
    "    handler: caching.operational-data-cache\n"
    "    tasks: 1\n"
    "    state: fold\n"
    "    consumes: [product-created, product-updated]\n"
    "    edges: { resp: { url: resp://127.0.0.1:0, queries: true } }\n"
    "    tables:\n"
    "      product:\n"
    "        columns: { version: int, time: int, origin: int, label: text, price: int }\n"
    "      grave: { columns: { version: int, into: text } }\n";

static struct house crm, cache;

/* What the CRM has told goes to the cache. */
static void relay(void) {
    char *rest = NULL;
    for (char *line = strtok_r((char *)(uintptr_t)buf_text(&crm.said), "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        char topic[32], type[32], key[32], json[300];
        if (line[0] == '=')
            continue;
        CHECK_INT(sscanf(line, "%31s %31s %31s %299[^\n]", topic, type, key, json), 4);
        told(&cache, topic, type, key, strcmp(json, "null") == 0 ? NULL : json);
    }
}

static void ask(const char *type, const char *key, const char *json, const char *status) {
    asked_for(&crm, type, key, json);
    if (!strstr(buf_text(&crm.said), status))
        test_failed(__FILE__, __LINE__, "%s", buf_text(&crm.said));
    relay();
}

TEST(a_second_entity_is_its_schema_alone) {
    house_open_on(&crm, yaml, "crm", crm_handlers);
    house_open_on(&cache, yaml, "operational-data-cache", cache_handlers);
    ask("product-create-asked", "k1", "{\"id\":\"p\",\"label\":\"chair\",\"price\":900}", "201");
    CHECK_TEXT(look(&cache, "p"), "{\"version\":1,\"label\":\"chair\"}");
    ask("product-patch-asked", "k2", "{\"id\":\"p\",\"label\":\"armchair\"}", "200");
    CHECK_TEXT(look(&cache, "p"), "{\"version\":2,\"label\":\"armchair\"}");
    ask("product-patch-asked", "k3", "{\"id\":\"p\",\"name\":\"x\"}",
        "a product has no field name");
    ask("customer-create-asked", "k4", "{\"id\":\"p\"}", "there is no such entity");
    ask("product-delete-asked", "k5", "{\"id\":\"p\"}", "200");
    CHECK_TEXT(look(&cache, "p"), "{\"version\":0}");
    house_close(&crm);
    house_close(&cache);
}
