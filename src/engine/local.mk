# local.mk - what src/engine builds.
