/* zip_members.c - the members of a zip archive, checked before any is read.
 *
 * A zip file ends in a record that says where its directory lies; the directory has an
 * entry for each member, which says where the member's local header lies; the data
 * follow that header.  Sizes and places of 4 GiB and more stand in an extra field of the
 * entry (zip64), and the record has a longer twin before it, found by a locator:
 *
 *   local header, data, ... | entries | [record64, locator] | record, comment */
#include "exchange/zip_members.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum {
    END_BYTES = 22,
    COMMENT_MAX = 65535,
    LOCATOR_BYTES = 20,
    END64_BYTES = 56,
    ENTRY_BYTES = 46,
    LOCAL_BYTES = 30,
    NAME_MAX_BYTES = 1024,
    STORED = 0,
    DEFLATED = 8,
    FLAGS_ENCRYPTED = 0x2041, /* encrypted, strongly, with masked headers */
    ZIP64_FIELD = 1,
    RATIO_MAX = 100,      /* of larger ones: values of models hardly shrink */
    RATIO_FREE = 1 << 20, /* bytes that may have any ratio */
    SLACK_BYTES = 64      /* that deflate may add to what it cannot compress */
};

static const uint32_t end_mark = 0x06054b50, end64_mark = 0x06064b50,
                      locator_mark = 0x07064b50, entry_mark = 0x02014b50,
                      local_mark = 0x04034b50;

struct directory {
    uint64_t begin, bytes, n; /* n: entries */
};

static enum err
malformed(const struct input_file *f, const char *what, struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT, "%s: not a whole zip archive: %s", f->path, what);
}

static uint64_t
u16(const uint8_t *p)
{
    return input_le(p, 2);
}

static uint64_t
u32(const uint8_t *p)
{
    return input_le(p, 4);
}

/* --- where the directory lies --- */

/* The end record in the last n bytes of the file, whose comment reaches the end: its
 * place, or n. */
static size_t
find_end(const uint8_t *tail, size_t n)
{
    for (size_t i = n - END_BYTES + 1; i-- > 0;)
        if (u32(tail + i) == end_mark && u16(tail + i + 20) == n - i - END_BYTES)
            return i;
    return n;
}

/* The twin of 64 bits; at is where the end record begins. */
static enum err
read_end64(const struct input_file *f, uint64_t at, struct directory *d,
           struct errbuf *eb)
{
    uint8_t locator[LOCATOR_BYTES], end[END64_BYTES];
    enum err e;

    if (at < LOCATOR_BYTES)
        return malformed(f, "no room for its zip64 locator", eb);
    if ((e = input_file_read(f, at - LOCATOR_BYTES, locator, sizeof locator, eb)))
        return e;
    if (u32(locator) != locator_mark)
        return malformed(f, "the zip64 locator is missing", eb);
    uint64_t place = input_le(locator + 8, 8);

    if (place > at || at - place < LOCATOR_BYTES + END64_BYTES)
        return malformed(f, "the zip64 end record lies elsewhere", eb);
    if ((e = input_file_read(f, place, end, sizeof end, eb)))
        return e;
    if (u32(end) != end64_mark || u32(end + 16) || u32(end + 20))
        return malformed(f, "the zip64 end record is another one", eb);
    *d = (struct directory){.begin = input_le(end + 48, 8),
                            .bytes = input_le(end + 40, 8),
                            .n = input_le(end + 32, 8)};
    if (d->bytes > place || d->begin != place - d->bytes)
        return malformed(f, "its directory does not end at the zip64 end record", eb);
    return ERR_OK;
}

static enum err
read_end(const struct input_file *f, const uint8_t *end, uint64_t at,
         struct directory *d, struct errbuf *eb)
{
    if (u16(end + 4) || u16(end + 6))
        return malformed(f, "it has several volumes", eb);
    *d = (struct directory){
        .begin = u32(end + 16), .bytes = u32(end + 12), .n = u16(end + 10)};
    if (d->begin == UINT32_MAX || d->bytes == UINT32_MAX || d->n == UINT16_MAX)
        return read_end64(f, at, d, eb);
    if (d->bytes > at || d->begin > at - d->bytes)
        return malformed(f, "its directory lies outside", eb);
    return ERR_OK;
}

static enum err
find_directory(const struct input_file *f, struct directory *d, struct errbuf *eb)
{
    size_t n = f->size < END_BYTES + COMMENT_MAX ? (size_t)f->size
                                                 : (size_t)END_BYTES + COMMENT_MAX;
    uint8_t *tail = xmalloc(n + 1, 1);
    enum err e = n < END_BYTES ? malformed(f, "it is too short", eb)
                               : input_file_read(f, f->size - n, tail, n, eb);
    size_t at = e ? n : find_end(tail, n);

    if (!e && at == n)
        e = malformed(f, "its end is missing (was it copied whole?)", eb);
    if (!e)
        e = read_end(f, tail + at, f->size - n + at, d, eb);
    free(tail);
    if (!e && (d->bytes > ZIP_DIRECTORY_MAX || d->n > ZIP_MEMBERS_MAX ||
               d->n * ENTRY_BYTES > d->bytes))
        e = malformed(f, "its directory has an impossible size", eb);
    return e;
}

