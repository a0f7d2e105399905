/* replay.c - a fuzz target on given files, or on those of its corpus: what fuzzing found
 * stays mended.
 *
 *     replay_obo              every file of $srcdir/tests/fuzz/corpus/obo
 *     replay_obo FILE...      these */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/strlist.h"
#include "tests/fuzz/fuzz.h"

/* The files of the corpus of the program named so, in order. */
static void
list_corpus(const char *program, struct strlist *file)
{
    const char *src = getenv("srcdir"), *name = strrchr(program, '_');
    char *folder =
        xasprintf("%s/tests/fuzz/corpus/%s", src ? src : ".", name ? name + 1 : "");
    DIR *dir = opendir(folder);

    for (struct dirent *d; dir && (d = readdir(dir));) {
        if (*d->d_name == '.')
            continue;
        char *path = xasprintf("%s/%s", folder, d->d_name);

        strlist_add(file, path);
        free(path);
    }
    if (dir)
        closedir(dir);
    strlist_sort(file);
    free(folder);
}

/* All bytes of a file in a block of their own, so that reading past them is seen. */
static bool
replay(const char *path)
{
    FILE *fp = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t n = 0, cap = 0;

    if (!fp)
        return false;
    for (size_t got = 1; got; n += got) {
        data = grow(data, &cap, n + 4096, 1);
        got = fread(data + n, 1, 4096, fp);
    }
    fclose(fp);
    uint8_t *exact = xmalloc(n, 1);

    memcpy(exact, data, n);
    free(data);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return true;
}

int
main(int argc, char **argv)
{
    struct strlist file = {0};
    size_t n_bad = 0;

    for (int i = 1; i < argc; i++)
        strlist_add(&file, argv[i]);
    if (argc == 1)
        list_corpus(argv[0], &file);
    printf("1..%zu\n", file.n + 1);
    printf("%sok 1 - there are inputs\n", file.n ? "" : "not ");
    for (size_t i = 0; i < file.n; i++) {
        bool good = replay(file.item[i]);

        printf("%sok %zu - %s\n", good ? "" : "not ", i + 2, file.item[i]);
        fflush(stdout);
        n_bad += !good;
    }
    n_bad += !file.n;
    strlist_release(&file);
    return n_bad ? 1 : 0;
}
