/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Writing a mail. Addresses are plain ASCII ones, checked letter by letter: what SMTP and a header
 * may both hold without quoting. Text that is more than ASCII goes as base64, which every reader
 * knows and no relay changes. */
#include "smtp/message.h"

#include "values/digest.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LINE_MAX_LEN = 900, /* RFC 5321 says 998 */
    BASE64_LINE = 57,   /* bytes: 76 characters */
    ENCODED_WORD = 45,  /* bytes: 60 characters, 72 with what is around them */
    SUBJECT_PLAIN = 60, /* a longer one is folded into encoded words */
    LOCAL_PART_MAX = 64,
};

/* ---- addresses */

static bool is_letter(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_dotted(struct bytes text, const char *others) {
    if (!text.len || text.data[0] == '.' || text.data[text.len - 1] == '.')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool dot = c == '.' && text.data[i - 1] != '.';
        if (!dot && !is_letter(c) && !(c && strchr(others, c)))
            return false;
    }
    return true;
}

bool mail_address_is_good(struct bytes address) {
    const uint8_t *at = address.len ? memchr(address.data, '@', address.len) : NULL;
    if (!at || address.len > MAIL_ADDRESS_MAX)
        return false;
    size_t local = (size_t)(at - address.data);
    return local <= LOCAL_PART_MAX
           && is_dotted(bytes_part(address, 0, local), "!#$%&'*+-/=?^_`{|}~")
           && is_dotted(bytes_part(address, local + 1, address.len - local - 1), "-");
}

static enum error address_take(struct bytes text, const char *field,
                               char out[MAIL_ADDRESS_MAX + 1]) {
    while (text.len && text.data[0] == ' ')
        text = bytes_part(text, 1, text.len - 1);
    while (text.len && text.data[text.len - 1] == ' ')
        text.len--;
    if (!mail_address_is_good(text))
        return fail(E_refused, "its \"%s\" is no address, or holds more than addresses", field);
    memcpy(out, text.data, text.len);
    out[text.len] = 0;
    return E_ok;
}

static enum error recipients_take(struct mail *m, struct bytes list) {
    m->to = memory_get(MAIL_RECIPIENTS_MAX * sizeof(*m->to));
    for (;;) {
        const uint8_t *comma = list.len ? memchr(list.data, ',', list.len) : NULL;
        size_t len = comma ? (size_t)(comma - list.data) : list.len;
        if (m->to_count == MAIL_RECIPIENTS_MAX)
            return fail(E_refused, "its \"to\" has over %d addresses", MAIL_RECIPIENTS_MAX);
        TRY(address_take(bytes_part(list, 0, len), "to", m->to[m->to_count]));
        m->to_count++;
        if (!comma)
            return E_ok;
        list = bytes_part(list, len + 1, list.len - len - 1);
    }
}

/* ---- text */

static void base64_put(struct buf *out, struct bytes data) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < data.len; i += 3) {
        size_t left = data.len - i;
        uint32_t bits = (uint32_t)data.data[i] << 16;
        bits |= left > 1 ? (uint32_t)data.data[i + 1] << 8 : 0;
        bits |= left > 2 ? data.data[i + 2] : 0;
        buf_put_byte(out, (uint8_t)digits[bits >> 18]);
        buf_put_byte(out, (uint8_t)digits[bits >> 12 & 63]);
        buf_put_byte(out, left > 1 ? (uint8_t)digits[bits >> 6 & 63] : '=');
        buf_put_byte(out, left > 2 ? (uint8_t)digits[bits & 63] : '=');
    }
}

static bool is_plain(struct bytes text, const char *controls) {
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c >= 0x7f || (c < ' ' && !(c && strchr(controls, c))))
            return false;
    }
    return true;
}

/* RFC 2047: words of at most 75 characters, never a character of UTF-8 over two of them. */
static void subject_encode(struct buf *out, struct bytes text) {
    for (size_t at = 0; at < text.len;) {
        size_t len = text.len - at < ENCODED_WORD ? text.len - at : ENCODED_WORD;
        while (at + len < text.len && len > 1 && (text.data[at + len] & 0xc0) == 0x80)
            len--;
        buf_put_text(out, at ? "\r\n =?UTF-8?B?" : "=?UTF-8?B?");
        base64_put(out, bytes_part(text, at, len));
        buf_put_text(out, "?=");
        at += len;
    }
}

static enum error subject_put(struct buf *out, struct bytes subject) {
    if (subject.len > MAIL_SUBJECT_MAX)
        return fail(E_refused, "its \"subject\" is over %d bytes", MAIL_SUBJECT_MAX);
    for (size_t i = 0; i < subject.len; i++)
        if (subject.data[i] < ' ' || subject.data[i] == 0x7f)
            return fail(E_refused, "its \"subject\" has a line break or another control character");
    buf_put_text(out, "Subject: ");
    bool looks_encoded = subject.len > 1 && memmem(subject.data, subject.len, "=?", 2);
    if (subject.len <= SUBJECT_PLAIN && is_plain(subject, "") && !looks_encoded)
        buf_put_bytes(out, subject);
    else
        subject_encode(out, subject);
    buf_put_text(out, "\r\n");
    return E_ok;
}

