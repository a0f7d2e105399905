/* h5lib.c - libhdf5 with errors as text: files, links, attributes. */
#include "data/h5lib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "data/h5filter.h"

void
h5_init(void)
{
    /* Network file systems often have no locks, and we only read. */
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
    /* We close what we open.  What could not be written to a full disk, libhdf5 1.10
     * would try again at exit, and crash. */
    (void)H5dont_atexit();
    (void)H5open();
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    h5filter_register();
}

void
h5_close(hid_t id)
{
    if (id > 0)
        (void)H5Idec_ref(id);
}

static herr_t
keep_message(unsigned n, const H5E_error2_t *err, void *ctx)
{
    char **text = ctx;

    (void)n;
    if (err->desc) {
        free(*text);
        *text = xstrdup(err->desc);
    }
    return 0;
}

char *
h5_error(void)
{
    char *text = NULL;

    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_message, &text);
    return text ? text : xstrdup("no reason given");
}

/* --- opening --- */

static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

enum { SUPERBLOCK_MAX = 96 };

/* The superblock stands at 0, 512, 1024, 2048, ...; returns its bytes in buf. */
static size_t
find_superblock(FILE *fp, unsigned char buf[SUPERBLOCK_MAX])
{
    for (long at = 0; at <= 1L << 26; at = at ? 2 * at : 512) {
        if (fseek(fp, at, SEEK_SET) != 0)
            return 0;
        size_t n = fread(buf, 1, SUPERBLOCK_MAX, fp);

        if (n < sizeof signature)
            return 0;
        if (memcmp(buf, signature, sizeof signature) == 0)
            return n;
    }
    return 0;
}

bool
h5_is_file(const char *path)
{
    unsigned char buf[SUPERBLOCK_MAX];
    struct stat st;
    FILE *fp = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? fopen(path, "rb") : NULL;

    if (!fp)
        return false;
    bool yes = find_superblock(fp, buf) > 0;

    fclose(fp);
    return yes;
}

static uint64_t
little_endian(const unsigned char *p, size_t width)
{
    uint64_t x = 0;

    for (size_t i = width; i-- > 0;)
        x = x << 8 | p[i];
    return x;
}

/* The end of file that a superblock of n bytes states, or 0 if it cannot be read. */
static uint64_t
stated_size(const unsigned char *b, size_t n)
{
    if (n < 16)
        return 0;
    unsigned version = b[8];
    size_t width = version < 2 ? b[13] : b[9];
    size_t at = version == 0 ? 24 : version == 1 ? 28 : 12;

    at += 2 * width; /* base address, then free space or extension */
    if (version > 3 || width > 8 || at + width > n)
        return 0;
    uint64_t size = little_endian(b + at, width);

    return size == (width == 8 ? UINT64_MAX : 0) ? 0 : size;
}

static enum err
not_hdf5(const char *path, const unsigned char *b, uint64_t size, struct errbuf *eb)
{
    const char *hint = "";

    if (size == 0)
        return err_set(eb, ERR_FORMAT, "%s is empty: copy it again", path);
    if (size >= 2 && b[0] == 0x1f && b[1] == 0x8b)
        hint = "; it looks like gzip: unpack it with gunzip first";
    else if (size >= 2 && b[0] == 'P' && b[1] == 'K')
        hint = "; it looks like a zip archive: unpack it first";
    else if (b[0] == '<')
        hint = "; it looks like a web page: download it again";
    return err_set(eb, ERR_FORMAT, "%s is not an HDF5 file (.h5ad)%s", path, hint);
}

static enum err
check_whole(FILE *fp, const char *path, struct errbuf *eb)
{
    unsigned char b[SUPERBLOCK_MAX] = {0};
    struct stat st;

    if (fstat(fileno(fp), &st) != 0)
        return err_errno(eb, "cannot read %s", path);
    if (S_ISDIR(st.st_mode))
        return err_set(eb, ERR_FORMAT, "%s is a folder, not an .h5ad file", path);
    uint64_t size = (uint64_t)st.st_size;
    size_t n = find_superblock(fp, b);

    if (!n) {
        memset(b, 0, sizeof b);
        rewind(fp);
        (void)!fread(b, 1, sizeof b, fp);
        return not_hdf5(path, b, size, eb);
    }
    uint64_t want = stated_size(b, n);
    if (want > size)
        return err_set(eb, ERR_FORMAT,
                       "%s is shorter than its superblock says (%llu of %llu bytes): "
                       "copy it again",
                       path, (unsigned long long)size, (unsigned long long)want);
    return ERR_OK;
}

