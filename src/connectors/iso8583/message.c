/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Packing and unpacking. Every read goes through one place (characters_read) that knows how many
 * bytes an encoding needs and whether they are there; every write through its mirror.
 *
 * BCD nibbles become '0' + nibble, so that the track separator 0xD is '=' without a special case
 * and other nibbles become characters that no kind allows. */
#include "message.h"

#include "base/check.h"
#include "base/cursor.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Code page 037 for the printable characters from space to tilde. */
static const uint8_t ebcdic[95] = {
    0x40, 0x5a, 0x7f, 0x7b, 0x5b, 0x6c, 0x50, 0x7d, 0x4d, 0x5d, 0x5c, 0x4e, 0x6b, 0x60, 0x4b, 0x61,
    0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0x7a, 0x5e, 0x4c, 0x7e, 0x6e, 0x6f,
    0x7c, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6,
    0xd7, 0xd8, 0xd9, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xba, 0xe0, 0xbb, 0xb0, 0x6d,
    0x79, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96,
    0x97, 0x98, 0x99, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xc0, 0x4f, 0xd0, 0xa1,
};

static const char hex_digits[] = "0123456789ABCDEF";

static uint8_t ascii_of_ebcdic(uint8_t c) {
    const uint8_t *found = memchr(ebcdic, c, sizeof ebcdic);
    return found ? (uint8_t)(' ' + (found - ebcdic)) : 0;
}

