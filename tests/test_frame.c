/* test_frame.c - what every view gets from the frame: columns, exports, commands, what is
 * kept over a restart, small windows, names from hostile files, a store that changes
 * under it. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "tests/tui_lab.h"
#include "tui/key.h"
#include "tui/list.h"
#include "tui/ui_config.h"

static int
setup(void **state)
{
    struct tui_lab *lab = calloc(1, sizeof *lab);

    tui_lab_open(lab, true);
    *state = lab;
    return 0;
}

static int
teardown(void **state)
{
    tui_lab_close(*state);
    free(*state);
    return 0;
}

/* The screen as text.  Caller frees. */
static char *
screen_of(struct tui_lab *lab, int rows, int cols)
{
    struct strbuf out = {0};

    tui_lab_screen(lab, rows, cols, &out);
    return strbuf_detach(&out);
}

static void
expect_not(struct tui_lab *lab, const char *text)
{
    char *screen = screen_of(lab, 24, 80);

    if (strstr(screen, text))
        fail_msg("\"%s\" in\n%s", text, screen);
    free(screen);
}

/* --- columns --- */

static void
test_columns__are_chosen_in_order(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "C");
    tui_lab_expect(lab, "columns: loss, stat");
    tui_lab_expect(lab, " best_val_f1_macro_sd, best_epoch, cells/s, time");
    tui_lab_keys(lab, "\x15state, name, seed, n_runs\n");
    tui_lab_expect(
        lab, "\n  STATE                      RUNS                  seed    n_runs\n");
    tui_lab_expect(
        lab, "▸0/2 running                live linear              -         2\n");
    tui_lab_keys(lab, "]"); /* sorts by what is shown */
    tui_lab_expect(lab, "sorted by STATE");
    tui_lab_keys(lab, "]]");
    tui_lab_expect(lab, "sorted by seed");
    tui_lab_keys(lab, ":columns\n");
    tui_lab_expect(lab, "\n  RUNS             LOSS STATE");
}

static void
test_columns__wrong_names_are_said_where_they_stand(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "C\x15state, na");
    expect_not(lab, "^"); /* on its way */
    tui_lab_keys(lab, "x, loss\n");
    tui_lab_expect(lab, "\n                 ^ no column nax\n");
    tui_lab_keys(lab, "\x15loss, LOSS\n");
    tui_lab_expect(lab, "^ LOSS stands there twice");
    tui_lab_keys(lab, "\x1b");
    tui_lab_expect(lab, "\n  RUNS             LOSS STATE"); /* as before */
    tui_lab_keys(lab, ":columns wobble\n");
    tui_lab_expect(lab, "columns: no column wobble; there are runs, loss");
}

static void
test_columns__too_many_grow_narrow_and_never_overlap(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, ":columns name,loss,state,experiment,model,seed,run_id,n_runs,"
                      "pair_key,best_epoch,best_val_f1_macro_sd\n");
    for (int cols = 40; cols <= 200; cols += 7) {
        char *screen = screen_of(lab, 24, cols);
        for (char *line = strtok(screen, "\n"); line; line = strtok(NULL, "\n"))
            assert_true(utf8_width(line) <= (size_t)cols);
        free(screen);
    }
}

/* --- exports --- */

static char *
exported(struct tui_lab *lab, const char *name)
{
    char *path = xasprintf("%s/%s", lab->dir, name);
    char *keys = xasprintf(":export %s\n", path);

    tui_lab_keys(lab, keys);
    tui_lab_expect(lab, "wrote DIR");
    char *text = support_slurp(path);
    free(keys);
    free(path);
    return text;
}

static void
test_export__suffix_chooses_the_format(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "3");
    char *csv = exported(lab, "t.csv"), *json = exported(lab, "t.json"),
         *md = exported(lab, "t.md");
    assert_int_equal(strncmp(csv, "label,support,ce_mean,", 22), 0);
    /* .5 + .003 (0 + 3 + 1) / 3, three seeds of class B cell: mean .504 */
    assert_non_null(strstr(csv, "\nB cell,100,0.504"));
    assert_non_null(
        strstr(json, "\"label\": \"B cell\", \"support\": 100, \"ce_mean\": 0.50"));
    assert_non_null(strstr(json, "\\u001b[31mcell\\u000a")); /* as it is */
    assert_non_null(strstr(csv, " \x1b[31mcell\n\""));
    assert_null(strchr(md, 0x1b)); /* as the screen says */
    assert_non_null(strstr(md, "| LABEL "));
    assert_non_null(strstr(md, "|   100 | 0.504±.005 |"));
    free(csv);
    free(json);
    free(md);
}

