/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo completion and octavo man: the words of the command line for shells and for man, from the
 * tables that --help is printed from (commands.def, each system's verbs), so that they cannot
 * drift. */
#include "commands.h"

#include "options.h"
#include "parts.h"

#include <stdio.h>
#include <string.h>

struct word {
    const char *name, *sentence;
};

static const struct word words[] = {
#define COMMAND(name, sentence) { #name, sentence },
#include "commands.def"
#undef COMMAND
};

enum { WORD_COUNT = sizeof(words) / sizeof(words[0]) };

/* ---- completion */

static void verbs_print(const struct octavo_system *s) {
    for (const struct octavo_command *c = s->commands; c->name; c++)
        (void)printf("%s%s", c == s->commands ? "" : " ", c->name);
}

static void names_print(void) {
    for (int i = 0; i < WORD_COUNT; i++)
        (void)printf("%s%s", i ? " " : "", words[i].name);
    for (size_t i = 0; parts_systems[i]; i++)
        (void)printf(" %s", parts_systems[i]->name);
}

/* Behind a command comes a system, or a file; behind a system one of its verbs. */
static void bash_print(void) {
    (void)printf(
        "# bash completion of octavo: octavo completion bash > /etc/bash_completion.d/octavo\n"
        "_octavo() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} words=\n"
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
                 "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                 "}\n"
                 "complete -o default -F _octavo octavo\n");
}

/* In single quotes, where zsh reads a ' as its end and _describe a : as the end of the word. */
static void zsh_word(const char *name, const char *sentence) {
    (void)printf("        '%s:", name);
    for (const char *c = sentence; *c; c++)
        (void)printf(*c == '\'' ? "'\\''" : *c == ':' ? "\\:" : "%c", *c);
    (void)printf("'\n");
}

static void zsh_print(void) {
    (void)printf("#compdef octavo\n"
                 "_octavo() {\n"
                 "    local -a known\n"
                 "    case $CURRENT:$words[2] in\n"
                 "    2:*) known=(\n");
    for (int i = 0; i < WORD_COUNT; i++)
        zsh_word(words[i].name, words[i].sentence);
    for (size_t i = 0; parts_systems[i]; i++)
        zsh_word(parts_systems[i]->name, "what people do with this system");
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

static void fish_text(const char *text) {
    for (const char *c = text; *c; c++)
        (void)printf(*c == '\'' ? "\\'" : "%c", *c);
}

static void fish_print(void) {
    for (int i = 0; i < WORD_COUNT; i++) {
        (void)printf("complete -c octavo -n __fish_use_subcommand -a %s -d '", words[i].name);
        fish_text(words[i].sentence);
        (void)printf("'\n");
    }
    for (size_t i = 0; parts_systems[i]; i++) {
        const char *system = parts_systems[i]->name;
        (void)printf("complete -c octavo -n __fish_use_subcommand -a %s\n", system);
        for (const struct octavo_command *c = parts_systems[i]->commands; c->name; c++) {
            (void)printf("complete -c octavo -f -n '__fish_seen_subcommand_from %s' -a %s -d '",
                         system, c->name);
            fish_text(c->usage);
            (void)printf("'\n");
        }
    }
}

int completion_command(int count, char **arguments) {
    static const char help[] =
        "octavo completion bash|zsh|fish    the words of the command line, for a shell\n"
        "\n"
        "examples:\n"
        "  octavo completion bash > /etc/bash_completion.d/octavo\n"
        "  octavo completion zsh > ~/.zfunc/_octavo\n"
        "  octavo completion fish > ~/.config/fish/completions/octavo.fish\n";
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
        return command_usage(count, arguments, help);
    }
    return EXIT_DONE;
}

/* ---- the man page */

/* A line must not begin with a '.' or a "'", and a '-' is to be one that can be copied. */
static void roff_text(const char *text) {
    bool at_start = true;
    for (const char *c = text; *c; c++) {
        if (at_start && (*c == '.' || *c == '\''))
            (void)printf("\\&");
        (void)printf(*c == '\\' ? "\\e" : *c == '-' ? "\\-" : "%c", *c);
        at_start = *c == '\n';
    }
}

static void roff_item(const char *name, const char *sentence) {
    (void)printf(".TP\n.B ");
    roff_text(name);
    (void)printf("\n");
    roff_text(sentence);
    (void)printf("\n");
}

static void roff_system(const struct octavo_system *s) {
    (void)printf(".SS octavo %s\n", s->name);
    for (const struct octavo_command *c = s->commands; c->name; c++) {
        (void)printf(".TP\n.B ");
        roff_text(c->usage);
        (void)printf("\n.nf\n");
        roff_text(c->help);
        (void)printf(".fi\n");
    }
}

int man_command(int count, char **arguments) {
    static const char help[] = "octavo man    the manual page, for man(1)\n"
                               "\n"
                               "example:\n"
                               "  octavo man > /usr/local/share/man/man1/octavo.1\n";
    if (count > 1)
        return command_usage(count, arguments, help);
    (void)printf(".TH OCTAVO 1 \"\" \"octavo %s\"\n"
                 ".SH NAME\noctavo \\- event\\-driven systems on Kafka, declared in one file, "
                 "proven under fire\n"
                 ".SH SYNOPSIS\n.B octavo\n.I COMMAND\n[options]\n.br\n.B octavo\n.I SYSTEM "
                 "VERB\n[options]\n"
                 ".SH COMMANDS\n.B octavo\n.I COMMAND\n.B \\-\\-help\ntells all of one.\n",
                 OCTAVO_VERSION);
    for (int i = 0; i < WORD_COUNT; i++)
        roff_item(words[i].name, words[i].sentence);
    (void)printf(
        ".SH SYSTEMS\nEvery verb takes \\-\\-dir, \\-\\-broker, \\-\\-file and \\-\\-json.\n");
    for (size_t i = 0; parts_systems[i]; i++)
        roff_system(parts_systems[i]);
    (void)printf(".SH ENVIRONMENT\n");
    roff_item("OCTAVO_DIR", "the data directory, unless --dir is given; else ./octavo-data");
    roff_item("OCTAVO_LOG", "debug: more in the log, which goes to standard error");
    (void)printf(".SH EXIT STATUS\n");
    roff_item("0", "done");
    roff_item("1", "something wrong was found");
    roff_item("2", "wrong usage");
    roff_item("3", "it failed; standard error says why and what to do");
    roff_item("4", "not checked");
    return EXIT_DONE;
}
