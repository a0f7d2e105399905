/* dataset_own.c - what the sources of a dataset bring with them besides cells. */
#include "data/dataset_own.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/cell_select.h"

static const double WEIGHT_TOLERANCE = 1e-6; /* relative */

/* --- joining --- */

static bool
same_classes(const struct strlist *a, const struct strlist *b)
{
    bool same = a->n == b->n;

    for (size_t i = 0; same && i < a->n; i++)
        same = strcmp(a->item[i], b->item[i]) == 0;
    return same;
}

/* Both are there, with the same n bytes. */
static bool
same_bytes(const void *a, const void *b, size_t n)
{
    return a && b && memcmp(a, b, n) == 0;
}

/* Leave in own what another source brings as well. */
static void
meet(struct source_own *own, const struct source_own *other, const struct notes *notes)
{
    const char *x = own->split_column, *y = other->split_column;
    size_t k = same_classes(&own->classes, &other->classes) ? own->classes.n : 0;

    if ((x || y) && !(x && y && strcmp(x, y) == 0)) {
        note_warn(notes, "not all data bring a split of their own: none is used");
        free(own->split_column);
        own->split_column = NULL;
    }
    if ((own->reachable || other->reachable) &&
        !(k && same_bytes(own->reachable, other->reachable, k * k))) {
        note_warn(notes, "the data do not bring the same hierarchy of classes: the "
                         "ontology is used");
        free(own->reachable);
        own->reachable = NULL;
    }
    if ((own->class_weight || other->class_weight) &&
        !(k && same_bytes(own->class_weight, other->class_weight,
                          k * sizeof *own->class_weight))) {
        note_warn(notes, "the data do not bring the same class weights: none of them "
                         "are used");
        free(own->class_weight);
        own->class_weight = NULL;
    }
    if (!own->reachable && !own->class_weight)
        strlist_release(&own->classes);
}

static enum err
check(const struct source *s, const struct source_own *own, struct errbuf *eb)
{
    struct intern *seen = intern_new();
    size_t k = own->classes.n;
    enum err e = ERR_OK;

    for (size_t i = 0; i < k; i++)
        intern_add(seen, own->classes.item[i]);
    if (intern_count(seen) != k)
        e = err_set(eb, ERR_FORMAT, "%s: a class of its hierarchy is there twice",
                    s->path);
    intern_free(seen);
    if (!e && own->split_column && !strlist_has(&s->column, own->split_column))
        e = err_set(eb, ERR_FORMAT, "%s has no obs column %s, which is to say the part",
                    s->path, own->split_column);
    return e;
}

/* A packed store that has the cells of its inputs counts as these, unless what is asked for
 * would be something else there: a matrix by its name, cells that were left out. */
static bool
is_copy(const struct packed_about *a, const struct dataset_request *q)
{
    return *a->content && strcmp(q->layer, "auto") == 0 &&
           !(a->only_primary && cell_select_names_primary(q->where));
}

static void
identify(struct file_report *r, const struct source *s, const struct source_own *own,
         const struct dataset_request *q)
{
    if (s->ops->about)
        s->ops->about(s, &r->packed);
    r->is_copy = is_copy(&r->packed, q);
    memcpy(r->digest, r->is_copy ? r->packed.content : own->digest, DIGEST_HEX);
}

enum err
dataset_own_add(struct dataset *ds, size_t i, const struct source *s,
                const struct dataset_request *q, const struct notes *notes,
                struct errbuf *eb)
{
    struct source_own own = {0};
    enum err e = ERR_OK;

    if (s->ops->own && (e = s->ops->own(s, &own, !q->no_digest, eb)))
        return err_wrap(eb, e, "%s", s->path);
    if ((e = check(s, &own, eb))) {
        source_own_release(&own);
        return e;
    }
    identify(&ds->report[i], s, &own, q);
    if (i == 0) {
        ds->own = xcalloc(1, sizeof *ds->own);
        *ds->own = own;
        return ERR_OK;
    }
    meet(ds->own, &own, notes);
    source_own_release(&own);
    return ERR_OK;
}

enum err
dataset_own_check(const struct file_report *r, const struct source *s,
                  struct errbuf *eb)
{
    struct packed_about now = {0};

    if (s->ops->about)
        s->ops->about(s, &now);
    bool same = s->n_cells == r->n_cells && now.version == r->packed.version &&
                now.crc == r->packed.crc;

    packed_about_release(&now);
    return same ? ERR_OK
                : err_set(eb, ERR_FORMAT,
                          "%s: has changed while it was read: another file lies there "
                          "now; start again when nobody writes it",
                          s->path);
}

/* --- use --- */

void
dataset_own_classes(const struct dataset *ds, struct class_set *cs,
                    const struct notes *notes)
{
    struct strlist other = {0};

    if (!ds->own || !ds->own->reachable)
        return;
    class_set_take(cs, &ds->own->classes, ds->own->reachable, &other);
    note_info(notes, "the hierarchy of the classes is the data's own (%zu classes)",
              ds->own->classes.n);
    if (other.n) {
        char *list = note_list(&other, 10);

        note_warn(
            notes,
            "%zu of %zu labels are not in the data's own hierarchy; what is above "
            "and below them is taken from the built-in ontology: %s",
            other.n, cs->C, list);
        free(list);
    }
    strlist_release(&other);
}

/* A real parameter has the value that it has when nobody sets it. */
static bool
is_default(enum spec_id id, double value)
{
    return strtod(spec_item(id)->defaults, NULL) == value;
}

const char *
dataset_own_split(const struct dataset *ds, const struct spec *spec,
                  const struct notes *notes)
{
    const char *column = ds->own ? ds->own->split_column : NULL;
    bool is_asked =
        strcmp(spec->split_by, spec_item(SPEC_ID_split_by)->defaults) != 0 ||
        !is_default(SPEC_ID_val_fraction, spec->val_fraction) ||
        !is_default(SPEC_ID_test_fraction, spec->test_fraction);

    if (!column)
        return NULL;
    if (!is_asked)
        note_info(notes,
                  "the split is the data's own (obs/%s); --split-by, --val-fraction or "
                  "--test-fraction make another",
                  column);
    else
        note_info(notes,
                  "the data's own split (obs/%s) is not used: another is asked for",
                  column);
    return is_asked ? NULL : column;
}

void
dataset_own_weights(const struct run_data *rd, const struct spec *spec,
                    const struct notes *notes)
{
    const struct source_own *own = rd->ds.own;
    size_t n_off = 0, first = 0, k = 0;

    if (!own || !own->class_weight || spec->class_weights != CLASS_WEIGHTS_BALANCED)
        return;
    size_t *count = xcalloc(rd->classes.C, sizeof *count);

    for (size_t i = 0; i < rd->ds.n_cells; i++)
        k += rd->part[i] == PART_TRAIN && count[rd->y[i]]++ == 0;
    for (size_t i = 0; i < own->classes.n; i++) {
        int32_t c = class_set_find(&rd->classes, own->classes.item[i]);

        if (c < 0 || !count[c])
            continue;
        double w = (double)rd->n_part[PART_TRAIN] / ((double)k * (double)count[c]);

        if (fabs(w - own->class_weight[i]) > WEIGHT_TOLERANCE * w && n_off++ == 0)
            first = i;
    }
    if (n_off)
        note_info(notes,
                  "class weights are computed from the training cells; the data's own "
                  "differ for %zu classes (\"%s\", ...: %g)",
                  n_off, own->classes.item[first], own->class_weight[first]);
    free(count);
}
