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

static const char *reason_of(const char *type) {
    return strcmp(type, "021") == 0 ? "28" : strcmp(type, "024") == 0 ? "08" : "AI";
}

size_t x12_member(char *out, size_t room, const struct x12_member *m) {
    struct out o = { .text = out, .room = room };
    char family[VALUE_CHARS], given[VALUE_CHARS], policy[VALUE_CHARS], plan[VALUE_CHARS];
    char day[DAY_CHARS];
    const struct person *p = m->person;
    int64_t birth;
    bool full_time = octavo_text_is(p->class, "full-time");
    put(&o, "INS*Y*18*%s*%s*A***%s~", m->type, reason_of(m->type), full_time ? "FT" : "PT");
    put(&o, "REF*0F*%.*s~REF*1L*%s~", (int)p->employee.len, p->employee.data,
        value(policy, m->policy));
    put(&o, "DTP*336*D8*%s~", day_digits(day, m->hired));
    put(&o, "NM1*IL*1*%s*%s****ZZ*%.*s~", value(family, p->family), value(given, p->given),
        (int)p->employee.len, p->employee.data);
    if (day_read(p->birth, &birth))
        put(&o, "DMG*D8*%s*U~", day_digits(day, birth));
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
