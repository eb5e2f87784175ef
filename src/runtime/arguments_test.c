/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "octavo.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WRONG = 2, ARGUMENTS_MAX = 8 };

static const char *words[3], *file;
static bool again;
static char told[300];

/* What a verb that takes `names`, --file FILE and --again says to a line; `told` is its complaint.
 */
static int line_read(const char *names, const char *line) {
    const struct octavo_option options[] = { { "--file", &file, NULL },
                                             { "--again", NULL, &again },
                                             { NULL, NULL, NULL } };
    static char text[200];
    char *arguments[ARGUMENTS_MAX + 1] = { NULL }, *rest = text;
    size_t count = 0;
    (void)snprintf(text, sizeof(text), "%s", line);
    for (char *word; (word = strtok_r(rest, " ", &rest)) && count < ARGUMENTS_MAX;)
        arguments[count++] = word;
    memset(words, 0, sizeof(words));
    file = NULL;
    again = false;
    (void)fflush(stderr);
    int kept = dup(STDERR_FILENO);
    FILE *said = tmpfile();
    CHECK(said && dup2(fileno(said), STDERR_FILENO) >= 0);
    int code =
        octavo_arguments_read(NULL, arguments, &(struct octavo_words){ names, words }, options);
    (void)fflush(stderr);
    CHECK(dup2(kept, STDERR_FILENO) >= 0);
    (void)close(kept);
    rewind(said);
    size_t len = fread(told, 1, sizeof(told) - 1, said);
    told[len] = 0;
    (void)fclose(said);
    return code;
}

TEST(words_and_options_stand_in_any_order) {
    CHECK_INT(line_read("ACCOUNT AMOUNT", "pay a --file - --again 12"), 0);
    CHECK_TEXT(words[0], "a");
    CHECK_TEXT(words[1], "12");
    CHECK_TEXT(file, "-");
    CHECK(again);
    CHECK_TEXT(told, "");
}

TEST(a_word_in_brackets_may_be_left_out) {
    CHECK_INT(line_read("[ACCOUNT]", "ls"), 0);
    CHECK(!words[0]);
    CHECK_INT(line_read("ID [ENTITY]", "show x"), 0);
    CHECK(!words[1]);
    CHECK_INT(line_read("ID [ENTITY]", "show x product"), 0);
    CHECK_TEXT(words[1], "product");
    CHECK_INT(line_read("ID [ENTITY]", "show"), WRONG);
    CHECK_TEXT(told, "octavo: wrong usage: show wants ID [ENTITY]\n");
}

TEST(a_dash_alone_is_a_word_for_it_names_the_standard_input) {
    CHECK_INT(line_read("FILE", "import -"), 0);
    CHECK_TEXT(words[0], "-");
}

TEST(what_a_verb_does_not_know_is_told_with_its_name) {
    CHECK_INT(line_read("ACCOUNT", "freeze a b"), WRONG);
    CHECK_TEXT(told, "octavo: wrong usage: freeze does not know \"b\"\n");
    CHECK_INT(line_read("ACCOUNT", "freeze a --fiel x"), WRONG);
    CHECK_TEXT(told, "octavo: wrong usage: freeze does not know \"--fiel\"\n");
    CHECK_INT(line_read("", "audit a"), WRONG);
    CHECK_TEXT(told, "octavo: wrong usage: audit does not know \"a\"\n");
}

TEST(what_is_missing_is_told_by_what_people_write) {
    CHECK_INT(line_read("ACCOUNT AMOUNT", "pay a"), WRONG);
    CHECK_TEXT(told, "octavo: wrong usage: pay wants ACCOUNT AMOUNT\n");
    CHECK_INT(line_read("ACCOUNT", "pay a --file"), WRONG);
    CHECK_TEXT(told, "octavo: wrong usage: --file wants a value behind it\n");
}

TEST(a_time_is_written_to_the_millisecond_before_1970_too) {
    char text[OCTAVO_TIME_CHARS];
    CHECK_TEXT(octavo_time_text(text, 1795348800123), "2026-11-22T12:00:00.123Z");
    CHECK_TEXT(octavo_time_text(text, -1), "1969-12-31T23:59:59.999Z");
    CHECK_TEXT(octavo_time_text(text, INT64_MAX), "9223372036854775807");
}