static void
test_export__has_the_chosen_columns_and_rows(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, ":columns loss, experiment\n:filter toy\n:sort loss\n");
    char *csv = exported(lab, "t.csv");
    assert_string_equal(csv, "loss,experiment\nce,toy\nhce,toy\n");
    free(csv);
}

static void
test_export__other_names_are_refused(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "e\x15table.xls\n");
    tui_lab_expect(lab, "^ the name must end in one of .csv .json .md");
    tui_lab_keys(lab, "\x15no/such/folder.csv\n");
    tui_lab_expect(lab, "^ no/such/folder.csv: No such file");
    tui_lab_keys(lab, "\x1b?:export x.csv\n");
    tui_lab_expect(lab, "export: this view has nothing to export");
}

static void
test_export__markdown_escapes_pipes(void **state)
{
    struct tui_lab *lab = *state;
    struct list l;
    static const struct list_column column[] = {
        {.name = "a|b", .title = "A|B", .width = 4},
        {.name = "x", .title = "X", .type = LIST_REAL, .width = 4}};
    struct strbuf md = {0}, csv = {0};

    (void)lab;
    list_init(&l, column, 2);
    list_begin(&l);
    size_t row = list_row(&l, 1, LIST_ROOT);
    list_text(&l, row, 0, STYLE_TEXT, "p|q");
    list_num(&l, row, 1, 0.1 + 0.2);
    list_end(&l);
    list_export(&l, TABLE_MARKDOWN, &md);
    list_export(&l, TABLE_CSV, &csv);
    assert_non_null(strstr(strbuf_str(&md), "| A\\|B |"));
    assert_non_null(strstr(strbuf_str(&md), "| p\\|q |"));
    assert_string_equal(strbuf_str(&csv), "a|b,x\np|q,0.30000000000000004\n");
    strbuf_release(&md);
    strbuf_release(&csv);
    list_release(&l);
}

static void
test_export__curves_are_points(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "2m");
    tui_lab_keys(lab, "e");
    tui_lab_expect(lab, "train_f1_macro_step.csv");
    tui_lab_keys(lab, "\x1bM");
    free(screen_of(lab, 24, 80)); /* reads the curves */
    char *csv = exported(lab, "c.csv"), *json = exported(lab, "c.json");
    assert_int_equal(strncmp(csv, "line,x,value,low,high\n", 22), 0);
    assert_non_null(strstr(json, "{\"line\": \""));
    free(csv);
    free(json);
}

/* --- commands --- */

static void
test_command__tab_completes(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, ":so\t");
    tui_lab_expect(lab, "\n :sort\n");
    tui_lab_expect(lab, "sort COLUMN: Sort by a column");
    tui_lab_keys(lab, "best\t");
    tui_lab_expect(lab, "\n :sort best\n"); /* three begin so */
    tui_lab_keys(lab, "_e\t\n");
    tui_lab_expect(lab, "sorted by best_epoch");
    tui_lab_keys(lab, ":theme d\t\n");
    tui_lab_expect(lab, "theme dark");
    tui_lab_keys(lab, ":com\t\n");
    tui_lab_expect(lab, "[3 Compare]");
    tui_lab_keys(lab, "f\x15"
                      "del\t");
    tui_lab_expect(lab, "filter: delta");
    tui_lab_keys(lab, "\x1b"
                      "C\x15label, cel\t");
    tui_lab_expect(lab, "columns: label, cells\n");
    tui_lab_keys(lab, "\x1b:zz\t");
    tui_lab_expect(lab, "\n :zz\n");
}

