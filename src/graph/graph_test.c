/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "graph/graph.h"

#include "base/test.h"

#include <stdlib.h>
#include <string.h>

typedef void graph_draw(const struct graph *g, struct buf *out);

static void draw(const char *yaml, graph_draw *how, struct buf *out) {
    struct declaration *d;
    struct graph g;
    CHECK_OK(declaration_read(&d, "octavo.yaml", bytes_text(yaml)));
    graph_init(&g, d);
    how(&g, out);
    graph_finish(&g);
    declaration_destroy(d);
}

static void check_drawn(const char *yaml, graph_draw *how, const char *wanted) {
    struct buf out = { 0 };
    draw(yaml, how, &out);
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
}

static void check_has(const char *yaml, graph_draw *how, const char *part) {
    struct buf out = { 0 };
    draw(yaml, how, &out);
    if (!strstr(buf_text(&out), part))
        test_failed(__FILE__, __LINE__, "%s is not in\n%s", part, buf_text(&out));
    buf_finish(&out);
}

static const char fan_out[] =
    "system: shop\n"
    "topics: { order-placed: }\n"
    "services:\n"
    "  till: { handler: a.t, tasks: 1, title: TILL, produces: [order-placed],\n"
    "    edges: { web: \"http://127.0.0.1:80\" } }\n"
    "  billing: { handler: a.b, consumes: [order-placed],\n"
    "    edges: { mail: { url: \"smtp://m\", class: blind, blind: at_least_once } } }\n"
    "  stock: { handler: a.s, consumes: [order-placed], produces: [order-placed] }\n"
    "added:\n"
    "  stock -> order-placed: what is sold out is told\n";

TEST(a_topic_with_two_readers_is_drawn_as_on_a_whiteboard) {
    check_drawn(fan_out, graph_text,
                "+----------+        +--------------+        +----------+\n"
                "| Service  |        | Topic        |        | Service  |\n"
                "|          |        |              |        |          |\n"
                "| TILL     +---+--->+ Order Placed +---+--->+ Billing  |\n"
                "|          |        |              |   |    |          |\n"
                "+----------+        +--------------+   |    +----------+\n"
                "                                       |\n"
                "                                       |    +----------+\n"
                "                                       |    | Service  |\n"
                "                                       |    |          |\n"
                "                                       +--->+ Stock    |\n"
                "                                            |          |\n"
                "                                            +----------+\n"
                "\n"
                "\n"
                "where it meets the outside world:\n"
                "  till <-> web (http://127.0.0.1:80)\n"
                "  billing -> mail (smtp://m, blind)\n"
                "\n"
                "besides what is drawn:\n"
                "  added, because what is sold out is told: stock -> order-placed\n");
}

/* Two writers, two topics, crossing: each topic has a lane of its own and a line of its own. */
static const char crossing[] =
    "system: shop\n"
    "topics: { a: , b: }\n"
    "services:\n"
    "  x: { handler: a.x, tasks: 1, produces: [a], edges: { i: \"http://:1\" } }\n"
    "  y: { handler: a.y, tasks: 1, produces: [b], edges: { i: \"http://:2\" } }\n"
    "  p: { handler: a.p, consumes: [a, b] }\n"
    "  q: { handler: a.q, consumes: [b] }\n";

TEST(lines_that_cross_jump_and_none_runs_along_another) {
    check_drawn(crossing, graph_text,
                "+----------+           +----------+           +----------+\n"
                "| Service  |           | Topic    |           | Service  |\n"
                "|          |           |          |   +------>+          |\n"
                "| X        +------+--->+ A        +---)--+--->+ P        |\n"
                "|          |           |          |   |       |          |\n"
                "+----------+           +----------+   |       +----------+\n"
                "                                      |\n"
                "+----------+           +----------+   |       +----------+\n"
                "| Service  |           | Topic    |   |       | Service  |\n"
                "|          |   +------>+          |   +------>+          |\n"
                "| Y        +---+       | B        +---+       | Q        |\n"
                "|          |           |          |           |          |\n"
                "+----------+           +----------+           +----------+\n"
                "\n"
                "\n"
                "where it meets the outside world:\n"
                "  x <-> i (http://:1)\n"
                "  y <-> i (http://:2)\n");
}

TEST(whoever_is_outside_is_drawn_too) {
    static const char yaml[] = "system: shop\n"
                               "topics: { a: }\n"
                               "services: { s: { handler: a.s, consumes: [a] } }\n"
                               "outside: { crm: { produces: [a] }, report: { consumes: [a] } }\n";
    check_has(yaml, graph_text, "| Outside  |");
    check_has(yaml, graph_text, "| Crm      +---+--->+ A        +---+--->+ S        |");
    check_has(yaml, graph_json, "{\"kind\":\"outside\",\"name\":\"report\"");
    check_has(yaml, graph_mermaid, "ocrm([\"Outside<br/>Crm\"])");
}

