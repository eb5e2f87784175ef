/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An effect {run, extract, from, until, definition} becomes a file of the archive.
 *
 * `definition` is a flat JSON object in a text: what the extract's section of extracts.conf says.
 * The run's name decides everything: a run whose manifest is there is done, whoever made it, and
 * looking for the manifest tells whether it has happened. */
#include "extract/extract.h"

#include "base/clock.h"
#include "connectors/answer.h"
#include "connectors/folder.h"
#include "connectors/name.h"
#include "extract/archive.h"
#include "extract/contract.h"
#include "extract/format.h"
#include "extract/source.h"
#include "extract/trailer.h"
#include "extract/tries.h"
#include "values/digest.h"
#include "values/json.h"

#include <stdlib.h>
#include <string.h>

enum { MASK_KEY_MIN = 16, MASK_KEY_MAX = 4096 };

struct connector {
    struct folder folder;
    char *data_dir;
    int timeout_ms;
};

/* What an effect wants: texts owned. */
struct wanted {
    struct json json, definition;
    char *run;
    char *sql;
    struct bytes extract, empty;
    int64_t from_ms, until_ms;
    struct format_options format;
    struct archive_options archive;
    struct contract_options contract;
    struct buf mask_key;
};

/* ---- opening */

static enum error extract_open(struct connector **out, const struct sink_options *options) {
    static const char *const known[] = { NULL };
    static const struct url_form form = { "extract", known, "extract:archive" };
    struct url url;
    TRY(url_read(&url, &form, options->url));
    struct connector *c = memory_get(sizeof(*c));
    folder_init(&c->folder, &url, options->data_dir);
    url_finish(&url);
    c->data_dir = text_copy(options->data_dir);
    c->timeout_ms = options->timeout_ms;
    *out = c;
    return E_ok;
}

static void extract_close(struct connector *c) {
    folder_finish(&c->folder);
    free(c->data_dir);
    free(c);
}

/* ---- what is wanted */

static enum error definition_wrong(const char *what) {
    return fail(E_config, "the extract's definition: %s", what);
}

static struct bytes said(const struct wanted *w, const char *name) {
    struct bytes text = { (const uint8_t *)"", 0 };
    (void)json_get_text(&w->definition, name, &text);
    return text;
}

static enum error one_of(struct bytes text, const char *const *words, const char *wrong, int *nth) {
    for (*nth = 0; words[*nth]; (*nth)++)
        if (bytes_is_text(text, words[*nth]))
            return E_ok;
    *nth = 0;
    return text.len ? definition_wrong(wrong) : E_ok;
}

static enum error format_read(struct wanted *w) {
    static const char *const kinds[] = { "csv", "json", "fixed", NULL };
    static const char *const newlines[] = { "crlf", "lf", NULL };
    static const char *const quotes[] = { "needed", "all", NULL };
    static const char *const headers[] = { "yes", "no", NULL };
    struct bytes delimiter = said(w, "delimiter");
    int kind, lf, quote, header;
    TRY(one_of(said(w, "format"), kinds, "format is csv, json or fixed", &kind));
    TRY(one_of(said(w, "newline"), newlines, "newline is crlf or lf", &lf));
    TRY(one_of(said(w, "quote"), quotes, "quote is needed or all", &quote));
    TRY(one_of(said(w, "header"), headers, "header is yes or no", &header));
    if (bytes_is_text(delimiter, "tab"))
        delimiter = bytes_text("\t");
    if (delimiter.len > 1 || (delimiter.len && strchr("\"\r\n", delimiter.data[0])))
        return definition_wrong("delimiter is one character, or tab");
    w->format = (struct format_options){
        .kind = (enum format_kind)kind,
        .delimiter = delimiter.len ? (char)delimiter.data[0] : ',',
        .lf = lf,
        .quote_all = quote,
        .no_header = header || (kind == FORMAT_FIXED && !said(w, "header").len),
        .null = said(w, "null"),
        .widths = said(w, "widths"),
    };
    return E_ok;
}

static enum error archive_read(struct wanted *w) {
    static const char *const kinds[] = { "no", "gzip", "zstd", NULL };
    int kind;
    TRY(one_of(said(w, "compress"), kinds, "compress is gzip, zstd or no", &kind));
    w->archive = (struct archive_options){ (enum compress_kind)kind, said(w, "encoding") };
    return E_ok;
}

