# local.mk - what src/data builds.
