/* test_random_keys.c - random keys, sizes and changes of the store: nothing crashes,
 * nothing but characters comes to the screen.
 *
 *   test_random_keys [KEYS [SEED]]     2,000 keys; tests/campaign_keys.sh for more
 *
 * Every key is followed by a frame that is looked at: without a terminal, and on one with
 * storms of sizes, stops and continues between the keys. */
#include "tests/support.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "store/store.h"
#include "tests/key_storm.h"
#include "tests/mirror.h"
#include "tests/tui_lab.h"
#include "tui/keymap.h"

static size_t n_keys = 2000, n_terminal_keys = 500; /* $TERMINAL_KEYS */
static uint64_t seed = 20260102;

/* --- without a terminal --- */

struct storm {
    struct tui_lab lab;
    struct key_storm keys;
    struct canvas cv;
    size_t n, seen[VIEW_COUNT], n_prompts, n_confirms;
};

static void
fail_at(const struct storm *s, int row, const char *why)
{
    struct strbuf text = {0};

    canvas_dump(&s->cv, &text);
    fprintf(stderr, "%s", strbuf_str(&text));
    strbuf_release(&text);
    fail_msg("seed %llu, key %zu, %d x %d, row %d: %s", (unsigned long long)seed, s->n,
             s->cv.cols, s->cv.rows, row, why);
}

