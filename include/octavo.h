/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a system includes: ours and a user's alike.
 *
 * A handler is a pure function of (event, rows of its key) to (rows, events, replies, timers). It
 * has no clock, no randomness and no I/O: time comes from the event, ids are derived by the
 * runtime. It sees no handle of store, broker or connector; everything goes through the step, which
 * is valid only until the handler returns. Text a step returns is valid until then too.
 *
 * The topics, services, tables and edges a system has stand in its octavo.yaml; names used here
 * are the names declared there, and an undeclared name stops the service with a message (a bug in
 * the system, found at its first use). docs/decisions/0002 tells why it is shaped like this.
 *
 * Versions: OCTAVO_API is raised when something here changes meaning; structs that a system hands
 * over begin with their size, so that a newer runtime can tell what an older system knows. */
#ifndef OCTAVO_H
#define OCTAVO_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OCTAVO_API 1

struct octavo_step;
struct octavo_session;

/* What a handler says of its event. Anything but DONE undoes all the step did. With RETRY and PARK
 * the event waits in the store, and every later one of its key behind it, in order; other keys go
 * on. A request is not parked: its asker is refused at once. A value that is no flat JSON object is
 * parked before a handler sees it. */
enum octavo_outcome {
    OCTAVO_DONE,
    OCTAVO_RETRY, /* a passing reason: tried again by itself, later each time */
    OCTAVO_PARK,  /* this event is wrong: it waits for an operator (`octavo park`) */
    OCTAVO_STOP,  /* the service must not go on */
};

struct octavo_text {
    const char *data; /* not closed by a zero */
    size_t len;
};

struct octavo_value {
    enum { OCTAVO_NULL, OCTAVO_INT, OCTAVO_TEXT } kind;
    int64_t integer;
    struct octavo_text text;
};

struct octavo_text octavo_text(const char *closed_by_zero);
struct octavo_value octavo_int_value(int64_t v);
struct octavo_value octavo_text_value(struct octavo_text v);
bool octavo_text_equal(struct octavo_text a, struct octavo_text b);
bool octavo_text_is(struct octavo_text a, const char *b);
/* SHA-256 in hexadecimal, closed by a zero. */
void octavo_sha256(const void *data, size_t len, char hex[65]);

/* ---- the event being handled: a record of a topic, a gateway's request, or a timer that fired */
struct octavo_text octavo_event_type(struct octavo_step *);
struct octavo_text octavo_event_id(struct octavo_step *);  /* unique; equal for a repeat */
struct octavo_text octavo_event_key(struct octavo_step *); /* "" when it has none */
int64_t octavo_event_time_ms(struct octavo_step *); /* record time, request arrival, timer due */
bool octavo_event_int(struct octavo_step *, const char *field, int64_t *out);
bool octavo_event_text(struct octavo_step *, const char *field, struct octavo_text *out);
struct octavo_text octavo_event_json(struct octavo_step *);  /* the whole value */
int32_t octavo_task(struct octavo_step *);                   /* = the partition number */
struct octavo_text octavo_event_topic(struct octavo_step *); /* "" of what came from none */

/* ---- rows of the event's key (or of the task, where the table says scope: partition)
 * `values` are the declared columns, in order, `count` of them. `sub` names one row of the key;
 * octavo_text("") where there is only one. */
bool octavo_row_get(struct octavo_step *, const char *table, struct octavo_text sub,
                    struct octavo_value *values, size_t count);
void octavo_row_put(struct octavo_step *, const char *table, struct octavo_text sub,
                    const struct octavo_value *values, size_t count);
void octavo_row_delete(struct octavo_step *, const char *table, struct octavo_text sub);
/* The declared columns of a table, in order, at most `max`, for a handler of tables that it does
 * not know by name. Returns how many there are; 0: there is no such table. */
struct octavo_column {
    const char *name;
    bool is_int;
};
size_t octavo_columns(struct octavo_step *, const char *table, struct octavo_column *out,
                      size_t max);
/* A table with `log: true` only grows; its entries count from 1 in the task. Returns the entry. */
int64_t octavo_log_add(struct octavo_step *, const char *table, const struct octavo_value *values,
                       size_t count);

/* ---- what leaves the step. begin, put fields, end; one at a time.
 * An event goes to a declared topic, its partition is murmur2(key); its id is derived from the
 * input's id, its lane sequence is fixed by the commit. */
