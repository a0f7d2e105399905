/* netfs.c - a store on a network file system: one host at a time. */
#include "store/db.h"

#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/clock.h"

/* Magic numbers that <linux/magic.h> lacks. */
#define LUSTRE_MAGIC 0x0BD00BD0UL
#define GPFS_MAGIC   0x47504653UL
#define BEEGFS_MAGIC 0x19830326UL

enum { LEASE_AGE_US = 60 * 1000000 };

static const unsigned long network_magic[] = {
    NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC,  CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC,
    FUSE_SUPER_MAGIC, CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC,  V9FS_MAGIC,
    LUSTRE_MAGIC,     GPFS_MAGIC,       BEEGFS_MAGIC,
};

/* HCELAB_ASSUME_NETWORK_FS=1 takes this way on any file system, for tests. */
bool
netfs_detect(const char *path)
{
    const char *assume = getenv("HCELAB_ASSUME_NETWORK_FS");
    struct statfs fs;

    if (assume && strcmp(assume, "1") == 0)
        return true;
    if (statfs(path, &fs) != 0)
        return false;
    for (size_t i = 0; i < sizeof network_magic / sizeof *network_magic; i++)
        if (((unsigned long)fs.f_type & 0xFFFFFFFFUL) == network_magic[i])
            return true;
    return false;
}

static enum err
record(struct store *s, const char *host, struct errbuf *eb)
{
    if (s->network && (!host || strcmp(host, s->host) != 0))
        return db_exec(s, SQL_meta_set,
                       BINDS(BT(":key", "host"), BT(":value", s->host)), eb);
    if (!s->network && host)
        return db_exec(s, SQL_meta_drop, BINDS(BT(":key", "host")), eb);
    return ERR_OK;
}

enum err
netfs_admit(struct store *s, struct errbuf *eb)
{
    char *host = NULL;
    int64_t n = 0;
    enum err e = db_text(s, SQL_meta_get, BINDS(BT(":key", "host")), &host, eb);

    if (!e && host && strcmp(host, s->host) != 0)
        e = db_int(
            s, SQL_leases_of_host,
            BINDS(BT(":host", host), BI(":since_us", clock_unix_us() - LEASE_AGE_US)),
            &n, eb);
    if (!e && n > 0)
        e = err_set(
            eb, ERR_BUSY,
            "store %s is on a network file system and host %s is running %lld "
            "of its runs: only one host may write at a time (work on that host, "
            "or end its worker)",
            s->path, host, (long long)n);
    if (!e)
        e = record(s, host, eb);
    free(host);
    return e;
}
