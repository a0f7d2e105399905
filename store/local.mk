# local.mk - what store builds.
