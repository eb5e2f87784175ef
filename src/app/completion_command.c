/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo completion: commands, systems, verbs and options for shells, from what --help prints. */
#include "commands.h"

#include "parts.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

/* ---- completion */

static void verbs_print(const struct octavo_system *s) {
    for (const struct octavo_command *c = s->commands; c->name; c++)
        (void)printf("%s%s", c == s->commands ? "" : " ", c->name);
}

static void names_print(void) {
    for (const struct word *w = words; w->name; w++)
        (void)printf("%s%s", w == words ? "" : " ", w->name);
    for (size_t i = 0; parts_systems[i]; i++)
        (void)printf(" %s", parts_systems[i]->name);
}

/* For each verb of each system, those of its usage and those that every verb takes. */
static void verbs_options_print(const char *begin, const char *end) {
    for (size_t i = 0; parts_systems[i]; i++)
        for (const struct octavo_command *c = parts_systems[i]->commands; c->name; c++) {
            struct bytes name;
            (void)printf("    %s:%s) %s", parts_systems[i]->name, c->name, begin);
            for (const char *at = c->usage; word_mention_next(&at, &name);)
                (void)printf("--%.*s ", (int)name.len, (const char *)name.data);
            (void)printf("--dir --broker --file --json --help%s ;;\n", end);
        }
}

static void bash_options(void) {
    struct word_option o;
    for (const struct word *w = words; w->name; w++) {
        (void)printf("    %s:*) words='", w->name);
        for (const char *at = w->help; word_option_next(&at, &o);)
            (void)printf("--%.*s ", (int)o.name.len, (const char *)o.name.data);
        (void)printf("--help' ;;\n");
    }
    verbs_options_print("words='", "'");
}

/* Behind a command comes a system, or a file; behind a system one of its verbs; what begins with -
 * is an option of the command, or of the verb. */
static void bash_print(void) {
    (void)printf(
        "# bash completion of octavo: octavo completion bash > /etc/bash_completion.d/octavo\n"
        "_octavo() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} words=\n"
        "    if [[ $COMP_CWORD -gt 1 && $word == -* ]]; then\n"
        "    case ${COMP_WORDS[1]}:${COMP_WORDS[2]} in\n");
    bash_options();
    (void)printf("    esac\n"
                 "    else\n"
                 "    case ${COMP_CWORD}:${COMP_WORDS[1]} in\n"
                 "    1:*) words='");
    names_print();
    (void)printf(" --help --version' ;;\n");
    for (size_t i = 0; parts_systems[i]; i++) {
        (void)printf("    2:%s) words='", parts_systems[i]->name);
        verbs_print(parts_systems[i]);
        (void)printf("' ;;\n");
    }
    (void)printf("    2:*) words='");
    for (size_t i = 0; parts_systems[i]; i++)
        (void)printf("%s ", parts_systems[i]->name);
    (void)printf("--help' ;;\n"
                 "    esac\n"
                 "    fi\n"
                 "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                 "}\n"
                 "complete -o default -F _octavo octavo\n");
}

/* In single quotes, where zsh reads a ' as its end and _describe a : as the end of the word. */
static void zsh_text(struct bytes text) {
    for (size_t i = 0; i < text.len; i++)
        (void)printf(text.data[i] == '\''  ? "'\\''"
                     : text.data[i] == ':' ? "\\:"
                                           : "%c",
                     text.data[i]);
}

static void zsh_word(const char *name, struct bytes sentence) {
    (void)printf("        '%s:", name);
    zsh_text(sentence);
    (void)printf("'\n");
}

static void zsh_options(void) {
    struct word_option o;
    for (const struct word *w = words; w->name; w++) {
        (void)printf("    %s:*) known=(\n", w->name);
        for (const char *at = w->help; word_option_next(&at, &o);) {
            (void)printf("        '--%.*s:", (int)o.name.len, (const char *)o.name.data);
            zsh_text(o.sentence);
            (void)printf("'\n");
        }
        (void)printf("        ) ;;\n");
    }
    verbs_options_print("known=(", ")");
}