enum err
h5_open(hid_t *file, const char *path, struct errbuf *eb)
{
    *file = -1;
    FILE *fp = fopen(path, "rb");
    if (!fp)
        return err_errno(eb, "cannot open %s", path);
    enum err e = check_whole(fp, path, eb);

    fclose(fp);
    if (e)
        return e;
    h5_init();
    *file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (*file >= 0)
        return ERR_OK;
    char *why = h5_error();

    e = err_set(eb, ERR_FORMAT, "cannot open %s: %s", path, why);
    free(why);
    return e;
}

/* --- links --- */

bool
h5_exists(hid_t loc, const char *path)
{
    char *part = xstrdup(path);
    bool found = *path != '\0';

    for (char *p = part; found && p;) {
        p = strchr(p, '/');
        if (p)
            *p = '\0';
        found = H5Lexists(loc, part, H5P_DEFAULT) > 0 &&
                H5Oexists_by_name(loc, part, H5P_DEFAULT) > 0;
        if (p)
            *p++ = '/';
    }
    free(part);
    return found;
}

static bool
is_kind(hid_t loc, const char *path, H5I_type_t kind)
{
    if (!h5_exists(loc, path))
        return false;
    hid_t id = H5Oopen(loc, path, H5P_DEFAULT);
    bool yes = id >= 0 && H5Iget_type(id) == kind;

    h5_close(id);
    return yes;
}

bool
h5_is_group(hid_t loc, const char *path)
{
    return is_kind(loc, path, H5I_GROUP);
}

bool
h5_is_dataset(hid_t loc, const char *path)
{
    return is_kind(loc, path, H5I_DATASET);
}

static herr_t
add_link(hid_t group, const char *name, const H5L_info_t *info, void *ctx)
{
    (void)group;
    (void)info;
    strlist_add(ctx, name);
    return 0;
}

void
h5_links(hid_t group, struct strlist *out)
{
    (void)H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, add_link, out);
    strlist_sort(out);
}

/* --- attributes --- */

static void
add_text(void *ctx, size_t i, const char *s)
{
    (void)i;
    strlist_add(ctx, s);
}

static void
read_attr_texts(hid_t attr, hid_t type, hid_t space, struct strlist *out)
{
    hssize_t n = H5Sget_simple_extent_npoints(space);
    size_t size = H5Tget_size(type);

    if (n <= 0 || n > 1 << 20 || size == 0 || size > 1 << 20)
        return;
    void *buf = xcalloc((size_t)n, size);

    if (H5Aread(attr, type, buf) >= 0) {
        for (size_t i = 0; i < (size_t)n; i++)
            h5_text_at(type, buf, i, add_text, out, i);
        if (H5Tis_variable_str(type) > 0)
            (void)H5Dvlen_reclaim(type, space, H5P_DEFAULT, buf);
    }
    free(buf);
}

void
h5_attr_strings(hid_t obj, const char *name, struct strlist *out)
{
    if (H5Aexists(obj, name) <= 0)
        return;
    hid_t attr = H5Aopen(obj, name, H5P_DEFAULT);
    hid_t type = attr < 0 ? -1 : H5Aget_type(attr);
    hid_t space = attr < 0 ? -1 : H5Aget_space(attr);

    if (type >= 0 && space >= 0 && H5Tget_class(type) == H5T_STRING)
        read_attr_texts(attr, type, space, out);
    h5_close(space);
    h5_close(type);
    h5_close(attr);
}

char *
h5_attr_text(hid_t obj, const char *name)
{
    struct strlist l = {0};
    char *text = NULL;

    h5_attr_strings(obj, name, &l);
    if (l.n == 1)
        text = xstrdup(l.item[0]);
    strlist_release(&l);
    return text;
}

static size_t
read_attr_ints(hid_t attr, hid_t space, int64_t *out, size_t max)
{
    hssize_t n = H5Sget_simple_extent_npoints(space);

    if (n <= 0 || n > 64)
        return 0;
    long long buf[64] = {0};

    if (H5Aread(attr, H5T_NATIVE_LLONG, buf) < 0)
        return 0;
    size_t got = (size_t)n < max ? (size_t)n : max;

    for (size_t i = 0; i < got; i++)
        out[i] = buf[i];
    return got;
}

size_t
h5_attr_ints(hid_t obj, const char *name, int64_t *out, size_t max)
{
    if (H5Aexists(obj, name) <= 0)
        return 0;
    hid_t attr = H5Aopen(obj, name, H5P_DEFAULT);
    hid_t type = attr < 0 ? -1 : H5Aget_type(attr);
    hid_t space = attr < 0 ? -1 : H5Aget_space(attr);
    size_t n = 0;

    if (type >= 0 && space >= 0 && H5Tget_class(type) == H5T_INTEGER)
        n = read_attr_ints(attr, space, out, max);
    h5_close(space);
    h5_close(type);
    h5_close(attr);
    return n;
}