static void
test_command__errors_name_what_would_do(void **state)
{
    static const struct {
        const char *keys, *said;
    } cases[] = {
        {":wobble\n", "no command wobble: there are sort, filter, columns"},
        {":sort wobble\n", "sort: no column wobble; there are runs, loss"},
        {":theme pink\n", "theme: no pink; there are auto, dark, light, mono"},
        {":theme\n", "theme: no name; there are auto, dark"},
        {":glyphs x\n", "glyphs: no x; there are braille, block, ascii"},
        {":refresh 1\n", "refresh: 1 is no number of milliseconds from 50 to 60000"},
        {":refresh 1e3\n", "refresh: 1e3 is no number of milliseconds"},
        {":filter loss =\n", "filter: "},
        {":find zebra\n", "no match"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tui_lab_keys(*state, cases[i].keys);
        tui_lab_expect(*state, cases[i].said);
    }
    tui_lab_keys(*state, "2:sort x\n");
    tui_lab_expect(*state, "this view has no table");
}

static void
test_command__help_lists_commands_and_what_is_kept(void **state)
{
    struct tui_lab *lab = *state;
    char *screen;

    tui_lab_keys(lab, ":help\n");
    screen = screen_of(lab, 200, 100);
    assert_non_null(strstr(screen, "Commands after :"));
    assert_non_null(strstr(screen, "  columns COLUMN, ...   Show these columns"));
    assert_non_null(strstr(screen, "Kept from one time to the next"));
    assert_non_null(
        strstr(screen, "  theme                 colours: auto|dark|light|mono"));
    assert_non_null(strstr(screen, "  compare.seeds.sort "));
    free(screen);
}

/* --- what is kept --- */

/* Leave, and come again with the options of lab->options. */
static void
restart(struct tui_lab *lab)
{
    struct errbuf eb = {""};

    if (ui_config_save(&lab->ui, &eb))
        fail_msg("%s", eb.text);
    ui_release(&lab->ui);
    ui_init(&lab->ui, &lab->options, false);
}

static char *
keep_at(struct tui_lab *lab)
{
    char *path = xasprintf("%s/conf", lab->dir);

    lab->options.config_path = path;
    ui_release(&lab->ui);
    ui_init(&lab->ui, &lab->options, false);
    return path;
}

static void
test_config__choices_survive_a_restart(void **state)
{
    struct tui_lab *lab = *state;
    char *path = keep_at(lab);

    tui_lab_keys(lab, ":sort seed\no:columns name, seed\n:filter loss = hce\n");
    tui_lab_keys(lab, "2msybx:theme light\n:glyphs block\n:refresh 500\n");
    tui_lab_keys(lab, "3tr:sort hce_mean\n");
    restart(lab);
    tui_lab_expect(lab, "[3 Compare]");
    tui_lab_expect(lab, "rule exact");
    tui_lab_expect(lab, "F1 by tissue");
    tui_lab_expect(lab, "sorted by HCE, largest first");
    assert_int_equal(lab->ui.theme, THEME_LIGHT);
    assert_int_equal(lab->ui.refresh_ms, 500);
    tui_lab_keys(lab, "1");
    tui_lab_expect(lab, "seed▲\n");
    tui_lab_expect(lab, "[2/4] filter: loss = hce  sorted by seed");
    tui_lab_keys(lab, "2");
    tui_lab_expect(lab, "train_f1_macro_step");
    tui_lab_expect(lab, "smooth 0.6  log y");
    tui_lab_expect(lab, "x epoch");
    assert_int_equal(lab->ui.glyphs, CHART_BLOCK);
    free(path);
}

static void
test_config__broken_lines_are_said_once_and_kept_aside(void **state)
{
    struct tui_lab *lab = *state;
    char *path = keep_at(lab), *aside = xasprintf("%s.bad", path);

    support_write(path, "theme = pink\nfuture = 1\nnonsense\nruns.sort = wobble\n"
                        "compare.facet = disease\nrefresh_ms = 7\n");
    ui_release(&lab->ui);
    ui_init(&lab->ui, &lab->options, false);
    assert_int_equal(lab->ui.theme, THEME_AUTO);
    tui_lab_expect(lab, "conf: line 3: it has no '=', and 3 more: ignored");
    tui_lab_keys(lab, "j");
    expect_not(lab, "ignored");
    tui_lab_keys(lab, "3"); /* a facet that the runs do not have */
    tui_lab_expect(lab, "F1 by class");
    restart(lab);
    char *was = support_slurp(aside), *is = support_slurp(path);
    assert_non_null(strstr(was, "nonsense"));
    assert_null(strstr(is, "nonsense"));
    assert_non_null(strstr(is, "future = 1\n"));
    assert_non_null(strstr(is, "theme = auto\n"));
    free(was);
    free(is);
    free(aside);
    free(path);
}

static void
test_config__options_hold_for_one_time(void **state)
{
    struct tui_lab *lab = *state;
    char *path = keep_at(lab);

    tui_lab_keys(lab, ":theme light\n");
    restart(lab);
    lab->options.theme = "mono";
    lab->options.refresh_ms = 1000;
    lab->options.ascii = true;
    restart(lab);
    assert_int_equal(lab->ui.theme, THEME_MONO);
    assert_int_equal(lab->ui.refresh_ms, 1000);
    assert_true(lab->ui.ascii);
    lab->options = (struct app_options){.store_path = lab->path, .config_path = path};
    restart(lab);
    assert_int_equal(lab->ui.theme, THEME_LIGHT);
    assert_int_equal(lab->ui.refresh_ms, 250);
    assert_false(lab->ui.ascii);
    lab->options.theme = "mono";
    restart(lab);
    tui_lab_keys(lab, ":theme dark\n"); /* what is chosen then is kept */
    lab->options.theme = NULL;
    restart(lab);
    assert_int_equal(lab->ui.theme, THEME_DARK);
    free(path);
}

/* The one that closes last has written the whole file. */
static void
test_config__two_at_once(void **state)
{
    struct tui_lab *lab = *state;
    char *path = keep_at(lab);
    struct errbuf eb;
    struct ui other;

    ui_init(&other, &lab->options, false);
    ui_set_theme(&other, THEME_DARK);
    ui_set_refresh(&other, 777);
    tui_lab_keys(lab, ":theme light\n");
    assert_int_equal(ui_config_save(&other, &eb), ERR_OK);
    ui_release(&other);
    restart(lab);
    assert_int_equal(lab->ui.theme, THEME_LIGHT);
    assert_int_equal(lab->ui.refresh_ms, 250);
    free(path);
}

static void
test_config__nothing_is_written_where_nothing_is_kept(void **state)
{
    struct tui_lab *lab = *state;
    struct errbuf eb = {""};
    char *below = xasprintf("%s/lab.db/conf", lab->dir); /* a file is no folder */

    tui_lab_keys(lab, ":theme dark\n");
    assert_int_equal(ui_config_save(&lab->ui, &eb), ERR_OK); /* no path */
    lab->options.config_path = below;
    ui_release(&lab->ui);
    ui_init(&lab->ui, &lab->options, false);
    tui_lab_expect(lab, "toy linear");
    assert_int_not_equal(ui_config_save(&lab->ui, &eb), ERR_OK);
    assert_non_null(strstr(eb.text, "lab.db"));
    lab->options.config_path = NULL;
    free(below);
}

/* Every setting has a meaning and names its values. */
static void
test_config__is_described(void **state)
{
    struct strbuf text = {0};

    (void)state;
    app_describe_config(&text);
    assert_non_null(strstr(strbuf_str(&text), "glyphs\tbraille|block|ascii\tdots"));
    assert_non_null(strstr(strbuf_str(&text), "refresh_ms\t50 to 60000\t"));
    assert_non_null(strstr(strbuf_str(&text), "runs.filter\tFILTER\t"));
    assert_null(strstr(strbuf_str(&text), "(null)"));
    strbuf_release(&text);
}

/* --- live reload --- */

static void
test_reload__keeps_cursor_sort_marks_filter_and_columns(void **state)
{
    struct tui_lab *lab = *state;
    struct store *s = NULL;
    bool done;

    tui_lab_keys(lab, ":columns name, loss, state\n:sort state\n:filter live\n");
    tui_lab_keys(lab, "G\tj "); /* marks a seed */
    tui_lab_keys(lab, "k");
    struct list *l = view_get(VIEW_runs)->list(lab->ui.state[VIEW_runs]);
    uint64_t key = list_current(l)->key;
    assert_int_equal(store_open(&s, lab->path, STORE_WRITE, NULL), ERR_OK);
    assert_int_equal(store_cancel(s, 11, &done, NULL), ERR_OK);
    store_close(s);
    unsigned before = lab->ui.model.generation;
    while (lab->ui.model.generation == before)
        ui_tick(&lab->ui);
    assert_int_equal(list_current(l)->key, key);
    assert_int_equal(l->marked.n, 1);
    assert_int_equal(l->n_chosen, 3);
    tui_lab_expect(lab, "[2/4] filter: live  sorted by STATE");
}

/* --- glyphs --- */

static void
test_glyphs__ascii_and_back_in_every_view(void **state)
{
    static const char *const views[] = {"1", "2", "3", "a", "?"};
    struct tui_lab *lab = *state;

    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        tui_lab_keys(lab, views[i]);
        tui_lab_keys(lab, ":glyphs ascii\n");
        char *screen = screen_of(lab, 24, 80);
        for (const char *p = screen; *p; p++)
            assert_true((unsigned char)*p < 0x80);
        free(screen);
        tui_lab_keys(lab, ":glyphs braille\n");
    }
    tui_lab_keys(lab, "q3");
    tui_lab_expect(lab, "±"); /* rows are made again */
    tui_lab_keys(lab, "\x07");
    assert_int_equal(lab->ui.glyphs, CHART_BLOCK);
    tui_lab_keys(lab, "\x14");
    tui_lab_expect(lab, "theme dark");
}

