/* dashboard.h - the dashboard on the store of the command line.
 *
 * Threads: owner thread only.
 * Errors:  those of app_run. */
#ifndef CLI_DASHBOARD_H
#define CLI_DASHBOARD_H

#include "base/err.h"
#include "cli/cli.h"
#include "tui/app.h"

/* Run it until the user leaves; closes c->store first. */
MUST_CHECK enum err dashboard_open(struct cli *c, struct errbuf *eb);

#endif
