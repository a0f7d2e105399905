/* worker_slot.c - one claimed run and its child process. */
#include "run/worker_slot.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "run/takeover.h"

enum { TAIL_MAX = 8192 }; /* bytes kept of what a child said */
static const double grace_lost_s = 3;
static const double grace_cancel_s = 10;
static const double grace_checkpoint_s = 60; /* a big model writes a big checkpoint */

static enum err
spawn_words(struct worker_slot *slot, const char *self,
            const struct run_child_options *opt, struct errbuf *eb)
{
    struct strlist words = {0};

    strlist_add(&words, self);
    strlist_add(&words, "internal-run");
    run_child_argv(opt, &words);

    char **argv = xcalloc(words.n + 1, sizeof *argv);
    memcpy(argv, words.item, words.n * sizeof *argv);
    enum err e =
        spawn_start(&slot->child, argv,
                    SPAWN_DIE_WITH_PARENT | SPAWN_NEW_GROUP | SPAWN_CAPTURE, eb);
    free(argv);
    strlist_release(&words);
    return e;
}

/* No process could be made: settled like one that could not be exec'd, since the store
 * may not take the end of the attempt right now. */
static void
fail_start(struct worker_slot *slot, const char *why)
{
    slot->child = (struct spawn){.in_fd = -1, .out_fd = -1, .err_fd = -1};
    slot->ended = true;
    slot->status = 127 << 8; /* as of waitpid: exit status 127 */
    strbuf_adds(&slot->err, why);
}

void
worker_slot_start(struct worker_slot *slot, const char *self,
                  const struct run_child_options *opt, const struct store_claim *claim,
                  struct store *s)
{
    struct store_process child;
    struct errbuf why = {""};

    *slot = (struct worker_slot){.claim = *claim};
    enum err e = spawn_words(slot, self, opt, &why);
    if (e) {
        fail_start(slot, why.text);
        return;
    }
    takeover_process(&child, slot->child.pid);

    /* Only a help for others: if the store is busy now, the run goes on without. */
    e = store_lease_child(s, claim->run_id, claim->attempt, &child, NULL);
    if (e == ERR_FENCED) {
        slot->lost = true;
        worker_slot_kill(slot);
    }
}

void
worker_slot_release(struct worker_slot *slot)
{
    strbuf_release(&slot->out);
    strbuf_release(&slot->err);
    free(slot->reason);
    *slot = (struct worker_slot){0};
}

void
worker_slot_ask(struct worker_slot *slot, enum slot_wish wish)
{
    double now = clock_mono_s();
    double grace = wish == SLOT_WISH_CANCEL ? grace_cancel_s : grace_checkpoint_s;

    if (slot->ended || wish <= slot->wish)
        return;
    slot->wish = wish;
    if (slot->kill_at_s == 0)
        kill(slot->child.pid, SIGTERM);
    slot->kill_at_s = now + grace;
}

void
worker_slot_kill(struct worker_slot *slot)
{
    if (slot->ended || slot->killed)
        return;
    slot->killed = true;
    kill(slot->child.pid, SIGKILL);
}

static void
keep_tail(struct strbuf *sb)
{
    if (sb->len <= TAIL_MAX)
        return;
    memmove(sb->buf, sb->buf + sb->len - TAIL_MAX, TAIL_MAX + 1);
    sb->len = TAIL_MAX;
}

/* A line of the child about a wait (run_sink.h). */
static void
hear_wait(struct worker_slot *slot, const char *line, const struct log *log)
{
    bool call = strncmp(line, "call ", 5) == 0;
    bool wait = call || strncmp(line, "wait ", 5) == 0;
    long long id = (long long)slot->claim.run_id;

    if (!wait && strcmp(line, "go") != 0)
        return;
    free(slot->reason);
    slot->reason = wait ? xstrdup(line + 5) : NULL;
    slot->reason_is_new = true;
    if (call)
        log_line(log, LOG_WARN, "run %lld: %s", id, slot->reason);
    else if (!wait && slot->has_called && slot->wish == SLOT_WISH_NONE)
        log_line(log, LOG_WARN, "run %lld: the store can be written again", id);
    slot->has_called = call;
}