static void contract_read(struct wanted *w) {
    w->contract = (struct contract_options){
        .columns = said(w, "columns"),
        .drift = said(w, "drift"),
        .not_null = said(w, "not_null"),
        .mask = said(w, "mask"),
        .min_rows = said(w, "min_rows"),
        .max_rows = said(w, "max_rows"),
    };
}

static enum error definition_read(struct wanted *w, struct bytes text) {
    struct bytes query;
    TRY_WHILE(json_read(&w->definition, text), "reading the extract's definition");
    if (!json_get_text(&w->definition, "query", &query) || !query.len)
        return definition_wrong("it has no query");
    w->sql = text_copy_bytes(query);
    w->empty = said(w, "empty");
    contract_read(w);
    TRY(archive_read(w));
    return format_read(w);
}

static enum error run_read(struct wanted *w, struct bytes run) {
    w->run = text_copy_bytes(run);
    const char *wrong = strchr(w->run, '/') ? "it has a slash" : file_name_wrong(w->run);
    return wrong ? fail(E_malformed, "its \"run\" is no name: %s", wrong) : E_ok;
}

static enum error wanted_read(struct wanted *w, const struct effect_request *r) {
    struct bytes run, definition;
    TRY(json_read(&w->json, r->json));
    if (!json_get_text(&w->json, "run", &run) || !json_get_text(&w->json, "extract", &w->extract)
        || !json_get_text(&w->json, "definition", &definition)
        || !json_get_int(&w->json, "from", &w->from_ms)
        || !json_get_int(&w->json, "until", &w->until_ms))
        return fail(E_malformed, "it lacks run, extract, definition, from or until");
    TRY(run_read(w, run));
    return definition_read(w, definition);
}

static void wanted_finish(struct wanted *w) {
    json_finish(&w->definition);
    json_finish(&w->json);
    buf_finish(&w->mask_key);
    free(w->run);
    free(w->sql);
}

/* ---- extracting */

struct extraction {
    struct contract *contract;
    size_t count; /* columns that are written */
    struct format format;
    struct trailer trailer;
    struct archive_file *file;
};

static enum error on_begin(void *context, const struct bytes *names, size_t count) {
    struct extraction *x = context;
    TRY(contract_begin(x->contract, names, &count));
    x->count = count;
    TRY(trailer_begin(&x->trailer, names, count));
    return format_begin(&x->format, names, count, archive_room(x->file));
}

static enum error on_row(void *context, const struct cell *cells, size_t count) {
    struct extraction *x = context;
    const struct cell *row;
    TRY(contract_row(x->contract, cells, &row));
    TRY(format_row(&x->format, row, count < x->count ? count : x->count, archive_room(x->file)));
    TRY(trailer_row(&x->trailer, row));
    return archive_flow(x->file);
}

static struct source_query source_query_of(const struct connector *c, const struct wanted *w,
                                           const char *address) {
    return (struct source_query){
        .address = address,
        .data_dir = c->data_dir,
        .sql = w->sql,
        .from_ms = w->from_ms,
        .until_ms = w->until_ms,
        .deadline_ns = clock_steady_ns(clock_real()) + (int64_t)c->timeout_ms * 1000000,
    };
}

/* A connection string likes blanks, a line of places ends its address at the first: what was cut
 * off is told, though not its words, which may be a password. */
static enum error address_check(const struct named_place *place) {
    const char *words = place->words + strspn(place->words, " \t\r");
    if (strncmp(place->address, "odbc:", 5) != 0 || !*words || *words == '#'
        || strncmp(words, "hours=", 6) == 0)
        return E_ok;
    enum error e = fail(E_config, "the place's address ends at a blank");
    fail_try("name a DSN or a driver without blanks; odbc.ini may hold the rest");
    return e;
}

/* The caller frees it. */
static enum error source_address(const struct connector *c, const struct wanted *w,
                                 char **address) {
    struct named_place place;
    TRY(named_place_find(c->data_dir, said(w, "source"), &place));
    enum error e = address_check(&place);
    *address = e ? NULL : place.address;
    if (e)
        free(place.address);
    free(place.words);
    return e;
}

static enum error query_run(const struct connector *c, const struct wanted *w,
                            struct extraction *x) {
    char *address;
    TRY(source_address(c, w, &address));
    struct row_taker taker = { on_begin, on_row, x };
    struct source_query query = source_query_of(c, w, address);
    enum error e = source_run(&query, &taker);
    free(address);
    return e;
}

