/* zip_members.h - the members of a zip archive, checked before any is read.
 *
 * For checkpoints of PyTorch, whose local headers hold neither sizes nor checksums: only
 * the central directory counts.  Written for files of unknown origin, stricter than zip
 * demands: every member lies within the file and over no other; names are relative,
 * without "..", and stand once; nothing stands before the first member; methods are
 * stored and deflate, and a deflated member unpacks to at most ZIP_DEFLATED_MAX bytes
 * and, beyond the first MiB, to no more than 100 times its own.
 *
 * Threads: one thread per object.
 * Errors:  ERR_IO, ERR_FORMAT, ERR_UNSUPPORTED name the file and the member.
 * Source:  APPNOTE.TXT 6.3.10 of the zip format.
 * Tests:   tests/test_pickle.c, tests/test_import_weights.sh */
#ifndef EXCHANGE_ZIP_MEMBERS_H
#define EXCHANGE_ZIP_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "exchange/input_file.h"

enum {
    ZIP_MEMBERS_MAX = 100000,
    ZIP_DIRECTORY_MAX = 64 << 20, /* bytes */
    ZIP_DEFLATED_MAX = 256 << 20  /* bytes of a deflated member, unpacked */
};

struct zip_member {
    char *name;             /* owned; a folder ends in '/' */
    uint64_t header, begin; /* of the local header and of the data, bytes in the file */
    uint64_t packed_bytes, bytes;
    uint32_t crc;
    bool is_deflated;
};

struct zip_members {
    const struct input_file *file; /* borrowed */
    struct zip_member *member;     /* (n) owned; by name */
    size_t n;
};

/* Read and check the directory.  On error z is empty. */
MUST_CHECK enum err zip_members_open(struct zip_members *z,
                                     const struct input_file *file, struct errbuf *eb);
void zip_members_close(struct zip_members *z);

/* The member of that name, or NULL; borrowed from z. */
const struct zip_member *zip_members_find(const struct zip_members *z,
                                          const char *name);

/* out (m->bytes) = the member, its checksum checked. */
MUST_CHECK enum err zip_member_read(const struct zip_members *z,
                                    const struct zip_member *m, void *out,
                                    struct errbuf *eb);

#endif