void octavo_event_begin(struct octavo_step *, const char *topic, const char *type,
                        struct octavo_text key);
/* A record of a compacted topic without a value: its key is gone, and by and by all that was ever
 * written with it. It has no fields and no octavo_end. */
void octavo_tombstone(struct octavo_step *, const char *topic, const char *type,
                      struct octavo_text key);
/* Where the event ended last stands in its lane, "SEQUENCE:TOPIC/PARTITION:SOURCE": who has read
 * that far has read the event. */
struct octavo_text octavo_event_token(struct octavo_step *);
/* An event that asks another service: as octavo_event_begin, and it names this task as the one that
 * waits. Who handles it answers with octavo_answer_begin, and the answer reaches this task alone
 * where its service has `tasks` (in a group it goes where its key goes). A deadline is a timer. */
void octavo_ask_begin(struct octavo_step *, const char *topic, const char *type,
                      struct octavo_text key);
/* An event that answers the one being handled; if that did not ask, an event like any other. */
void octavo_answer_begin(struct octavo_step *, const char *topic, const char *type,
                         struct octavo_text key);
/* An answer to the newest asker of the gateway request with this key; it is sent after the commit.
 * Nobody waiting for it is fine. Only in a service with a service edge. */
void octavo_reply_begin(struct octavo_step *, struct octavo_text request_key);
/* Something to be done to the outside world at a declared edge, after the commit, in the order
 * asked for with this edge and the event's key. Its id is derived, as an event's. What became of it
 * comes as an event of type "effect:EDGE" with the same key and the fields effect (the id), outcome
 * (done, refused, late, unknown, dropped), reason, and what the receiver told. */
void octavo_effect_begin(struct octavo_step *, const char *edge, const char *type);
struct octavo_text octavo_effect_id(struct octavo_step *); /* of the effect that is begun */
void octavo_put_int(struct octavo_step *, const char *field, int64_t v);
void octavo_put_text(struct octavo_step *, const char *field, struct octavo_text v);
void octavo_end(struct octavo_step *);

/* ---- timers: survive restarts, fire once, come back as an event of type "timer:NAME" with the
 * given key, at or after due_ms. One per (name, key): setting it again moves it. Set to a time at
 * which others have fired already it is due just after the latest of those, so that no name, key
 * and due time comes twice: ids derive from them. */
void octavo_timer_set(struct octavo_step *, const char *name, struct octavo_text key,
                      int64_t due_ms);
/* The same by the event time of the task, which is the latest timestamp of the records it has read:
 * it fires right after the record that moves event time to due_ms or past it, before the next
 * record. The only timers of a fold. One that is set by such a timer is due later than that one. */
void octavo_timer_set_event_time(struct octavo_step *, const char *name, struct octavo_text key,
                                 int64_t due_ms);
void octavo_timer_cancel(struct octavo_step *, const char *name, struct octavo_text key);

/* ---- local time: zones by their IANA names ("Europe/Prague"); false: there is no such zone. The
 * answer depends on nothing but the arguments and the version of the zones' rules. */
bool octavo_local_day(struct octavo_step *, struct octavo_text zone, int64_t ms, int64_t *yyyymmdd);
/* What a clock on the wall shows, in minutes since 00:00. */
bool octavo_local_minute(struct octavo_step *, struct octavo_text zone, int64_t ms, int *minute);
/* The first moment at or after ms at which that clock shows `minute`, or is put forward over it. */
bool octavo_local_next(struct octavo_step *, struct octavo_text zone, int64_t ms, int minute,
                       int64_t *next_ms);
const char *octavo_zone_version(void); /* "2025b" */

/* ---- schedules, for handlers and commands: "30 2 * * 1-5" (cron of five fields, or six with the
 * seconds first), "@every 15m", "@daily". A time that the zone's clock leaves out is due when it is
 * put forward (gap "run_after") or not at all ("skip"); one that it shows twice is due the "first"
 * time, the "second" or "both" (overlap ""; both where the hour is any, else the first). */
struct octavo_schedule {
    struct octavo_text when, zone, gap, overlap;
};
/* NULL, or what is wrong with it: a sentence. */
const char *octavo_schedule_fault(const struct octavo_schedule *schedule);
/* The first due moment after a moment, the last one before it; false: there is none. */
bool octavo_schedule_next(const struct octavo_schedule *schedule, int64_t after_ms,
                          int64_t *next_ms);
