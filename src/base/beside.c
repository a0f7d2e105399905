/* beside.c - the file that is written beside another and then takes its name. */
#include "base/beside.h"

#include "base/xalloc.h"

char *
beside_path(const char *path, pid_t pid)
{
    return xasprintf("%s.tmp-%ld", path, (long)pid);
}
