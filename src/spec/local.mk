noinst_LIBRARIES += libspec.a
libspec_a_SOURCES = src/spec/spec.c src/spec/spec_resolve.c src/spec/spec_seeds.c src/spec/spec.h src/spec/spec.def \
	src/spec/decode.c src/spec/decode.h src/spec/decodes.def \
	src/spec/models.def src/spec/losses.def src/spec/metrics.def src/spec/facets.def

check_PROGRAMS += tests/test_spec
tests_test_spec_SOURCES = tests/test_spec.c
tests_test_spec_LDADD = libtestsupport.a libspec.a $(BASE_LIBS) $(CMOCKA_LIBS)
