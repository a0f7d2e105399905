/* launch_form.h - the fields of the launch form, made from the table of run parameters:
 * texts, their checks, and the command that they stand for.
 *
 * model, loss and seed take several values (a,b and 0-3,7); lists have ';' between
 * their entries ("\;" is a semicolon, "\\" a backslash).  An empty text means the
 * default.
 *
 * Threads: one thread per object.
 * Errors:  ERR_ARG, also kept with the field. */
#ifndef TUI_LAUNCH_FORM_H
#define TUI_LAUNCH_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strlist.h"
#include "spec/spec.h"
#include "tui/screen_model.h"

struct launch_field {
    enum spec_id id;
    char *text;          /* owned */
    struct errbuf error; /* "": good */
};

struct launch_form {
    struct launch_field field[SPEC_COUNT]; /* in the order of the screen */
    struct errbuf error;                   /* of the whole; "": good */
    size_t n_models, n_losses, n_seeds;    /* 0: a field is wrong */
    enum model_id model[MODEL_COUNT];      /* (n_known) those of the form */
    size_t n_known;                        /* at least 1 */
};

/* All defaults, both losses, seeds 0-3. */
void launch_form_init(struct launch_form *f);
void launch_form_release(struct launch_form *f);

/* As the newest run was made: its parameters, the seeds and losses of its pair. */
void launch_form_fill(struct launch_form *f, const struct model *m);

/* Put a text into field i and check everything. */
void launch_form_set(struct launch_form *f, size_t i, const char *text);

/* The next (by = 1) or former choice of field i; false if it has no choices. */
bool launch_form_cycle(struct launch_form *f, size_t i, int by);

/* True if every field is good and there are data. */
bool launch_form_is_good(const struct launch_form *f);

/* Name of a field as people see it: the option, "seeds" for seed. */
const char *launch_field_name(const struct launch_field *fd);

/* True if a model of the form has field i; else its text waits for one that has. */
bool launch_form_shows(const struct launch_form *f, size_t i);

/* What holds while the text is empty; where the models of the form differ, for each:
 * "0.0005 linear, 0.002 mlp". */
void launch_form_default(const struct launch_form *f, size_t i, struct strbuf *out);

/* What a field is for, in the words of a form: several values go into one line. */
void launch_field_help(const struct launch_field *fd, struct strbuf *out);

/* Append the options. */
void launch_form_argv(const struct launch_form *f, struct strlist *argv);

#endif
