/* csv_out.c - rows to CSV. */
#include "cli/csv_out.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beside.h"
#include "base/xalloc.h"
#include "cli/cli_out.h"
#include "draw/table.h"

/* A device, a pipe or a link is written through: only a plain file, or none, may be
 * replaced. */
static bool
is_replaced(const char *path)
{
    struct stat st;

    return lstat(path, &st) != 0 || S_ISREG(st.st_mode);
}

/* True for a store or an atlas: a slip of the pen must not replace it by a table. */
static bool
is_precious(const char *path)
{
    static const char *const magic[] = {"SQLite format 3", "\x89HDF"};
    char start[16] = "";
    FILE *fp = is_replaced(path) ? fopen(path, "re") : NULL;

    if (!fp)
        return false;
    size_t n = fread(start, 1, sizeof start, fp);
    fclose(fp);
    for (size_t i = 0; i < sizeof magic / sizeof magic[0]; i++)
        if (n >= strlen(magic[i]) && memcmp(start, magic[i], strlen(magic[i])) == 0)
            return true;
    return false;
}

enum err
csv_out_open(struct csv_out *o, const struct cli *c, const char *path,
             struct errbuf *eb)
{
    *o = (struct csv_out){.cli = c};
    if (!path || strcmp(path, "-") == 0) {
        o->fp = tmpfile();
        return ERR_OK;
    }
    if (!*path)
        return err_set(eb, ERR_ARG, "the name of the file to write is empty");
    if (is_precious(path))
        return err_set(eb, ERR_ARG,
                       "%s is a store or an atlas and is not replaced: choose another "
                       "name, or remove it first",
                       path);
    o->path = xstrdup(path);
    if (is_replaced(path))
        o->tmp = beside_path(path, getpid());
    o->fp = fopen(o->tmp ? o->tmp : path, "we");
    if (o->fp)
        return ERR_OK;
    enum err e = err_errno(eb, "cannot write %s", path);
    free(o->path);
    free(o->tmp);
    *o = (struct csv_out){0};
    return e;
}

void
csv_out_text(struct csv_out *o, const char *text)
{
    if (o->fp)
        fputs(text, o->fp);
    else
        out_text(o->cli, text);
}

static void
write_line(struct csv_out *o)
{
    strbuf_addc(&o->line, '\n');
    csv_out_text(o, strbuf_str(&o->line));
    strbuf_reset(&o->line);
}

void
csv_out_header(struct csv_out *o, size_t n_cols, const char *const *name)
{
    for (size_t j = 0; j < n_cols; j++) {
        strbuf_adds(&o->line, j ? "," : "");
        table_csv_text(&o->line, name[j]);
    }
    write_line(o);
    o->has_header = true;
}

bool
csv_out_row(void *ctx, size_t n_cols, const char *const *name, const char *const *value,
            const char *type)
{
    struct csv_out *o = ctx;

    if (!o->has_header)
        csv_out_header(o, n_cols, name);
    for (size_t j = 0; j < n_cols; j++) {
        strbuf_adds(&o->line, j ? "," : "");
        if (value[j] && type[j] == 't')
            table_csv_text(&o->line, value[j]);
        else if (value[j])
            strbuf_adds(&o->line, value[j]);
    }
    write_line(o);
    return true;
}

enum err
csv_out_check(const struct csv_out *o, struct errbuf *eb)
{
    if (!o->fp)
        return out_finish(eb);
    if (!fflush(o->fp))
        return ERR_OK;
    return err_errno(eb, "cannot write %s", o->path ? o->path : "a temporary file");
}

/* Make the file stand under its name. */
static enum err
finish_file(struct csv_out *o, struct errbuf *eb)
{
    if (ferror(o->fp) | fflush(o->fp) | (o->tmp ? fsync(fileno(o->fp)) : 0))
        return err_errno(eb, "cannot write %s", o->path);
    if (o->tmp && rename(o->tmp, o->path))
        return err_errno(eb, "cannot rename %s to %s", o->tmp, o->path);
    return ERR_OK;
}

/* What was kept for stdout. */
static enum err
print_spool(struct csv_out *o, struct errbuf *eb)
{
    char *line = NULL;
    size_t cap = 0;

    if (ferror(o->fp) | fflush(o->fp))
        return err_errno(eb, "cannot write a temporary file");
    rewind(o->fp);
    while (getline(&line, &cap, o->fp) > 0)
        out_text(o->cli, line);
    free(line);
    return ERR_OK;
}

enum err
csv_out_close(struct csv_out *o, bool keep, struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (o->fp) {
        if (keep)
            e = o->path ? finish_file(o, eb) : print_spool(o, eb);
        fclose(o->fp);
        if (o->tmp && (!keep || e))
            unlink(o->tmp);
    }
    strbuf_release(&o->line);
    free(o->path);
    free(o->tmp);
    *o = (struct csv_out){0};
    return e;
}
