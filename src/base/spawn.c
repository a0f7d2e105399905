/* spawn.c - child processes. */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/xalloc.h"

struct pipes {
    int in[2], out[2], err[2]; /* -1 where unused */
};

static void
close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void
close_pipes(struct pipes *pp)
{
    for (int i = 0; i < 2; i++) {
        close_fd(&pp->in[i]);
        close_fd(&pp->out[i]);
        close_fd(&pp->err[i]);
    }
}

static enum err
open_pipes(struct pipes *pp, unsigned flags, struct errbuf *eb)
{
    *pp = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    if (((flags & SPAWN_INPUT) && pipe2(pp->in, O_CLOEXEC)) ||
        ((flags & SPAWN_CAPTURE) &&
         (pipe2(pp->out, O_CLOEXEC) || pipe2(pp->err, O_CLOEXEC)))) {
        enum err e = err_errno(eb, "cannot make a pipe");
        close_pipes(pp);
        return e;
    }
    return ERR_OK;
}

/* Between fork and exec: system calls only. */
static void
child_main(char *const argv[], unsigned flags, struct pipes *pp, pid_t parent)
{
    sigset_t none;
    int null_fd = -1;

    if (flags & SPAWN_DETACH)
        setsid();
    if (flags & SPAWN_NEW_GROUP)
        setpgid(0, 0);
    if (flags & SPAWN_DETACH)
        null_fd = open("/dev/null", O_RDWR);
    if (flags & SPAWN_INPUT)
        dup2(pp->in[0], STDIN_FILENO);
    else if (flags & (SPAWN_DETACH | SPAWN_CAPTURE | SPAWN_NEW_GROUP)) {
        if (null_fd < 0)
            null_fd = open("/dev/null", O_RDWR);
        dup2(null_fd, STDIN_FILENO);
    }
    if (flags & SPAWN_CAPTURE) {
        dup2(pp->out[1], STDOUT_FILENO);
        dup2(pp->err[1], STDERR_FILENO);
    } else if (flags & SPAWN_DETACH) {
        dup2(null_fd, STDOUT_FILENO);
        dup2(null_fd, STDERR_FILENO);
    }
    if (null_fd > STDERR_FILENO)
        close(null_fd);
    if (flags & SPAWN_DIE_WITH_PARENT) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(127);
    }
    signal(SIGPIPE, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(argv[0], argv);
    _exit(127);
}

enum err
spawn_start(struct spawn *sp, char *const argv[], unsigned flags, struct errbuf *eb)
{
    struct pipes pp;
    pid_t parent = getpid();
    enum err e = open_pipes(&pp, flags, eb);

    if (e)
        return e;
    pid_t pid = fork();
    if (pid < 0) {
        e = err_errno(eb, "cannot start a process");
        close_pipes(&pp);
        return e;
    }
    if (pid == 0)
        child_main(argv, flags, &pp, parent);
    close_fd(&pp.in[0]);
    close_fd(&pp.out[1]);
    close_fd(&pp.err[1]);
    if (pp.out[0] >= 0) {
        fcntl(pp.out[0], F_SETFL, O_NONBLOCK);
        fcntl(pp.err[0], F_SETFL, O_NONBLOCK);
    }
    *sp = (struct spawn){pid, pp.in[1], pp.out[0], pp.err[0]};
    return ERR_OK;
}

