/* export_events.h - the curves of a run as a TensorBoard event file.
 *
 * Tags are those of the published training: metrics have their names, lr is called
 * lr-AdamW; beside each step stands the scalar epoch, beside each val_f1_macro the same as
 * hp_metric.  Steps count from 0, as Lightning's do (the store's from 1).  The first record has the
 * time at which the run started; the time of the others is that and wall_s.  Values are
 * float32, as the format has them.
 *
 * Threads: owner thread only.
 * Errors:  those of tfevents_write.h and of the store.
 * Tests:   tests/test_export_tree.sh, tests/check_export.py */
#ifndef TRANSFER_EXPORT_EVENTS_H
#define TRANSFER_EXPORT_EVENTS_H

#include "base/err.h"
#include "base/strbuf.h"
#include "transfer/export_run.h"

/* Append "events.out.tfevents.<time>.<host>.<pid>.0". */
void export_events_name(const struct export_run *r, struct strbuf *out);

MUST_CHECK enum err export_events(const struct export_run *r, const char *path,
                                  struct errbuf *eb);

#endif
