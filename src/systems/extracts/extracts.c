/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the system exports. Its octavo.yaml is inside the binary; the test compares the two. */
#include "extracts.h"

__asm__(".section .rodata\n"
        "extracts_declaration: .incbin \"src/systems/extracts/octavo.yaml\"\n"
        ".byte 0\n"
        ".globl extracts_files\n"
        "extracts_files: .incbin \"build/pack/extracts.files\"\n"
        ".previous\n");
extern const char extracts_declaration[] __attribute__((visibility("hidden")));

static const struct octavo_service services[] = {
    { "extract-scheduler", extract_scheduler_handlers },
    { "extract-processor", extract_processor_handlers },
    { NULL, NULL },
};

static const struct octavo_command commands[] = {
    { "apply", "apply FILE [--check] [--dry-run]",
      "  Defines the extracts of a file: a section [NAME] for each, with lines NAME = VALUE.\n"
      "  Given again it changes nothing; README.md of the system lists what may stand there.\n"
      "  --check only reads the file and says what is wrong; --dry-run shows ten rows of each\n"
      "  extract, of the day up to now. Neither changes anything.\n"
      "  example: octavo extracts apply extracts.conf\n",
      extracts_apply },
    { "ls", "ls [--runs]",
      "  Extracts with their schedules and next runs; --runs: every run with its state.\n"
      "  example: octavo extracts ls --runs --json\n",
      extracts_list },
    { "next", "next EXTRACT [--count N] [--from TIME]",
      "  When it will run: in UTC and by its zone's clock, with the interval of each run.\n"
      "  example: octavo extracts next ledger --count 10\n",
      extracts_next },
    { "run", "run EXTRACT [--at TIME] [--again]",
      "  One run now, or the run of that nominal time. A run that was made is not made again;\n"
      "  with --again it is, as its next revision. The schedule does not move.\n"
      "  example: octavo extracts run ledger --at 2026-11-22T02:00:00Z --again\n",
      extracts_run },
    { "dry-run", "dry-run EXTRACT [--at TIME]",
      "  The first ten rows of its file, of its last interval or the one that ends at TIME, with\n"
      "  its masks and promises; nothing is scheduled, written or delivered.\n"
      "  example: octavo extracts dry-run ledger\n",
      extracts_dry_run },
    { "backfill", "backfill EXTRACT --from TIME --to TIME [--again]",
      "  Every run that was due in that time and was not made. The schedule does not move.\n"
      "  example: octavo extracts backfill ledger --from 2026-11-01 --to 2026-11-20\n",
      extracts_backfill },
    { "show", "show RUN",
      "  One run: interval, file, rows, bytes, digest, what became of it and why.\n"
      "  example: octavo extracts show ledger@20261122T020000Z.1\n",
      extracts_show },
    { "pause", "pause EXTRACT",
      "  It is not scheduled until resume; what was due meanwhile is its catch_up's.\n"
      "  example: octavo extracts pause ledger\n",
      extracts_state },
    { "resume", "resume EXTRACT",
      "  A paused extract is scheduled again.\n"
      "  example: octavo extracts resume ledger\n",
      extracts_state },
    { "drop", "drop EXTRACT",
      "  It is not scheduled any more. Its runs and files stay.\n"
      "  example: octavo extracts drop ledger\n",
      extracts_state },
    { "retry", "retry RUN",
      "  A run that failed is tried again: what was not extracted, or what was not delivered.\n"
      "  example: octavo extracts retry ledger@20261122T020000Z.1\n",
      extracts_again },
    { "resend", "resend RUN",
      "  The run's file from the archive, the same bytes, put where the partner takes it: for a\n"
      "  partner that lost it. Where it still lies, nothing changes.\n"
      "  example: octavo extracts resend ledger@20261122T020000Z.1\n",
      extracts_again },
    { "tail", "tail [RUN]",
      "  What was announced: runs that were produced, delivered, failed, late or missed, in each\n"
      "  partition's order; of one run or extract alone when one is named.\n"
      "  example: octavo extracts tail ledger@20261122T020000Z.1\n",
      extracts_tail },
    { "hold", "hold PARTNER [--reason TEXT]",
      "  Nothing is delivered to a partner until release; its files are made and wait, for 7 days "
      "at\n"
      "  most: a run that is undelivered then is sent by retry.\n"
      "  example: octavo extracts hold acme --reason 'they move their server'\n",
      extracts_hold },
    { "release", "release PARTNER",
      "  What waits for a partner that was held is delivered within ten seconds.\n"
      "  example: octavo extracts release acme\n",
      extracts_hold },
    { "audit", "audit",
      "  Compares every run with what was announced of it; exit 1 when anything is off or failed.\n"
      "  A run that is just being delivered may not be announced yet: look again.\n"
      "  example: octavo extracts audit\n",
      extracts_audit },
    { NULL, NULL, NULL, NULL },
};

const struct octavo_system extracts_system = {
    .size = sizeof(struct octavo_system),
    .api = OCTAVO_API,
    .name = "extracts",
    .declaration = extracts_declaration,
    .services = services,
    .commands = commands,
};