/* --- entries --- */

static bool
name_is_harmless(const char *name, size_t n)
{
    if (n == 0 || n > NAME_MAX_BYTES || name[0] == '/' || memchr(name, '\\', n) ||
        (n > 1 && name[1] == ':'))
        return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
            return false;
    for (size_t i = 0, begin = 0; i <= n; i++) {
        if (i < n && name[i] != '/')
            continue;
        if (i - begin == 2 && memcmp(name + begin, "..", 2) == 0)
            return false;
        begin = i + 1;
    }
    return true;
}

/* Replace what the entry says to be in its zip64 field by what stands there; p, n: the
 * extra fields. */
static bool
take_zip64(struct zip_member *m, const uint8_t *p, size_t n)
{
    uint64_t *want[] = {&m->bytes, &m->packed_bytes, &m->header};

    while (n >= 4 && u16(p) != ZIP64_FIELD && n - 4 >= u16(p + 2)) {
        size_t step = 4 + (size_t)u16(p + 2);

        p += step;
        n -= step;
    }
    bool is_there = n >= 4 && u16(p) == ZIP64_FIELD && n - 4 >= u16(p + 2);
    size_t left = is_there ? (size_t)u16(p + 2) : 0;

    p += is_there ? 4 : 0;
    for (size_t i = 0; i < 3; i++) {
        if (*want[i] != UINT32_MAX)
            continue;
        if (left < 8)
            return false;
        *want[i] = input_le(p, 8);
        p += 8;
        left -= 8;
    }
    return true;
}

static enum err
refuse(const struct input_file *f, const struct zip_member *m, enum err code,
       const char *why, struct errbuf *eb)
{
    return err_set(eb, code, "%s: member '%s' %s", f->path, m->name, why);
}

static bool
is_bomb(const struct zip_member *m)
{
    return m->bytes > RATIO_FREE && m->bytes / RATIO_MAX > m->packed_bytes;
}

static enum err
check_method(const struct input_file *f, const struct zip_member *m, uint64_t flags,
             uint64_t method, struct errbuf *eb)
{
    if (flags & FLAGS_ENCRYPTED)
        return refuse(f, m, ERR_UNSUPPORTED, "is encrypted", eb);
    if (method != STORED && method != DEFLATED)
        return refuse(f, m, ERR_UNSUPPORTED,
                      "is compressed by a method other than deflate", eb);
    if (method == STORED && m->packed_bytes != m->bytes)
        return refuse(f, m, ERR_FORMAT, "is stored with two sizes", eb);
    if (method == DEFLATED &&
        (m->bytes > ZIP_DEFLATED_MAX || is_bomb(m) ||
         m->packed_bytes > m->bytes + m->bytes / 1000 + SLACK_BYTES))
        return refuse(f, m, ERR_FORMAT,
                      "unpacks to an impossible size: it is no checkpoint's", eb);
    return ERR_OK;
}

/* One entry of the directory at p, of which n bytes are left; *used = its bytes. */
static enum err
read_entry(const struct input_file *f, struct zip_member *m, const uint8_t *p, size_t n,
           size_t *used, struct errbuf *eb)
{
    if (n < ENTRY_BYTES || u32(p) != entry_mark)
        return malformed(f, "an entry of its directory is broken", eb);
    size_t n_name = (size_t)u16(p + 28), n_extra = (size_t)u16(p + 30);

    *used = ENTRY_BYTES + n_name + n_extra + (size_t)u16(p + 32);
    if (*used > n)
        return malformed(f, "its directory ends within an entry", eb);
    const char *name = (const char *)p + ENTRY_BYTES;
    if (!name_is_harmless(name, n_name))
        return malformed(f, "a member has a name that no checkpoint has", eb);
    *m = (struct zip_member){.name = xstrndup(name, n_name),
                             .header = u32(p + 42),
                             .packed_bytes = u32(p + 20),
                             .bytes = u32(p + 24),
                             .crc = (uint32_t)u32(p + 16),
                             .is_deflated = u16(p + 10) == DEFLATED};
    if (!take_zip64(m, p + ENTRY_BYTES + n_name, n_extra))
        return refuse(f, m, ERR_FORMAT, "has no zip64 sizes", eb);
    return check_method(f, m, u16(p + 8), u16(p + 10), eb);
}

static enum err
read_entries(struct zip_members *z, const struct directory *d, const uint8_t *p,
             struct errbuf *eb)
{
    size_t left = (size_t)d->bytes, used = 0;
    enum err e;

    z->member = xcalloc((size_t)d->n + 1, sizeof *z->member);
    while (z->n < d->n) {
        e = read_entry(z->file, &z->member[z->n], p, left, &used, eb);
        z->n += z->member[z->n].name != NULL;
        if (e)
            return e;
        p += used;
        left -= used;
    }
    return left ? malformed(z->file, "its directory has more than its entries", eb)
                : ERR_OK;
}

/* --- where the data lie --- */

