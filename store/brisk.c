/* brisk.c - readers that would rather be told "not now" than wait.
 *
 * Whoever waits for a lock is asked by SQLite through its busy handler, but for the index
 * of a WAL that another process is about to build: there it sleeps by itself, a hundred
 * times and up to ten seconds in all, and only then gives up.  The VFS below is the
 * default one with shorter sleeps. */
#include "store/db.h"

#include <pthread.h>

#include "base/clock.h"

#define VFS_NAME "hcelab-brisk"
enum { NAP_US = 100 }; /* a hundred of them: ten milliseconds and what waking takes */
#define RECENTLY_S 0.1 /* after a wait in vain the next statements do not wait */

static int
nap(sqlite3_vfs *vfs, int us)
{
    sqlite3_vfs *plain = sqlite3_vfs_find(NULL);

    (void)vfs;
    return plain->xSleep(plain, us < NAP_US ? us : NAP_US);
}

/* SQLite keeps a pointer to it and links it into its list, so it is not const. */
static sqlite3_vfs brisk;

static void
make_vfs(void)
{
    brisk = *sqlite3_vfs_find(NULL);
    brisk.pNext = NULL;
    brisk.zName = VFS_NAME;
    brisk.xSleep = nap;
    sqlite3_vfs_register(&brisk, 0);
}

const char *
brisk_vfs(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_vfs);
    return VFS_NAME;
}

int
brisk_wait(void *ctx, int n_before)
{
    struct store *s = ctx;
    double now = clock_mono_s();

    if (now < s->in_vain_s + RECENTLY_S)
        return 0;
    if (n_before == 0)
        s->waiting_s = now;
    if ((now - s->waiting_s) * 1000 >= s->busy_ms) {
        s->in_vain_s = now;
        return 0;
    }
    clock_sleep_ms(1);
    return 1;
}
