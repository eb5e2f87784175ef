/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "base/event.h"

#include "base/test.h"

#include <string.h>
#include <unistd.h>

/* The test's own stderr becomes a pipe; what was logged is read from its other end. */
static int log_to_pipe(void) {
    int pipe_fds[2];
    CHECK(pipe(pipe_fds) == 0);
    CHECK(dup2(pipe_fds[1], STDERR_FILENO) == STDERR_FILENO);
    (void)close(pipe_fds[1]);
    return pipe_fds[0];
}

TEST(an_event_is_one_line_of_time_level_name_and_fields) {
    char line[256] = "";
    int log = log_to_pipe();
    event_log(EV_broker_ready, "port=%d", 9092);
    CHECK(read(log, line, sizeof(line) - 1) > 0);
    CHECK(line[4] == '-' && line[10] == 'T' && line[23] == 'Z');
    CHECK_TEXT(line + 24, " info broker_ready port=9092\n");
    CHECK_INT((int)event_count(EV_broker_ready), 1);
}

TEST(a_level_below_the_least_is_counted_but_not_written) {
    char line[256] = "";
    int log = log_to_pipe();
    event_log_from(EVENT_error);
    event_log(EV_broker_ready, "port=%d", 1);
    event_log_from(EVENT_debug);
    event_log(EV_broker_ready, "port=%d", 2);
    CHECK(read(log, line, sizeof(line) - 1) > 0);
    CHECK(strstr(line, "port=2\n") && !strstr(line, "port=1"));
    CHECK_INT((int)event_count(EV_broker_ready), 2);
}

TEST(fields_that_are_too_long_are_cut_and_the_line_still_ends) {
    char line[4096] = "", text[3000];
    int log = log_to_pipe();
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = 0;
    event_log(EV_broker_ready, "text=%s", text);
    ssize_t got = read(log, line, sizeof(line) - 1);
    CHECK_INT(got, 1023);
    CHECK(strchr(line, '\n') == line + got - 1);
}

TEST(text_from_outside_is_one_quoted_value) {
    char out[40];
    CHECK_TEXT(event_quote(out, sizeof(out), bytes_text("no request of that kind")),
               "\"no request of that kind\"");
    CHECK_TEXT(event_quote(out, sizeof(out), bytes_text("say \"x\"\n  try: y\x1b[2J")),
               "\"say 'x'; try: y?[2J\"");
    CHECK_TEXT(event_quote(out, sizeof(out), bytes_text("")), "\"\"");
}

TEST(a_value_that_is_too_long_is_cut_and_its_quotes_still_end) {
    char out[10];
    CHECK_TEXT(event_quote(out, sizeof(out), bytes_text("0123456789")), "\"0123456\"");
    CHECK_TEXT(event_quote(out, sizeof(out), bytes_text("012345\n  789")), "\"012345;\"");
}
