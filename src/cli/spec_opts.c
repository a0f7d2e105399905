/* spec_opts.c - options made from the tables of run parameters and simulator. */
#include "cli/spec_opts.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strlist.h"
#include "base/xalloc.h"

/* name with dashes for underscores, in the arena. */
static char *
dashed(struct arena *a, const char *name)
{
    char *copy = arena_strdup(a, name);

    for (char *p = copy; *p; p++)
        if (*p == '_')
            *p = '-';
    return copy;
}

/* What stands for the value in help: the choices, or the unit in capitals. */
static const char *
placeholder(struct arena *a, const struct spec_item *it, enum spec_id id)
{
    struct strbuf sb = {0};

    for (size_t i = 0; it->kind == SPEC_CHOICE && spec_choice(id, i); i++)
        strbuf_addf(&sb, "%s%s", i ? "|" : "", spec_choice(id, i));
    if (!sb.len)
        strbuf_adds(&sb, it->kind == SPEC_TEXT && !*it->unit ? "NAME"
                         : *it->unit && it->kind != SPEC_INT && it->kind != SPEC_REAL
                             ? it->unit
                             : "N");
    char *text = arena_strdup(a, strbuf_str(&sb));
    if (it->kind != SPEC_CHOICE)
        for (char *p = text; *p; p++)
            if (*p >= 'a' && *p <= 'z')
                *p = (char)(*p - 'a' + 'A');
    strbuf_release(&sb);
    return text;
}

static struct opt
row_of(struct arena *a, enum spec_id id)
{
    const struct spec_item *it = spec_item(id);

    return (struct opt){
        .name = dashed(a, it->name),
        .kind = it->kind == SPEC_LIST ? OPT_LIST : OPT_TEXT,
        .value = placeholder(a, it, id),
        .def = *it->defaults && !strchr(it->defaults, '|') ? it->defaults : NULL,
        .help = it->help,
    };
}

const struct opt *
spec_opts_table(struct arena *a)
{
    static const struct opt more[] = {
        {.name = "seeds",
         .kind = OPT_TEXT,
         .value = "LIST",
         .help = "several seeds: 0-3,7 (queue add)"},
        {.name = "set",
         .kind = OPT_LIST,
         .value = "NAME=VALUE",
         .help = "set a hyperparameter; repeat for several"},
    };
    struct opt *row = arena_alloc(a, SPEC_COUNT + 3, sizeof *row);
    size_t n = 0;

    for (enum spec_id id = 0; id < SPEC_COUNT; id++)
        if (spec_item(id)->flags & SPEC_OPT)
            row[n++] = row_of(a, id);
    row[n++] = more[0];
    row[n++] = more[1];
    return row;
}

const char *
spec_opts_hint(const char *name)
{
    enum spec_id id = spec_find(name);
    bool is_hyper = id < SPEC_COUNT && (spec_item(id)->flags & SPEC_HYPER);

    return is_hyper ? "hyperparameters are set with --set NAME=VALUE" : NULL;
}

const struct opt *
sim_opts_table(struct arena *a)
{
    size_t n = 0;

    while (sim_item(n))
        n++;
    struct opt *row = arena_alloc(a, n + 1, sizeof *row);
    for (size_t i = 0; i < n; i++) {
        const struct sim_item *it = sim_item(i);

        row[i] = (struct opt){
            .name = dashed(a, it->name),
            .kind = OPT_TEXT,
            .value = it->kind == SIM_TEXT ? it->choices : "N",
            .def = it->def,
            .help = it->help,
        };
    }
    return row;
}

static bool
is_axis(enum spec_id id)
{
    return id == SPEC_ID_model || id == SPEC_ID_loss || id == SPEC_ID_seed;
}

enum err
spec_from_opts(struct spec *s, const struct opts *o, bool axes, struct errbuf *eb)
{
    for (size_t i = 0; i < o->n_values; i++) {
        const char *name = o->value[i].opt->name, *text = o->value[i].text;
        enum spec_id id = spec_find(name);
        enum err e = ERR_OK;

        if (strcmp(name, "set") == 0)
            e = spec_set_hyper(s, text, eb);
        else if (id < SPEC_COUNT && (spec_item(id)->flags & SPEC_OPT) &&
                 !(axes && is_axis(id)))
            e = spec_set(s, id, text, eb);
        if (e)
            return e;
    }
    return ERR_OK;
}

