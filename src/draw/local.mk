# local.mk - what src/draw builds.
