/* pack_facts.h - what a packed store will say of how it was made (packed_about.h), and
 * what it will not have.
 *
 * Threads: owner thread only.
 * Errors:  those of eval_files_digest.
 * Tests:   tests/test_pack_same.sh */
#ifndef DATA_PACK_FACTS_H
#define DATA_PACK_FACTS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/dataset.h"
#include "data/notes.h"
#include "data/pack.h"
#include "data/source.h"

/* Whether the store will have the cells of its inputs as these are used: their digest is
 * needed then. */
bool pack_is_copy(const struct pack_request *q);

/* Append the facts of the cells of ds, that were loaded with digests where pack_is_copy.
 * May read all bytes of the inputs. */
MUST_CHECK enum err pack_facts(const struct dataset *ds, const struct pack_request *q,
                               struct strlist *fact, struct errbuf *eb);

/* Add to left what a source holds that is not packed: matrices but the layer, and what
 * nobody here reads. */
void pack_list_left(const struct source *s, const char *layer, struct strlist *left);

/* Say it, if there is something. */
void pack_tell_left(const struct strlist *left, const struct notes *notes);

#endif
