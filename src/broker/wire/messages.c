/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The tables behind the structs of messages.h, made from the same lists. */
#include "messages.h"

#define NULLABLE(from) .nullable = true, .nullable_from = (from)
#define DEFAULT(value) .otherwise = (value)

#define FIELD_ROW(S, kind, member, from, to, ...)                                                  \
    { .name = #member,                                                                             \
      .type = FIELD_##kind,                                                                        \
      .first = from,                                                                               \
      .last = to,                                                                                  \
      .at = offsetof(struct S, member),                                                            \
      __VA_ARGS__ },
#define ARRAY_ROW(S, kind, member, from, to, ...)                                                  \
    { .name = #member,                                                                             \
      .type = FIELD_struct,                                                                        \
      .is_array = true,                                                                            \
      .first = from,                                                                               \
      .last = to,                                                                                  \
      .at = offsetof(struct S, member),                                                            \
      .count_at = offsetof(struct S, member##_count),                                              \
      .item = &message_##kind,                                                                     \
      __VA_ARGS__ },
#define PLAIN_ROW(S, kind, member, from, to, ...)                                                  \
    { .name = #member,                                                                             \
      .type = FIELD_##kind,                                                                        \
      .is_array = true,                                                                            \
      .first = from,                                                                               \
      .last = to,                                                                                  \
      .at = offsetof(struct S, member),                                                            \
      .count_at = offsetof(struct S, member##_count),                                              \
      __VA_ARGS__ },

#define MESSAGE_TABLE(what, flexible)                                                              \
    static const struct field fields_of_##what[] = { FIELDS_##what(what, FIELD_ROW, ARRAY_ROW,     \
                                                                   PLAIN_ROW) };                   \
    const struct message message_##what = { .name = #what,                                         \
                                            .fields = fields_of_##what,                            \
                                            .field_count = sizeof(fields_of_##what)                \
                                                           / sizeof(fields_of_##what[0]),          \
                                            .size = sizeof(struct what),                           \
                                            .flexible_from = flexible };
#define PART_TABLE(what) MESSAGE_TABLE(what, LAST)

MESSAGE_PARTS(PART_TABLE)
MESSAGE_PARTS_DESCRIBE(PART_TABLE)
#define API(key, name, advertised_from, last, decoded_from, flexible_from)                         \
    MESSAGE_TABLE(name##_request, flexible_from)                                                   \
    MESSAGE_TABLE(name##_response, flexible_from)
#include "wire/apis.def"
#undef API
