/* ui_run.c - programs that the dashboard starts. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/spawn.h"
#include "base/xalloc.h"
#include "tui/keymap.h"
#include "tui/list.h"
#include "tui/ui.h"

void
ui_argv(const struct ui *ui, struct strlist *argv, const char *const *words)
{
    strlist_add(argv, ui->opt->self_path);
    strlist_add(argv, "--store");
    strlist_add(argv, ui->opt->store_path);
    for (; *words; words++)
        strlist_add(argv, *words);
}

/* The last line of a text that is not empty, without its newline and without the name of
 * the program, which is this one. */
static void
last_line(const char *text, char *out, size_t size)
{
    const char *end = text + strlen(text);

    while (end > text && end[-1] == '\n')
        end--;
    const char *start = end;
    while (start > text && start[-1] != '\n')
        start--;
    if (end - start > 8 &&
        strncmp(start, "hcelab: ", 8) == 0) /* as the commands sign their messages */
        start += 8;
    snprintf(out, size, "%.*s", (int)(end - start), start);
}

static void
run_done(void *ctx, int status, const char *out, const char *err)
{
    struct ui *ui = ctx;
    char line[400];

    last_line(*err ? err : out, line, sizeof line);
    if (status == 0) {
        ui_say(ui, STYLE_GOOD, "%s", *line ? line : "done");
    } else if (*line) {
        ui_say(ui, STYLE_BAD, "%s", line);
    } else {
        char *text = spawn_status_text(status);
        ui_say(ui, STYLE_BAD, "it failed: %s", text);
        free(text);
    }
}

void
ui_run(struct ui *ui, struct strlist *argv, const char *question)
{
    struct errbuf eb = {0};

    if (ui_refuses(ui, "this"))
        return;
    if (question) {
        strlist_release(&ui->confirm.argv);
        ui->confirm.argv = *argv;
        *argv = (struct strlist){0};
        ui->confirm.open = true;
        ui->confirm.n_opened = ui->model.n_opened;
        snprintf(ui->confirm.text, sizeof ui->confirm.text, "%s", question);
        return;
    }
    if (jobs_start(&ui->jobs, argv, false, run_done, ui, &eb))
        ui_say(ui, STYLE_BAD, "%s", eb.text);
}

/* The command that an action on runs stands for; NULL: none of the runs allows it. */
struct run_command {
    enum action action;
    const char *word;
    unsigned states; /* bits of enum run_state: runs that it is meant for */
    bool asks;
};

#define S(id) (1u << RUN_##id)
static const struct run_command run_commands[] = {
    {ACT_CANCEL, "cancel", S(queued) | S(running) | S(paused), true},
    {ACT_PAUSE, "pause", S(queued) | S(running), false},
    {ACT_PAUSE, "resume", S(paused), false},
    {ACT_RETRY, "retry", S(failed) | S(cancelled), false},
    {ACT_RAISE, "priority", S(queued) | S(paused), false},
    {ACT_LOWER, "priority", S(queued) | S(paused), false},
    {ACT_FIRST, "priority", S(queued) | S(paused), false},
};
#undef S

static void
add_priority(struct strlist *argv, enum action action, const struct store_run *run)
{
    char number[24];

    if (action == ACT_FIRST)
        strlist_add(argv, "first");
    if (action != ACT_RAISE && action != ACT_LOWER)
        return;
    strlist_add(argv, "--"); /* a negative number is no option */
    snprintf(number, sizeof number, "%" PRId64,
             run->priority + (action == ACT_RAISE ? 1 : -1));
    strlist_add(argv, number);
}

/* Append the runs that a command is meant for; how many. */
static size_t
add_runs(struct strlist *argv, const struct run_command *c,
         const struct store_run *const *run, size_t n)
{
    size_t hits = 0;

    for (size_t i = 0; i < n; i++) {
        /* The last that is put first stands first. */
        const struct store_run *r = run[c->action == ACT_FIRST ? n - 1 - i : i];
        char id[24];
        if (!(c->states & 1u << run_state_of(r)))
            continue;
        if (hits++ == 0)
            add_priority(argv, c->action, r);
        snprintf(id, sizeof id, "%" PRId64, r->run_id);
        strlist_add(argv, id);
    }
    return hits;
}

static bool
try_command(struct ui *ui, const struct run_command *c,
            const struct store_run *const *run, size_t n, const char *what)
{
    struct strlist argv = {0};

    ui_argv(ui, &argv, (const char *const[]){"queue", c->word, NULL});
    size_t hits = add_runs(&argv, c, run, n);
    if (hits) {
        char *question =
            xasprintf("%s %s (%zu run%s)?", c->word, what, hits, hits == 1 ? "" : "s");
        ui_run(ui, &argv, c->asks ? question : NULL);
        free(question);
    }
    strlist_release(&argv);
    return hits > 0;
}

bool
ui_misses(struct ui *ui, struct list *l, enum action action)
{
    if (!list_take_lost(l))
        return false;
    ui_say(ui, STYLE_WARN, "the row has gone meanwhile; %s again is for this one",
           keymap_hint(action));
    return true;
}

void
ui_run_action(struct ui *ui, enum action action, const struct store_run *const *run,
              size_t n, const char *what)
{
    const char *word = "";

    for (size_t i = 0; i < sizeof run_commands / sizeof run_commands[0]; i++) {
        if (run_commands[i].action != action)
            continue;
        word = *word ? word : run_commands[i].word;
        if (try_command(ui, &run_commands[i], run, n, what))
            return;
    }
    ui_say(ui, STYLE_WARN, "%s: nothing to %s in its state", what,
           strcmp(word, "priority") == 0 ? "move" : word);
}

/* Only a failure is worth a message where what was done has just been said. */
static void
worker_failed(void *ctx, int status, const char *out, const char *err)
{
    (void)out;
    if (status != 0)
        ui_say(ctx, STYLE_BAD, "no worker could be started: %s", err);
}

static void
worker_started(void *ctx, int status, const char *out, const char *err)
{
    if (status == 0)
        ui_say(ctx, STYLE_GOOD,
               "a worker was started; it leaves after ten minutes "
               "without a run");
    else
        worker_failed(ctx, status, out, err);
}

void
ui_start_worker(struct ui *ui, bool says)
{
    struct strlist argv = {0};
    struct errbuf eb = {0};

    if (ui_refuses(ui, "a worker"))
        return;
    ui_argv(ui, &argv, (const char *const[]){"worker", "--detach", NULL});
    if (jobs_start(&ui->jobs, &argv, false, says ? worker_started : worker_failed, ui,
                   &eb))
        ui_say(ui, STYLE_BAD, "%s", eb.text);
    strlist_release(&argv);
}
