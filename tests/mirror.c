/* mirror.c - a dashboard on a terminal, and the same without one. */
#include "tests/mirror.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "draw/theme.h"
#include "store/store.h"
#include "tests/store_support.h"
#include "tests/tui_lab.h"
#include "tui/job.h"

void
mirror_fill(const char *path)
{
    /* A day, two hours and a quarter: shown to the hour. */
    static const char age[] =
        "UPDATE run SET created_us = created_us - 94500000000,"
        " started_us = started_us - 94500000000, ended_us = ended_us - 94500000000;"
        "UPDATE lease SET heartbeat_us = heartbeat_us - 94500000000;";

    tui_lab_fill(path);
    store_foreign(path, age);
}

/* --- opening --- */

static char *
copy_store(const char *from, const char *dir, const char *name)
{
    char *folder = xasprintf("%s/%s", dir, name), *to;
    struct store *s = NULL;

    assert_int_equal(mkdir(folder, 0777), 0);
    to = xasprintf("%s/lab.db", folder);
    assert_int_equal(store_open(&s, from, STORE_READ, NULL), ERR_OK);
    assert_int_equal(store_backup(s, to, NULL), ERR_OK);
    store_close(s);
    free(to);
    return folder;
}

/* Both say the same names: each stands in its own folder. */
void
mirror_open(struct mirror *m, const struct desk_setup *setup, const char *from)
{
    static const char name[] = "lab.db";
    struct desk_setup s = *setup;

    *m = (struct mirror){.dir = support_tmpdir()};
    char *desk = copy_store(from, m->dir, "desk"),
         *twin = copy_store(from, m->dir, "twin");
    m->mono = s.no_color;
    m->colours = s.term && strcmp(s.term, "xterm") == 0 ? 8 : 256;
    s.rows = s.rows ? s.rows : 24;
    s.cols = s.cols ? s.cols : 80;
    s.store = name;
    s.folder = desk;
    m->options = (struct app_options){.store_path = name, .self_path = desk_program()};
    for (size_t i = 0; i < DESK_OPTIONS && s.option[i]; i++) {
        m->options.ascii |= strcmp(s.option[i], "--ascii") == 0;
        m->options.read_only |= strcmp(s.option[i], "--read-only") == 0;
    }
    desk_open(&m->desk, &s);
    m->home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(chdir(twin), 0);
    ui_init(&m->ui, &m->options, s.locale && strcmp(s.locale, "C") == 0);
    canvas_init(&m->cv, s.rows, s.cols, m->options.ascii);
    free(desk);
    free(twin);
}

void
mirror_close(struct mirror *m)
{
    ui_release(&m->ui);
    canvas_release(&m->cv);
    assert_int_equal(fchdir(m->home), 0);
    close(m->home);
    desk_close(&m->desk);
    support_rmtree(m->dir);
}

/* --- keys --- */

void
mirror_key(struct mirror *m, int key)
{
    char bytes[8];

    desk_key_bytes(key, bytes);
    ui_key(&m->ui, key);
    desk_type(&m->desk, bytes);
}

void
mirror_keys(struct mirror *m, const char *keys)
{
    for (; *keys; keys++)
        mirror_key(m, *keys == '\n' ? '\r' : (unsigned char)*keys);
}

void
mirror_resize(struct mirror *m, int rows, int cols)
{
    canvas_release(&m->cv);
    canvas_init(&m->cv, rows, cols, m->options.ascii);
    m->ui.dirty = true;
    desk_resize(&m->desk, rows, cols);
}

size_t
mirror_view(const struct mirror *m)
{
    return m->ui.stack[m->ui.depth - 1];
}

/* --- comparing --- */

static size_t
put_utf8(char *out, uint32_t cp)
{
    char bytes[8];

    desk_key_bytes((int)cp, bytes);
    memcpy(out, bytes, strlen(bytes));
    return strlen(bytes);
}

