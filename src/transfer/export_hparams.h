/* export_hparams.h - what a run is, as hparams.yaml and parameters.json.
 *
 * hparams.yaml has the constructor arguments of the published models, as
 * PyTorch Lightning saves them; classes of PyTorch are named as text.  parameters.json
 * has the published training script's arguments, and in "hcelab" what only this program
 * knows: uuid, name, experiment, digests, all parameters.
 *
 * Threads: owner thread only.
 * Errors:  those of out_file.h.
 * Tests:   tests/test_export_tree.sh, tests/check_export.py */
#ifndef TRANSFER_EXPORT_HPARAMS_H
#define TRANSFER_EXPORT_HPARAMS_H

#include "base/err.h"
#include "transfer/export_run.h"

MUST_CHECK enum err export_hparams_yaml(const struct export_run *r, const char *path,
                                        struct errbuf *eb);

/* rule: the scoring rule of the tables beside it; files: names in the folder. */
MUST_CHECK enum err export_hparams_json(const struct export_run *r, const char *rule,
                                        const struct strlist *files, const char *path,
                                        struct errbuf *eb);

#endif
