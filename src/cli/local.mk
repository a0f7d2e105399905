# local.mk - what src/cli builds.