enum err
sim_from_opts(struct sim_spec *s, const struct opts *o, struct errbuf *eb)
{
    for (size_t i = 0; i < o->n_values; i++)
        for (size_t k = 0; sim_item(k); k++)
            if (opts_same_name(o->value[i].opt->name, sim_item(k)->name)) {
                enum err e = sim_spec_set(s, sim_item(k)->name, o->value[i].text, eb);

                if (e)
                    return e;
            }
    return ERR_OK;
}

enum err
spec_check_opt(const struct opts *o, enum spec_id id, struct errbuf *eb)
{
    const char *text = opts_text(o, spec_item(id)->name);
    struct spec s;

    if (!text)
        return ERR_OK;
    spec_init(&s);
    enum err e = spec_set(&s, id, text, eb);
    spec_release(&s);
    return e;
}

/* The values (n) of a CHOICE parameter that an option "a,b" names, without repeats.
 * Caller frees *out. */
static enum err
choices_from_opts(enum spec_id id, const struct opts *o, int **out, size_t *n,
                  struct errbuf *eb)
{
    const char *text = opts_text(o, spec_item(id)->name);
    struct strlist part = {0};
    struct spec s;
    enum err e = ERR_OK;

    spec_init(&s);
    strlist_split(&part, text ? text : "", ',');
    if (text && !part.n)
        strlist_add(&part, ""); /* for the message of a value that is wrong */
    *out = xcalloc(part.n + 1, sizeof **out);
    *n = 0;
    for (size_t i = 0; i < part.n && !(e = spec_set(&s, id, part.item[i], eb)); i++) {
        int value = id == SPEC_ID_model ? s.model : s.loss;
        size_t k = 0;

        while (k < *n && (*out)[k] != value)
            k++;
        if (k == *n)
            (*out)[(*n)++] = value;
    }
    spec_release(&s);
    strlist_release(&part);
    return e;
}

static enum err
seeds_from_opts(const struct opts *o, uint32_t **seeds, size_t *n, struct errbuf *eb)
{
    const char *text = opts_text(o, "seeds");
    struct spec s;

    if (text && opts_has(o, "seed"))
        return err_set(eb, ERR_ARG, "--seed and --seeds together: give one of them");
    if (text)
        return spec_parse_seeds(text, seeds, n, eb);
    spec_init(&s);
    enum err e = ERR_OK;
    if (opts_has(o, "seed"))
        e = spec_set(&s, SPEC_ID_seed, opts_text(o, "seed"), eb);
    if (e == ERR_OK) {
        *seeds = xcalloc(1, sizeof **seeds);
        (*seeds)[0] = (uint32_t)s.seed;
        *n = 1;
    }
    spec_release(&s);
    return e;
}

enum err
axes_from_opts(struct spec_axes *axes, const struct opts *o, struct errbuf *eb)
{
    int *model = NULL, *loss = NULL;
    enum err e;

    *axes = (struct spec_axes){0};
    if ((e = choices_from_opts(SPEC_ID_model, o, &model, &axes->n_models, eb)) ||
        (e = choices_from_opts(SPEC_ID_loss, o, &loss, &axes->n_losses, eb)) ||
        (e = seeds_from_opts(o, &axes->seed, &axes->n_seeds, eb)))
        goto out;
    axes->model = xcalloc(axes->n_models + 1, sizeof *axes->model);
    axes->loss = xcalloc(axes->n_losses + 1, sizeof *axes->loss);
    for (size_t i = 0; i < axes->n_models; i++)
        axes->model[i] = (enum model_id)model[i];
    for (size_t i = 0; i < axes->n_losses; i++)
        axes->loss[i] = (enum loss_id)loss[i];
out:
    free(model);
    free(loss);
    if (e)
        spec_axes_release(axes);
    return e;
}

void
spec_axes_release(struct spec_axes *axes)
{
    free(axes->model);
    free(axes->loss);
    free(axes->seed);
    *axes = (struct spec_axes){0};
}
