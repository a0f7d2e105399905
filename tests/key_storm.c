/* key_storm.c - random keys for the dashboard. */
#include "tests/key_storm.h"

#include <string.h>

#include "tui/key.h"
#include "tui/keymap.h"

void
key_storm_init(struct key_storm *s, uint64_t seed, bool at_terminal)
{
    *s = (struct key_storm){.rng = rng_stream(seed, RNG_TOY, 1000, 0),
                            .at_terminal = at_terminal,
                            .text = ""};
}

size_t
key_storm_below(struct key_storm *s, size_t n)
{
    return (size_t)rng_below(&s->rng, s->i++, n);
}

/* --- keys from the tables --- */

static size_t
count_bindings(enum context c)
{
    const struct binding *b;
    size_t n = 0;

    for (size_t i = 0; (b = keymap_binding(i)); i++)
        n += b->context == c && b->key != KEY_NONE;
    return n;
}

static int
bound_key(struct key_storm *s, enum context c)
{
    const struct binding *b;
    size_t n = count_bindings(c), want = n ? key_storm_below(s, n) : 0;

    for (size_t i = 0; (b = keymap_binding(i)); i++)
        if (b->context == c && b->key != KEY_NONE && want-- == 0)
            return b->key;
    return KEY_NONE;
}

/* A key of one of the view's contexts. */
static int
view_bound_key(struct key_storm *s, const struct ui *ui)
{
    const struct view *v = view_get(ui->stack[ui->depth - 1]);
    enum context c = v->context[key_storm_below(s, VIEW_CONTEXTS)];

    return bound_key(s, c);
}

static int
view_opening_key(struct key_storm *s)
{
    return view_key(key_storm_below(s, VIEW_COUNT));
}

/* --- texts --- */

/* What people type into the lines of the dashboard, right and wrong. */
#define WIDE                                                                           \
    "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww"

static const char *const texts[] = {
    "delta < 0 and cells >= 100",
    "loss = hce and seed <= 3",
    "val_f1_macro > .8",
    "state in (failed, cancelled)",
    "not (label ~ cell) or",
    "((((((((",
    "'\"'",
    "cell",
    "e",
    "",
    "linear,mlp",
    "ce,hce",
    "0-3",
    "0-99999999999999999999",
    "1e308",
    "-1",
    "nan",
    "sort delta",
    "sort nothing",
    "filter loss = ce",
    "filter",
    "export",
    "curves",
    "compare",
    "ontology",
    "errors",
    "queue",
    "launch",
    "run",
    "help",
    "%s%n%d",
    "\xe9\xab\x98\xe6\xa1\xa5\xcc\x81\xf0\x9f\x8d\x8e",
    WIDE WIDE,
};

/* The next code point of the text that is being typed. */
static int
next_of_text(struct key_storm *s)
{
    unsigned char c = (unsigned char)*s->text++;
    int n = c < 0xc0 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    int cp = n == 0 ? c : c & (0x3f >> n);

    while (n-- > 0)
        cp = cp << 6 | (*s->text++ & 0x3f);
    return cp;
}

static int
key_of_prompt(struct key_storm *s)
{
    size_t d = key_storm_below(s, 100);

    if (*s->text)
        return next_of_text(s);
    if (d < 25) {
        s->text = texts[key_storm_below(s, sizeof texts / sizeof texts[0])];
        return *s->text ? next_of_text(s) : KEY_RETURN;
    }
    if (d < 55)
        return KEY_RETURN;
    if (d < 85)
        return bound_key(s, CTX_PROMPT);
    return (int)(' ' + key_storm_below(s, 95));
}

/* A letter of which all terminals know the width. */
static int
any_letter(struct key_storm *s)
{
    return key_storm_below(s, 4) ? 0xa1 + (int)key_storm_below(s, 0x17f - 0xa1)
                                 : 0x4e00 + (int)key_storm_below(s, 0x5000);
}

/* Any number that could be a key. */
static int
any_key(struct key_storm *s)
{
    static const uint32_t below[] = {0x80, 0x100, 0x3000, 0x20000, 0x110010};
    size_t i = key_storm_below(s, sizeof below / sizeof below[0]);
    int key = (int)key_storm_below(s, below[i]);

    if (s->at_terminal && key >= 0x80)
        return any_letter(s);
    return key >= 0xd800 && key < 0xe000 ? 'j' : key;
}

static int
key_of_view(struct key_storm *s, const struct ui *ui)
{
    size_t d = key_storm_below(s, 100);

    if (d < 60)
        return view_bound_key(s, ui);
    if (d < 75)
        return view_opening_key(s);
    if (d < 90)
        return bound_key(s, CTX_GLOBAL);
    return any_key(s);
}

/* --- what must not be pressed --- */

/* What the terminal keeps for itself, or turns into another key. */
static bool
is_kept_by_terminal(const struct key_storm *s, int key)
{
    bool is_control = key < ' ' && key != KEY_TAB && key != KEY_RETURN &&
                      key != KEY_ESCAPE && !strchr("\x02\x06\x0c\x15\x17", key);

    /* An escape before a bracket or O is the start of an arrow; C1 controls. */
    return is_control || key == 0xad ||
           (s->last == KEY_ESCAPE && (key == '[' || key == 'O')) ||
           (key >= KEY_ARROW_UP && key > KEY_BACK_TAB);
}

static bool
ends(const struct ui *ui, int key)
{
    enum action a = keymap_lookup(CTX_GLOBAL, key);

    return a == ACT_QUIT ||
           (a == ACT_BACK && ui->depth < 2 && !ui->prompt.open && !ui->confirm.open);
}

/* A command may not leave, nor write a file where the text says. */
static bool
is_bad_command(const struct ui *ui, int key)
{
    const char *text = ui->prompt.edit.text;

    return ui->prompt.open && ui->prompt.what == ACT_COMMAND &&
           (key == '/' || key == '.' ||
            (keymap_lookup(CTX_PROMPT, key) == ACT_ACCEPT &&
             text[strspn(text, " ")] == 'q'));
}

int
key_storm_next(struct key_storm *s, const struct ui *ui)
{
    int key;

    if (!ui->prompt.open)
        s->text = "";
    do
        key = ui->prompt.open ? key_of_prompt(s)
              : ui->confirm.open
                  ? (key_storm_below(s, 3) ? bound_key(s, CTX_CONFIRM) : any_key(s))
                  : key_of_view(s, ui);
    while (key <= KEY_NONE || ends(ui, key) || is_bad_command(ui, key) ||
           (s->at_terminal && is_kept_by_terminal(s, key)));
    s->last = key;
    return key;
}

void
key_storm_size(struct key_storm *s, int *rows, int *cols)
{
    static const struct {
        int rows, cols;
    } usual[] = {{24, 80}, {40, 120}, {60, 200}, {12, 40}};
    size_t i = key_storm_below(s, 6);

    if (i < sizeof usual / sizeof usual[0]) {
        *rows = usual[i].rows;
        *cols = usual[i].cols;
        return;
    }
    *rows = 1 + (int)key_storm_below(s, i == 4 ? 40 : 100);
    *cols = 1 + (int)key_storm_below(s, i == 4 ? 100 : 300);
}
