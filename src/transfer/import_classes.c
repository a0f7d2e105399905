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