static void manifest_write(const struct wanted *w, const struct extraction *x,
                           const struct archived *file, struct buf *out) {
    struct buf columns = { 0 };
    for (size_t i = 0; i < x->format.count; i++) {
        buf_put_text(&columns, i ? "," : "");
        buf_put_bytes(&columns, x->format.names[i]);
    }
    json_begin(out);
    json_put_int(out, "manifest", 1);
    json_put_text(out, "run", bytes_text(w->run));
    json_put_text(out, "extract", w->extract);
    json_put_int(out, "from", w->from_ms);
    json_put_int(out, "until", w->until_ms);
    json_put_text(out, "columns", buf_bytes(&columns));
    json_put_int(out, "rows", file->rows);
    json_put_int(out, "bytes", file->bytes);
    json_put_text(out, "sha256", bytes_text(file->sha256));
    json_end(out);
    buf_put_byte(out, '\n');
    buf_finish(&columns);
}

static enum error file_make(const struct connector *c, const struct wanted *w, struct extraction *x,
                            struct archived *out) {
    struct buf manifest = { 0 };
    TRY(query_run(c, w, x));
    TRY(contract_end(x->contract));
    out->rows = x->format.rows;
    if (out->rows == 0 && bytes_is_text(w->empty, "fail"))
        return fail(E_config, "the query gave no rows, and empty is fail");
    if (x->trailer.text.len) {
        trailer_write(&x->trailer, out->rows, archive_room(x->file));
        buf_put_text(archive_room(x->file), w->format.lf ? "\n" : "\r\n");
    }
    TRY(archive_seal(x->file, out));
    manifest_write(w, x, out, &manifest);
    enum error e = archive_publish(x->file, buf_bytes(&manifest), out);
    buf_finish(&manifest);
    return e;
}

/* Values that are hashed without a key are guessed by whoever has a list of them. */
static enum error mask_key_read(const struct connector *c, struct wanted *w) {
    if (!contract_wants_key(w->contract.mask))
        return E_ok;
    char *path = text_format("%s/mask.key", c->data_dir);
    enum error e = disk_read_whole(disk_real(), path, MASK_KEY_MAX, &w->mask_key);
    if (e == E_not_found || (!e && w->mask_key.len < MASK_KEY_MIN)) {
        e = fail(E_config, "mask has hash, and %s is not there, or under 16 bytes", path);
        fail_try("head -c 32 /dev/urandom > mask.key, in the data directory; keep it");
    }
    w->contract.key = buf_bytes(&w->mask_key);
    free(path);
    return e;
}

static enum error run_make(const struct connector *c, struct disk *d, struct wanted *w,
                           struct archived *out) {
    struct extraction x = { 0 };
    bool there;
    TRY(archive_look(d, w->run, &there, out));
    if (there)
        return E_ok;
    TRY(mask_key_read(c, w));
    TRY(contract_create(&x.contract, &w->contract));
    format_init(&x.format, &w->format);
    enum error e = trailer_init(&x.trailer, said(w, "trailer"));
    if (!e)
        e = archive_begin(&x.file, d, w->run, &w->archive);
    if (!e)
        e = tries_begin(d, w->run);
    if (!e) {
        e = file_make(c, w, &x, out);
        tries_end(d, w->run);
    }
    archive_end(x.file);
    format_finish(&x.format);
    contract_destroy(x.contract);
    return e;
}

/* ---- answering */

static void answer_made(struct effect_answer *a, const struct wanted *w,
                        const struct archived *file) {
    a->verdict = EFFECT_DONE;
    json_begin(a->told);
    json_put_int(a->told, "rows", file->rows);
    json_put_int(a->told, "bytes", file->bytes);
    json_put_text(a->told, "sha256", bytes_text(file->sha256));
    char *path = text_format("%s/%s.data", w->run, file->sha256);
    json_put_text(a->told, "path", bytes_text(path));
    json_end(a->told);
    free(path);
}

/* Nothing of a run is visible before its manifest: an error means that it has not happened. What a
 * person must mend ends the run, what passes is tried again. */
static void answer_error(struct effect_answer *a, enum error e) {
    bool passes = error_action(e) == RETRY || e == E_disk_full || e == E_io;
    answer_story(a, passes ? EFFECT_AGAIN : EFFECT_REFUSED);
}

