/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An object's dynamic symbols that are not defined in it, ELF of 64 bits, little endian; the lines
 * of a program. Nothing of a file is trusted: every place in it is checked before it is read. */
#include "lint/impure.h"

#include <elf.h>
#include <string.h>

static const char *const functions[] = {
    "time",      "clock",      "clock_gettime", "gettimeofday", "timespec_get",  "rand",
    "random",    "rand_r",     "srand",         "srandom",      "drand48",       "lrand48",
    "getrandom", "getentropy", "arc4random",    "getenv",       "secure_getenv", "getpid",
    "fopen",     "fopen64",    "open",          "open64",       "openat",        "creat",
    "stat",      "opendir",    "socket",        "connect",      "getaddrinfo",   "popen",
    "system",    "fork",       "execve",        "execvp",       "posix_spawn",   "pthread_create",
    "sleep",     "usleep",     "nanosleep",
};

static const struct words {
    const char *suffix; /* of the file */
    const char *calls[20];
} programs[] = {
    { ".py",
      { "time.time(", "time.time_ns(", "time.monotonic(", "datetime.now(", "datetime.utcnow(",
        "date.today(", "import random", "from random", "import secrets", "import socket",
        "import requests", "import subprocess", "urllib.request", "uuid.uuid1(", "uuid.uuid4(",
        "os.urandom(", "os.environ", "open(" } },
    { ".js",
      { "Date.now(", "new Date()", "Math.random(", "performance.now(", "randomUUID(",
        "randomBytes(", "fetch(", "process.env", "require('fs')", "require(\"fs\")",
        "require('http')", "require(\"http\")" } },
};

/* ---- objects */

/* False: it is not all there. */
static bool part_read(struct bytes file, uint64_t at, void *out, size_t len) {
    if (at > file.len || len > file.len - at)
        return false;
    memcpy(out, file.data + at, len);
    return true;
}

static const char *function_find(struct bytes name) {
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        if (bytes_is_text(name, functions[i]))
            return functions[i];
    return NULL;
}

/* The name at this place of a table of strings; empty where it is not all there. */
static struct bytes string_at(struct bytes file, const Elf64_Shdr *strings, uint32_t at) {
    if (strings->sh_offset > file.len || strings->sh_size > file.len - strings->sh_offset
        || at >= strings->sh_size)
        return (struct bytes){ 0 };
    const uint8_t *name = file.data + strings->sh_offset + at;
    const uint8_t *end = memchr(name, 0, strings->sh_size - at);
    return end ? bytes_of(name, (size_t)(end - name)) : (struct bytes){ 0 };
}

static const char *symbols_look(struct bytes file, const Elf64_Shdr *symbols,
                                const Elf64_Shdr *strings) {
    Elf64_Sym symbol;
    for (uint64_t at = 0; at + sizeof(symbol) <= symbols->sh_size; at += sizeof(symbol)) {
        if (symbols->sh_offset > UINT64_MAX - at
            || !part_read(file, symbols->sh_offset + at, &symbol, sizeof(symbol)))
            return NULL;
        const char *found = symbol.st_shndx == SHN_UNDEF
                                ? function_find(string_at(file, strings, symbol.st_name))
                                : NULL;
        if (found)
            return found;
    }
    return NULL;
}

static bool section_read(struct bytes file, const Elf64_Ehdr *header, uint32_t number,
                         Elf64_Shdr *out) {
    return number < header->e_shnum && header->e_shoff <= file.len
           && part_read(file, header->e_shoff + (uint64_t)number * sizeof(*out), out, sizeof(*out));
}

static const char *object_look(struct bytes file) {
    Elf64_Ehdr header;
    Elf64_Shdr symbols, strings;
    if (!part_read(file, 0, &header, sizeof(header)) || header.e_ident[EI_CLASS] != ELFCLASS64
        || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_shentsize != sizeof(symbols))
        return NULL;
    for (uint32_t i = 0; section_read(file, &header, i, &symbols); i++)
        if (symbols.sh_type == SHT_DYNSYM && section_read(file, &header, symbols.sh_link, &strings))
            return symbols_look(file, &symbols, &strings);
    return NULL;
}

/* ---- programs */

static bool is_word(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'
           || c == '.';
}

/* Not as the end of a longer name: "reopen(" and "self.open(" are something else. */
static bool call_stands_in(struct bytes line, const char *call) {
    size_t len = strlen(call);
    for (size_t at = 0; at + len <= line.len; at++)
        if (memcmp(line.data + at, call, len) == 0 && (at == 0 || !is_word(line.data[at - 1])))
            return true;
    return false;
}

static const char *line_look(struct bytes line, const struct words *words) {
    size_t at = 0;
    while (at < line.len && (line.data[at] == ' ' || line.data[at] == '\t'))
        at++;
    bool is_remark = at < line.len && (line.data[at] == '#' || line.data[at] == '/');
    for (const char *const *call = words->calls; !is_remark && *call; call++)
        if (call_stands_in(line, *call))
            return *call;
    return NULL;
}

static bool program_look(struct bytes file, const struct words *words, struct impure *out) {
    out->line = 0;
    for (size_t at = 0; at < file.len;) {
        const uint8_t *end = memchr(file.data + at, '\n', file.len - at);
        size_t len = end ? (size_t)(end - file.data) - at : file.len - at;
        out->line++;
        if ((out->what = line_look(bytes_part(file, at, len), words)))
            return true;
        at += len + 1;
    }
    return false;
}

bool impure_find(const char *path, struct bytes file, struct impure *out) {
    const char *dot = strrchr(path, '.');
    *out = (struct impure){ 0 };
    if (file.len >= SELFMAG && memcmp(file.data, ELFMAG, SELFMAG) == 0) {
        out->what = object_look(file);
        return out->what != NULL;
    }
    for (size_t i = 0; dot && i < sizeof(programs) / sizeof(programs[0]); i++)
        if (strcmp(dot, programs[i].suffix) == 0)
            return program_look(file, &programs[i], out);
    return false;
}