static void
read_waits(struct worker_slot *slot, const struct log *log)
{
    char *line = slot->out.buf, *end;

    while (line && (end = strchr(line, '\n'))) {
        *end = '\0';
        hear_wait(slot, line, log);
        line = end + 1;
    }
    if (line && line != slot->out.buf) {
        slot->out.len = strlen(line);
        memmove(slot->out.buf, line, slot->out.len + 1);
    }
    keep_tail(&slot->out);
}

void
worker_slot_poll(struct worker_slot *slot, const struct log *log)
{
    if (slot->ended)
        return;
    (void)spawn_read(&slot->child, &slot->out, &slot->err, 0);
    keep_tail(&slot->err);
    read_waits(slot, log);
    if (slot->kill_at_s > 0 && clock_mono_s() > slot->kill_at_s)
        worker_slot_kill(slot);

    /* What was said just before the end is still in the pipes. */
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)slot->child.pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == 0)
        return;
    (void)spawn_read(&slot->child, &slot->out, &slot->err, 0);
    keep_tail(&slot->err);
    slot->ended = spawn_reap(&slot->child, &slot->status);
}

static void
obey(struct worker_slot *slot, enum store_request request, const struct log *log)
{
    enum slot_wish wish = request == REQUEST_CANCEL  ? SLOT_WISH_CANCEL
                          : request == REQUEST_PAUSE ? SLOT_WISH_PAUSE
                                                     : SLOT_WISH_NONE;

    if (wish <= slot->wish)
        return;
    log_line(log, LOG_INFO, "run %lld: %s asked for", (long long)slot->claim.run_id,
             wish == SLOT_WISH_CANCEL ? "cancel" : "pause");
    worker_slot_ask(slot, wish);
}

enum err
worker_slot_beat(struct worker_slot *slot, struct store *s, const struct log *log,
                 struct errbuf *eb)
{
    enum store_request request = REQUEST_NONE;

    if (slot->lost)
        return ERR_OK;
    enum err e =
        store_lease_beat(s, slot->claim.run_id, slot->claim.attempt, &request, eb);
    if (e == ERR_OK)
        obey(slot, request, log);
    if (e == ERR_OK && slot->reason_is_new) {
        e = store_lease_reason(s, slot->claim.run_id, slot->claim.attempt, slot->reason,
                               eb);
        slot->reason_is_new = e != ERR_OK;
    }
    if (e == ERR_FENCED) {
        /* Either the child has just ended its run, or another worker took it over: the
         * child finds out by itself at its next write, and is killed if it does not. */
        slot->lost = true;
        slot->kill_at_s = clock_mono_s() + grace_lost_s;
        return ERR_OK;
    }
    return e;
}

static bool
exited_with(const struct worker_slot *slot, enum run_child_exit code)
{
    return WIFEXITED(slot->status) && WEXITSTATUS(slot->status) == (int)code;
}

bool
worker_slot_gave_up(const struct worker_slot *slot)
{
    return slot->ended && exited_with(slot, RUN_CHILD_FULL);
}

/* Hand back, pause or cancel after the child left on request. */
static enum err
settle_wish(struct worker_slot *slot, struct store *s, struct errbuf *eb)
{
    static const char *const state[] = {[SLOT_WISH_NONE] = "queued",
                                        [SLOT_WISH_HAND_BACK] = "queued",
                                        [SLOT_WISH_PAUSE] = "paused",
                                        [SLOT_WISH_CANCEL] = "cancelled"};
    static const char *const why[] = {[SLOT_WISH_NONE] = "its process was told to stop",
                                      [SLOT_WISH_HAND_BACK] =
                                          "its worker was told to stop",
                                      [SLOT_WISH_PAUSE] = "paused on request",
                                      [SLOT_WISH_CANCEL] = "cancelled on request"};
    struct store_attempt at = {slot->claim.run_id, slot->claim.attempt};
    struct store_finish f = {
        .state = state[slot->wish],
        .end_reason = worker_slot_gave_up(slot)
                          ? "interrupted: the disk of the store was full for too long"
                          : why[slot->wish],
        .exit_code = WIFEXITED(slot->status) ? WEXITSTATUS(slot->status) : -1,
        .best_epoch = -1,
        .best_score = (double)NAN,
    };

    return store_attempt_finish(s, &at, &f, eb);
}

/* The last line that the child wrote on stderr, or "". */
static const char *
last_line(struct strbuf *sb)
{
    while (sb->len && sb->buf[sb->len - 1] == '\n')
        sb->buf[--sb->len] = '\0';
    const char *text = strbuf_str(sb), *nl = strrchr(text, '\n');

    return nl ? nl + 1 : text;
}