/* --- small windows --- */

static void
test_small__every_view_of_the_frame(void **state)
{
    static const struct {
        const char *name, *keys;
    } screens[] = {
        {"runs", "jjj\tj"}, {"curves_means", "2"},   {"compare", "3"},
        {"seeds", "3\n"},   {"launch", "a"},         {"run", "jj\tj\n"},
        {"log", "jj\tjL"},  {"help", "?"},           {"filter", "3fdelta < x"},
        {"confirm", "K"},   {"command", ":filter "}, {"diff", " Gd"},
        {"columns", "C"},   {"message", ":wobble\n"}};

    (void)state;
    for (size_t i = 0; i < sizeof screens / sizeof screens[0]; i++) {
        struct tui_lab lab;
        char file[64];

        tui_lab_open(&lab, true);
        lab.options.self_path = "/bin/false";
        tui_lab_keys(&lab, screens[i].keys);
        char *screen = screen_of(&lab, 12, 40);
        snprintf(file, sizeof file, "tui_%s_40x12.txt", screens[i].name);
        support_golden(screen, file);
        free(screen);
        tui_lab_close(&lab);
    }
}

static void
test_diff__at_both_sizes(void **state)
{
    struct tui_lab *lab = *state;
    char *screen;

    tui_lab_keys(lab, " jj d");
    screen = screen_of(lab, 24, 80);
    support_golden(screen, "tui_diff_80x24.txt");
    free(screen);
    screen = screen_of(lab, 60, 200);
    support_golden(screen, "tui_diff_200x60.txt");
    free(screen);
}