static int nibble_of_hex(uint8_t c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* Bytes on the wire for `count` characters (or bytes of a b field). */
static size_t wire_size(enum iso_encoding encoding, size_t count) {
    switch (encoding) {
    case ISO_BCD:
        return (count + 1) / 2;
    case ISO_HEX:
        return count * 2;
    case ISO_ASCII:
    case ISO_EBCDIC:
    case ISO_BINARY:
        break;
    }
    return count;
}

static bool bcd_decode(struct bytes wire, size_t count, uint8_t *out) {
    size_t skip = count % 2; /* an odd number has a zero in front */
    for (size_t i = 0; i < count; i++) {
        uint8_t byte = wire.data[(i + skip) / 2];
        out[i] = (uint8_t)('0' + ((i + skip) % 2 ? byte & 15 : byte >> 4));
    }
    return !skip || wire.data[0] >> 4 == 0;
}

static bool hex_decode(struct bytes wire, size_t count, uint8_t *out) {
    for (size_t i = 0; i < count; i++) {
        int high = nibble_of_hex(wire.data[2 * i]);
        int low = nibble_of_hex(wire.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* Decodes into `out` (room for `count`). False: not decodable. */
static bool characters_decode(enum iso_encoding encoding, struct bytes wire, size_t count,
                              uint8_t *out) {
    switch (encoding) {
    case ISO_BCD:
        return bcd_decode(wire, count, out);
    case ISO_HEX:
        return hex_decode(wire, count, out);
    case ISO_EBCDIC:
        for (size_t i = 0; i < count; i++)
            out[i] = ascii_of_ebcdic(wire.data[i]);
        return true;
    case ISO_ASCII:
    case ISO_BINARY:
        break;
    }
    memcpy(out, wire.data, count);
    return true;
}

/* ---- reading */

/* A number of `count` digits; -1 when one is no digit. Past the end the cursor is bad. */
static long number_read(struct cursor *in, enum iso_encoding encoding, size_t count) {
    uint8_t digits[8];
    long value = 0;
    assert(count <= sizeof digits);
    struct bytes wire = read_bytes(in, wire_size(encoding, count));
    if (in->bad || !characters_decode(encoding, wire, count, digits))
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return -1;
        value = value * 10 + (digits[i] - '0');
    }
    return value;
}

static bool is_letter_or_digit(uint8_t c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool kind_allows(enum iso_kind kind, uint8_t c, size_t at) {
    bool digit = c >= '0' && c <= '9';
    switch (kind) {
    case ISO_N:
        return digit;
    case ISO_AN:
        return is_letter_or_digit(c);
    case ISO_ANS:
        return c >= ' ' && c <= '~';
    case ISO_XN:
        return at == 0 ? c == 'C' || c == 'D' : digit;
    case ISO_Z:
        return digit || c == '=' || c == 'D';
    case ISO_B:
        break;
    }
    return true;
}

static bool content_fits(const struct iso_field *f, struct bytes content) {
    for (size_t i = 0; i < content.len; i++) {
        if (!kind_allows(f->kind, content.data[i], i))
            return false;
    }
    return true;
}

/* The content of a field whose bytes are there: borrowed where it is readable as it stands. */
static bool content_decode(struct iso_message *m, const struct iso_field *f, struct bytes wire,
                           struct bytes *out) {
    size_t count = out->len;
    if (f->encoding == ISO_ASCII || f->encoding == ISO_BINARY) {
        out->data = wire.data;
        return content_fits(f, *out);
    }
    assert(m->text_len + count <= sizeof m->text);
    uint8_t *text = m->text + m->text_len;
    m->text_len += count;
    out->data = text;
    return characters_decode(f->encoding, wire, count, text) && content_fits(f, *out);
}

static enum error message_broken(struct iso_message *m, const char *what) {
    m->broken = true;
    return fail(E_malformed, "an ISO 8583 message %s", what);
}

static enum error field_broken(struct iso_message *m, int number, const char *what) {
    m->broken = true;
    return fail(E_malformed, "field %d of an ISO 8583 message %s", number, what);
}

static enum error field_unpack(const struct iso_dialect *d, int number, struct cursor *in,
                               struct iso_message *m) {
    const struct iso_field *f = &d->fields[number];
    struct bytes content = { NULL, f->length };
    if (!f->known)
        return field_broken(m, number, "is not in this dialect");
    if (f->prefix_digits) {
        long length = number_read(in, d->lengths, (size_t)f->prefix_digits);
        if (in->bad)
            return field_broken(m, number, "ends early");
        if (length < 0 || (size_t)length > f->length)
            return field_broken(m, number, "has a length that is no number or too large");
        content.len = (size_t)length;
    }
    struct bytes wire = read_bytes(in, wire_size(f->encoding, content.len));
    if (in->bad)
        return field_broken(m, number, "ends early");
    if (content_decode(m, f, wire, &content))
        m->fields[number] = content;
    else if (!m->bad_field)
        m->bad_field = number; /* the next fields can still be read, for the answer */
    return E_ok;
}

static bool bitmap_read(const struct iso_dialect *d, struct cursor *in, uint8_t out[8]) {
    struct bytes wire = read_bytes(in, wire_size(d->bitmap, 8));
    return !in->bad && characters_decode(d->bitmap, wire, 8, out);
}

static bool bit_is_set(const uint8_t *bitmap, int number) {
    return bitmap[(number - 1) / 8] & 0x80 >> (number - 1) % 8;
}

static bool mti_read(const struct iso_dialect *d, struct cursor *in, struct iso_message *out) {
    uint8_t digits[4];
    struct bytes wire = read_bytes(in, wire_size(d->mti, 4));
    if (in->bad || !characters_decode(d->mti, wire, 4, digits))
        return false;
    for (size_t i = 0; i < 4; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
    }
    memcpy(out->mti, digits, 4);
    return true;
}

void iso_message_init(struct iso_message *m) {
    memset(m, 0, offsetof(struct iso_message, text));
}

void iso_message_wipe(struct iso_message *m) {
    explicit_bzero(m->text, m->text_len);
    iso_message_init(m);
}

enum error iso_unpack(const struct iso_dialect *d, struct bytes message, struct iso_message *out) {
    struct cursor in = cursor_on(message);
    uint8_t bitmap[16] = { 0 };
    iso_message_init(out);
    if (message.len > ISO_MESSAGE_MAX)
        return message_broken(out, "is over the size limit");
    if (!mti_read(d, &in, out))
        return message_broken(out, "has no readable type");
    if (!bitmap_read(d, &in, bitmap))
        return message_broken(out, "has no readable bitmap");
    if (bit_is_set(bitmap, 1) && !bitmap_read(d, &in, bitmap + 8))
        return message_broken(out, "has no readable second bitmap");
    for (int number = 2; number <= ISO_FIELD_MAX; number++) {
        if (bit_is_set(bitmap, number))
            TRY(field_unpack(d, number, &in, out));
    }
    if (cursor_left(&in))
        return message_broken(out, "goes on behind its last field");
    if (out->bad_field)
        return fail(E_malformed, "field %d of an ISO 8583 message has characters it may not have",
                    out->bad_field);
    return E_ok;
}

/* ---- frames */

enum iso_frame iso_frame_find(const struct iso_dialect *d, struct bytes data, struct bytes *message,
                              size_t *used) {
    uint64_t length = 0;
    if (data.len < d->header_size)
        return ISO_FRAME_PARTIAL;
    for (size_t i = 0; i < d->header_size; i++) {
        uint8_t c = data.data[i];
        if (d->header == ISO_ASCII && (c < '0' || c > '9'))
            return ISO_FRAME_BAD;
        length = d->header == ISO_ASCII ? length * 10 + (c - '0') : length << 8 | c;
    }
    if (d->header_included && length < d->header_size)
        return ISO_FRAME_BAD;
    if (d->header_included)
        length -= d->header_size;
    if (length == 0 || length > ISO_MESSAGE_MAX)
        return ISO_FRAME_BAD;
    if (data.len - d->header_size < length)
        return ISO_FRAME_PARTIAL;
    *message = bytes_part(data, d->header_size, length);
    *used = d->header_size + length;
    return ISO_FRAME_WHOLE;
}

/* ---- writing */

static void bcd_encode(struct bytes content, struct buf *out) {
    size_t skip = content.len % 2;
    uint8_t *wire = buf_extend(out, (content.len + 1) / 2);
    memset(wire, 0, (content.len + 1) / 2);
    for (size_t i = 0; i < content.len; i++) {
        uint8_t c = content.data[i];
        uint8_t nibble = c == 'D' ? 13 : (uint8_t)(c - '0');
        wire[(i + skip) / 2] |= (uint8_t)((i + skip) % 2 ? nibble : nibble << 4);
    }
}

/* `content` was checked against its kind. */
static void characters_write(enum iso_encoding encoding, struct bytes content, struct buf *out) {
    switch (encoding) {
    case ISO_BCD:
        bcd_encode(content, out);
        return;
    case ISO_HEX:
        for (size_t i = 0; i < content.len; i++) {
            buf_put_byte(out, (uint8_t)hex_digits[content.data[i] >> 4]);
            buf_put_byte(out, (uint8_t)hex_digits[content.data[i] & 15]);
        }
        return;
    case ISO_EBCDIC:
        for (size_t i = 0; i < content.len; i++)
            buf_put_byte(out, ebcdic[content.data[i] - ' ']);
        return;
    case ISO_ASCII:
    case ISO_BINARY:
        break;
    }
    buf_put_bytes(out, content);
}

static void number_write(enum iso_encoding encoding, size_t value, int digits, struct buf *out) {
    char text[24];
    (void)snprintf(text, sizeof text, "%0*zu", digits, value);
    characters_write(encoding, bytes_text(text), out);
}

static enum error field_pack(const struct iso_dialect *d, int number, struct bytes content,
                             struct buf *out) {
    const struct iso_field *f = &d->fields[number];
    if (!f->known)
        return fail(E_malformed, "field %d is not in dialect %s", number, d->name);
    if (f->prefix_digits ? content.len > f->length : content.len != f->length)
        return fail(E_malformed, "field %d cannot have %zu characters in dialect %s", number,
                    content.len, d->name);
    if (!content_fits(f, content))
        return fail(E_malformed, "field %d has characters it may not have in dialect %s", number,
                    d->name);
    if (f->prefix_digits)
        number_write(d->lengths, content.len, f->prefix_digits, out);
    characters_write(f->encoding, content, out);
    return E_ok;
}

static void bitmaps_write(const struct iso_dialect *d, const struct iso_message *m,
                          struct buf *out) {
    uint8_t bitmap[16] = { 0 };
    for (int number = 2; number <= ISO_FIELD_MAX; number++) {
        if (m->fields[number].data)
            bitmap[(number - 1) / 8] |= (uint8_t)(0x80 >> (number - 1) % 8);
        if (m->fields[number].data && number > 64)
            bitmap[0] |= 0x80;
    }
    characters_write(d->bitmap, bytes_of(bitmap, bitmap[0] & 0x80 ? 16 : 8), out);
}

/* Writes `length` into the header's place; false when it has too few digits. */
static bool header_fill(const struct iso_dialect *d, size_t length, uint8_t *header) {
    if (d->header_included)
        length += d->header_size;
    for (size_t i = d->header_size; i-- > 0;) {
        header[i] = d->header == ISO_ASCII ? (uint8_t)('0' + length % 10) : (uint8_t)length;
        length = d->header == ISO_ASCII ? length / 10 : length >> 8;
    }
    return length == 0;
}

static enum error body_pack(const struct iso_dialect *d, const struct iso_message *m,
                            struct buf *out) {
    if (strlen(m->mti) != 4 || strspn(m->mti, "0123456789") != 4)
        return fail(E_malformed, "a message type has four digits");
    characters_write(d->mti, bytes_text(m->mti), out);
    bitmaps_write(d, m, out);
    for (int number = 2; number <= ISO_FIELD_MAX; number++) {
        if (m->fields[number].data)
            TRY(field_pack(d, number, m->fields[number], out));
    }
    return E_ok;
}

enum error iso_pack(const struct iso_dialect *d, const struct iso_message *m,
                    struct buf *append_to) {
    size_t start = append_to->len;
    memset(buf_extend(append_to, d->header_size), 0, d->header_size);
    enum error e = body_pack(d, m, append_to);
    size_t length = append_to->len - start - d->header_size;
    if (!e && (length > ISO_MESSAGE_MAX || !header_fill(d, length, append_to->data + start)))
        e = fail(E_too_large, "an ISO 8583 message of %zu bytes is over the size limit", length);
    if (e)
        append_to->len = start;
    return e;
}
