/* merge_support.h - stores with something in them, and merging them. */
#ifndef TESTS_MERGE_SUPPORT_H
#define TESTS_MERGE_SUPPORT_H

#include "store/merge.h"
#include "tests/store_support.h"

/* A second store in the folder of the box, new or a copy of one; open for writing. */
void other_open(const struct store_box *b, struct store_box *o, const char *name);
void other_copy(const struct store_box *b, struct store *from, struct store_box *o,
                const char *name);
void other_close(struct store_box *o);

/* n points of three metrics after step `from`. */
void put_metrics(struct store_box *b, struct store_attempt a, int64_t from, int64_t n);

/* An evaluation of the cells "cells-<name>" with n classes; "best" is primary. */
void put_evaluation(struct store_box *b, struct store_attempt a, const char *name,
                    const char *checkpoint, double f1, size_t n);

/* Train a claimed run for n steps; it stays running.  variant: of its inputs. */
void train(struct store_box *b, struct store_attempt a, int64_t from, int64_t n,
           int variant);

/* End it with everything that a run can have. */
void succeed(struct store_box *b, struct store_attempt a, int64_t step, int64_t salt);

/* Queue, train and end a run: its run_id. */
int64_t whole_run(struct store_box *b, const char *loss, int64_t seed);

/* Fail unless the store passes its check. */
void check_whole(struct store_box *b);

/* Merge, and check the store. */
struct merge_report merged(struct store_box *b, const char *path);
struct merge_report merged_with(struct store_box *b, const char *path,
                                const struct merge_options *o);

#endif
