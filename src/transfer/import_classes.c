/* import_classes.c - classes by number or name. */
#include "transfer/import_classes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/csv_table.h"

static void
make_classes(struct import_classes *c, const struct strlist *labels)
{
    class_set_init(&c->rd.classes, labels, &c->rd.onto);
    run_inputs_init(&c->inputs, &c->rd);
}

void
import_classes_init(struct import_classes *c)
{
    struct strlist labels = {0};

    *c = (struct import_classes){0};
    ontology_load_builtin(&c->rd.onto);
    for (size_t i = 0; i < c->rd.onto.n_terms; i++)
        strlist_add(&labels, c->rd.onto.term[i].name);
    make_classes(c, &labels);
    strlist_release(&labels);
}

/* The labels, whose numbers must be their places in bytewise order. */
static enum err
take_labels(struct strlist *labels, const struct csv_table *t, const char *path,
            struct errbuf *eb)
{
    size_t column = 0;

    while (column < t->column.n && strcmp(t->column.item[column], "label") != 0)
        column++;
    if (column == t->column.n || t->n_rows == 0)
        return err_set(eb, ERR_FORMAT, "%s: no column 'label' with classes in it",
                       path);
    for (size_t i = 0; i < t->n_rows; i++) {
        const char *label = csv_table_get(t, i, column);

        if (i > 0 && strcmp(labels->item[i - 1], label) >= 0)
            return err_set(eb, ERR_FORMAT,
                           "%s: row %zu: '%.60s' is out of order: labels go bytewise",
                           path, i + 2, label);
        strlist_add(labels, label);
    }
    return ERR_OK;
}

enum err
import_classes_read(struct import_classes *c, const char *path, struct errbuf *eb)
{
    struct csv_table t;
    struct strlist labels = {0};

    *c = (struct import_classes){0};
    enum err e = csv_table_read(&t, path, eb);
    if (e)
        return e;
    if (t.n_rows > CLASSES_MAX)
        e = err_set(eb, ERR_FORMAT, "%s: %zu classes, at most %d are possible", path,
                    t.n_rows, CLASSES_MAX);
    else
        e = take_labels(&labels, &t, path, eb);
    if (e == ERR_OK) {
        ontology_load_builtin(&c->rd.onto);
        make_classes(c, &labels);
    }
    strlist_release(&labels);
    csv_table_release(&t);
    return e;
}

void
import_classes_release(struct import_classes *c)
{
    run_inputs_release(&c->inputs);
    run_data_release(&c->rd);
}

bool
import_classes_is_number(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && strspn(name, "0123456789") == n && (*name != '0' || n == 1);
}

int32_t
import_classes_find(const struct import_classes *c, const char *name)
{
    if (!import_classes_is_number(name))
        return class_set_find(&c->rd.classes, name);
    errno = 0;
    long long i = strtoll(name, NULL, 10);
    return !errno && i < (long long)c->rd.classes.C ? (int32_t)i : -1;
}

const char *
import_classes_label(const struct import_classes *c, const char *name)
{
    int32_t i = import_classes_find(c, name);

    return i < 0 ? NULL : c->rd.classes.name.item[i];
}
