/* launch_form.c - the fields of the launch form. */
#include "tui/launch_form.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define LIST_SEPARATOR ';'
#define DEFAULT_SEEDS  "0-3"

/* What people change most stands first; the others follow in the order of the table. */
static const enum spec_id first_ids[] = {
    SPEC_ID_data,          SPEC_ID_model,    SPEC_ID_loss,       SPEC_ID_seed,
    SPEC_ID_ood,           SPEC_ID_where,    SPEC_ID_ontology,   SPEC_ID_experiment,
    SPEC_ID_label,         SPEC_ID_split_by, SPEC_ID_max_epochs, SPEC_ID_batch_size,
    SPEC_ID_learning_rate,
};
enum { N_FIRST = sizeof first_ids / sizeof first_ids[0] };

static bool
is_axis(enum spec_id id)
{
    return id == SPEC_ID_model || id == SPEC_ID_loss || id == SPEC_ID_seed;
}

static bool
is_first(enum spec_id id)
{
    for (size_t i = 0; i < N_FIRST; i++)
        if (first_ids[i] == id)
            return true;
    return false;
}

/* --- checks --- */

static void
add_trimmed(struct strlist *out, const char *text)
{
    const char *start = text + strspn(text, " ");
    size_t len = strlen(start);

    while (len && start[len - 1] == ' ')
        len--;
    char *entry = xstrndup(start, len);
    strlist_add(out, entry);
    free(entry);
}

/* The entries of a text with separators; \ before a separator or another \ takes it as
 * it is. */
static void
split(const char *text, char sep, struct strlist *out)
{
    struct strbuf entry = {0};
    bool more = *text != '\0';

    for (const char *p = text; more; p++) {
        more = *p != '\0';
        if (*p == '\\' && (p[1] == sep || p[1] == '\\'))
            strbuf_addc(&entry, *++p);
        else if (*p && *p != sep)
            strbuf_addc(&entry, *p);
        else {
            add_trimmed(out, strbuf_str(&entry));
            strbuf_reset(&entry);
        }
    }
    strbuf_release(&entry);
}

/* Append an entry so that split gives it back. */
static void
join(struct strbuf *out, const char *entry)
{
    if (out->len)
        strbuf_addc(out, LIST_SEPARATOR);
    for (; *entry; entry++) {
        if (*entry == LIST_SEPARATOR || *entry == '\\')
            strbuf_addc(out, '\\');
        strbuf_addc(out, *entry);
    }
}

/* Set every entry of a text with separators. */
static enum err
set_each(struct spec *s, enum spec_id id, const char *text, char sep, size_t *n,
         struct errbuf *eb)
{
    struct strlist part = {0};
    enum err e = ERR_OK;

    split(text, sep, &part);
    for (size_t i = 0; i < part.n && e == ERR_OK; i++)
        e = spec_set(s, id, part.item[i], eb);
    *n = part.n;
    strlist_release(&part);
    return e;
}

static enum err
check_seeds(const char *text, size_t *n, struct errbuf *eb)
{
    uint32_t *seeds = NULL;
    enum err e = spec_parse_seeds(text, &seeds, n, eb);

    free(seeds);
    return e;
}

static const char *
field_text(const struct launch_form *f, enum spec_id id)
{
    for (size_t i = 0; i < SPEC_COUNT; i++)
        if (f->field[i].id == id)
            return f->field[i].text;
    return "";
}

/* Check one field and set it in s; *n = how many values it has. */
static enum err
check_field(struct launch_field *fd, struct spec *s, size_t *n)
{
    struct errbuf *eb = &fd->error;

    eb->text[0] = '\0';
    *n = 1;
    if (fd->id == SPEC_ID_data && !*fd->text)
        return err_set(eb, ERR_ARG, "needed: " SPEC_DATA_KINDS);
    if (!*fd->text)
        return ERR_OK;
    if (fd->id == SPEC_ID_seed)
        return check_seeds(fd->text, n, eb);
    if (is_axis(fd->id))
        return set_each(s, fd->id, fd->text, ',', n, eb);
    if (spec_item(fd->id)->kind == SPEC_LIST)
        return set_each(s, fd->id, fd->text, LIST_SEPARATOR, n, eb);
    return spec_set(s, fd->id, fd->text, eb);
}

