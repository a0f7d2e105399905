/* probe.c - a look at foreign files in a process that may die. */
#include "run/probe.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/spawn.h"
#include "base/xalloc.h"
#include "run/probe_format.h"

static const char *const mode_name[] = {[PROBE_QUEUE] = "queue", [PROBE_INFO] = "info"};

/* --- the result --- */

static void
release_counts(struct probe_count *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(c[i].name);
        free(c[i].detail);
    }
    free(c);
}

static void
release_files(struct file_report *f, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(f[i].path);
        free(f[i].layer);
        free(f[i].normalize);
        free(f[i].decision);
        packed_about_release(&f[i].packed);
    }
    free(f);
}

static void
release_facet(struct probe_facet *f)
{
    free(f->name);
    release_counts(f->level, f->n_levels);
}

void
probe_result_release(struct probe_result *r)
{
    for (size_t i = 0; i < r->n_evals; i++) {
        free(r->eval[i].name);
        free(r->eval[i].digest);
        strlist_release(&r->eval[i].unknown);
    }
    for (size_t i = 0; i < r->n_facets; i++)
        release_facet(&r->facet[i]);
    release_facet(&r->own_split);
    free(r->eval);
    free(r->facet);
    free(r->ontology);
    release_counts(r->label, r->n_labels);
    release_files(r->file, r->n_files);
    strlist_release(&r->unknown);
    strlist_release(&r->warnings);
    *r = (struct probe_result){0};
}

/* --- the asking side --- */

/* The reader died: say on what and how. */
static enum err
crashed(const struct spec *spec, int status, const struct strbuf *said,
        struct errbuf *eb)
{
    char *paths = strlist_join(&spec->data, ", ");
    char *how = spawn_status_text(status);

    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        err_set(
            eb, ERR_CHILD,
            "%s: its reader found no end and was stopped: the file is damaged, or was "
            "not written to its end",
            paths);
    else if (WIFSIGNALED(status))
        err_set(eb, ERR_CHILD, "%s: the file crashed its reader, %s", paths, how);
    else
        err_set(eb, ERR_CHILD, "%s: the reader ended without an answer, %s: %s", paths,
                how, strbuf_str(said));
    free(how);
    free(paths);
    return ERR_CHILD;
}

static enum err
ask(char *self, const struct spec *spec, enum probe_mode mode,
    struct probe_result *result, struct errbuf *eb)
{
    struct strbuf text = {0}, out = {0}, said = {0};
    char command[] = "internal-probe", *word = xstrdup(mode_name[mode]);
    char *argv[] = {self, command, word, NULL};
    int status = 0;

    spec_write(spec, false, &text);
    enum err e = spawn_run(argv, strbuf_str(&text), &out, &said, &status, eb);
    if (e == ERR_OK && (WIFSIGNALED(status) || !out.len))
        e = crashed(spec, status, &said, eb);
    if (e == ERR_OK)
        e = probe_format_read(strbuf_str(&out), result, eb);
    free(word);
    strbuf_release(&text);
    strbuf_release(&out);
    strbuf_release(&said);
    return e;
}

enum err
probe_run(const char *self_path, const struct spec *spec, enum probe_mode mode,
          struct probe_result *result, struct errbuf *eb)
{
    char own[PATH_MAX];
    enum err e = ERR_OK;

    *result = (struct probe_result){0};
    if (!self_path)
        e = spawn_self_path(own, sizeof own, eb);
    if (e)
        return e;
    char *self = xstrdup(self_path ? self_path : own);
    e = ask(self, spec, mode, result, eb);
    free(self);
    return e;
}