/* --- names from hostile files --- */

#define LONG_NAME                                                                      \
    "0123456789012345678901234567890123456789012345678901234567890123456789"           \
    "01234567890123456789012345678901234567890123456789012345678901234567890123456789" \
    "01234567890123456789012345678901234567890123456789012345678901234567890123456789" \
    "0123456789012345678901234567890123456789012345678901234567890123456789"

static const char *const hostile[] = {
    "\x1b[2J\x1b[31m\x1b]0;title\x07red",
    LONG_NAME,
    "\xe9\xab\x98\xe6\xa1\xa5\xe7\xb4\xb0\xe8\x83\x9e\xe9\xab\x98\xe6\xa1\xa5 wide",
    "a\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86 marks e\xcc\x81",
    "\xe2\x80\xae right \xe2\x81\xa6 to left \xe2\x80\x8f",
    "tab\tnew\nline\r\x08\x7f",
    "bad \xff\xc0\x80 utf8",
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac scientist"};
enum { N_HOSTILE = sizeof hostile / sizeof hostile[0] };

static void
queue_hostile(const struct tui_lab *lab)
{
    struct store *s = NULL;
    struct errbuf eb = {""};
    int64_t id;

    assert_int_equal(store_open(&s, lab->path, STORE_WRITE, &eb), ERR_OK);
    for (size_t i = 0; i < N_HOSTILE; i++) {
        struct store_new_run run = {.name = hostile[i],
                                    .experiment = hostile[i],
                                    .model = "linear",
                                    .loss = "ce",
                                    .pair_key = hostile[i],
                                    .max_epochs = 1};
        if (store_queue_add(s, &run, 1, false, &id, NULL, &eb))
            fail_msg("%s", eb.text);
    }
    store_close(s);
}

/* The column at which a text begins in a row of the canvas; -1: it is not there. */
static int
column_of(const struct canvas *cv, int row, const char *text)
{
    for (int c = 0; c + (int)strlen(text) <= cv->cols; c++) {
        size_t k = 0;
        while (text[k] &&
               cv->cell[(size_t)row * (size_t)cv->cols + (size_t)c + k].glyph[0] ==
                   text[k])
            k++;
        if (!text[k])
            return c;
    }
    return -1;
}

/* Cells hold one character with its marks, and each row is as wide as the window. */
static void
assert_cells_sane(const struct canvas *cv)
{
    for (size_t i = 0; i < (size_t)cv->rows * (size_t)cv->cols; i++) {
        const char *glyph = cv->cell[i].glyph;
        bool wide = i + 1 < (size_t)cv->rows * (size_t)cv->cols &&
                    (i + 1) % (size_t)cv->cols && !cv->cell[i + 1].glyph[0];
        for (const char *p = glyph; *p; p++)
            assert_true((unsigned char)*p >= ' ' && *p != 127);
        assert_true(utf8_valid(glyph, strlen(glyph)));
        if (*glyph)
            assert_int_equal(utf8_width(glyph), wide ? 2 : 1);
    }
}

static void
draw_hostile(struct tui_lab *lab, int rows, int cols)
{
    struct canvas cv;

    canvas_init(&cv, rows, cols, false);
    ui_draw(&lab->ui, &cv, INFINITY);
    assert_cells_sane(&cv);
    canvas_release(&cv);
}

static void
test_hostile__names_leave_the_columns_where_they_are(void **state)
{
    static const int sizes[][2] = {{24, 80}, {12, 40}, {60, 200}};
    struct tui_lab *lab = *state;

    queue_hostile(lab);
    ui_tick(&lab->ui);
    for (size_t k = 0; k < 3; k++) {
        struct canvas cv;
        canvas_init(&cv, sizes[k][0], sizes[k][1], false);
        tui_lab_keys(lab, ":filter loss = ce\n");
        ui_draw(&lab->ui, &cv, INFINITY);
        int at = column_of(&cv, 1, "LOSS");
        assert_true(at > 0);
        for (int r = 2; r < sizes[k][0] - 6 && r < 2 + N_HOSTILE; r++)
            assert_int_equal(column_of(&cv, r, "ce   0/"), at);
        assert_cells_sane(&cv);
        canvas_release(&cv);
    }
}

static void
test_hostile__names_in_every_view(void **state)
{
    struct tui_lab *lab = *state;

    queue_hostile(lab);
    lab->options.self_path = "/bin/false";
    ui_tick(&lab->ui);
    for (int i = 0; i < N_HOSTILE; i++) {
        tui_lab_keys(lab, "1g");
        for (int k = 0; k < i; k++)
            tui_lab_keys(lab, "j");
        tui_lab_keys(lab, "\t");
        static const char *const places[] = {"",  "K",  "n ", "Gd", "q1gj\t", "j\n",
                                             "L", "qd", "q2", "3",  "a"};
        for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
            tui_lab_keys(lab, places[p]);
            draw_hostile(lab, 24, 80);
            draw_hostile(lab, 12, 40);
        }
    }
}

