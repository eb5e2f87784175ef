/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "templates.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

static struct notice_words words;
static struct notice_text text;

static void words_fill(void) {
    words =
        (struct notice_words){ octavo_text("12,00 Kč"), octavo_text("1,00 Kč"), octavo_text("teď"),
                               octavo_text("*4711"), octavo_text("ATM1-7") };
}

static const char *subject_in(const char *locale, const char *name) {
    words_fill();
    return notice_write(&text, octavo_text(locale), name, &words) ? text.subject : "none";
}

TEST(each_language_has_each_notice_with_all_its_words) {
    static const char *const locales[] = { "en", "cs", "de" };
    static const char *const names[] = { "debit", "credit", "large-debit", "low-balance",
                                         "correction" };
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 5; j++) {
            CHECK(strcmp(subject_in(locales[i], names[j]), "none") != 0);
            CHECK(strstr(text.subject, " Kč") && !strstr(text.subject, "{"));
            CHECK(strstr(text.body, "12,00 Kč") && strstr(text.body, "1,00 Kč")
                  && strstr(text.body, "teď") && strstr(text.body, "*4711")
                  && strstr(text.body, "ATM1-7") && !strstr(text.body, "{"));
        }
}

TEST(a_language_without_a_file_is_told_in_english) {
    CHECK_TEXT(subject_in("cs-CZ", "debit"), "Odchozí platba 12,00 Kč");
    CHECK_TEXT(subject_in("de-AT", "credit"), "Eingang von 12,00 Kč");
    CHECK_TEXT(subject_in("fr", "debit"), "12,00 Kč left your account");
    CHECK_TEXT(subject_in("csb", "debit"), "12,00 Kč left your account");
    CHECK_TEXT(subject_in("", "debit"), "12,00 Kč left your account");
    CHECK_TEXT(subject_in("en", "debi"), "none");
}

TEST(what_a_word_holds_is_no_template) {
    words_fill();
    words.amount = octavo_text("{balance}");
    words.account = octavo_text("[credit]\nSubject: x");
    CHECK(notice_write(&text, octavo_text("en"), "debit", &words));
    CHECK_TEXT(text.subject, "{balance} left your account");
    CHECK(strstr(text.body, "your account [credit]\nSubject: x."));
}

TEST(what_is_too_long_is_cut_between_two_characters) {
    static char longer[6001];
    for (size_t i = 0; i + 1 < sizeof(longer); i += 2)
        (void)snprintf(longer + i, 3, "ř");
    words_fill();
    words.amount = octavo_text(longer);
    CHECK(notice_write(&text, octavo_text("cs"), "debit", &words));
    CHECK(strlen(text.subject) <= NOTICE_SUBJECT_CHARS - 1);
    CHECK(strlen(text.subject) >= NOTICE_SUBJECT_CHARS - 3);
    CHECK_TEXT(text.subject + strlen(text.subject) - 2, "ř");
}
