# Kernels are compiled for speed; -ffp-contract=fast lets the paths that have
# fused multiply-add use it.
noinst_LIBRARIES += libnum.a
libnum_a_SOURCES = src/num/blas.h \
	src/num/kernels.c src/num/kernels.h src/num/kernels_paths.h \
	src/num/kernels_body.inc src/num/kernels_layers.inc src/num/kernels_shift.inc src/num/kernels_dense.inc \
	src/num/kernels_generic.c \
	src/num/kernels_avx2.c src/num/kernels_avx512.c \
	src/num/kernels_amx.c src/num/kernels_hot.inc \
	src/num/hot.c src/num/hot.h \
	src/num/activation.c src/num/activation.h \
	src/num/batchnorm.c src/num/batchnorm.h \
	src/num/dense.c src/num/dense.h \
	src/num/entmax.c src/num/entmax.h \
	src/num/hidden.c src/num/hidden.h \
	src/num/layers_ref.c src/num/layers_ref.h \
	src/num/loss.c src/num/loss.h \
	src/num/optim.c src/num/optim.h \
	src/num/sparse.c src/num/sparse.h
libnum_a_CPPFLAGS = $(AM_CPPFLAGS) $(BLAS_CFLAGS)
libnum_a_CFLAGS = $(AM_CFLAGS) -O3 -fno-math-errno -fno-trapping-math -ffp-contract=fast
NUM_LIBS = libnum.a $(BLAS_LIBS)

check_PROGRAMS += tests/test_kernels
tests_test_kernels_SOURCES = tests/test_kernels.c
tests_test_kernels_LDADD = libtestsupport.a $(NUM_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_loss
tests_test_loss_SOURCES = tests/test_loss.c
tests_test_loss_LDADD = libtestsupport.a $(NUM_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_layers
tests_test_layers_SOURCES = tests/test_layers.c tests/layer_lab.c tests/layer_lab.h
tests_test_layers_CPPFLAGS = $(AM_CPPFLAGS) $(BLAS_CFLAGS)
tests_test_layers_LDADD = libtestsupport.a $(NUM_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_layers_ref
tests_test_layers_ref_SOURCES = tests/test_layers_ref.c tests/layer_lab.c \
	tests/layer_lab.h
tests_test_layers_ref_LDADD = libtestsupport.a $(NUM_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_masks
tests_test_masks_SOURCES = tests/test_masks.c tests/layer_lab.c tests/layer_lab.h
tests_test_masks_LDADD = libtestsupport.a $(NUM_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
