/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Formats of texts: RFC 3339 for time, and shapes that are looked at, not resolved. */
#include "inside.h"

#include <string.h>

/* 'd' a digit, 'x' a hexadecimal one, others themselves. */
static bool has_shape(struct bytes t, const char *shape) {
    if (t.len != strlen(shape))
        return false;
    for (size_t i = 0; i < t.len; i++) {
        uint8_t c = t.data[i], letter = c | 0x20;
        bool digit = c >= '0' && c <= '9';
        if (shape[i] == 'd'   ? !digit
            : shape[i] == 'x' ? !digit && !(letter >= 'a' && letter <= 'f')
                              : c != (uint8_t)shape[i])
            return false;
    }
    return true;
}

static int number_at(struct bytes t, size_t at, size_t digits) {
    int value = 0;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (t.data[at + i] - '0');
    return value;
}

static bool is_date(struct bytes t) {
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (!has_shape(t, "dddd-dd-dd"))
        return false;
    int year = number_at(t, 0, 4), month = number_at(t, 5, 2), day = number_at(t, 8, 2);
    if (month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

static bool is_offset(struct bytes t) {
    if (t.len == 1)
        return (t.data[0] | 0x20) == 'z';
    return (has_shape(t, "+dd:dd") || has_shape(t, "-dd:dd")) && number_at(t, 1, 2) < 24
           && number_at(t, 4, 2) < 60;
}

/* A leap second is 60, and only at the end of an hour's last minute. */
static bool is_time(struct bytes t) {
    size_t at = 8;
    if (t.len < 9 || !has_shape(bytes_part(t, 0, 8), "dd:dd:dd"))
        return false;
    int minute = number_at(t, 3, 2), second = number_at(t, 6, 2);
    if (number_at(t, 0, 2) > 23 || minute > 59 || second > 60 || (second == 60 && minute != 59))
        return false;
    if (t.data[at] == '.') {
        size_t from = ++at;
        while (at < t.len && t.data[at] >= '0' && t.data[at] <= '9')
            at++;
        if (at == from)
            return false;
    }
    return at < t.len && is_offset(bytes_part(t, at, t.len - at));
}

static bool is_date_time(struct bytes t) {
    return t.len > 11 && is_date(bytes_part(t, 0, 10)) && (t.data[10] | 0x20) == 't'
           && is_time(bytes_part(t, 11, t.len - 11));
}

static bool is_email(struct bytes t) {
    const uint8_t *at = t.len ? memchr(t.data, '@', t.len) : NULL;
    if (!at || at == t.data || at + 1 == t.data + t.len)
        return false;
    for (size_t i = 0; i < t.len; i++)
        if (t.data[i] <= ' ' || t.data[i] == 0x7f)
            return false;
    return !memchr(at + 1, '@', (size_t)(t.data + t.len - at) - 1);
}

static bool is_ipv4(struct bytes t) {
    int parts = 0, value = -1, digits = 0;
    for (size_t i = 0; i <= t.len; i++) {
        uint8_t c = i < t.len ? t.data[i] : '.';
        if (c == '.') {
            if (value < 0 || value > 255 || ++parts > 4)
                return false;
            value = -1;
            digits = 0;
        } else if (c >= '0' && c <= '9' && digits < 3 && !(digits && value == 0)) {
            value = (value < 0 ? 0 : value) * 10 + (c - '0');
            digits++;
        } else {
            return false;
        }
    }
    return parts == 4;
}

bool format_is_met(struct bytes format, struct bytes text) {
    if (bytes_is_text(format, "date-time"))
        return is_date_time(text);
    if (bytes_is_text(format, "date"))
        return is_date(text);
    if (bytes_is_text(format, "time"))
        return is_time(text);
    if (bytes_is_text(format, "email"))
        return is_email(text);
    if (bytes_is_text(format, "ipv4"))
        return is_ipv4(text);
    if (bytes_is_text(format, "uuid"))
        return has_shape(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    return true;
}
