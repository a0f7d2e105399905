/* memory.c - memory limits from /proc and the cgroup v2 tree. */
#include "base/memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The number after `key` at the start of a line of a file. */
static bool
read_key(const char *path, const char *key, uint64_t *out)
{
    FILE *fp = fopen(path, "re");
    char line[256];
    size_t n = strlen(key);
    bool found = false;

    while (fp && !found && fgets(line, sizeof line, fp)) {
        unsigned long long x;

        if (strncmp(line, key, n) == 0 && sscanf(line + n, "%llu", &x) == 1) {
            *out = x;
            found = true;
        }
    }
    if (fp)
        fclose(fp);
    return found;
}

static bool
read_in(const char *dir, const char *file, const char *key, uint64_t *out)
{
    char path[4352];

    snprintf(path, sizeof path, "%s/%s", dir, file);
    return read_key(path, key, out);
}

/* Room below the limit of one folder; file cache can be given back, so it counts as
 * room. */
static uint64_t
folder_room(const char *dir)
{
    uint64_t max, used, cache = 0;

    if (!read_in(dir, "memory.max", "", &max) ||
        !read_in(dir, "memory.current", "", &used))
        return UINT64_MAX;
    if (read_in(dir, "memory.stat", "inactive_file ", &cache))
        used -= cache < used ? cache : used;
    return used < max ? max - used : 0;
}

uint64_t
memory_cgroup_room(const char *root, const char *path)
{
    char dir[4096];
    uint64_t room = UINT64_MAX;

    snprintf(dir, sizeof dir, "%s%s", root, path);
    while (strlen(dir) > strlen(root)) {
        uint64_t here = folder_room(dir);
        char *slash = strrchr(dir, '/');

        if (here < room)
            room = here;
        if (!slash)
            break;
        *slash = '\0';
    }
    return room;
}

/* Folder of this process in the v2 tree: the line "0::/path". */
static bool
own_cgroup(char *path, size_t size)
{
    FILE *fp = fopen("/proc/self/cgroup", "re");
    char line[4096];
    bool found = false;

    while (fp && !found && fgets(line, sizeof line, fp))
        if (strncmp(line, "0::", 3) == 0) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(path, size, "%s", line + 3);
            found = true;
        }
    if (fp)
        fclose(fp);
    return found;
}

uint64_t
memory_available(void)
{
    uint64_t kib, room = UINT64_MAX;
    char path[4096];

    if (own_cgroup(path, sizeof path))
        room = memory_cgroup_room("/sys/fs/cgroup", path);
    if (read_key("/proc/meminfo", "MemAvailable:", &kib) && kib * 1024 < room)
        room = kib * 1024;
    return room;
}

uint64_t
memory_resident(pid_t pid)
{
    char path[64];
    uint64_t kib = 0;

    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    return read_key(path, "VmRSS:", &kib) ? kib * 1024 : 0;
}
