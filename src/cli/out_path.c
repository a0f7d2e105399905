/* out_path.c - the file that a command writes: what stands in its place. */
#include "cli/out_path.h"

#include <sys/stat.h>

static bool
is_input(const struct out_path *f, const struct stat *out)
{
    struct stat in;

    for (size_t i = 0; i < f->n_inputs; i++)
        if (!stat(f->input[i], &in) && in.st_dev == out->st_dev &&
            in.st_ino == out->st_ino)
            return true;
    return false;
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
