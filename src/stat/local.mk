# local.mk - what src/stat builds.
