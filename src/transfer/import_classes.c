/* import_classes.c - classes by number or name. */
#include "transfer/import_classes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
import_classes_init(struct import_classes *c)
{
    struct strlist labels = {0};

    *c = (struct import_classes){0};
    ontology_load_builtin(&c->rd.onto);
    for (size_t i = 0; i < c->rd.onto.n_terms; i++)
        strlist_add(&labels, c->rd.onto.term[i].name);
    class_set_init(&c->rd.classes, &labels, &c->rd.onto);
    strlist_release(&labels);
    run_inputs_init(&c->inputs, &c->rd);
}

void
import_classes_release(struct import_classes *c)
{
    run_inputs_release(&c->inputs);
    run_data_release(&c->rd);
}

int32_t
import_classes_find(const struct import_classes *c, const char *name)
{
    char *end;

    if (*name < '0' || *name > '9')
        return class_set_find(&c->rd.classes, name);
    errno = 0;
    long long i = strtoll(name, &end, 10);
    if (!errno && !*end)
        return i < (long long)c->rd.classes.C ? (int32_t)i : -1;
    return class_set_find(&c->rd.classes, name);
}

const char *
import_classes_label(const struct import_classes *c, const char *name)
{
    int32_t i = import_classes_find(c, name);

    return i < 0 ? NULL : c->rd.classes.name.item[i];
}
