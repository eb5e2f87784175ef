#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Completion and the manual page come from the tables of --help: shells read them, man sets them.
cd "$(dirname "$0")/../.." || exit 1
. tests/scenarios/lib.sh
plan 10
"$OCTAVO" completion bash > "$WORK/bash"
"$OCTAVO" completion zsh > "$WORK/zsh"
"$OCTAVO" completion fish > "$WORK/fish"
"$OCTAVO" man > "$WORK/octavo.1"
completed() { # completed WORD...: what bash offers for the last of them
    bash -c ". '$WORK/bash'; COMP_WORDS=($*); COMP_CWORD=$(($# - 1)); _octavo; echo \${COMPREPLY[@]}"
}
check 'bash completes commands' is "$(completed octavo rep)" replay
check 'and verbs of a system' is "$(completed octavo accounts audi)" audit
check 'and options of a command' is "$(completed octavo demo --no)" --no-kill
check 'and of a verb' is "$(completed octavo accounts open --cur)" --currency
known() { # every option that is completed is one that its command knows
    sed -n "s/^    \([a-z]*\):\*) words='\(.*\)' ;;$/\1 \2/p" "$WORK/bash" | while read -r command options; do
        for option in $options; do
            timeout 20 "$OCTAVO" "$command" "$option" x --there-is-none > "$WORK/none" 2>&1
            ! grep -q -- "^octavo: wrong usage: $option: there is no such option" "$WORK/none" ||
                { echo "$command does not know $option"; return 1; }
        done
    done
}
check 'every option that is offered is known' known
# shellcheck disable=SC2016
every() { # every command of --help stands in each of the three, and in the page
    for word in $("$OCTAVO" --help | sed -n 's/^  octavo \([a-z]*\)  .*/\1/p'); do
        for file in bash zsh fish octavo.1; do
            grep -qw -- "$word" "$WORK/$file" || { echo "$word is not in $file"; return 1; }
        done
    done
}
check 'all commands are there, for every shell and in the page' every
offered() { grep -q -- "$2" "$WORK/$1"; }
check 'zsh is told what an option does' offered zsh "'--no-kill:kill nothing'"
check 'and so is fish' offered fish "__fish_seen_subcommand_from demo' -l for -r -d"
if command -v zsh > /dev/null; then
    check 'zsh reads its own' zsh -n "$WORK/zsh"
else
    skip 'zsh reads its own' 'there is no zsh'
fi
if command -v groff > /dev/null; then
    check 'the page is set without a warning' is "$(groff -man -Tascii -ww "$WORK/octavo.1" 2>&1 > /dev/null | head -n 3)" ''
else
    skip 'the page is set without a warning' 'there is no groff'
fi