static char *
death_text(struct worker_slot *slot)
{
    char *how = spawn_status_text(slot->status);
    const char *said = last_line(&slot->err);
    bool by_kill = WIFSIGNALED(slot->status) && WTERMSIG(slot->status) == SIGKILL;
    char *text = xasprintf("the training process ended: %s%s%s%s", how,
                           by_kill ? " (by hand, or for want of memory)" : "",
                           *said ? ": " : "", said);

    free(how);
    return text;
}

static enum err
settle_death(struct worker_slot *slot, struct store *s, const struct log *log,
             struct errbuf *eb)
{
    const struct store_claim *c = &slot->claim;
    char state[STORE_TEXT] = "";
    char *what = death_text(slot);
    bool exited = WIFEXITED(slot->status);

    if (slot->err.len)
        (void)!store_log_add(s, c->run_id, c->attempt, "error", strbuf_str(&slot->err),
                             NULL);
    enum err e = store_attempt_died(
        s, c->run_id, c->attempt, exited ? WEXITSTATUS(slot->status) : -1,
        exited ? 0 : WTERMSIG(slot->status), what, state, eb);
    if (e == ERR_OK)
        slot->verdict =
            strcmp(state, "failed") == 0 ? SLOT_VERDICT_FAILED : SLOT_VERDICT_NONE;
    if (e == ERR_OK && slot->verdict == SLOT_VERDICT_NONE)
        log_line(log, LOG_WARN, "run %lld: %s; now %s", (long long)c->run_id, what,
                 state);
    free(what);
    return e;
}

static bool
left_on_request(const struct worker_slot *slot)
{
    if (exited_with(slot, RUN_CHILD_HANDED_BACK) || worker_slot_gave_up(slot))
        return true;
    return slot->wish != SLOT_WISH_NONE && WIFSIGNALED(slot->status);
}

/* Why the run failed, as the store has it.  Caller frees. */
static char *
why_failed(const struct worker_slot *slot, struct store *s)
{
    struct store_run_filter filter = {.run_id = slot->claim.run_id};
    struct store_runs runs = {0};
    const char *why = NULL;

    if (store_runs_list(s, &filter, &runs, NULL) == ERR_OK && runs.n == 1)
        why = runs.run[0].end_reason;
    char *text = xstrdup(why ? why : "no reason is stored");
    store_runs_release(&runs);
    return text;
}

static void
log_end(const struct worker_slot *slot, struct store *s, const struct log *log)
{
    long long id = (long long)slot->claim.run_id;

    if (slot->verdict == SLOT_VERDICT_FAILED) {
        char *why = why_failed(slot, s);

        log_line(log, LOG_INFO, "run %lld failed: %s", id, why);
        free(why);
    } else if (slot->verdict == SLOT_VERDICT_SUCCEEDED) {
        log_line(log, LOG_INFO, "run %lld succeeded", id);
    } else if (slot->lost || exited_with(slot, RUN_CHILD_FENCED)) {
        log_line(log, LOG_INFO, "run %lld was taken over by another worker", id);
    } else if (left_on_request(slot)) {
        log_line(log, LOG_INFO, "run %lld %s", id,
                 slot->wish == SLOT_WISH_PAUSE    ? "paused"
                 : slot->wish == SLOT_WISH_CANCEL ? "cancelled"
                                                  : "handed back to the queue");
    } /* else settle_death said it */
}

enum err
worker_slot_settle(struct worker_slot *slot, struct store *s, const struct log *log,
                   struct errbuf *eb)
{
    enum err e = ERR_OK;

    /* A child that ended its run itself holds no lease any more: settle_death is then
     * fenced, which is all right. */
    if (!slot->lost)
        e = left_on_request(slot) ? settle_wish(slot, s, eb)
                                  : settle_death(slot, s, log, eb);
    if (e == ERR_FENCED)
        e = ERR_OK;
    if (exited_with(slot, RUN_CHILD_ENDED))
        slot->verdict = SLOT_VERDICT_SUCCEEDED;
    else if (exited_with(slot, RUN_CHILD_FAILED))
        slot->verdict = SLOT_VERDICT_FAILED;
    if (e == ERR_OK)
        log_end(slot, s, log);
    return e;
}
