/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The main of a fuzz target where there is no libFuzzer: runs every file it is given, and every
 * file of every folder, through the target once. A file that crashed once stays in the corpus. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void give_up(const char *path) {
    perror(path);
    exit(2);
}

/* Exactly as large as the file, so that the sanitizer sees a read beyond its end. */
static void replay_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        give_up(path);
    long size = ftell(file);
    rewind(file);
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    if (size < 0 || !data || fread(data, 1, (size_t)size, file) != (size_t)size)
        give_up(path);
    if (fclose(file) != 0)
        give_up(path);
    LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
}

static int replay_folder(const char *path, DIR *folder) {
    int count = 0;
    struct dirent *entry;
    char name[4096];
    while ((entry = readdir(folder)))
        if (entry->d_name[0] != '.') {
            (void)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
            replay_file(name);
            count++;
        }
    return count;
}

int main(int argc, char **argv) {
    int count = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (!folder && errno != ENOTDIR)
            give_up(argv[i]);
        if (!folder)
            replay_file(argv[i]);
        count += folder ? replay_folder(argv[i], folder) : 1;
        if (folder)
            closedir(folder);
    }
    printf("%d inputs replayed\n", count);
    return 0;
}
