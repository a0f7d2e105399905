/* check_reference.c - this build against a file of numbers of the published
 * implementation.
 *
 *   check_reference [--strict] [--cpu NAME] [--threads N] FILE.h5 [GROUP ...]
 *
 * Checks every group, or those that are named, of a file of the layout of
 * golden/reference.h5, whatever its sizes.  One line per quantity on the standard
 * output: group, quantity, error, tolerance, ok or FAIL.  Where an error is above its
 * tolerance, the line says how far rounding alone moves the quantity ("noise", measured
 * on this file: reference_conditioning.c); within that it is ok, unless --strict.  Exit
 * status 0: all within tolerance; 1: something is not, or the file has no group that is
 * known; 2: wrong usage. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/platform.h"
#include "engine/train.h"
#include "tests/reference.h"

/* Groups by how their names begin; models' come last. */
static const struct {
    const char *prefix;
    void (*check)(struct reference *r);
} kinds[] = {
    {"augment", reference_augment},
    {"loss_", reference_loss},
};

static bool
is_group(struct reference *r, const char *name)
{
    H5O_info_t info;

    return H5Oget_info_by_name2(r->file, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) >=
               0 &&
           info.type == H5O_TYPE_GROUP;
}

/* False if the group is of no known kind. */
static bool
check_lines(struct reference *r, const char *name, bool strict)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strncmp(name, kinds[i].prefix, strlen(kinds[i].prefix)) == 0) {
            kinds[i].check(r);
            return true;
        }
    }
    if (reference_has(r, "init") && reference_has(r, "final")) {
        reference_model(r);
        if (!strict)
            reference_condition(r);
        return true;
    }
    reference_fail(r, "group", "is of no known kind");
    return false;
}

static bool
check_group(struct reference *r, const char *name, bool strict)
{
    r->group = name;
    bool is_known = check_lines(r, name, strict);
    reference_flush(r);
    return is_known;
}

/* Groups of the file, or those that are wanted (n). */
static void
list_groups(struct reference *r, char **wanted, size_t n, struct strlist *out)
{
    struct strlist all = {0};

    for (size_t i = 0; i < n; i++)
        strlist_add(out, wanted[i]);
    reference_members(r, "/", &all);
    for (size_t i = 0; n == 0 && i < all.n; i++)
        if (is_group(r, all.item[i]))
            strlist_add(out, all.item[i]);
    strlist_release(&all);
}

static int
check_file(struct reference *r, const char *path, char **wanted, size_t n, bool strict)
{
    struct strlist names = {0};
    size_t known = 0;

    list_groups(r, wanted, n, &names);
    for (size_t i = 0; i < names.n; i++)
        known += check_group(r, names.item[i], strict);
    fflush(stdout);
    fprintf(
        stderr,
        "%s: %zu groups, %zu quantities, %zu failed, %zu above the tolerance but "
        "within float32's noise, of them %zu with noise above .1 (%s, %zu threads)\n",
        path, known, r->n_lines, r->n_failed, r->n_noisy, r->n_unknowable, r->k->name,
        pool_threads(r->pool));
    r->group = "";
    strlist_release(&names);
    return known == 0 || r->n_failed > 0;
}

static const char usage_text[] =
    "usage: check_reference [--strict] [--cpu NAME] [--threads N] FILE.h5 [GROUP ...]\n";

static int
usage(const char *what)
{
    fprintf(stderr, "check_reference: %s\n%s", what, usage_text);
    return 2;
}

static int
help(void)
{
    printf(
        "%s\n"
        "Compares this build with a file of the layout of golden/reference.h5.  A line "
        "per\nquantity: group, quantity, error, tolerance, ok or FAIL.\n\n"
        "Where an error is above its tolerance, 'noise' says how far float32 lets the "
        "quantity\nbe known at all: four times the largest change seen in 12 trainings "
        "whose initial\nparameters differ in their last place.  An error within it is "
        "ok: networks of several\nattentive steps amplify rounding a thousandfold, in "
        "the published numbers as in ours.\nThe last line counts these, and those that "
        "are noise through and through (above .1):\nof them the file says nothing.  "
        "--strict takes the tolerances alone.\n",
        usage_text);
    return 0;
}

int
main(int argc, char **argv)
{
    unsigned long threads = 1;
    struct reference r;
    struct errbuf eb;
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return help();
    bool strict = argc > 1 && strcmp(argv[1], "--strict") == 0;
    int i = strict ? 2 : 1;

    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        if (strcmp(argv[i], "--threads") == 0)
            threads = strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--cpu") != 0)
            return usage("no such option");
        else if (train_set_cpu(argv[i + 1], &eb))
            return usage(eb.text);
    }
    if (threads < 1 || threads > 1024)
        return usage("--threads takes 1 to 1024");
    if (i >= argc || argv[i][0] == '-')
        return usage("no file given");
    if (reference_open(&r, argv[i], platform_kernels(), threads, &eb)) {
        fprintf(stderr, "check_reference: %s\n", eb.text);
        return 1;
    }
    int status = check_file(&r, argv[i], argv + i + 1, (size_t)(argc - i - 1), strict);
    reference_close(&r);
    return status;
}