static void extract_perform(struct connector *c, const struct effect_request *r,
                            struct effect_answer *a) {
    struct wanted w = { 0 };
    struct archived file = { 0 };
    struct disk *d = NULL;
    enum error e = wanted_read(&w, r);
    if (!e)
        e = folder_open(&c->folder, &d);
    if (!e)
        e = run_make(c, d, &w, &file);
    if (e)
        answer_error(a, e);
    else
        answer_made(a, &w, &file);
    disk_beneath_close(d);
    wanted_finish(&w);
}

static void extract_ask(struct connector *c, const struct effect_request *r,
                        struct effect_answer *a) {
    struct wanted w = { 0 };
    struct archived file = { 0 };
    struct disk *d = NULL;
    bool there = false;
    enum error e = wanted_read(&w, r);
    if (e) {
        answer_story(a, EFFECT_AGAIN);
        wanted_finish(&w);
        return;
    }
    e = folder_open(&c->folder, &d);
    if (!e)
        e = archive_look(d, w.run, &there, &file);
    if (e)
        answer_story(a, EFFECT_UNKNOWN);
    else if (there)
        answer_made(a, &w, &file);
    else
        answer_say(a, EFFECT_AGAIN, "run %s has no manifest", w.run);
    disk_beneath_close(d);
    wanted_finish(&w);
}

/* ---- a dry run: the first rows as they would stand in the file, and nothing is written */

enum { SAMPLE_ROWS = 10, SAMPLE_BYTES = 64 << 10, SAMPLE_BYTES_MAX = 1 << 20 };

struct sample {
    struct contract *contract;
    struct format format;
    struct buf text;
    size_t count; /* columns that are written */
    bool enough;
};

static enum error on_sample_begin(void *context, const struct bytes *names, size_t count) {
    struct sample *s = context;
    TRY(contract_begin(s->contract, names, &count));
    s->count = count;
    return format_begin(&s->format, names, count, &s->text);
}

static enum error on_sample_row(void *context, const struct cell *cells, size_t count) {
    struct sample *s = context;
    const struct cell *row;
    if (s->format.rows == SAMPLE_ROWS || s->text.len > SAMPLE_BYTES) {
        s->enough = true;
        return fail(E_closed, "the sample is full");
    }
    TRY(contract_row(s->contract, cells, &row));
    return format_row(&s->format, row, count < s->count ? count : s->count, &s->text);
}

/* An interval that nobody names is the day up to now. */
static enum error look_read(struct wanted *w, const struct effect_request *r) {
    struct bytes definition;
    TRY(json_read(&w->json, r->json));
    if (!json_get_text(&w->json, "definition", &definition))
        definition = r->json;
    if (!json_get_int(&w->json, "until", &w->until_ms))
        w->until_ms = clock_wall_ms(clock_real());
    if (!json_get_int(&w->json, "from", &w->from_ms))
        w->from_ms = w->until_ms - 86400000;
    return definition_read(w, definition);
}

static enum error sample_take(const struct connector *c, struct wanted *w, struct sample *s) {
    char *address;
    struct row_taker taker = { on_sample_begin, on_sample_row, s };
    TRY(mask_key_read(c, w));
    TRY(contract_create(&s->contract, &w->contract));
    format_init(&s->format, &w->format);
    TRY(source_address(c, w, &address));
    struct source_query query = source_query_of(c, w, address);
    enum error e = source_run(&query, &taker);
    free(address);
    return s->enough ? E_ok : e;
}

static void extract_look(struct connector *c, const struct effect_request *r,
                         struct effect_answer *a) {
    struct wanted w = { 0 };
    struct sample s = { 0 };
    enum error e = look_read(&w, r);
    if (!e)
        e = sample_take(c, &w, &s);
    if (!e && s.text.len > SAMPLE_BYTES_MAX)
        e = fail(E_too_large, "a row of the sample is over 1 MiB");
    if (e) {
        answer_error(a, e);
    } else {
        a->verdict = EFFECT_DONE;
        json_begin(a->told);
        json_put_text(a->told, "text", buf_bytes(&s.text));
        json_end(a->told);
    }
    format_finish(&s.format);
    contract_destroy(s.contract);
    buf_finish(&s.text);
    wanted_finish(&w);
}

const struct connector_sink extract_sink = {
    .scheme = "extract",
    .can = SINK_ASKED,
    .open = extract_open,
    .perform = extract_perform,
    .ask = extract_ask,
    .close = extract_close,
    .look = extract_look,
};
