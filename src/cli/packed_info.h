/* packed_info.h - what `data info` says of a packed store (data/packed_about.h).
 *
 * Threads: owner thread only.
 * Errors:  none.
 * Tests:   tests/test_pack_same.sh */
#ifndef CLI_PACKED_INFO_H
#define CLI_PACKED_INFO_H

#include "base/strbuf.h"
#include "cli/cli.h"
#include "data/dataset.h"

/* Some lines; nothing where f is no packed store. */
void packed_info_print(const struct cli *c, const struct file_report *f);

/* Append an object; null where f is no packed store. */
void packed_info_json(struct strbuf *sb, const struct file_report *f);

#endif
