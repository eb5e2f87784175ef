/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A person is erased: HR tells it to all, and the key is destroyed by which their data is sealed.
 *
 * The key is destroyed first: from then on whoever opens a token reads "erased". HR's event comes
 * behind it, so that the record says what was done and the account loses its name; if it came
 * before, the account would be looked at while the name can still be read, and be found right. A
 * command that died in its middle is just given again. */
#include "onboarding.h"

#include "hire.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>

struct erasure {
    const char *employee;
    bool known, may, told;
    char state[24];
};

static void hire_look(void *context, struct octavo_text key, struct octavo_text sub,
                      const struct octavo_value *v, size_t count) {
    struct erasure *e = context;
    (void)key;
    (void)count;
    if (!octavo_text_is(sub, e->employee))
        return;
    e->known = true;
    e->told = hire_is(v, "erased") || hire_is(v, "erasing");
    e->may = e->told || hire_is(v, "rescinded") || hire_is(v, "terminated");
    (void)snprintf(e->state, sizeof(e->state), "%.*s", (int)v[HIRE_STATE].text.len,
                   v[HIRE_STATE].text.data);
}

static bool erasure_tell(struct octavo_session *s, const char *employee) {
    octavo_publish_begin(s, "onboarding-request", "erase-requested", octavo_text(employee),
                         octavo_text(""));
    octavo_publish_text(s, "employee", octavo_text(employee));
    return octavo_publish_send(s) && octavo_publish_flush(s);
}

int onboarding_erase(struct octavo_session *s, int count, char **arguments) {
    struct erasure e = { .known = false };
    size_t keys;
    (void)count;
    int code = octavo_arguments_read(s, arguments,
                                     &(struct octavo_words){ "EMPLOYEE", &e.employee }, NULL);
    if (code)
        return code;
    if (!octavo_rows(s, "hr-onboarding", "hire", NULL, hire_look, &e))
        return FAILED;
    if (e.known && !e.may) {
        (void)fprintf(stderr,
                      "octavo: %s is %s: only who was rescinded or terminated is erased\n"
                      "  try: octavo onboarding ask rescind %s, or ask terminate\n",
                      e.employee, e.state, e.employee);
        return FOUND_WRONG;
    }
    if (!octavo_person_erase(s, octavo_text(e.employee), &keys))
        return FAILED;
    if (e.known && !e.told && !erasure_tell(s, e.employee))
        return FAILED;
    octavo_print(s,
                 octavo_json_wanted(s) ? "{\"keys_destroyed\":%zu}\n"
                                       : "%zu keys destroyed; see `octavo onboarding show`\n",
                 keys);
    return DONE;
}