/* Every kind of line end becomes CR LF; a last line gets one. */
static void lines_normalise(struct buf *out, struct bytes body) {
    for (size_t i = 0; i < body.len; i++) {
        bool cr = body.data[i] == '\r';
        if (cr && i + 1 < body.len && body.data[i + 1] == '\n')
            continue;
        if (cr || body.data[i] == '\n')
            buf_put_text(out, "\r\n");
        else
            buf_put_byte(out, body.data[i]);
    }
    if (out->len && out->data[out->len - 1] != '\n')
        buf_put_text(out, "\r\n");
}

static bool lines_are_short(struct bytes text) {
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        len = text.data[i] == '\n' ? 0 : len + 1;
        if (len > LINE_MAX_LEN)
            return false;
    }
    return true;
}

static void body_put(struct buf *out, struct bytes body) {
    struct buf lines = { 0 };
    lines_normalise(&lines, body);
    struct bytes text = buf_bytes(&lines);
    bool plain = is_plain(text, "\t\r\n") && lines_are_short(text);
    buf_print(out, "Content-Transfer-Encoding: %s\r\n\r\n", plain ? "7bit" : "base64");
    if (plain)
        buf_put_bytes(out, text);
    for (size_t at = 0; !plain && at < text.len; at += BASE64_LINE) {
        size_t len = text.len - at < BASE64_LINE ? text.len - at : BASE64_LINE;
        base64_put(out, bytes_part(text, at, len));
        buf_put_text(out, "\r\n");
    }
    buf_finish(&lines);
}

/* ---- the whole */

static void date_put(struct buf *out, int64_t time_ms) {
    static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm t = { 0 };
    if (!gmtime_r(&seconds, &t))
        t = (struct tm){ .tm_year = 70, .tm_mday = 1, .tm_wday = 4 };
    buf_print(out, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n", days[t.tm_wday], t.tm_mday,
              months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* The effect's id as it is, or its hash where it has what an id of a mail must not have. */
static void id_make(struct mail *m, struct bytes id) {
    uint8_t hash[SHA256_BYTES];
    if (id.len > 0 && id.len < sizeof(m->id) && is_dotted(id, "-_")) {
        memcpy(m->id, id.data, id.len);
        m->id[id.len] = 0;
        return;
    }
    sha256(id, hash);
    for (size_t i = 0; i < 16; i++)
        (void)snprintf(m->id + 2 * i, 3, "%02x", hash[i]);
}

static void headers_put(struct mail *m, int64_t time_ms) {
    struct buf *out = &m->text;
    buf_print(out, "Message-ID: <%s@%s>\r\n", m->id, strchr(m->from, '@') + 1);
    date_put(out, time_ms);
    buf_print(out, "From: %s\r\nTo: ", m->from);
    for (size_t i = 0; i < m->to_count; i++)
        buf_print(out, "%s%s", i ? ",\r\n " : "", m->to[i]);
    buf_put_text(out, "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                      "Content-Type: text/plain; charset=utf-8\r\n");
}

static enum error from_take(struct mail *m, const struct json *json, const char *from) {
    struct bytes text;
    if (json_get_text(json, "from", &text))
        return address_take(text, "from", m->from);
    if (json_has(json, "from") || !from)
        return fail(E_refused, "it has no text \"from\", nor has the edge's address one");
    return address_take(bytes_text(from), "from", m->from);
}

static enum error fields_take(struct mail *m, const struct effect_request *r,
                              const struct json *json, const char *from) {
    struct bytes to, subject, body;
    if (!json_get_text(json, "to", &to))
        return fail(E_refused, "it has no text \"to\"");
    if (!json_get_text(json, "subject", &subject))
        return fail(E_refused, "it has no text \"subject\"");
    if (!json_get_text(json, "body", &body))
        return fail(E_refused, "it has no text \"body\"");
    TRY(from_take(m, json, from));
    TRY(recipients_take(m, to));
    id_make(m, r->id);
    headers_put(m, r->time_ms);
    TRY(subject_put(&m->text, subject));
    body_put(&m->text, body);
    return E_ok;
}

enum error mail_build(struct mail *out, const struct effect_request *r, const char *from) {
    struct json json;
    *out = (struct mail){ 0 };
    TRY(json_read(&json, r->json));
    enum error e = fields_take(out, r, &json, from);
    json_finish(&json);
    if (e)
        mail_finish(out);
    return e;
}

void mail_finish(struct mail *m) {
    free(m->to);
    buf_finish(&m->text);
    *m = (struct mail){ 0 };
}
