/* export_place.h - the folder of a run in the tree, made beside its place and then
 * renamed, so that it is there whole or not at all.
 *
 * The folder of a run is DIR/tb_logs/MODEL[_hierarchical_loss]/default/version_SEED; a
 * further run of that model, loss and seed gets the number after the highest.  A folder
 * that export made for the run is found again by the uuid in its parameters.json, and
 * replaced if it holds no file but those that are listed there.
 *
 * Threads: owner thread only.
 * Errors:  ERR_CONFLICT (files that export did not make, a link in the tree), ERR_IO,
 *          ERR_FULL, ERR_NOTFOUND name the path.
 * Tests:   tests/test_export_tree.sh */
#ifndef TRANSFER_EXPORT_PLACE_H
#define TRANSFER_EXPORT_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"

struct export_place {
    char *parent;  /* owned; the folder "default" */
    char *tmp;     /* owned; what is written to */
    char *path;    /* owned; what it will be called */
    bool force;    /* what stands there is replaced, whatever it is */
    size_t n_made; /* folders above the place that were not there before */
};

/* Choose the place of a run in the tree below dir, and make an empty folder for it. */
MUST_CHECK enum err export_place_open(struct export_place *p, const char *dir,
                                      const char *model, const char *loss, int64_t seed,
                                      const char *uuid, bool force, struct errbuf *eb);

/* The path of `name` (it may have slashes) in the folder, whose own folders are made.
 * Caller frees *path. */
MUST_CHECK enum err export_place_file(const struct export_place *p, const char *name,
                                      char **path, struct errbuf *eb);

/* Append the files that are in it, as names below it, in order. */
void export_place_list(const struct export_place *p, struct strlist *out);

/* Give the folder its name; or with keep = false remove it. */
MUST_CHECK enum err export_place_close(struct export_place *p, bool keep,
                                       struct errbuf *eb);

#endif