bool octavo_schedule_previous(const struct octavo_schedule *schedule, int64_t before_ms,
                              int64_t *previous_ms);

/* ---- for people: a locale is a language tag ("cs", "de-AT"). "" when there is no such locale,
 * zone or number of decimals; what is written may change with the version of ICU. */
struct octavo_money {
    int64_t minor;               /* 123450 with 2 decimals is 1234.50 */
    int decimals;                /* 0 to 6 */
    struct octavo_text currency; /* ISO 4217, digits */
};
bool octavo_locale_is_known(struct octavo_step *, struct octavo_text locale);
struct octavo_text octavo_money_text(struct octavo_step *, struct octavo_text locale,
                                     const struct octavo_money *money);
struct octavo_text octavo_moment_text(struct octavo_step *, struct octavo_text locale,
                                      struct octavo_text zone, int64_t ms);

/* ---- the service itself */
/* What octavo.yaml says under the service's `settings`; `otherwise` when it says nothing. */
const char *octavo_setting(struct octavo_step *, const char *name, const char *otherwise);
/* Turns the service's readiness red, with a sentence an operator can act on; "" turns it back. Kept
 * by the process alone: what must stay red over a restart says it again, from a timer. */
void octavo_unready(struct octavo_step *, const char *reason);

/* Says why an outcome is not DONE; returns `outcome` so that it can be returned at once. */
enum octavo_outcome octavo_refuse(struct octavo_step *, enum octavo_outcome outcome,
                                  const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- what a system exports */
struct octavo_handler {
    const char *type; /* event type, "timer:NAME", "effect:EDGE", or a request's type; "*-created"
                         takes every type that ends so and that no row before it takes */
    enum octavo_outcome (*call)(struct octavo_step *);
};

struct octavo_service {
    const char *name;                      /* as in octavo.yaml: handler: SYSTEM.NAME */
    const struct octavo_handler *handlers; /* ends with { NULL, NULL }; other types are passed by */
};

/* ---- commands: `octavo SYSTEM VERB ...`, outside any step. Errors print their own story.
 * Returned integers are exit codes: 0 done, 1 found something wrong, 2 usage, 3 failed. */
struct octavo_command {
    const char *name;
    const char *usage; /* one line, e.g. "open ACCOUNT --currency CZK --card NUMBER" */
    const char *help;  /* a few lines with an example */
    int (*run)(struct octavo_session *, int count, char **arguments); /* arguments[0] = the verb */
};

typedef void octavo_on_row(void *context, struct octavo_text key, struct octavo_text sub,
                           const struct octavo_value *values, size_t count);

/* Publishes one command event (begin, put_*, send); waits for the broker's acknowledgement when
 * flushed. Its id is given by the caller: natural, so that a repeat is harmless; what follows from
 * it has ids derived from it, so two that are not a repeat have two ids. Empty: one is drawn. */
void octavo_publish_begin(struct octavo_session *, const char *topic, const char *type,
                          struct octavo_text key, struct octavo_text id);
struct octavo_text octavo_publish_id(struct octavo_session *); /* of the event that is begun */
void octavo_publish_int(struct octavo_session *, const char *field, int64_t v);
void octavo_publish_text(struct octavo_session *, const char *field, struct octavo_text v);
bool octavo_publish_send(struct octavo_session *);
bool octavo_publish_flush(struct octavo_session *);
/* Instead of send and flush, to hear what becomes of it: what comes into the event's partition from
 * here on is told until the callback returns false, as it has heard what it waited for. False, and
 * told: it could not be sent, or there was no such record for 20 s. */
struct octavo_record;
typedef bool octavo_on_record(void *context, const struct octavo_record *record);
bool octavo_publish_await(struct octavo_session *, octavo_on_record *on_record, void *context);
/* Reads committed rows of a service's table over all its tasks, read-only, while it runs.
 * key NULL: every row. For a log table `sub` is the entry number. */
bool octavo_rows(struct octavo_session *, const char *service, const char *table, const char *key,
                 octavo_on_row *on_row, void *context);
/* Tasks the declaration gives the service; octavo_rows_of_task reads one of them, and reads nothing
 * where a task has no store yet, which octavo_task_has_store tells. */
int32_t octavo_tasks(struct octavo_session *, const char *service);
bool octavo_task_has_store(struct octavo_session *, const char *service, int32_t task);
bool octavo_rows_of_task(struct octavo_session *, const char *service, int32_t task,
                         const char *table, const char *key, octavo_on_row *on_row, void *context);
/* Reads a declared topic, all that is in it now, each partition in its order. Fields of a value
 * that is no flat JSON object are not there. A callback that returns false has enough. */
struct octavo_fields;
struct octavo_record {
    int32_t partition;
    int64_t offset;
    int64_t time_ms;
    struct octavo_text key, type, id, json;
    const struct octavo_fields *fields;
};
bool octavo_records(struct octavo_session *, const char *topic, octavo_on_record *on_record,
                    void *context);
/* The same, and then what comes, until the callback has enough or the process is interrupted. A
 * broker that is away is waited for. */
bool octavo_records_follow(struct octavo_session *, const char *topic, octavo_on_record *on_record,
                           void *context);
bool octavo_record_int(const struct octavo_record *, const char *field, int64_t *out);
bool octavo_record_text(const struct octavo_record *, const char *field, struct octavo_text *out);
/* The token that stands for a secret number (a card), by the system's key file; 26 characters. */
bool octavo_tokenise(struct octavo_session *, const char *number, char token[27]);
/* A note for the system's connectors: the small file FOLDER/NAME of its data directory, which they
 * look at each time; text NULL takes it away. Both are names without slashes. False, and told: it
 * could not be written. */
bool octavo_note(struct octavo_session *, const char *folder, const char *name, const char *text);
/* Instead of octavo_publish_send: the event that is begun is shown to the connector of a service's
 * edge, in this process, which looks what would come of it and changes nothing. What it says is
 * told once. False, and told: it could not look. */
typedef void octavo_on_text(void *context, struct octavo_text text);
bool octavo_look(struct octavo_session *, const char *service, const char *edge,
                 octavo_on_text *on_text, void *context);
/* The text with what was sealed in it (`seals` of an edge, `sealed` of a topic) opened, for people;
 * until the session ends. Of who was erased: "erased". */
struct octavo_text octavo_opened(struct octavo_session *, struct octavo_text text);
/* Destroys the keys of a person: what was sealed of them is nowhere readable any more. `keys`: how
 * many there were. False, and told: it could not be done. */
bool octavo_person_erase(struct octavo_session *, struct octavo_text person, size_t *keys);
bool octavo_json_wanted(struct octavo_session *); /* --json was given */
void octavo_print(struct octavo_session *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int octavo_usage_error(struct octavo_session *, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* prints, returns 2 */
/* What stands behind a verb: arguments[0] is the verb, NULL ends them. "--name VALUE" goes to
 * *value, "--name" alone sets *flag; the last option has a NULL name, `options` may be NULL. What
 * is no option is a word: `names` says for people which there are ("ACCOUNT AMOUNT"; what is in
 * brackets, "[ACCOUNT]", may be left out, and leaves its place alone), values[i] gets the i-th.
 * "-" is a word. Values live as long as the arguments. 0, or 2 and standard error was told. */
struct octavo_option {
    const char *name;
    const char **value;
    bool *flag;
};
struct octavo_words {
    const char *names; /* "": none */
    const char **values;
};
int octavo_arguments_read(struct octavo_session *, char **arguments,
                          const struct octavo_words *words, const struct octavo_option *options);
/* Standard output as octavo_print: "text" and "name":"text" as JSON has them; or for a terminal,
 * filled up with blanks to `width` characters. None lets a control character out. */
void octavo_print_json(struct octavo_session *, struct octavo_text text);
void octavo_print_member(struct octavo_session *, const char *name, struct octavo_text text);
void octavo_print_text(struct octavo_session *, struct octavo_text text, int width);
enum { OCTAVO_TIME_CHARS = 32 };
const char *octavo_time_text(char out[OCTAVO_TIME_CHARS],
                             int64_t ms); /* 2026-11-22T10:30:00.123Z */

struct octavo_system {
    size_t size;                           /* sizeof(struct octavo_system) */
    int api;                               /* OCTAVO_API */
    const char *name;                      /* as in octavo.yaml */
    const char *declaration;               /* the text of the shipped octavo.yaml, or NULL */
    const struct octavo_service *services; /* ends with a NULL name */
    const struct octavo_command *commands; /* ends with a NULL name */
    /* Verbs that need nothing that has run, their session can only print; ends with NULL, and may
     * be NULL. Not there in a system whose size says so. */
    const char *const *alone;
};

#endif