/* --- a store that changes under it --- */

static void
test_store__another_file_of_its_name_is_read(void **state)
{
    struct tui_lab *lab = *state;
    char *other = xasprintf("%s/other.db", lab->dir);
    struct store *s = NULL;
    struct errbuf eb = {""};
    int64_t id;
    struct store_new_run run = {.name = "x",
                                .experiment = "fresh",
                                .model = "mlp",
                                .loss = "ce",
                                .pair_key = "c3",
                                .max_epochs = 1};

    tui_lab_keys(lab, "2"); /* has read curves of run ids that come again */
    free(screen_of(lab, 24, 80));
    assert_int_equal(store_open(&s, other, STORE_CREATE, &eb), ERR_OK);
    assert_int_equal(store_queue_add(s, &run, 1, false, &id, NULL, &eb), ERR_OK);
    store_close(s);
    char *wal = xasprintf("%s-wal", lab->path), *shm = xasprintf("%s-shm", lab->path);
    unlink(wal);
    unlink(shm);
    assert_int_equal(rename(other, lab->path), 0);
    tui_lab_keys(lab, "1");
    tui_lab_wait(lab, "fresh mlp");
    expect_not(lab, "toy linear");
    assert_int_equal(lab->ui.model.n_opened, 2);
    tui_lab_keys(lab, "2");
    expect_not(lab, "linear");
    free(wal);
    free(shm);
    free(other);
}

