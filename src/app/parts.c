/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Adding a system or a connector is one line here. */
#include "parts.h"

#include "accounts/accounts.h"
#include "caching/caching.h"
#include "capture/capture.h"
#include "clock/clock.h"
#include "csv/csv.h"
#include "deliver/deliver.h"
#include "extract/extract.h"
#include "extracts/extracts.h"
#include "fold/fold_store.h"
#include "file/file.h"
#include "http/http_edge.h"
#include "http/http_sink.h"
#include "iot/iot.h"
#include "iso8583/iso8583.h"
#include "kafka_values.h"
#include "ldap/ldap.h"
#include "mqtt/mqtt.h"
#include "mqtt/post.h"
#include "onboarding/onboarding.h"
#include "resp/resp.h"
#include "runtime/programs.h"
#include "runtime/schemas.h"
#include "shared.h"
#include "smtp/smtp.h"
#include "sql/sql.h"
#include "sqlite/sqlite_store.h"

#include <stdlib.h>
#include <string.h>

enum { DECLARATION_BYTES_MAX = 1 << 20, SCHEMA_BYTES_MAX = 1 << 20 };

const struct octavo_system *const parts_systems[] = { &accounts_system,   &caching_system,
                                                      &extracts_system,   &iot_system,
                                                      &onboarding_system, NULL };
/* What they have beside octavo.yaml; a system without events/ has no row. */
static const struct {
    const char *system, *files;
} besides[] = { { "accounts", accounts_files }, { "onboarding", onboarding_files },
                { "caching", caching_files },   { "extracts", extracts_files },
                { "iot", iot_files },           { NULL, NULL } };
static const struct connector_service *const services[] = { &iso8583_connector, &http_service_kind,
                                                            &mqtt_connector, &telemetry_connector,
                                                            NULL };
static const struct connector_query *const queries[] = { &http_query_kind, &resp_query_kind, NULL };
static const struct connector_sink *const sinks[] = {
    &file_sink,    &smtp_sink,    &smtps_sink,     &smtp_folder_sink,
    &http_sink,    &https_sink,   &http_to_sink,   &clock_sink,
    &extract_sink, &deliver_sink, &http_rest_sink, &ldif_sink,
    &ldap_sink,    &ldaps_sink,   &ldapi_sink,     NULL
};
static const struct connector_source *const sources[] = { &sql_sqlite_source, &capture_source,
                                                          &csv_source, NULL };
const struct connectors parts_connectors = { services, queries, sinks, sources };

const struct store_kind *const parts_stores[] = { &sqlite_store_kind, &fold_store_kind, NULL };

const struct octavo_system *parts_system(const char *name) {
    for (size_t i = 0; parts_systems[i]; i++)
        if (strcmp(parts_systems[i]->name, name) == 0)
            return parts_systems[i];
    return NULL;
}

static const struct octavo_service *own_service(const char *handler) {
    const char *dot = strchr(handler, '.');
    for (size_t i = 0; dot && parts_systems[i]; i++) {
        const struct octavo_system *system = parts_systems[i];
        size_t len = (size_t)(dot - handler);
        if (strlen(system->name) != len || memcmp(system->name, handler, len) != 0)
            continue;
        for (const struct octavo_service *s = system->services; s->name; s++)
            if (strcmp(s->name, dot + 1) == 0)
                return s;
    }
    return NULL;
}

enum error parts_service(const struct declaration *d, const struct declared_service *s,
                         const struct octavo_service **out) {
    struct programs_options program = { d, s, clock_real() };
    if (s->program)
        return programs_open(out, &program);
    if (shared_is(s->handler))
        return shared_service(s->handler, out);
    *out = own_service(s->handler);
    if (*out)
        return E_ok;
    enum error e = fail(E_config, "no handler %s in this binary", s->handler);
    fail_try("SYSTEM.SERVICE of a system that octavo --help lists, ./mine.so:SERVICE, or "
             "program:COMMAND");
    return e;
}

static bool path_is(const char *path, const char *name) {
    size_t len = strlen(path), wanted = strlen(name);
    return len >= wanted && strcmp(path + len - wanted, name) == 0
           && (len == wanted || path[len - wanted - 1] == '/');
}

bool parts_file(const char *system, size_t number, struct shipped_file *out) {
    for (size_t i = 0; besides[i].system; i++) {
        if (strcmp(besides[i].system, system) != 0)
            continue;
        const char *at = besides[i].files;
        for (size_t texts = 2 * number; *at && texts; texts--)
            at += strlen(at) + 1;
        *out = (struct shipped_file){ at, at + strlen(at) + 1 };
        return *at != 0;
    }
    return false;
}

