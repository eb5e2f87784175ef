/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Personal data and secrets. */
#include "lint/rule.h"

#include <string.h>
#include <strings.h>

/* ---- SEC1 */

void rule_SEC1(struct lint *l) {
    for (size_t i = 0; i < l->d->topic_count; i++) {
        const struct declared_topic *t = &l->d->topics[i];
        bool forever = t->retention_ms == RETENTION_FOREVER;
        if (!t->personal_count || t->erase || !(forever || t->compacted))
            continue;
        struct lint_finding *f = finding_of(l, t->name);
        finding_place(l, f, declaration_at(l->d, "topics", t->name, "personal", NULL),
                      "topics.%s: %s is personal", t->name, t->personal[0]);
        finding_place(
            l, f,
            declaration_at(l->d, "topics", t->name, forever ? "retention" : "compacted", NULL),
            forever ? "and stays for ever" : "and the newest of each key stays for ever");
        finding_story(
            l, f,
            "Somebody asks to be forgotten. The topic remembers, and so does every new reader\n"
            "that starts at its beginning.");
    }
}

/* ---- SEC2: user:password@ in an address, and properties that are secrets */

static bool url_has_password(const char *url) {
    const char *host = strstr(url, "://");
    if (!host)
        return false;
    host += 3;
    const char *at = memchr(host, '@', strcspn(host, "/?"));
    return at && memchr(host, ':', (size_t)(at - host));
}

static void sec2_found(struct lint *l, const char *about, struct declared_at at) {
    struct lint_finding *f = finding_of(l, about);
    finding_place(l, f, at, "%s holds a secret", about);
    finding_story(l, f,
                  "The file is copied into a mail, a wiki, a repository.\n"
                  "From then on everybody has the password, and nobody knows who.");
}

static bool is_secret(const char *property) {
    return strstr(property, "password") || strstr(property, "secret") || strstr(property, ".pem");
}

static bool is_elsewhere(const char *value) {
    return strncmp(value, "environment:", 12) == 0 || strncmp(value, "credential:", 11) == 0;
}

void rule_SEC2(struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++)
        for (size_t k = 0; k < l->d->services[i].edge_count; k++) {
            const struct declared_edge *e = &l->d->services[i].edges[k];
            if (url_has_password(e->url))
                sec2_found(l, e->name,
                           declaration_at(l->d, "services", l->d->services[i].name, "edges",
                                          e->name, "url", NULL));
        }
    for (size_t i = 0; i < l->d->kafka.count; i++)
        if (is_secret(l->d->kafka.array[i].name) && !is_elsewhere(l->d->kafka.array[i].text))
            sec2_found(l, l->d->kafka.array[i].name,
                       declaration_at(l->d, "kafka", l->d->kafka.array[i].name, NULL));
}

/* ---- SEC3 */

static bool looks_personal(const char *field) {
    static const char *const fields[] = { "email",     "phone",        "birth",   "birthday",
                                          "address",   "passport",     "surname", "firstname",
                                          "lastname",  "iban",         "ssn",     "first_name",
                                          "last_name", "date_of_birth" };
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        if (strcasecmp(field, fields[i]) == 0)
            return true;
    return false;
}

static bool is_personal(const struct declared_topic *t, const char *field) {
    for (size_t i = 0; i < t->personal_count; i++)
        if (strcmp(t->personal[i], field) == 0)
            return true;
    return false;
}

void rule_SEC3(struct lint *l) {
    for (size_t i = 0; i < l->d->topic_count; i++)
        for (size_t k = 0; k < l->d->topics[i].event_count; k++) {
            const struct declared_topic *t = &l->d->topics[i];
            const struct declared_schema *schema = event_schema(l, &t->events[k]);
            for (size_t n = 0; schema && n < schema->count; n++) {
                const struct declared_property *p = &schema->properties[n];
                if (!looks_personal(p->name) || is_personal(t, p->name))
                    continue;
                struct lint_finding *f = finding_of(l, t->name);
                finding_place_in(f, schema->file, p->at,
                                 lint_print(l, "%s.%s", t->events[k].name, p->name));
                finding_place(l, f, declaration_at(l->d, "topics", t->name, "personal", NULL),
                              "topics.%s does not name it in `personal`", t->name);
                finding_story(l, f,
                              "An operator looks at a parked event and sees somebody's %s.\n"
                              "What is not declared is not masked.",
                              p->name);
            }
        }
}
