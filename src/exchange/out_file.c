/* out_file.c - a new file, written from its beginning to its end. */
#include "exchange/out_file.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"

enum err
out_file_open(struct out_file *o, const char *path, struct errbuf *eb)
{
    FILE *fp = fopen(path, "wxe");

    *o = (struct out_file){0};
    if (!fp)
        return err_errno(eb, "cannot make %s", path);
    *o = (struct out_file){.fp = fp, .path = xstrdup(path)};
    return ERR_OK;
}

void
out_file_add(struct out_file *o, const void *data, size_t n)
{
    fwrite(data, 1, n, o->fp);
}

bool
out_file_failed(const struct out_file *o)
{
    return ferror(o->fp);
}

enum err
out_file_close(struct out_file *o, bool keep, struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (!o->fp)
        return ERR_OK;
    if (keep && (fflush(o->fp) | ferror(o->fp)))
        e = err_errno(eb, "cannot write %s", o->path);
    if (fclose(o->fp) && keep && !e)
        e = err_errno(eb, "cannot write %s", o->path);
    if (!keep || e)
        unlink(o->path);
    free(o->path);
    *o = (struct out_file){0};
    return e;
}

enum err
out_file_text(const char *path, const struct strbuf *text, struct errbuf *eb)
{
    struct out_file o;
    enum err e = out_file_open(&o, path, eb);

    if (e)
        return e;
    out_file_add(&o, strbuf_str(text), text->len);
    return out_file_close(&o, true, eb);
}
