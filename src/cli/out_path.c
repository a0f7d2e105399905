/* out_path.c - the file that a command writes: what stands in its place. */
#include "cli/out_path.h"

#include <sys/stat.h>

#include "base/strlist.h"
#include "data/dataset_load.h"

/* Whether *out is of one of these files. */
static bool
is_one_of(char *const *path, size_t n, const struct stat *out)
{
    struct stat in;

    for (size_t i = 0; i < n; i++)
        if (!stat(path[i], &in) && in.st_dev == out->st_dev && in.st_ino == out->st_ino)
            return true;
    return false;
}

/* A folder stands for the files in it.  What is wrong with an input is told by who reads
 * it. */
static bool
is_input(const struct out_path *f, const struct stat *out)
{
    const struct notes silent = {0};
    struct strlist path = {0}, file = {0};
    bool is = is_one_of(f->input, f->n_inputs, out);

    for (size_t i = 0; i < f->n_inputs; i++)
        strlist_add(&path, f->input[i]);
    if (!is && path.n && dataset_expand(&path, &file, &silent, NULL) == ERR_OK)
        is = is_one_of(file.item, file.n, out);
    strlist_release(&path);
    strlist_release(&file);
    return is;
}

enum err
out_path_check(const struct out_path *f, struct errbuf *eb)
{
    const char *option = f->option ? f->option : "", *gap = f->option ? " " : "";
    struct stat st;

    if (stat(f->path, &st))
        return ERR_OK; /* it is new; whoever makes it says what is wrong with its folder */
    if (S_ISDIR(st.st_mode))
        return err_set(eb, ERR_CONFLICT, "%s%s%s is a folder", option, gap, f->path);
    if (!S_ISREG(st.st_mode) && f->is_written_into)
        return ERR_OK;
    if (!f->force)
        return err_set(eb, ERR_CONFLICT, "%s%s%s exists; --force replaces it", option,
                       gap, f->path);
    if (is_input(f, &st))
        return err_set(eb, ERR_CONFLICT,
                       "%s%s%s is one of the inputs: give it another name", option, gap,
                       f->path);
    return ERR_OK;
}
