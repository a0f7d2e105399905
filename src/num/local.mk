# local.mk - what src/num builds.
