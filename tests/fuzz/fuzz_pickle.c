/* fuzz_pickle.c - any bytes as a pickle: a tree or refused, never a crash. */
#include "tests/fuzz/fuzz.h"

#include "exchange/pickle.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct pickle p;
    struct errbuf eb = {""};

    if (pickle_read(&p, data, n, "fuzz", &eb) == ERR_OK) {
        const struct pickle_value *state = pickle_get(&p, p.root, "state_dict");

        for (size_t i = 0; pickle_item(&p, state, i); i++)
            (void)pickle_is_name(&p, pickle_item(&p, state, i), "torch",
                                 "FloatStorage");
    }
    pickle_release(&p);
    return 0;
}
