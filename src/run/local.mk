# local.mk - what src/run builds.