/* One character and what combines with it; its columns. */
static int
check_glyph(const struct storm *s, int row, const char *glyph)
{
    int cols = 0;

    for (size_t at = 0, n = strlen(glyph); at < n;) {
        uint32_t cp;
        at += utf8_decode(glyph + at, n - at, &cp);
        if (cp == UTF8_INVALID || cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
            fail_at(s, row, "a glyph that is no character");
        if (cp >= 0x80 && s->cv.ascii)
            fail_at(s, row, "a glyph beyond ASCII");
        cols += utf8_width_of(cp);
    }
    return cols;
}

static void
check_row(const struct storm *s, int row)
{
    const struct canvas_cell *cell = &s->cv.cell[row * s->cv.cols];

    for (int c = 0; c < s->cv.cols; c++) {
        if (cell[c].style >= STYLE_COUNT)
            fail_at(s, row, "a style that there is not");
        if (!cell[c].glyph[0])
            fail_at(s, row, "half a character");
        int cols = check_glyph(s, row, cell[c].glyph);
        if (cols == 2 && (c + 1 == s->cv.cols || cell[c + 1].glyph[0]))
            fail_at(s, row, "a wide character without its right half");
        if (cols < 1 || cols > 2)
            fail_at(s, row, "a cell of no width");
        c += cols - 1;
    }
}

static void
check_frame(struct storm *s)
{
    const struct ui *ui = &s->lab.ui;
    bool fits = s->cv.rows >= UI_MIN_ROWS && s->cv.cols >= UI_MIN_COLS;

    for (int r = 0; r < s->cv.rows; r++)
        check_row(s, r);
    if (ui->depth < 1 || ui->depth > UI_DEPTH)
        fail_at(s, 0, "a pile of no view");
    size_t v = ui->stack[ui->depth - 1];
    s->seen[v]++;
    s->n_prompts += ui->prompt.open;
    s->n_confirms += ui->confirm.open;
    if (!fits)
        return;
    struct strbuf bar = {0};
    for (int c = 0; c < s->cv.cols; c++)
        strbuf_adds(&bar, s->cv.cell[c].glyph);
    const char *title = strchr(strbuf_str(&bar), '[');
    if (!title || !strstr(title, view_get(v)->title))
        fail_at(s, 0, "the bar does not name the view");
    strbuf_release(&bar);
}

/* Somebody else works on the store. */
static void
change_store(struct storm *s)
{
    struct store *store = NULL;
    int64_t run_id = 1 + (int64_t)key_storm_below(&s->keys, 14);
    bool done;

    if (store_open(&store, s->lab.path, STORE_WRITE, NULL))
        return;
    switch (key_storm_below(&s->keys, 6)) {
    case 0: (void)!store_cancel(store, run_id, &done, NULL); break;
    case 1: (void)!store_pause(store, run_id, &done, NULL); break;
    case 2: (void)!store_resume(store, run_id, &done, NULL); break;
    case 3: (void)!store_retry(store, run_id, false, &done, NULL); break;
    case 4:
        (void)!store_log_add(store, run_id, 1, "warning",
                             "a \x1b[2J line \xff with \xe9\xab\x98 all of it", NULL);
        break;
    default: (void)!store_set_priority(store, run_id, (int64_t)s->n, &done, NULL);
    }
    store_close(store);
}

/* Another size, glyph set, or dashboard on the same store. */
static void
change_terminal(struct storm *s)
{
    int rows, cols;

    key_storm_size(&s->keys, &rows, &cols);
    if (key_storm_below(&s->keys, 20) == 0) {
        bool ascii = key_storm_below(&s->keys, 2);
        s->lab.options.read_only = key_storm_below(&s->keys, 4) == 0;
        ui_release(&s->lab.ui);
        ui_init(&s->lab.ui, &s->lab.options, ascii);
    }
    canvas_release(&s->cv);
    canvas_init(&s->cv, rows, cols, s->lab.ui.ascii);
}

static void
step(struct storm *s)
{
    ui_key(&s->lab.ui, key_storm_next(&s->keys, &s->lab.ui));
    if (s->lab.ui.quit)
        fail_at(s, 0, "it left");
    if (key_storm_below(&s->keys, 10) == 0)
        ui_tick(&s->lab.ui);
    ui_draw(&s->lab.ui, &s->cv,
            key_storm_below(&s->keys, 4) ? (double)INFINITY : 0.0005);
    check_frame(s);
    if (key_storm_below(&s->keys, 40) == 0)
        change_terminal(s);
    if (key_storm_below(&s->keys, 200) == 0)
        change_store(s);
}

/* Stands in for the program that the dashboard starts: answers at once. */
static char *
write_answer(const char *dir)
{
    char *path = xasprintf("%s/answer", dir);

    support_write(path, "#!/bin/sh\ncase $* in *--json*)\n"
                        "echo '{\"n_new\": 2, \"n_existing\": 6, \"dry_run\": false,'\n"
                        "echo ' \"runs\": [], \"warnings\": [], \"error\": null}' ;;\n"
                        "*) echo \"said $*\" ;;\nesac\n");
    assert_int_equal(chmod(path, 0755), 0);
    return path;
}

static void
test_random_keys__every_frame_is_sane(void **state)
{
    struct storm s = {0};
    int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char *folder, *answer;

    (void)state;
    key_storm_init(&s.keys, seed, false);
    tui_lab_open(&s.lab, true);
    folder = xasprintf("%s/files", s.lab.dir);
    s.lab.options.self_path = answer = write_answer(s.lab.dir);
    assert_int_equal(mkdir(folder, 0777), 0);
    assert_int_equal(chdir(folder), 0);
    canvas_init(&s.cv, 24, 80, false);
    for (s.n = 0; s.n < n_keys; s.n++)
        step(&s);
    print_message("# seed %llu, %zu keys; prompts %zu, questions %zu;",
                  (unsigned long long)seed, n_keys, s.n_prompts, s.n_confirms);
    for (size_t v = 0; v < VIEW_COUNT; v++)
        print_message(" %s %zu", view_get(v)->name, s.seen[v]);
    print_message("\n");
    for (size_t v = 0; v < VIEW_COUNT; v++)
        assert_true(s.seen[v] > 0 || (view_key(v) == KEY_NONE && n_keys < 10000));
    assert_true(s.n_prompts > 0 && s.n_confirms > 0);
    canvas_release(&s.cv);
    assert_int_equal(fchdir(home), 0);
    close(home);
    tui_lab_close(&s.lab);
    free(answer);
    free(folder);
}

/* --- on a terminal --- */

/* A hundred sizes without waiting, then one that stays. */
static void
storm_of_sizes(struct mirror *m, struct key_storm *k)
{
    int rows, cols;

    for (int i = 0; i < 100; i++) {
        desk_resize(&m->desk, 1 + (int)key_storm_below(k, 300),
                    1 + (int)key_storm_below(k, 100));
        kill(desk_dashboard(&m->desk), SIGWINCH);
        desk_take(&m->desk, 0);
    }
    do
        key_storm_size(k, &rows, &cols);
    while (rows < UI_MIN_ROWS || cols < UI_MIN_COLS);
    mirror_resize(m, rows, cols);
}

static void
stop_and_go(struct mirror *m, int n)
{
    char said[32];

    snprintf(said, sizeof said, "shell: stop %d", n);
    kill(desk_dashboard(&m->desk), SIGTSTP);
    desk_expect(&m->desk, said);
    desk_assert_sane(&m->desk);
    desk_type(&m->desk, "fg\r");
    m->ui.dirty = true;
}

/* What is drawn depends on what was drawn before, as the first row of a table does: so
 * both draw after every key, and begin at the top where one has seen other sizes. */
static void
press(struct mirror *m, int key, size_t n)
{
    char what[96];

    snprintf(what, sizeof what, "seed %llu, key %zu (%s, %d)", (unsigned long long)seed,
             n, key_text(key), key);
    mirror_key(m, key);
    mirror_meet(m, what);
}

static void
go_to_top(struct mirror *m, size_t n)
{
    while (m->ui.prompt.open || m->ui.confirm.open)
        press(m, KEY_ESCAPE, n);
    mirror_key(m, KEY_FIRST);
}

static void
test_random_keys__terminal_shows_what_is_drawn(void **state)
{
    struct mirror m;
    struct key_storm k;
    char *dir = support_tmpdir(), *path = xasprintf("%s/lab.db", dir);
    int n_stops = 0;

    (void)state;
    mirror_fill(path);
    key_storm_init(&k, seed, true);
    /* Read-only: what a program changes is seen by one side before the other. */
    mirror_open(&m, &(struct desk_setup){.option = {"--read-only"}}, path);
    mirror_meet(&m, "first screen");
    for (size_t n = 0; n < n_terminal_keys; n++) {
        press(&m, key_storm_next(&k, &m.ui), n);
        size_t d = key_storm_below(&k, 400);
        if (d > 1)
            continue;
        go_to_top(&m, n);
        if (d == 0)
            storm_of_sizes(&m, &k);
        else
            stop_and_go(&m, ++n_stops);
        press(&m, KEY_FIRST, n);
    }
    assert_true(m.desk.alt_screen);
    desk_type(&m.desk, "\x03");
    desk_expect(&m.desk, "shell: ended 0"); /* sanitizers would end it otherwise */
    desk_assert_sane(&m.desk);
    mirror_close(&m);
    free(path);
    support_rmtree(dir);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_keys__every_frame_is_sane),
        cmocka_unit_test(test_random_keys__terminal_shows_what_is_drawn),
    };

    if (getenv("TERMINAL_KEYS"))
        n_terminal_keys = strtoul(getenv("TERMINAL_KEYS"), NULL, 10);
    if (argc > 1)
        n_keys = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
