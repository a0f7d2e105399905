noinst_LIBRARIES += libengine.a
libengine_a_SOURCES = \
	src/engine/arch.def \
	src/engine/classifier.c src/engine/classifier.h \
	src/engine/f1.c src/engine/f1.h \
	src/engine/importance.c \
	src/engine/init.c src/engine/init.h \
	src/engine/learner.c src/engine/learner.h \
	src/engine/linear.c \
	src/engine/mlp.c \
	src/engine/model.c src/engine/model.h \
	src/engine/pass.c src/engine/pass_load.c src/engine/pass.h \
	src/engine/platform.c src/engine/platform.h \
	src/engine/propagate.c src/engine/propagate.h \
	src/engine/scratch.h src/engine/step_times.h \
	src/engine/sink.h src/engine/train.h \
	src/engine/tabnet.c src/engine/tabnet.h \
	src/engine/tabnet_attention.c \
	src/engine/tabnet_feature.c src/engine/tabnet_input.c src/engine/tabnet_mask.c \
	src/engine/trainer.c src/engine/trainer.h \
	src/engine/trainer_report.c \
	src/engine/trainer_state.c \
	src/engine/evaluate.c \
	src/engine/toy.c src/engine/toy.h \
	src/engine/wire.c src/engine/wire.h
libengine_a_CPPFLAGS = $(AM_CPPFLAGS) $(BLAS_CFLAGS)
ENGINE_LIBS = libengine.a $(NUM_LIBS) $(DATA_LIBS)

# Cells in memory for the tests of the engine.
check_LIBRARIES += libtoyrun.a
libtoyrun_a_SOURCES = tests/toy_run.c tests/toy_run.h
libtoyrun_a_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)

check_PROGRAMS += tests/test_train
tests_test_train_SOURCES = tests/test_train.c
tests_test_train_LDADD = libtoyrun.a libtestsupport.a $(ENGINE_LIBS) $(CMOCKA_LIBS)

# The engine against numbers of the published implementation: a program for any such
# file, and the test that runs it on the one that is kept here.
EXTRA_DIST += tests/golden/reference.h5 tests/make_reference.py
noinst_PROGRAMS += tests/check_reference
tests_check_reference_SOURCES = tests/check_reference.c tests/reference.c \
	tests/reference.h tests/reference_augment.c tests/reference_loss.c \
	tests/reference_conditioning.c tests/reference_model.c tests/reference_noise.c tests/reference_trial.h
tests_check_reference_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_check_reference_LDADD = $(ENGINE_LIBS) $(HDF5_LIBS)
check_PROGRAMS += tests/test_golden
tests_test_golden_SOURCES = tests/test_golden.c
tests_test_golden_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_golden_LDADD = libtestsupport.a $(ENGINE_LIBS) $(HDF5_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/test_row_stream
tests_test_row_stream_SOURCES = tests/test_row_stream.c
tests_test_row_stream_LDADD = libtoyrun.a libtestsupport.a $(ENGINE_LIBS) $(CMOCKA_LIBS)
tests_test_row_stream_LDFLAGS = -Wl,--wrap=io_getevents

check_PROGRAMS += tests/test_evaluate
tests_test_evaluate_SOURCES = tests/test_evaluate.c
tests_test_evaluate_LDADD = libtestsupport.a $(ENGINE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_gene_order
tests_test_gene_order_SOURCES = tests/test_gene_order.c
tests_test_gene_order_LDADD = libtestsupport.a $(ENGINE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/test_linear
tests_test_linear_SOURCES = tests/test_linear.c
tests_test_linear_LDADD = libtestsupport.a $(ENGINE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/test_toy
tests_test_toy_SOURCES = tests/test_toy.c
tests_test_toy_LDADD = libtestsupport.a $(ENGINE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_models
tests_test_models_SOURCES = tests/test_models.c
tests_test_models_LDADD = libtoyrun.a libtestsupport.a $(ENGINE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_predict
tests_test_predict_SOURCES = tests/test_predict.c
tests_test_predict_LDADD = libtoyrun.a libtestsupport.a $(ENGINE_LIBS) $(CMOCKA_LIBS)

# Whole models in double, and what they say of the engine's.
check_PROGRAMS += tests/test_twins
tests_test_twins_SOURCES = tests/test_twins.c tests/tape.c tests/tape.h \
	tests/twin_lab.c tests/twin_lab.h tests/twin_model.c tests/twin_model.h
tests_test_twins_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_test_twins_LDADD = libtestsupport.a $(ENGINE_LIBS) $(CMOCKA_LIBS)

# Decoding by propagated probabilities.
check_PROGRAMS += tests/test_propagate
tests_test_propagate_SOURCES = tests/test_propagate.c
tests_test_propagate_LDADD = libtoyrun.a libtestsupport.a $(ENGINE_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += tests/check_decode.py