/* A question names runs of one store: it is withdrawn when another takes its place. */
static void
test_store__a_question_is_not_asked_of_another(void **state)
{
    struct tui_lab *lab = *state;
    char *other = xasprintf("%s/other.db", lab->dir);
    static const char *const beside[] = {"-wal", "-shm"};

    lab->options.self_path = "/bin/false";
    tui_lab_fill(other);
    tui_lab_keys(lab, "gK");
    tui_lab_expect(lab, "cancel live linear");
    for (size_t i = 0; i < 2; i++) {
        char *path = xasprintf("%s%s", lab->path, beside[i]);
        unlink(path);
        free(path);
    }
    assert_int_equal(rename(other, lab->path), 0);
    tui_lab_wait(lab, "nothing done: there is another store now");
    assert_false(lab->ui.confirm.open);
    free(other);
}

static void
test_store__no_store_of_its_name_is_said(void **state)
{
    struct tui_lab *lab = *state;
    char *other = xasprintf("%s/other", lab->dir),
         *aside = xasprintf("%s/old", lab->dir);

    support_write(other, "this is not a database, and long enough to be read so\n");
    assert_int_equal(rename(lab->path, aside), 0);
    assert_int_equal(rename(other, lab->path), 0);
    tui_lab_wait(lab, "is not a hcelab store");
    tui_lab_keys(lab, "j3m2a1\t");                 /* nothing falls over */
    assert_int_equal(rename(aside, lab->path), 0); /* it comes back */
    tui_lab_wait(lab, "toy linear");
    for (int i = 0; i < 200 && lab->ui.model.problem.text[0]; i++) {
        clock_sleep_ms(10);
        ui_tick(&lab->ui);
    }
    assert_string_equal(lab->ui.model.problem.text, "");
    free(other);
    free(aside);
}

#define LAB_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(test_columns__are_chosen_in_order),
        LAB_TEST(test_columns__wrong_names_are_said_where_they_stand),
        LAB_TEST(test_columns__too_many_grow_narrow_and_never_overlap),
        LAB_TEST(test_export__suffix_chooses_the_format),
        LAB_TEST(test_export__has_the_chosen_columns_and_rows),
        LAB_TEST(test_export__other_names_are_refused),
        LAB_TEST(test_export__markdown_escapes_pipes),
        LAB_TEST(test_export__curves_are_points),
        LAB_TEST(test_command__tab_completes),
        LAB_TEST(test_command__errors_name_what_would_do),
        LAB_TEST(test_command__help_lists_commands_and_what_is_kept),
        LAB_TEST(test_config__choices_survive_a_restart),
        LAB_TEST(test_config__broken_lines_are_said_once_and_kept_aside),
        LAB_TEST(test_config__options_hold_for_one_time),
        LAB_TEST(test_config__two_at_once),
        LAB_TEST(test_config__nothing_is_written_where_nothing_is_kept),
        cmocka_unit_test(test_config__is_described),
        LAB_TEST(test_reload__keeps_cursor_sort_marks_filter_and_columns),
        LAB_TEST(test_glyphs__ascii_and_back_in_every_view),
        cmocka_unit_test(test_small__every_view_of_the_frame),
        LAB_TEST(test_diff__at_both_sizes),
        LAB_TEST(test_hostile__names_leave_the_columns_where_they_are),
        LAB_TEST(test_hostile__names_in_every_view),
        LAB_TEST(test_store__another_file_of_its_name_is_read),
        LAB_TEST(test_store__a_question_is_not_asked_of_another),
        LAB_TEST(test_store__no_store_of_its_name_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
