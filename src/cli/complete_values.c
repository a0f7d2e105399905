/* complete_values.c - values of options and arguments, by the table complete.def. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cli/complete.h"
#include "engine/train.h"
#include "spec/spec.h"
#include "store/catalog.h"

enum source {
    SOURCE_NOTHING,
    SOURCE_FILES,
    SOURCE_NAMED_FILES,
    SOURCE_RUNS,
    SOURCE_EXPERIMENTS,
    SOURCE_EVALUATIONS,
    SOURCE_METRICS,
    SOURCE_FACETS,
    SOURCE_LABELS,
    SOURCE_CLASSES,
    SOURCE_TERMS,
    SOURCE_PAIR_KEYS,
    SOURCE_CELL_TESTS,
    SOURCE_HYPERPARAMETERS,
    SOURCE_KERNELS,
    SOURCE_VIEWS
};

/* A value that is being completed. */
struct value {
    const struct complete_line *line;
    struct completion *out;
    size_t at;    /* where the value of the option starts within the word */
    char *prefix; /* owned; the word before what is completed, which may be in a list */
    bool no_commas; /* what stands in such a list has none */
};

static void
offer(const struct value *v, const char *text, const char *help)
{
    if (!v->no_commas || !strchr(text, ','))
        complete_offer(v->out, v->line->word, v->prefix, text, help);
}

/* Let the value start after the last c of it, if there is one. */
static bool
start_after(struct value *v, char c)
{
    const char *word = v->line->word, *last = strrchr(word + strlen(v->prefix), c);

    if (!last)
        return false;
    free(v->prefix);
    v->prefix = xstrndup(word, (size_t)(last + 1 - word));
    return true;
}

static bool
take_row(void *ctx, size_t n_cols, const char *const *name, const char *const *value,
         const char *type)
{
    (void)name;
    (void)type;
    if (value[0])
        offer(ctx, value[0], n_cols > 1 && value[1] ? value[1] : "");
    return true;
}

/* Offer the rows of a named query; facet is its parameter, or NULL.  Without a store
 * there are none. */
static void
offer_query(struct value *v, const char *query, const char *facet)
{
    const struct store_bind bind = {":facet", BIND_TEXT, 0, 0, facet};
    struct store *s;

    if (access(v->line->store_path, R_OK) != 0 ||
        store_open(&s, v->line->store_path, STORE_READ, NULL))
        return;
    (void)!store_query(s, query, &bind, facet ? 1 : 0, take_row, v, NULL);
    store_close(s);
}

/* Offer the parts of "a|b"; `words`: only those that are no placeholders. */
static void
offer_choices(const struct value *v, const char *choices, bool words)
{
    struct strlist part = {0};

    strlist_split(&part, choices, '|');
    for (size_t i = 0; i < part.n; i++)
        if (!words || !isupper((unsigned char)part.item[i][0]))
            offer(v, part.item[i], "");
    strlist_release(&part);
}

/* True if the list before the value, "a,b," of "a,b,c", has the text. */
static bool
is_listed(const struct value *v, const char *text)
{
    struct strlist part = {0};

    strlist_split(&part, v->prefix + v->at, ',');
    bool listed = strlist_has(&part, text);
    strlist_release(&part);
    return listed;
}

static void
offer_spec_choices(const struct value *v, enum spec_id id)
{
    const char *choice;

    for (size_t i = 0; (choice = spec_choice(id, i)); i++)
        if (!is_listed(v, choice))
            offer(v, choice,
                  id == SPEC_ID_model  ? model_help((enum model_id)i)
                  : id == SPEC_ID_loss ? loss_help((enum loss_id)i)
                                       : "");
}

/* The last value that was given for an option, or NULL. */
static const char *
given(const struct value *v, const char *option)
{
    for (size_t i = v->line->name.n; i-- > 0;)
        if (strcmp(v->line->name.item[i], option) == 0)
            return v->line->value.item[i];
    return NULL;
}

/* NAME=VALUE of --set. */
static void
offer_hypers(struct value *v)
{
    const char *start = v->line->word + strlen(v->prefix), *eq = strchr(start, '=');
    char *name = eq ? xstrndup(start, (size_t)(eq - start)) : NULL;

    for (enum spec_id id = 0; id < SPEC_COUNT; id++) {
        const struct spec_item *it = spec_item(id);
        char *text = xasprintf("%s=", it->name);

        if ((it->flags & SPEC_HYPER) && !name)
            offer(v, text, it->help);
        free(text);
    }
    v->out->goes_on = !name;
    if (name && start_after(v, '=') && spec_find(name) < SPEC_COUNT)
        offer_spec_choices(v, spec_find(name));
    free(name);
}

