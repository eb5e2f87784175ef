/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo graph: draws a declared system. */
#include "commands.h"

#include "graph/graph.h"
#include "options.h"
#include "parts.h"

#include <stdio.h>
#include <string.h>

typedef void graph_draw(const struct graph *g, struct buf *out);

struct graph_call {
    const char *target;
    graph_draw *draw;
};

const char graph_help[] = "octavo graph SYSTEM|FILE [options]    draw who writes and reads what\n"
                          "\n"
                          "  --text      boxes and arrows as on a whiteboard; this is the default\n"
                          "  --mermaid   for a README\n"
                          "  --dot       for graphviz\n"
                          "  --svg       for a browser\n"
                          "  --json      for a program\n"
                          "\n"
                          "What the declaration's `added` names is told with its reason.\n"
                          "\n"
                          "examples:\n"
                          "  octavo graph accounts\n"
                          "  octavo graph ./octavo.yaml --svg > system.svg\n";

static bool options_read(struct graph_call *c, int count, char **arguments) {
    static const struct option known[] = {
        { "text", 0, NULL, 't' },
        { "mermaid", 0, NULL, 'm' },
        { "dot", 0, NULL, 'd' },
        { "svg", 0, NULL, 's' },
        OPTION_JSON,
        OPTION_HELP,
        OPTION_END,
    };
    static graph_draw *const draws[] = { graph_text, graph_mermaid, graph_dot, graph_svg,
                                         graph_json };
    static const char letters[] = "tmdsj"; /* in the order of draws */
    c->draw = graph_text;
    for (int option; (option = option_next(count, arguments, known)) != -1;) {
        const char *letter = strchr(letters, option);
        if (!letter)
            return false;
        c->draw = draws[letter - letters];
    }
    c->target = optind + 1 == count ? arguments[optind] : NULL;
    if (!c->target && !command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: one SYSTEM or FILE is wanted\n");
    return c->target != NULL;
}

int graph_command(int count, char **arguments) {
    struct graph_call c = { 0 };
    struct declaration *d = NULL;
    struct buf out = { 0 };
    struct graph g;
    if (!options_read(&c, count, arguments))
        return command_usage(count, arguments, graph_help);
    if (parts_target(&d, c.target)) {
        error_print();
        return EXIT_USAGE;
    }
    graph_init(&g, d);
    c.draw(&g, &out);
    (void)fwrite(out.data, 1, out.len, stdout);
    buf_finish(&out);
    graph_finish(&g);
    declaration_destroy(d);
    return EXIT_DONE;
}
