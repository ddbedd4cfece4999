/* SPDX-License-Identifier: Apache-2.0
 *
 * main() of a fuzz target where there is no libFuzzer: feeds it files.
 *
 *     fuzz_x              every file of $CORPUS/x (a missing folder is a skip)
 *     fuzz_x PATH...      these files, and every file of these folders
 *
 * Each input lies in a block of exactly its size, so that AddressSanitizer and
 * valgrind see a read of one byte too many.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#define EXIT_SKIPPED 77

#pragma weak LLVMFuzzerInitialize

static _Noreturn void fail(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(1);
}

static void replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size > 0 ? size : 1);

    if (file == NULL || data == NULL)
        fail(path);
    if (fread(data, 1, size, file) != size)
        fail(path);
    fclose(file);

    /* A crash leaves the name of its input as the last line of the log. */
    printf("%s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static unsigned replay(const char *path);

static unsigned replay_folder(const char *path)
{
    struct dirent **names = NULL;
    int n = scandir(path, &names, NULL, alphasort);
    unsigned count = 0;

    if (n < 0)
        fail(path);
    for (int i = 0; i < n; i++) {
        char inner[PATH_MAX];

        if (names[i]->d_name[0] != '.') {
            snprintf(inner, sizeof(inner), "%s/%s", path, names[i]->d_name);
            count += replay(inner);
        }
        free(names[i]);
    }
    free(names);
    return count;
}

static unsigned replay(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        fail(path);
    if (S_ISDIR(st.st_mode))
        return replay_folder(path);
    replay_file(path, (size_t)st.st_size);
    return 1;
}

static unsigned replay_corpus(const char *program)
{
    const char *name = strrchr(program, '/');
    const char *corpus = getenv("CORPUS");
    char path[PATH_MAX];

    name = name != NULL ? name + 1 : program;
    if (strncmp(name, "fuzz_", 5) == 0)
        name += 5;
    snprintf(path, sizeof(path), "%s/%s",
             corpus != NULL ? corpus : "tests/fuzz/corpus", name);
    if (access(path, F_OK) < 0) {
        printf("no corpus: %s\n", path);
        exit(EXIT_SKIPPED);
    }
    return replay(path);
}

int main(int argc, char **argv)
{
    unsigned count = 0;

    if (LLVMFuzzerInitialize != NULL)
        LLVMFuzzerInitialize(&argc, &argv);
    if (argc < 2)
        count = replay_corpus(argv[0]);
    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    printf("%u inputs replayed\n", count);
    return count > 0 ? 0 : 1;
}
