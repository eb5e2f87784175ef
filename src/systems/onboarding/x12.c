/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Writing 834. Nothing is read here: what a carrier answers (TA1, 999) is another story. */
#include "x12.h"

#include "day.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_CHARS = 61, SEGMENTS_AROUND = 5 /* ST BGN N1 N1 SE */ };

/* Text that grows until it does not fit, and then is none. */
struct out {
    char *text;
    size_t len, room;
    bool full;
};

__attribute__((format(printf, 2, 3))) static void put(struct out *o, const char *format, ...) {
    va_list list;
    if (o->full)
        return;
    va_start(list, format);
    int len = vsnprintf(o->text + o->len, o->room - o->len, format, list);
    va_end(list);
    o->full = len < 0 || (size_t)len >= o->room - o->len;
    o->len += o->full ? 0 : (size_t)len;
}

/* At most 60 bytes, none of them a delimiter or a control; cut between characters. */
static const char *value(char out[VALUE_CHARS], struct octavo_text t) {
    size_t len = t.len < VALUE_CHARS - 1 ? t.len : VALUE_CHARS - 1;
    while (len < t.len && len && ((unsigned char)t.data[len] & 0xc0) == 0x80)
        len--;
    for (size_t i = 0; i < len; i++) {
        char c = t.data[i];
        out[i] = strchr("*~:^", c) || (unsigned char)c < ' ' ? ' ' : c;
    }
    while (len && out[len - 1] == ' ')
        len--;
    out[len] = 0;
    return out;
}

/* A token is opened where the file is written, and made fit then: the form stands before its end.
 */
static void put_text(struct out *o, struct octavo_text t) {
    char fit[VALUE_CHARS];
    if (person_is_sealed(t))
        put(o, "%.*s|edi}", (int)t.len - 1, t.data);
    else
        put(o, "%s", value(fit, t));
}

static void put_birth(struct out *o, struct octavo_text birth) {
    char day[DAY_CHARS];
    int64_t at;
    if (person_is_sealed(birth))
        put(o, "DMG*D8*%.*s|digits}*U~", (int)birth.len - 1, birth.data);
    else if (day_read(birth, &at))
        put(o, "DMG*D8*%s*U~", day_digits(day, at));
}

static const char *reason_of(const char *type) {
    return strcmp(type, "021") == 0 ? "28" : strcmp(type, "024") == 0 ? "08" : "AI";
}

size_t x12_member(char *out, size_t room, const struct x12_member *m) {
    struct out o = { .text = out, .room = room };
    char policy[VALUE_CHARS], plan[VALUE_CHARS];
    char day[DAY_CHARS];
    const struct person *p = m->person;
    bool full_time = octavo_text_is(p->class, "full-time");
    put(&o, "INS*Y*18*%s*%s*A***%s~", m->type, reason_of(m->type), full_time ? "FT" : "PT");
    put(&o, "REF*0F*%.*s~REF*1L*%s~", (int)p->employee.len, p->employee.data,
        value(policy, m->policy));
    put(&o, "DTP*336*D8*%s~", day_digits(day, m->hired));
    put(&o, "NM1*IL*1*");
    put_text(&o, p->family);
    put(&o, "*");
    put_text(&o, p->given);
    put(&o, "****ZZ*%.*s~", (int)p->employee.len, p->employee.data);
    put_birth(&o, p->birth);
    put(&o, "HD*%s**HLT*%s*EMP~", m->type, value(plan, m->plan));
    put(&o, "DTP*348*D8*%s~", day_digits(day, m->begins));
    if (strcmp(m->type, "024") == 0)
        put(&o, "DTP*349*D8*%s~", day_digits(day, m->ends));
    return o.full ? 0 : o.len;
}

/* From ST to SE, both counted. */
static size_t segments_of(const char *members) {
    size_t count = SEGMENTS_AROUND;
    for (; *members; members++)
        count += *members == '~';
    return count;
}

size_t x12_file(char *out, size_t room, const struct x12_file *f) {
    struct out o = { .text = out, .room = room };
    char day[DAY_CHARS];
    int64_t minute = f->time_ms / 60000 % 1440;
    (void)day_digits(day, f->time_ms / 86400000);
    put(&o,
        "ISA*00*          *00*          *ZZ*%-15.15s*ZZ*%-15.15s*%s*%02d%02d*^*00501*%09" PRId64
        "*0*P*:~",
        f->sender, f->receiver, day + 2, (int)(minute / 60), (int)(minute % 60), f->control);
    put(&o, "GS*BE*%s*%s*%s*%02d%02d*%" PRId64 "*X*005010X220A1~", f->sender, f->receiver, day,
        (int)(minute / 60), (int)(minute % 60), f->control);
    put(&o, "ST*834*0001*005010X220A1~BGN*00*%09" PRId64 "*%s*%02d%02d****2~", f->control, day,
        (int)(minute / 60), (int)(minute % 60));
    put(&o, "N1*P5*%s*FI*%s~N1*IN*%s*XV*%s~", f->sponsor, f->sender, f->carrier, f->receiver);
    put(&o, "%s", f->members);
    put(&o, "SE*%zu*0001~GE*1*%" PRId64 "~IEA*1*%09" PRId64 "~\n", segments_of(f->members),
        f->control, f->control);
    return o.full ? 0 : o.len;
}