/* COLUMN=V[,V] or COLUMN!=V: columns that cells are grouped by, and what they hold. */
static void
offer_cell_tests(struct value *v)
{
    const char *start = v->line->word + strlen(v->prefix), *facet;
    size_t n = strcspn(start, "!=");

    v->no_commas = true;
    if (start[n]) {
        char *name = xstrndup(start, n);

        if (start_after(v, '=')) {
            start_after(v, ',');
            offer_query(v, "words_label", name);
        }
        free(name);
        return;
    }
    v->out->goes_on = true;
    for (size_t i = 0; (facet = facet_name(i)); i++) {
        char *text = xasprintf("%s=", facet);

        if (strcmp(facet, "all") != 0 && strcmp(facet, "class") != 0)
            offer(v, text, "");
        free(text);
    }
}

static void
offer_facets(struct value *v)
{
    const char *facet;

    for (size_t i = 0; (facet = facet_name(i)); i++)
        offer(v, facet, "");
    offer_query(v, "names_facet", NULL);
}

static void
offer_views(const struct value *v)
{
    const struct catalog_view *view;

    for (size_t i = 0; given(v, "columns") && (view = catalog_view(i)); i++)
        offer(v, view->name, view->row);
}

static void
offer_kernels(const struct value *v)
{
    const char *name;

    offer(v, "auto", "the fastest");
    for (size_t i = 0; (name = train_cpu_name(i)); i++)
        offer(v, name, "");
}

static void
offer_source(struct value *v, enum source source)
{
    const char *facet = given(v, "by");

    switch (source) {
    case SOURCE_NOTHING: break;
    case SOURCE_NAMED_FILES: v->out->files = start_after(v, '='); break;
    case SOURCE_FILES: v->out->files = true; break;
    case SOURCE_RUNS:
        offer_query(v,
                    isdigit((unsigned char)v->line->word[strlen(v->prefix)])
                        ? "words_run_id"
                        : "words_run",
                    NULL);
        break;
    case SOURCE_EXPERIMENTS: offer_query(v, "names_experiment", NULL); break;
    case SOURCE_EVALUATIONS: offer_query(v, "names_evaluation", NULL); break;
    case SOURCE_METRICS:
        for (enum metric_id m = 0; m < METRIC_COUNT; m++)
            offer(v, metric_info(m)->name, metric_info(m)->help);
        break;
    case SOURCE_FACETS: offer_facets(v); break;
    case SOURCE_LABELS: offer_query(v, "words_label", facet ? facet : "class"); break;
    case SOURCE_CLASSES: offer_query(v, "words_class", NULL); break;
    case SOURCE_TERMS: offer_query(v, "words_term", NULL); break;
    case SOURCE_PAIR_KEYS: offer_query(v, "words_pair_key", NULL); break;
    case SOURCE_CELL_TESTS: offer_cell_tests(v); break;
    case SOURCE_HYPERPARAMETERS: offer_hypers(v); break;
    case SOURCE_KERNELS: offer_kernels(v); break;
    case SOURCE_VIEWS: offer_views(v); break;
    }
}

static enum source
find_source(const struct opt *opt, const char *placeholder)
{
    static const struct {
        bool by_option;
        const char *name;
        enum source source;
    } known[] = {
#define VALUE(placeholder, source) {false, placeholder, SOURCE_##source},
#define OPTION(name, source)       {true, name, SOURCE_##source},
#include "cli/complete.def"
#undef VALUE
#undef OPTION
    };
    enum { N = sizeof known / sizeof known[0] };

    for (size_t i = 0; i < N; i++)
        if (!known[i].by_option && strcmp(known[i].name, placeholder) == 0)
            return known[i].source;
    for (size_t i = 0; opt && i < N; i++)
        if (known[i].by_option && strcmp(known[i].name, opt->name) == 0)
            return known[i].source;
    return SOURCE_NOTHING;
}

void
complete_value(const struct complete_line *l, const struct opt *opt,
               const char *placeholder, size_t at, struct completion *out)
{
    struct value v = {l, out, at, xstrndup(l->word, at), false};
    enum spec_id id = opt ? spec_find(opt->name) : SPEC_COUNT;
    bool spec_choices = id < SPEC_COUNT && spec_item(id)->kind == SPEC_CHOICE;

    if (opt && opt->kind == OPT_CHOICE) {
        offer_choices(&v, opt->choices, false);
    } else if (opt && (opt->kind == OPT_INT || opt->kind == OPT_REAL)) {
        ; /* a number */
    } else if (spec_choices) {
        start_after(&v, ',');
        offer_spec_choices(&v, id);
    } else if (strchr(placeholder, '|')) {
        offer_choices(&v, placeholder, true);
    } else {
        offer_source(&v, find_source(opt, placeholder));
        out->files_at = out->files ? strlen(v.prefix) : 0;
    }
    free(v.prefix);
}
