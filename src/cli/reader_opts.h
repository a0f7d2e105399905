/* reader_opts.h - rows of the option tables of commands that let a trained model read
 * other cells.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef CLI_READER_OPTS_H
#define CLI_READER_OPTS_H

#define READER_OPT_LAYER                                                               \
    {                                                                                  \
        .name = "layer", .kind = OPT_TEXT, .value = "LAYER",                           \
        .help = "expression matrix of PATH; else chosen as in training"                \
    }

#define READER_OPT_PART(else_)                                                         \
    {                                                                                  \
        .name = "part", .kind = OPT_CHOICE, .value = "train|val|test|all",             \
        .choices = "train|val|test|all",                                               \
        .help = "only this part of PATH, where it has a split of its own (scTab and "  \
                "packed stores); else " else_                                          \
    }

#define READER_OPT_MEMORY(else_)                                                       \
    {                                                                                  \
        .name = "memory", .kind = OPT_TEXT, .value = "SIZE",                           \
        .help = "memory to use (4G, 800M): cells that do not fit are read some at a "  \
                "time; else " else_                                                    \
    }

#define READER_OPT_CHECKPOINT                                                          \
    {                                                                                  \
        .name = "checkpoint", .kind = OPT_TEXT, .value = "best|last|N",                \
        .help = "which parameters: the best, the last, or those after epoch N; else "  \
                "the best, or the last where nothing was validated"                    \
    }

#define READER_OPT_DECODE                                                              \
    {                                                                                  \
        .name = "decode", .kind = OPT_CHOICE, .value = "HOW", .def = "argmax",         \
        .choices = "argmax|propagated",                                                \
        .help =                                                                        \
            "the class of a cell: argmax of the probabilities, or propagated: the "    \
            "deepest class whose probability, with that of its descendants, "          \
            "exceeds .5, else argmax"                                                  \
    }

#define READER_OPT_THREADS                                                             \
    {                                                                                  \
        .name = "threads", .kind = OPT_INT, .value = "N", .def = "0", .max = 1024,     \
        .help = "threads; 0: all cores"                                                \
    }

#endif
