/* import_scores.h - the tables beside a run as evaluations.
 *
 * Numbers of the tables count as they stand.  What the tables lack - the other scoring
 * rule, classes within groups, confusions - is made of the predictions in
 * *_detailed_results.parquet, where there are some, by the code that scores our own runs.
 *
 * Predictions of other cells than the tables' (by their supports) are not taken.
 *
 * Rule: tables count a predicted descendant as the true class (hierarchy), unless wished
 * otherwise or unless the predictions beside them show that they do not.
 *
 * Threads: one thread per object.
 * Errors:  none; what cannot be read is a row of the report.
 * Tests:   tests/test_import_tree.c, tests/test_import.sh */
#ifndef TRANSFER_IMPORT_SCORES_H
#define TRANSFER_IMPORT_SCORES_H

#include "base/arena.h"
#include "base/digest.h"
#include "store/store.h"
#include "transfer/import_classes.h"
#include "transfer/import_report.h"

struct import_scores {
    struct store_evaluation *evaluation; /* (n) owned: ood, id, then others by name */
    size_t n, cap;
    size_t n_files;           /* that were read */
    char content[DIGEST_HEX]; /* of tables and predictions, wherever they lie */
    struct arena arena;
    void **owned; /* (n_owned) owned; rows */
    size_t n_owned, owned_cap;
};

struct import_scores_wish {
    const char *model;                    /* name that files start with */
    const struct import_classes *classes; /* NULL: classes keep their numbers */
    const char *rule;                     /* NULL: find out */
    const struct strlist *known; /* names of evaluations that are known, or NULL */
};

/* What was read goes into `digest` too. */
void import_scores_read(struct import_scores *s, const char *folder,
                        const struct import_scores_wish *wish, struct digest *digest,
                        struct import_report *report);
void import_scores_release(struct import_scores *s);

#endif
