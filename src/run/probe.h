/* probe.h - a look at foreign files in a process that may die.
 *
 * libhdf5 is not safe on broken files, so `queue add` and `data info` read them in a
 * short-lived `hcelab internal-probe MODE` with the spec on its stdin; the answer
 * comes back as lines of text.
 *
 * Threads: one thread per object.
 * Errors:  those of run_data_load, passed through; ERR_CHILD if the reader crashed,
 *          with the signal and the path. */
#ifndef RUN_PROBE_H
#define RUN_PROBE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"
#include "data/dataset.h"
#include "data/run_data.h"
#include "spec/spec.h"

enum probe_mode {
    PROBE_QUEUE, /* digests, counts, evaluations, memory */
    PROBE_INFO   /* and files, labels, facets with their levels */
};

struct probe_eval {
    char *name, *digest;    /* owned */
    size_t n, n_unknown;    /* cells; cells left out */
    struct strlist unknown; /* their labels */
};

struct probe_count { /* a label or a level */
    char *name;      /* owned; cleaned by whoever shows it */
    char *detail;    /* owned; labels: the ontology term id, "" if isolated */
    size_t n;        /* cells */
};

struct probe_facet {
    char *name;                /* owned; obs column */
    struct probe_count *level; /* (n_levels) owned; most cells first */
    size_t n_levels;
    size_t n_missing; /* cells without a value */
};

struct probe_result {
    char data_digest[DIGEST_HEX], split_digest[DIGEST_HEX], class_digest[DIGEST_HEX];
    size_t n_cells, n_genes, n_classes;
    size_t n_edges;            /* strict ancestor pairs among the classes */
    size_t n_part[PART_COUNT]; /* cells */
    uint64_t nnz, memory_bytes;
    uint64_t matrix_bytes;  /* of the cells, among memory_bytes */
    char *ontology;         /* owned; source and version */
    struct strlist unknown; /* labels the ontology does not know */
    struct strlist warnings;
    struct probe_eval *eval; /* (n_evals) owned */
    size_t n_evals;
    /* PROBE_INFO only: */
    struct file_report *file; /* (n_files) owned */
    size_t n_files;
    struct probe_count *label; /* (n_labels) owned; most cells first */
    size_t n_labels;
    struct probe_facet *facet; /* (n_facets) owned */
    size_t n_facets;
    struct probe_facet own_split; /* what the data bring: the parts; no name: none */
};

/* Ask a child of self_path (NULL: /proc/self/exe).  The spec's paths are read as they
 * stand.  With PROBE_INFO give val_fraction and test_fraction as 0 unless the user
 * wants to see a split.  result is empty on error. */
MUST_CHECK enum err probe_run(const char *self_path, const struct spec *spec,
                              enum probe_mode mode, struct probe_result *result,
                              struct errbuf *eb);
void probe_result_release(struct probe_result *r);

/* Allow this process half a minute of computing and a second per megabyte of the spec's
 * files, or less if its limit is lower: a damaged file can keep libhdf5 busy for ever.
 * Returns the limit, in s. */
uint64_t probe_limit_cpu(const struct spec *spec);

/* The body of the hidden command: word[0] is the mode, the spec comes from in, the
 * lines go to out.  Returns the exit status. */
int probe_command(size_t n, char *const word[], FILE *in, FILE *out, struct errbuf *eb);

#endif