static enum err
find_data(const struct input_file *f, struct zip_member *m, uint64_t end,
          struct errbuf *eb)
{
    uint8_t p[LOCAL_BYTES + NAME_MAX_BYTES];
    size_t n_name = strlen(m->name);
    enum err e;

    if (m->header > end || end - m->header < LOCAL_BYTES + n_name)
        return refuse(f, m, ERR_FORMAT, "lies outside of the file", eb);
    if ((e = input_file_read(f, m->header, p, LOCAL_BYTES + n_name, eb)))
        return e;
    if (u32(p) != local_mark || u16(p + 26) != n_name ||
        memcmp(p + LOCAL_BYTES, m->name, n_name) != 0 ||
        (u16(p + 8) == DEFLATED) != m->is_deflated)
        return refuse(f, m, ERR_FORMAT, "has another header than the directory says",
                      eb);
    m->begin = m->header + LOCAL_BYTES + n_name + u16(p + 28);
    if (m->begin > end || m->packed_bytes > end - m->begin)
        return refuse(f, m, ERR_FORMAT, "is longer than the file", eb);
    return ERR_OK;
}

static int
by_header(const void *a, const void *b)
{
    const struct zip_member *x = a, *y = b;

    return x->header < y->header ? -1 : x->header > y->header;
}

static int
by_name(const void *a, const void *b)
{
    const struct zip_member *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static enum err
check_places(struct zip_members *z, uint64_t end, struct errbuf *eb)
{
    uint64_t at = 0;

    qsort(z->member, z->n, sizeof *z->member, by_header);
    for (struct zip_member *m = z->member; m < z->member + z->n; m++) {
        enum err e = find_data(z->file, m, end, eb);

        if (e)
            return e;
        if (m->header < at)
            return refuse(z->file, m, ERR_FORMAT, "lies over another one", eb);
        if (at == 0 && m->header != 0)
            return malformed(z->file, "something stands before its first member", eb);
        at = m->begin + m->packed_bytes;
    }
    return ERR_OK;
}

static enum err
check_names(struct zip_members *z, struct errbuf *eb)
{
    qsort(z->member, z->n, sizeof *z->member, by_name);
    for (size_t i = 1; i < z->n; i++)
        if (strcmp(z->member[i - 1].name, z->member[i].name) == 0)
            return refuse(z->file, &z->member[i], ERR_FORMAT, "is there twice", eb);
    return ERR_OK;
}

/* --- in all --- */

static enum err
read_directory(struct zip_members *z, const struct directory *d, struct errbuf *eb)
{
    uint8_t *p = xmalloc((size_t)d->bytes + 1, 1);
    enum err e = input_file_read(z->file, d->begin, p, (size_t)d->bytes, eb);

    if (!e)
        e = read_entries(z, d, p, eb);
    free(p);
    return e;
}

enum err
zip_members_open(struct zip_members *z, const struct input_file *file,
                 struct errbuf *eb)
{
    struct directory d = {0};
    enum err e;

    *z = (struct zip_members){.file = file};
    if ((e = find_directory(file, &d, eb)) || (e = read_directory(z, &d, eb)) ||
        (e = check_places(z, d.begin, eb)) || (e = check_names(z, eb)))
        zip_members_close(z);
    return e;
}

void
zip_members_close(struct zip_members *z)
{
    for (size_t i = 0; i < z->n; i++)
        free(z->member[i].name);
    free(z->member);
    *z = (struct zip_members){0};
}

const struct zip_member *
zip_members_find(const struct zip_members *z, const char *name)
{
    size_t lo = 0, hi = z->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = strcmp(z->member[mid].name, name);

        if (c == 0)
            return &z->member[mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

static enum err
inflate_member(const struct zip_members *z, const struct zip_member *m, void *out,
               struct errbuf *eb)
{
    size_t packed = (size_t)m->packed_bytes;
    uint8_t *p = xmalloc(packed + 1, 1);
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    enum err e = d ? input_file_read(z->file, m->begin, p, packed, eb)
                   : err_set(eb, ERR_NOMEM, "not enough memory to inflate");

    if (!e && libdeflate_deflate_decompress(d, p, packed, out, (size_t)m->bytes, NULL))
        e = refuse(z->file, m, ERR_FORMAT, "does not inflate to its size", eb);
    libdeflate_free_decompressor(d);
    free(p);
    return e;
}

/* Made-up bytes do not have the checksum that they say: a fuzzer would end here. */
static bool
is_damaged(const struct zip_member *m, const void *out)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    (void)m;
    (void)out;
    return false;
#else
    return libdeflate_crc32(0, out, (size_t)m->bytes) != m->crc;
#endif
}

enum err
zip_member_read(const struct zip_members *z, const struct zip_member *m, void *out,
                struct errbuf *eb)
{
    enum err e = m->is_deflated
                     ? inflate_member(z, m, out, eb)
                     : input_file_read(z->file, m->begin, out, (size_t)m->bytes, eb);

    if (!e && is_damaged(m, out))
        e = refuse(z->file, m, ERR_FORMAT,
                   "is damaged: its checksum is another one (was the file copied "
                   "whole?)",
                   eb);
    return e;
}