static void zsh_print(void) {
    (void)printf("#compdef octavo\n"
                 "_octavo() {\n"
                 "    local -a known\n"
                 "    if [[ $CURRENT -gt 2 && $words[CURRENT] == -* ]]; then\n"
                 "    case $words[2]:$words[3] in\n");
    zsh_options();
    (void)printf("    esac\n"
                 "    _describe -o octavo known\n"
                 "    return\n"
                 "    fi\n"
                 "    case $CURRENT:$words[2] in\n"
                 "    2:*) known=(\n");
    for (const struct word *w = words; w->name; w++)
        zsh_word(w->name, bytes_text(w->sentence));
    for (size_t i = 0; parts_systems[i]; i++)
        zsh_word(parts_systems[i]->name, bytes_text("what people do with this system"));
    (void)printf("    ) ;;\n");
    for (size_t i = 0; parts_systems[i]; i++) {
        (void)printf("    3:%s) known=(", parts_systems[i]->name);
        verbs_print(parts_systems[i]);
        (void)printf(") ;;\n");
    }
    (void)printf("    *) _files; return ;;\n"
                 "    esac\n"
                 "    _describe octavo known\n"
                 "}\n"
                 "_octavo \"$@\"\n");
}

static void fish_text(struct bytes text) {
    for (size_t i = 0; i < text.len; i++)
        (void)printf(text.data[i] == '\'' ? "\\'" : "%c", text.data[i]);
}

static void fish_options(const struct word *w) {
    struct word_option o;
    for (const char *at = w->help; word_option_next(&at, &o);) {
        (void)printf("complete -c octavo -n '__fish_seen_subcommand_from %s' -l %.*s%s -d '",
                     w->name, (int)o.name.len, (const char *)o.name.data, o.has_value ? " -r" : "");
        fish_text(o.sentence);
        (void)printf("'\n");
    }
}

static void fish_mentions(const char *system, const struct octavo_command *c) {
    struct bytes name;
    for (const char *at = c->usage; word_mention_next(&at, &name);)
        (void)printf("complete -c octavo -n '__fish_seen_subcommand_from %s; and "
                     "__fish_seen_subcommand_from %s' -l %.*s\n",
                     system, c->name, (int)name.len, (const char *)name.data);
}

static void fish_print(void) {
    for (const struct word *w = words; w->name; w++) {
        (void)printf("complete -c octavo -n __fish_use_subcommand -a %s -d '", w->name);
        fish_text(bytes_text(w->sentence));
        (void)printf("'\n");
        fish_options(w);
    }
    for (size_t i = 0; parts_systems[i]; i++) {
        const char *system = parts_systems[i]->name;
        (void)printf("complete -c octavo -n __fish_use_subcommand -a %s\n", system);
        for (const struct octavo_command *c = parts_systems[i]->commands; c->name; c++) {
            (void)printf("complete -c octavo -f -n '__fish_seen_subcommand_from %s' -a %s -d '",
                         system, c->name);
            fish_text(bytes_text(c->usage));
            (void)printf("'\n");
            fish_mentions(system, c);
        }
    }
}

const char completion_help[] =
    "octavo completion bash|zsh|fish    the words of the command line, for a shell\n"
    "\n"
    "examples:\n"
    "  octavo completion bash > /etc/bash_completion.d/octavo\n"
    "  octavo completion zsh > ~/.zfunc/_octavo\n"
    "  octavo completion fish > ~/.config/fish/completions/octavo.fish\n";

int completion_command(int count, char **arguments) {
    const char *shell = count == 2 ? arguments[1] : "";
    if (strcmp(shell, "bash") == 0) {
        bash_print();
    } else if (strcmp(shell, "zsh") == 0) {
        zsh_print();
    } else if (strcmp(shell, "fish") == 0) {
        fish_print();
    } else {
        if (!command_asked_help(count, arguments))
            (void)fprintf(stderr, "octavo: wrong usage: one of bash, zsh and fish is wanted\n");
        return command_usage(count, arguments, completion_help);
    }
    return EXIT_DONE;
}