/* The models that the form names; without one the first. */
static void
read_models(struct launch_form *f)
{
    struct strlist part = {0};

    f->n_known = 0;
    split(field_text(f, SPEC_ID_model), ',', &part);
    for (size_t i = 0; i < part.n; i++)
        for (enum model_id m = 0; m < MODEL_COUNT && f->n_known < MODEL_COUNT; m++)
            if (strcmp(part.item[i], model_name(m)) == 0)
                f->model[f->n_known++] = m;
    if (f->n_known == 0)
        f->model[f->n_known++] = 0;
    strlist_release(&part);
}

/* Whether the values go together, for each model of the form. */
static void
check_models(struct launch_form *f, const struct spec *base)
{
    for (size_t i = 0; i < f->n_known && !f->error.text[0]; i++) {
        struct spec s;

        spec_init(&s);
        spec_copy(&s, base);
        s.model = (int)f->model[i];
        spec_share(&s, f->model, f->n_known);
        (void)!spec_resolve(&s, &f->error);
        spec_release(&s);
    }
}

bool
launch_form_shows(const struct launch_form *f, size_t i)
{
    bool applies = false;

    for (size_t k = 0; k < f->n_known; k++)
        applies = applies || spec_applies(f->field[i].id, f->model[k]);
    return applies;
}

static void
check(struct launch_form *f)
{
    struct spec s;
    bool good = true;

    spec_init(&s);
    f->n_models = f->n_losses = f->n_seeds = 0;
    f->error.text[0] = '\0';
    read_models(f);
    for (size_t i = 0; i < SPEC_COUNT; i++) {
        size_t n = 0;
        f->field[i].error.text[0] = '\0';
        if (!launch_form_shows(f, i))
            continue;
        bool bad = check_field(&f->field[i], &s, &n) != ERR_OK;
        good = good && !bad;
        if (f->field[i].id == SPEC_ID_model)
            f->n_models = bad ? 0 : n;
        if (f->field[i].id == SPEC_ID_loss)
            f->n_losses = bad ? 0 : n;
        if (f->field[i].id == SPEC_ID_seed)
            f->n_seeds = bad ? 0 : n;
    }
    if (good)
        check_models(f, &s);
    spec_release(&s);
}

bool
launch_form_is_good(const struct launch_form *f)
{
    for (size_t i = 0; i < SPEC_COUNT; i++)
        if (f->field[i].error.text[0])
            return false;
    return !f->error.text[0];
}

/* --- life --- */

static void
put(struct launch_form *f, enum spec_id id, const char *text)
{
    for (size_t i = 0; i < SPEC_COUNT; i++) {
        if (f->field[i].id != id)
            continue;
        free(f->field[i].text);
        f->field[i].text = xstrdup(text);
    }
}

/* All choices of a parameter, "ce,hce". */
static void
put_all_choices(struct launch_form *f, enum spec_id id)
{
    struct strbuf sb = {0};

    for (size_t i = 0; spec_choice(id, i); i++)
        strbuf_addf(&sb, "%s%s", i ? "," : "", spec_choice(id, i));
    put(f, id, strbuf_str(&sb));
    strbuf_release(&sb);
}

void
launch_form_init(struct launch_form *f)
{
    size_t n = 0;

    *f = (struct launch_form){0};
    for (size_t i = 0; i < N_FIRST; i++)
        f->field[n++].id = first_ids[i];
    for (int id = 0; id < SPEC_COUNT; id++)
        if (!is_first((enum spec_id)id))
            f->field[n++].id = (enum spec_id)id;
    for (size_t i = 0; i < SPEC_COUNT; i++)
        f->field[i].text = xstrdup("");
    put_all_choices(f, SPEC_ID_loss);
    put(f, SPEC_ID_seed, DEFAULT_SEEDS);
    check(f);
}

void
launch_form_release(struct launch_form *f)
{
    for (size_t i = 0; i < SPEC_COUNT; i++)
        free(f->field[i].text);
    *f = (struct launch_form){0};
}

/* --- as the newest run --- */

static const struct store_run *
newest_run(const struct model *m)
{
    const struct store_run *best = NULL;

    for (size_t i = 0; i < m->runs.n; i++)
        if (!best || m->runs.run[i].run_id > best->run_id)
            best = &m->runs.run[i];
    return best;
}

