# local.mk - what tui builds.
