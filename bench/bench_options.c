/* bench_options.c - the command line of the programs of bench/. */
#include "bench/bench_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_cells.h"
#include "engine/train.h"

void
bench_check(enum err e, const struct errbuf *eb)
{
    if (e == ERR_OK)
        return;
    fprintf(stderr, "bench: %s\n", eb->text);
    exit(1);
}

static void
usage(const char *word)
{
    fprintf(
        stderr,
        "bench: %s: options are --model M --loss L --cpu PATH --threads N --genes D "
        "--classes C --batch B; bench_step: --batches N --dump FOLDER; bench_run: "
        "--cells N --val N --store FILE, --data PATH --memory SIZE --shuffle ORDER\n",
        word);
    exit(2);
}

static size_t
number(const char *word, const char *value)
{
    char *end;
    size_t x = strtoul(value, &end, 10);

    if (end == value || *end)
        usage(word);
    return x;
}

void
bench_options_parse(struct bench_options *o, int argc, char **argv)
{
    struct errbuf eb;
    const struct {
        const char *name;
        const char **text;
        size_t *number;
    } known[] = {
        {"--model", &o->model, NULL},     {"--loss", &o->loss, NULL},
        {"--cpu", &o->cpu, NULL},         {"--dump", &o->dump, NULL},
        {"--store", &o->store, NULL},     {"--threads", NULL, &o->threads},
        {"--batches", NULL, &o->batches}, {"--genes", NULL, &o->D},
        {"--classes", NULL, &o->C},       {"--batch", NULL, &o->B},
        {"--cells", NULL, &o->cells},     {"--val", NULL, &o->val},
        {"--data", &o->data, NULL},       {"--memory", &o->memory, NULL},
        {"--shuffle", &o->shuffle, NULL},
    };
    const size_t n_known = sizeof known / sizeof known[0];

    *o = (struct bench_options){.model = "linear",
                                .loss = "ce",
                                .cpu = "auto",
                                .memory = "",
                                .shuffle = "auto",
                                .threads = 1,
                                .batches = 4,
                                .D = ATLAS_GENES,
                                .C = ATLAS_CLASSES,
                                .B = 2048,
                                .cells = 20480};
    for (int i = 1; i < argc; i += 2) {
        size_t k = 0;

        while (k < n_known && strcmp(argv[i], known[k].name) != 0)
            k++;
        if (k == n_known || i + 1 == argc)
            usage(argv[i]);
        if (known[k].text)
            *known[k].text = argv[i + 1];
        else
            *known[k].number = number(argv[i], argv[i + 1]);
    }
    bench_check(train_set_cpu(o->cpu, &eb), &eb);
}

void
bench_options_spec(const struct bench_options *o, struct spec *s)
{
    char batch[64];
    struct errbuf eb;

    spec_init(s);
    snprintf(batch, sizeof batch, "batch_size=%zu", o->B);
    bench_check(spec_set(s, SPEC_ID_model, o->model, &eb), &eb);
    bench_check(spec_set(s, SPEC_ID_loss, o->loss, &eb), &eb);
    bench_check(spec_set(s, SPEC_ID_memory, o->memory, &eb), &eb);
    bench_check(spec_set(s, SPEC_ID_shuffle, o->shuffle, &eb), &eb);
    if (o->data) {
        bench_check(spec_set(s, SPEC_ID_data, o->data, &eb), &eb);
        bench_check(spec_set(s, SPEC_ID_val_fraction, "0", &eb), &eb);
        bench_check(spec_set(s, SPEC_ID_test_fraction, "0", &eb), &eb);
    }
    bench_check(spec_set_hyper(s, batch, &eb), &eb);
    bench_check(spec_set_hyper(s, "max_epochs=1000000", &eb), &eb);
    bench_check(spec_set_hyper(s, "lr_scheduler_gamma=1", &eb), &eb);
    bench_check(spec_set_hyper(s, "early_stopping_patience=0", &eb), &eb);
    if (s->model == MODEL_tabnet)
        bench_check(spec_set_hyper(s, "momentum=0.5", &eb), &eb);
    bench_check(spec_resolve(s, &eb), &eb);
}
