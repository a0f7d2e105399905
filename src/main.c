/* main.c - argv to the table of commands; the only exit(). */
#include <stdlib.h>

#include "cli/cli.h"

int
main(int argc, char **argv)
{
    (void)argc;
    exit(cli_main(argv));
}
