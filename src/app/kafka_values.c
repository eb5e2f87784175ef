/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Secrets come from the environment or from files that a service manager passes, never from the
 * declaration. */
#include "kafka_values.h"

#include "base/disk.h"
#include "runtime/kafka_properties.h"

#include <stdlib.h>
#include <string.h>

enum { SECRET_BYTES_MAX = 64 << 10 };

static const char *behind(const char *value, const char *lead) {
    size_t len = strlen(lead);
    return strncmp(value, lead, len) == 0 ? value + len : NULL;
}

static enum error missing(const char *property, const char *what, const char *name) {
    enum error e = fail(E_config, "kafka: %s: there is no %s %s", property, what, name);
    fail_try("set it, or say another name");
    return e;
}

static enum error credential_read(const char *property, const char *name, char **out) {
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    struct buf text = { 0 };
    if (!folder || strchr(name, '/'))
        return missing(property, "file in $CREDENTIALS_DIRECTORY named", name);
    char *path = text_format("%s/%s", folder, name);
    enum error e = disk_read_whole(disk_real(), path, SECRET_BYTES_MAX, &text);
    free(path);
    while (text.len && text.data[text.len - 1] == '\n') /* as editors close a file */
        text.len--;
    if (!e)
        *out = text_copy(buf_text(&text));
    buf_finish(&text);
    return e ? missing(property, "file in $CREDENTIALS_DIRECTORY named", name) : E_ok;
}

static enum error value_of(const struct declared_note *property, char **out) {
    const char *variable = behind(property->text, "environment:");
    const char *credential = behind(property->text, "credential:");
    if (credential)
        return credential_read(property->name, credential, out);
    const char *value = variable ? getenv(variable) : property->text;
    if (!value)
        return missing(property->name, "environment variable", variable);
    *out = text_copy(value);
    return E_ok;
}

enum error kafka_values_read(const struct declaration *d, char ***values) {
    enum error e = E_ok;
    *values = memory_get((d->kafka.count + 1) * sizeof(**values));
    for (size_t i = 0; i < d->kafka.count && !e; i++)
        e = value_of(&d->kafka.array[i], &(*values)[i]);
    return e;
}

void kafka_values_forget(const struct declaration *d, char **values) {
    for (size_t i = 0; values && i < d->kafka.count; i++)
        free(values[i]);
    free(values);
}

enum error kafka_values_use(const struct declaration *d) {
    struct kafka_property *all = memory_get((d->kafka.count + 1) * sizeof(*all));
    char **values;
    enum error e = kafka_values_read(d, &values);
    for (size_t i = 0; i < d->kafka.count; i++)
        all[i] = (struct kafka_property){ d->kafka.array[i].name, values[i] };
    if (!e)
        e = kafka_properties_use(all, d->kafka.count);
    kafka_values_forget(d, values);
    free(all);
    return e;
}