/* Seeds in ascending order as people write them: "0-3,7". */
static void
add_seeds(struct strbuf *out, const struct model *m, const struct run_group *g)
{
    for (size_t i = 0; i < g->n; i++) {
        int64_t first = group_run(m, g, i)->seed, last = first;
        while (i + 1 < g->n && group_run(m, g, i + 1)->seed <= last + 1)
            last = group_run(m, g, ++i)->seed;
        strbuf_addf(out, "%s%" PRId64, out->len ? "," : "", first);
        if (last > first)
            strbuf_addf(out, "-%" PRId64, last);
    }
}

/* Seeds of the run's group as a list; its losses. */
static void
put_axes(struct launch_form *f, const struct model *m, const struct store_run *r)
{
    struct strbuf seeds = {0}, losses = {0};

    for (size_t i = 0; i < m->n_groups; i++) {
        const struct run_group *g = &m->group[i];
        if (strcmp(g->pair_key, r->pair_key) != 0 ||
            strcmp(g->experiment, r->experiment) != 0)
            continue;
        strbuf_addf(&losses, "%s%s", losses.len ? "," : "", g->loss);
        strbuf_reset(&seeds);
        add_seeds(&seeds, m, g);
    }
    put(f, SPEC_ID_model, r->model);
    put(f, SPEC_ID_loss, strbuf_str(&losses));
    put(f, SPEC_ID_seed, strbuf_str(&seeds));
    strbuf_release(&seeds);
    strbuf_release(&losses);
}

/* The value of a parameter as the form has it. */
static void
put_value(const struct spec *s, enum spec_id id, struct strbuf *out)
{
    for (size_t k = 0; k < spec_values(s, id); k++) {
        struct strbuf one = {0};
        spec_value(s, id, k, &one);
        if (spec_item(id)->kind == SPEC_LIST)
            join(out, strbuf_str(&one));
        else
            strbuf_adds(out, strbuf_str(&one));
        strbuf_release(&one);
    }
}

/* Put in the parameters of a spec that are not what an empty field means. */
static void
put_values(struct launch_form *f, const struct spec *s)
{
    struct spec base;

    spec_init(&base);
    base.model = s->model;
    (void)!spec_resolve(&base, NULL);
    for (int i = 0; i < SPEC_COUNT; i++) {
        enum spec_id id = (enum spec_id)i;
        struct strbuf now = {0}, usual = {0};
        put_value(s, id, &now);
        if (spec_values(&base, id))
            spec_value(&base, id, 0, &usual);
        if (!is_axis(id) && id != SPEC_ID_name &&
            strcmp(strbuf_str(&now), strbuf_str(&usual)) != 0)
            put(f, id, strbuf_str(&now));
        strbuf_release(&now);
        strbuf_release(&usual);
    }
    spec_release(&base);
}

void
launch_form_fill(struct launch_form *f, const struct model *m)
{
    const struct store_run *r = newest_run(m);
    struct strbuf text = {0};
    struct spec s;

    spec_init(&s);
    if (r && m->store && store_run_params(m->store, r->run_id, &text, NULL) == ERR_OK &&
        spec_read(&s, strbuf_str(&text), NULL) == ERR_OK) {
        put_values(f, &s);
        put_axes(f, m, r);
        check(f);
    }
    spec_release(&s);
    strbuf_release(&text);
}

/* --- fields --- */

void
launch_form_set(struct launch_form *f, size_t i, const char *text)
{
    char *copy = xstrdup(text);

    free(f->field[i].text);
    f->field[i].text = copy;
    check(f);
}

/* Choice k of a field; where several may be given, all of them come first. */
static bool
choice_text(enum spec_id id, size_t k, struct strbuf *out)
{
    bool several = is_axis(id) && spec_choice(id, 1);

    if (several && k == 0) {
        for (size_t i = 0; spec_choice(id, i); i++)
            strbuf_addf(out, "%s%s", i ? "," : "", spec_choice(id, i));
        return true;
    }
    const char *choice = spec_choice(id, k - several);
    if (choice)
        strbuf_adds(out, choice);
    return choice != NULL;
}