static void
drain(int *fd, struct strbuf *sb)
{
    char buf[8192];

    while (*fd >= 0) {
        ssize_t n = read(*fd, buf, sizeof buf);

        if (n > 0) {
            if (sb)
                strbuf_add(sb, buf, (size_t)n);
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            close_fd(fd);
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

bool
spawn_read(struct spawn *sp, struct strbuf *out, struct strbuf *err, int wait_ms)
{
    struct pollfd pf[2] = {{sp->out_fd, POLLIN, 0}, {sp->err_fd, POLLIN, 0}};

    if (sp->out_fd < 0 && sp->err_fd < 0)
        return false;
    if (wait_ms != 0)
        (void)poll(pf, 2, wait_ms);
    drain(&sp->out_fd, out);
    drain(&sp->err_fd, err);
    return sp->out_fd >= 0 || sp->err_fd >= 0;
}

static void
close_all(struct spawn *sp)
{
    close_fd(&sp->in_fd);
    close_fd(&sp->out_fd);
    close_fd(&sp->err_fd);
}

bool
spawn_reap(struct spawn *sp, int *status)
{
    pid_t r = waitpid(sp->pid, status, WNOHANG);

    if (r == 0 || (r < 0 && errno == EINTR))
        return false;
    if (r < 0)
        *status = 0xff00; /* already reaped elsewhere: exit status 255 */
    close_all(sp);
    return true;
}

int
spawn_wait(struct spawn *sp)
{
    int status = 0xff00;

    while (waitpid(sp->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close_all(sp);
    return status;
}

/* Feed a part of the input that the pipe takes now; closes it at the end. */
static void
feed(struct spawn *sp, const char **input, size_t *left)
{
    ssize_t n = *left ? write(sp->in_fd, *input, *left) : 0;

    if (n > 0) {
        *input += n;
        *left -= (size_t)n;
    }
    if (*left == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        close_fd(&sp->in_fd);
}

enum err
spawn_run(char *const argv[], const char *input, struct strbuf *out, struct strbuf *err,
          int *status, struct errbuf *eb)
{
    struct spawn sp;
    unsigned flags = SPAWN_CAPTURE | SPAWN_DIE_WITH_PARENT | (input ? SPAWN_INPUT : 0);
    size_t left = input ? strlen(input) : 0;
    enum err e = spawn_start(&sp, argv, flags, eb);
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;

    if (e)
        return e;
    sigaction(SIGPIPE, &ignore, &old);
    if (sp.in_fd >= 0)
        fcntl(sp.in_fd, F_SETFL, O_NONBLOCK);
    while (spawn_read(&sp, out, err, sp.in_fd >= 0 ? 10 : 1000))
        if (sp.in_fd >= 0)
            feed(&sp, &input, &left);
    *status = spawn_wait(&sp);
    sigaction(SIGPIPE, &old, NULL);
    return ERR_OK;
}

char *
spawn_status_text(int status)
{
    if (WIFSIGNALED(status))
        return xasprintf("killed by signal %d (%s)", WTERMSIG(status),
                         strsignal(WTERMSIG(status)));
    return xasprintf("exit status %d", WEXITSTATUS(status));
}

void
spawn_keep_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

enum err
spawn_self_path(char *path, size_t size, struct errbuf *eb)
{
    ssize_t n = readlink("/proc/self/exe", path, size - 1);

    if (n < 0)
        return err_errno(eb, "cannot read /proc/self/exe");
    path[n] = '\0';
    return ERR_OK;
}

unsigned long long
spawn_start_ticks(pid_t pid)
{
    char name[64], text[1024], state = 'Z';
    unsigned long long ticks = 0;

    snprintf(name, sizeof name, "/proc/%ld/stat", (long)pid);
    FILE *fp = fopen(name, "re");
    if (!fp)
        return 0;
    text[fread(text, 1, sizeof text - 1, fp)] = '\0';
    fclose(fp);

    /* The second field is the name in parentheses and may contain anything. */
    const char *p = strrchr(text, ')');
    if (!p || sscanf(p + 1,
                     " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
                     "%*d %*d %*d %llu",
                     &state, &ticks) != 2)
        return 0;
    return state == 'Z' || state == 'X' ? 0 : ticks;
}

void
spawn_boot_id(char out[40])
{
    FILE *fp = fopen("/proc/sys/kernel/random/boot_id", "re");

    out[0] = '\0';
    if (!fp)
        return;
    if (!fgets(out, 40, fp))
        out[0] = '\0';
    fclose(fp);
    out[strcspn(out, "\n")] = '\0';
}
