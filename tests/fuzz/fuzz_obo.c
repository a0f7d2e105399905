/* fuzz_obo.c - any bytes as an OBO file: read or refused, never a crash. */
#include "tests/fuzz/fuzz.h"

#include "data/ontology.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct ontology o;
    struct errbuf eb = {""};

    if (ontology_parse_obo(&o, (const char *)data, n, "fuzz.obo", NULL, &eb))
        return 0;
    for (size_t i = 0; i < o.n_terms; i++) {
        uint32_t term;

        (void)ontology_resolve(&o, o.term[i].name, &term);
    }
    if (o.n_terms) {
        bool *mark = xmalloc(o.n_terms, sizeof *mark);

        ontology_mark_descendants(&o, 0, mark);
        ontology_mark_ancestors(&o, 0, mark);
        free(mark);
    }
    ontology_release(&o);
    return 0;
}