bool
launch_form_cycle(struct launch_form *f, size_t i, int by)
{
    enum spec_id id = f->field[i].id;
    struct strbuf text = {0};
    size_t n = 0, at = 0;

    if (spec_item(id)->kind != SPEC_CHOICE)
        return false;
    for (; choice_text(id, n, &text); n++) {
        if (strcmp(strbuf_str(&text), f->field[i].text) == 0)
            at = n;
        strbuf_reset(&text);
    }
    choice_text(id, (at + n + (size_t)(by + (int)n)) % n, &text);
    launch_form_set(f, i, strbuf_str(&text));
    strbuf_release(&text);
    return true;
}

const char *
launch_field_name(const struct launch_field *fd)
{
    return fd->id == SPEC_ID_seed ? "seeds" : spec_item(fd->id)->name;
}

/* The default of a model, "" if it has no such parameter. */
static void
default_of(enum spec_id id, enum model_id model, struct strbuf *out)
{
    struct spec s;

    spec_init(&s);
    s.model = (int)model;
    (void)!spec_resolve(&s, NULL);
    if (spec_values(&s, id))
        spec_value(&s, id, 0, out);
    spec_release(&s);
}

void
launch_form_default(const struct launch_form *f, size_t i, struct strbuf *out)
{
    struct strbuf value[MODEL_COUNT] = {{0}};
    bool same = true;
    const char *first = NULL;

    for (size_t k = 0; k < f->n_known; k++) {
        default_of(f->field[i].id, f->model[k], &value[k]);
        if (!spec_applies(f->field[i].id, f->model[k]))
            continue;
        same = same && (!first || strcmp(first, strbuf_str(&value[k])) == 0);
        first = strbuf_str(&value[k]);
    }
    if (same)
        strbuf_adds(out, first ? first : "");
    for (size_t k = 0; k < f->n_known && !same; k++)
        if (spec_applies(f->field[i].id, f->model[k]))
            strbuf_addf(out, "%s%s %s", out->len ? ", " : "", strbuf_str(&value[k]),
                        model_name(f->model[k]));
    for (size_t k = 0; k < f->n_known; k++)
        strbuf_release(&value[k]);
}

void
launch_field_help(const struct launch_field *fd, struct strbuf *out)
{
    static const char repeat[] = "; repeat"; /* an option, which a form has not */
    const struct spec_item *item = spec_item(fd->id);
    const char *end = strstr(item->help, repeat);

    if (!end)
        end = item->help + strlen(item->help);
    strbuf_addf(out, "%.*s", (int)(end - item->help), item->help);
    if (item->kind == SPEC_LIST)
        strbuf_addf(out, "; several: with %c between", LIST_SEPARATOR);
    else if (fd->id == SPEC_ID_seed)
        strbuf_adds(out, "; several: 0-3,7");
    else if (is_axis(fd->id))
        strbuf_adds(out, "; several: with , between");
    for (size_t i = 0; spec_choice(fd->id, i); i++)
        strbuf_addf(out, "%s%s", i ? ", " : " (", spec_choice(fd->id, i));
    if (spec_choice(fd->id, 0))
        strbuf_addc(out, ')');
}

/* --- the command --- */

/* "--split-by=VALUE": no value is ever taken for an option. */
static void
add_option(struct strlist *argv, const char *name, const char *value)
{
    char *text = xasprintf("--%s=%s", name, value);

    for (char *p = text; *p && *p != '='; p++)
        if (*p == '_')
            *p = '-';
    strlist_add(argv, text);
    free(text);
}

static void
add_hyper(struct strlist *argv, const char *name, const char *value)
{
    char *text = xasprintf("--set=%s=%s", name, value);

    strlist_add(argv, text);
    free(text);
}

static void
add_list(struct strlist *argv, const char *name, const char *text)
{
    struct strlist part = {0};

    split(text, LIST_SEPARATOR, &part);
    for (size_t i = 0; i < part.n; i++)
        add_option(argv, name, part.item[i]);
    strlist_release(&part);
}

void
launch_form_argv(const struct launch_form *f, struct strlist *argv)
{
    for (size_t i = 0; i < SPEC_COUNT; i++) {
        const struct launch_field *fd = &f->field[i];
        const struct spec_item *item = spec_item(fd->id);

        if (!*fd->text || !launch_form_shows(f, i))
            continue;
        if (item->kind == SPEC_LIST)
            add_list(argv, item->name, fd->text);
        else if (item->flags & SPEC_HYPER)
            add_hyper(argv, item->name, fd->text);
        else
            add_option(argv, launch_field_name(fd), fd->text);
    }
}
