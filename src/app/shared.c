/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Loading a user's system. What it was built for is checked before anything of it is used: its
 * size tells which fields it knows, its api whether they mean what we think. */
#include "shared.h"

#include "base/bytes.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

bool shared_is(const char *handler) {
    return strchr(handler, '/') && strrchr(handler, ':');
}

static enum error object_wrong(const char *path, const char *what, const char *remedy) {
    enum error e = fail(E_config, "%s: %s", path, what);
    fail_try("%s", remedy);
    return e;
}

static enum error system_check(const char *path, const struct octavo_system *system) {
    if (!system)
        return object_wrong(
            path, "it exports no octavo_system",
            "const struct octavo_system octavo_system = { ... }; in it, not static");
    if (system->size != sizeof(*system) || system->api != OCTAVO_API)
        return object_wrong(path, "it was built for another octavo.h",
                            "build it again with the octavo.h of this version");
    if (!system->name || !system->services)
        return object_wrong(path, "its octavo_system has no name or no services",
                            ".name = \"...\", .services = ... in its octavo_system");
    return E_ok;
}

static enum error service_find(const char *path, const char *name,
                               const struct octavo_system *system,
                               const struct octavo_service **out) {
    for (*out = system->services; (*out)->name; (*out)++)
        if (strcmp((*out)->name, name) == 0)
            return (*out)->handlers
                       ? E_ok
                       : object_wrong(path, "the service has no handlers",
                                      "a list of handlers that ends with { NULL, NULL }");
    enum error e = fail(E_config, "%s: it has no service \"%s\"", path, name);
    fail_try("handler: %s:%s, or add the service to its octavo_system", path,
             system->services->name ? system->services->name : "SERVICE");
    return e;
}

static enum error object_load(const char *path, const char *name,
                              const struct octavo_service **out) {
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!object)
        return object_wrong(path, dlerror(),
                            "gcc -shared -fPIC -I include -o mine.so mine.c, and its path in "
                            "`handler` as seen from the declaration's folder");
    const struct octavo_system *system = dlsym(object, "octavo_system");
    enum error e = system_check(path, system);
    if (!e)
        e = service_find(path, name, system, out);
    (void)dlclose(object); /* RTLD_NODELETE: what was found stays */
    return e;
}

enum error shared_service(const char *handler, const struct octavo_service **out) {
    const char *colon = strrchr(handler, ':');
    char *path = text_copy_bytes(bytes_of(handler, (size_t)(colon - handler)));
    enum error e = object_load(path, colon + 1, out);
    free(path);
    return e;
}
