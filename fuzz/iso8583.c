// rooms: connectors/iso8583
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes, in both dialects: nothing is read outside, what is read can be written, an answer can
 * be made, and no card number gets into a request's JSON. The first byte chooses the dialect. */
#include "iso8583/answer.h"
#include "iso8583/request.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void message_try(const struct iso_dialect *d, struct bytes body) {
    static struct iso_message message, answer;
    static const struct request_options options = { { (const uint8_t *)"key", 3 }, 1795348800000 };
    struct request request;
    struct buf json = { 0 }, out = { 0 };
    if (iso_unpack(d, body, &message) == E_ok)
        assert(iso_pack(d, &message, &out) == E_ok);
    buf_clear(&out);
    if (message.mti[0] && answer_is_due(&message)) {
        const char *code = request_read(&message, &options, &request, &json);
        struct bytes card = message.fields[2];
        if (!code && card.len > 12) /* 12 digits could also be the retrieval number */
            assert(memmem(json.data, json.len, card.data, card.len) == NULL);
        answer_at_once(&message, code ? code : "00", &answer);
        assert(iso_pack(d, &answer, &out) == E_ok);
    }
    iso_message_wipe(&message);
    buf_finish(&json);
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct iso_dialect dialects[2];
    struct bytes body;
    size_t used = 0;
    if (!dialects[0].header_size) {
        assert(iso_dialect_open(&dialects[0], NULL, "iso87") == E_ok);
        assert(iso_dialect_open(&dialects[1], NULL, "iso87-bcd") == E_ok);
    }
    if (!size)
        return 0;
    const struct iso_dialect *d = &dialects[data[0] & 1];
    struct bytes rest = bytes_of(data + 1, size - 1);
    if (iso_frame_find(d, rest, &body, &used) == ISO_FRAME_WHOLE)
        message_try(d, body);
    message_try(d, rest);
    return 0;
}
