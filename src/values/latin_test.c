/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "values/latin.h"

#include "base/test.h"

static void check_latin(const char *text, const char *wanted) {
    struct latin *l;
    struct buf out = { 0 };
    CHECK_OK(latin_open(&l));
    latin_put(l, bytes_text(text), &out);
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
    latin_close(l);
}

TEST(names_of_many_scripts_become_small_ascii_letters) {
    check_latin("Łukasz", "lukasz");
    check_latin("Åsa Weiß", "asaweiss");
    check_latin("Þórður", "thordur");
    check_latin("Νίκος", "nikos");
    check_latin("王小明", "wangxiaoming");
    check_latin("O'Brien-Smith 3", "obriensmith3");
}

TEST(what_has_no_letters_leaves_nothing) {
    check_latin("", "");
    check_latin("-- '' !!", "");
    check_latin("\xff\xfe", "");
}

TEST(a_long_text_is_cut_and_harms_nobody) {
    char text[5001];
    struct latin *l;
    struct buf out = { 0 };
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        text[i] = 'A';
    text[sizeof(text) - 1] = 0;
    CHECK_OK(latin_open(&l));
    latin_put(l, bytes_text(text), &out);
    CHECK_INT((long long)out.len, 400);
    buf_finish(&out);
    latin_close(l);
}
