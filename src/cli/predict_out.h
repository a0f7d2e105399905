/* predict_out.h - where predictions go: one table of functions per kind of file.
 *
 * A file is written beside its name and renamed when it is whole.
 *
 * Letters: n cells, C classes, W numbers of an embedding, k classes listed per cell.
 *
 * Threads: one thread per object.
 * Errors:  ERR_IO, ERR_FULL, ERR_NOTFOUND name the path. */
#ifndef CLI_PREDICT_OUT_H
#define CLI_PREDICT_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/cli.h"
#include "cli/run_model.h"
#include "data/dataset.h"

/* What is predicted; outlives the output. */
struct predict_job {
    const struct cli *c;
    const char *path; /* "-": stdout */
    const struct run_model *m;
    const struct dataset *ds;
    size_t top_k; /* 1..C */
    size_t width; /* W, or 0: no embedding is written */
};

/* Cells first, ..., first + n - 1. */
struct predict_block {
    size_t first, n;
    const int32_t *predicted; /* (n) */
    const float *prob;        /* (n, C) row-major */
    const float *embedding;   /* (n, W) row-major, or NULL */
};

struct predict_format {
    const char *suffix;   /* of the files: ".csv" */
    bool always_embedded; /* the embedding is written wherever there is one */
    enum err (*open)(void **out, const struct predict_job *job, struct errbuf *eb);
    /* Blocks come in order. */
    enum err (*put)(void *out, const struct predict_block *b, struct errbuf *eb);
    /* Frees out; keep = false: no file is left. */
    enum err (*close)(void *out, bool keep, struct errbuf *eb);
};

extern const struct predict_format predict_csv, predict_h5ad;

/* The format of a path: its suffix, or CSV for "-"; NULL: none. */
const struct predict_format *predict_format_find(const char *path);

#endif