static const char *shipped_schema(const char *system, const char *path) {
    struct shipped_file file;
    for (size_t i = 0; parts_file(system, i, &file); i++)
        if (path_is(path, file.path))
            return file.text;
    return NULL;
}

enum error parts_schema_read(void *context, const char *path, struct buf *out) {
    const struct schema_source *source = context;
    const char *shipped = shipped_schema(source->system, path);
    enum error e = E_not_found;
    if (source->is_file || !shipped)
        e = disk_read_whole(disk_real(), path, SCHEMA_BYTES_MAX, out);
    if (e != E_not_found || !shipped)
        return e;
    buf_put_text(out, shipped);
    return E_ok;
}

enum error parts_schemas(const struct declaration *d, const char *file, struct schemas **out) {
    struct schema_source source = { d->system, file != NULL };
    return schemas_open(out, &(struct schemas_options){
                                 .declaration = d,
                                 .read = parts_schema_read,
                                 .context = &source,
                                 .trusts_handlers = !file,
                             });
}

void parts_service_end(const struct octavo_service *service) {
    programs_close(service);
}

const struct store_kind *parts_store(const char *store) {
    size_t len = strcspn(store, ":");
    for (size_t i = 0; parts_stores[i]; i++)
        if (strlen(parts_stores[i]->scheme) == len
            && memcmp(parts_stores[i]->scheme, store, len) == 0)
            return parts_stores[i];
    return NULL;
}

/* defaults < file < environment < what `with` brings, from flags */
static enum error text_read(struct declaration **out, const char *name, struct bytes text,
                            const struct declared_with *with) {
    struct declared_override overrides[] = {
        { "broker", getenv("OCTAVO_BROKER"), "environment OCTAVO_BROKER" },
        { "store", getenv("OCTAVO_STORE"), "environment OCTAVO_STORE" },
        { "trace", getenv("OCTAVO_TRACE"), "environment OCTAVO_TRACE" },
        { NULL, NULL, NULL },
        { NULL, NULL, NULL },
        { NULL, NULL, NULL },
    };
    enum { FROM_ENVIRONMENT = 3, ALL = sizeof(overrides) / sizeof(*overrides) };
    size_t count = FROM_ENVIRONMENT;
    for (size_t i = 0; with && i < with->count && count < ALL; i++)
        overrides[count++] = with->overrides[i];
    return declaration_read_with(out, name, text,
                                 &(struct declared_with){ overrides, count,
                                                          with ? with->echo : NULL,
                                                          with && with->for_lint });
}

static enum error file_read(struct declaration **out, const char *file,
                            const struct declared_with *with) {
    struct buf text = { 0 };
    enum error e = disk_read_whole(disk_real(), file, DECLARATION_BYTES_MAX, &text);
    if (e == E_not_found)
        e = fail(E_usage, "--file %s: there is no such file", file);
    if (e == E_too_large) {
        e = fail(E_config, "%s: expected a declaration of at most 1 MiB, found more", file);
        fail_try("is this the right file? a declaration is a few KiB");
    }
    if (!e)
        e = text_read(out, file, buf_bytes(&text), with);
    buf_finish(&text);
    return e;
}

static enum error shipped_read(struct declaration **out, const char *system,
                               const struct declared_with *with) {
    const struct octavo_system *shipped = system ? parts_system(system) : NULL;
    if (!shipped || !shipped->declaration) {
        enum error e = fail(E_usage, "there is no system %s", system ? system : "");
        fail_try("octavo --help lists the systems; --file FILE reads a declaration of your own");
        return e;
    }
    return text_read(out, "octavo.yaml", bytes_text(shipped->declaration), with);
}

enum error parts_declaration(struct declaration **out, const char *system, const char *file) {
    enum error e = file ? file_read(out, file, NULL) : shipped_read(out, system, NULL);
    if (!e)
        e = kafka_values_use(*out);
    if (e) {
        declaration_destroy(*out);
        *out = NULL;
    }
    return e;
}

enum error parts_target_with(struct declaration **out, const char *target,
                             const struct declared_with *with) {
    bool there;
    if (parts_system(target))
        return shipped_read(out, target, with);
    TRY(disk_exists(disk_real(), target, &there));
    if (there)
        return file_read(out, target, with);
    enum error e = fail(E_usage, "%s: neither a system of this binary nor a file", target);
    fail_try("octavo --help lists the systems; a declaration of your own is named by its file");
    return e;
}

enum error parts_target(struct declaration **out, const char *target) {
    return parts_target_with(out, target, NULL);
}