TEST(what_nothing_leads_to_is_drawn_all_the_same) {
    check_has("system: a\ntopics: { lonely: }\nservices: {}\n", graph_text, "| Lonely   |");
    check_has("system: a\ntopics: { t: }\nservices: { s: { handler: a.s, consumes: [t] } }\n",
              graph_text, "| S        |");
    check_drawn("system: a\ntopics: {}\nservices: {}\n", graph_text, "");
}

TEST(a_circle_is_drawn_once_and_its_way_back_is_told) {
    static const char yaml[] = "system: a\ntopics: { t: , u: }\nservices:\n"
                               "  p: { handler: a.p, consumes: [t], produces: [u] }\n"
                               "  q: { handler: a.q, consumes: [u], produces: [t] }\n";
    check_has(yaml, graph_text,
              "| P        +---+--->+ U        +---+--->+ Q        +---+--->+ T  ");
    check_has(yaml, graph_text, "  also: t -> p\n");
}

TEST(more_processes_than_one_are_shown_where_there_is_room) {
    static const char yaml[] = "system: a\ntopics: { t: }\nservices:\n"
                               "  a-long-name: { handler: a.p, consumes: [t], replicas: 12 }\n";
    check_has(yaml, graph_text, "| Service x12  |");
}

TEST(json_has_boxes_arrows_and_reasons) {
    check_has(fan_out, graph_json,
              "{\"system\":\"shop\",\"boxes\":[{\"kind\":\"service\",\"name\":"
              "\"till\",\"title\":\"TILL\",\"replicas\":1,\"edges\":[{\"name\":"
              "\"web\",\"url\":\"http://127.0.0.1:80\"}]}");
    check_has(fan_out, graph_json, "{\"name\":\"mail\",\"url\":\"smtp://m\",\"class\":\"blind\"}");
    check_has(fan_out, graph_json,
              "{\"from\":\"stock\",\"to\":\"order-placed\",\"added\":"
              "\"what is sold out is told\"}");
}

TEST(names_and_titles_are_made_safe_for_other_languages) {
    static const char yaml[] = "system: a\ntopics: { a.b-c_d: { title: 'x \"<&> y\\' } }\n"
                               "services: { s: { handler: a.s, consumes: [a.b-c_d] } }\n";
    check_has(yaml, graph_mermaid, "    ta_2eb_2dc_5fd[(\"Topic<br/>x #quot;<&> y/\")]\n");
    check_has(yaml, graph_mermaid, "    ta_2eb_2dc_5fd --> ss\n");
    check_has(yaml, graph_dot, "label=\"Topic\\nx \\\"<&> y/\"");
    check_has(yaml, graph_dot, "    ta_2eb_2dc_5fd -> ss;\n");
    check_has(yaml, graph_svg, ">x \"&lt;&amp;&gt; y\\</text>");
    check_has(yaml, graph_svg, "<title>a.b-c_d to s</title>");
}

TEST(the_largest_declaration_is_drawn_in_bounded_time_and_width) {
    struct buf yaml = { 0 }, out = { 0 };
    buf_put_text(&yaml, "system: a\ntopics:\n");
    for (int i = 0; i < 256; i++)
        buf_print(&yaml, "  t%d: { title: \"%0200d\" }\n", i, i);
    buf_put_text(&yaml, "services:\n");
    for (int i = 0; i < 64; i++)
        buf_print(&yaml, "  s%d: { handler: a.s, consumes: [t%d, t%d], produces: [t%d, t%d] }\n", i,
                  4 * i, 4 * i + 1, (4 * i + 5) % 256, (4 * i + 10) % 256);
    draw(buf_text(&yaml), graph_text, &out);
    CHECK(out.len > 100000);
    draw(buf_text(&yaml), graph_svg, &out);
    buf_finish(&yaml);
    buf_finish(&out);
}

TEST(what_was_added_is_dashed_and_the_rest_is_not) {
    check_has(fan_out, graph_mermaid, "    sstock -.-> torder_2dplaced\n");
    check_has(fan_out, graph_mermaid, "    still --> torder_2dplaced\n");
    check_has(fan_out, graph_dot, "    sstock -> torder_2dplaced [style=dashed];\n");
    check_has(fan_out, graph_dot, "    still -> torder_2dplaced;\n");
}