void
mirror_cell(const struct mirror *m, int row, int col, VTermScreenCell *cell,
            char glyph[32])
{
    size_t n = 0;

    vterm_screen_get_cell(m->desk.screen, (VTermPos){row, col}, cell);
    for (size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i]; i++) {
        if (cell->chars[i] == UINT32_MAX)
            break;
        n += cell->chars[i] < 0x20 ? (size_t)sprintf(glyph + n, "^") /* a finding */
                                   : put_utf8(glyph + n, cell->chars[i]);
    }
    if (cell->chars[0] == 0)
        glyph[n++] = ' ';
    glyph[n] = '\0';
}

/* Colour of the palette, -1: the terminal's own. */
static int
palette(const VTermColor *c)
{
    if (VTERM_COLOR_IS_DEFAULT_FG(c) || VTERM_COLOR_IS_DEFAULT_BG(c))
        return -1;
    return VTERM_COLOR_IS_INDEXED(c) ? c->indexed.idx : 1000;
}

/* NO_COLOR holds until the user wishes for a theme. */
enum theme
mirror_theme(const struct mirror *m)
{
    return m->mono && !m->ui.theme_is_wish ? THEME_MONO : m->ui.theme;
}

/* What is wrong with a cell of the terminal, or NULL. */
static const char *
wrong(const struct mirror *m, int row, int col)
{
    const struct canvas_cell *want = &m->cv.cell[row * m->cv.cols + col];
    VTermScreenCell cell;
    char glyph[32];
    enum theme theme = mirror_theme(m);
    const struct theme_style *style = theme_style(theme, want->style);
    bool mono = theme == THEME_MONO;
    enum look look = mono ? style->look_mono : style->look;
    int colour = mono ? -1 : theme_colour(theme, want->style, m->colours);

    if (!want->glyph[0])
        return NULL; /* what stands before it says it */
    mirror_cell(m, row, col, &cell, glyph);
    if (strcmp(glyph, want->glyph) != 0)
        return "glyph";
    if ((cell.attrs.reverse != 0) != ((look == LOOK_REVERSE) != want->reverse))
        return "reverse";
    if (palette(&cell.bg) != -1)
        return "background";
    if (strcmp(glyph, " ") == 0)
        return NULL; /* has no colour that is seen */
    if (palette(&cell.fg) != colour)
        return "colour";
    if ((cell.attrs.bold != 0) != (look == LOOK_BOLD || look == LOOK_HEADING))
        return "bold";
    return NULL;
}

/* The first cell that is wrong. */
static const char *
first_wrong(const struct mirror *m, int *row, int *col)
{
    for (*row = 0; *row < m->cv.rows; ++*row)
        for (*col = 0; *col < m->cv.cols; ++*col) {
            const char *what = wrong(m, *row, *col);
            if (what)
                return what;
        }
    return NULL;
}

static void
draw(struct mirror *m)
{
    m->cv.ascii = m->ui.ascii;
    do
        ui_draw(&m->ui, &m->cv, INFINITY);
    while (m->ui.model.late);
    m->ui.redraw = false;
}

/* --- meeting --- */

static void
fail_apart(const struct mirror *m, const char *what)
{
    struct strbuf want = {0};
    char *got = desk_text(&m->desk);
    int row = 0, col = 0;
    const char *why = first_wrong(m, &row, &col);

    canvas_dump(&m->cv, &want);
    fprintf(stderr, "--- wanted\n%s--- shown\n%s", strbuf_str(&want), got);
    free(got);
    strbuf_release(&want);
    fail_msg("%s at %d x %d: %s at row %d, column %d%s", what, m->cv.cols, m->cv.rows,
             why ? why : "nothing", row, col,
             jobs_busy(&m->ui.jobs) ? "; a program still runs" : "");
}

void
mirror_meet(struct mirror *m, const char *what)
{
    double deadline = clock_mono_s() + DESK_DEADLINE_S;
    bool changed = true;
    int row, col;

    for (;;) {
        while (desk_take(&m->desk, 0))
            changed = true;
        ui_tick(&m->ui);
        if (m->ui.dirty) {
            draw(m);
            changed = true;
        }
        if (changed && !jobs_busy(&m->ui.jobs) && !first_wrong(m, &row, &col))
            return;
        if (clock_mono_s() > deadline || desk_shows(&m->desk, "shell: ended"))
            fail_apart(m, what);
        changed = jobs_busy(&m->ui.jobs) || desk_take(&m->desk, 20);
    }
}
