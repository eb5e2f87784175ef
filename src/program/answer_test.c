/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "answer.h"

#include "base/test.h"

#include <string.h>

static struct arena arena;

static enum error answer_of(const char *line, struct answer *out) {
    return answer_read(out, &arena, bytes_text(line));
}

TEST(a_whole_answer_is_read) {
    struct answer a;
    CHECK_OK(answer_of(
        "{\"n\":7,\"rows\":{\"order\":{\"\":{\"state\":\"new\",\"total\":12,\"x\":null}}},"
        "\"delete\":{\"line\":[\"1\",\"2\"]},\"log\":{\"posting\":[{\"amount\":1}]},"
        "\"events\":[{\"topic\":\"t\",\"type\":\"y\",\"key\":\"k\",\"data\":{\"a\":true},"
        "\"ask\":true,\"answer\":false}],"
        "\"effects\":[{\"edge\":\"mail\",\"type\":\"send\",\"data\":{}}],"
        "\"timers\":[{\"name\":\"pay-by\",\"at\":5},{\"name\":\"x\",\"cancel\":true}],"
        "\"replies\":[{\"request\":\"r\",\"data\":{}}],"
        "\"outcome\":\"retry\",\"reason\":\"later\"}",
        &a));
    CHECK_INT(a.n, 7);
    CHECK_INT(a.outcome, ANSWER_RETRY);
    CHECK_BYTES(a.reason, bytes_text("later"));
    CHECK_TEXT(answer_text(&arena, a.events->first, "topic"), "t");
    CHECK(answer_says(a.events->first, "ask") && !answer_says(a.events->first, "answer"));
    CHECK(a.timers->count == 2 && a.deletes->first->count == 2);
    CHECK_OK(answer_of("{\"n\":-1}", &a));
    CHECK_INT(a.outcome, ANSWER_DONE);
    CHECK_OK(answer_of("{\"n\":8,\"get\":[\"total\",\"\"]}", &a));
    CHECK_INT(a.outcome, ANSWER_GET);
    CHECK_TEXT(a.get_table, "total");
    arena_finish(&arena);
}

static void check_wrong(const char *line, const char *story) {
    struct answer a;
    CHECK_ERROR(answer_of(line, &a), E_malformed);
    CHECK_STORY(story);
    arena_finish(&arena);
}

TEST(what_is_no_answer_is_refused_with_the_member_that_is_wrong) {
    check_wrong("[]", "an answer is no JSON object");
    check_wrong("{}", "an answer has no `n`");
    check_wrong("{\"n\":1.5}", "`n` of an answer");
    check_wrong("{\"n\":1,\"event\":[]}", "a member that is not known");
    check_wrong("{\"n\":1,\"outcome\":\"maybe\"}", "not done, retry, park or stop");
    check_wrong("{\"n\":1,\"rows\":[]}", "`rows` of an answer");
    check_wrong("{\"n\":1,\"rows\":{\"t\":{\"state\":\"new\"}}}", "`rows` of an answer");
    check_wrong("{\"n\":1,\"rows\":{\"t\":{\"\":{\"a\":1.5}}}}", "`rows` of an answer");
    check_wrong("{\"n\":1,\"rows\":{\"t\":{\"\":{\"a\":[1]}}}}", "`rows` of an answer");
    check_wrong("{\"n\":1,\"rows\":{\"t\":{\"\":{\"a\":\"\\u0000\"}}}}", "`rows` of an answer");
    check_wrong("{\"n\":1,\"rows\":{\"t\\u0000\":{}}}", "`rows` of an answer");
    check_wrong("{\"n\":1,\"delete\":{\"t\":[1]}}", "`delete` of an answer");
    check_wrong("{\"n\":1,\"log\":{\"t\":{}}}", "`log` of an answer");
    check_wrong("{\"n\":1,\"events\":[{\"type\":\"y\"}]}", "`events` of an answer");
    check_wrong("{\"n\":1,\"events\":[{\"topic\":\"t\",\"type\":\"y\",\"value\":{}}]}", "`events`");
    check_wrong("{\"n\":1,\"events\":[{\"topic\":\"t\",\"type\":\"y\",\"effect_ids\":{\"f\":-1}}]}",
                "`events`");
    check_wrong("{\"n\":1,\"effects\":[{\"type\":\"y\"}]}", "`effects` of an answer");
    check_wrong("{\"n\":1,\"timers\":[{\"name\":\"y\"}]}", "`timers` of an answer");
    check_wrong("{\"n\":1,\"timers\":[{\"name\":\"y\",\"at\":1,\"cancel\":true}]}", "`timers`");
    check_wrong("{\"n\":1,\"replies\":[7]}", "`replies` of an answer");
    check_wrong("{\"n\":1,\"get\":[\"t\"]}", "`get` of an answer");
    check_wrong("not json", "a value expected");
}
