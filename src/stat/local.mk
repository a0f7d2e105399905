noinst_LIBRARIES += libstat.a
libstat_a_SOURCES = \
	src/stat/class_tree.c src/stat/class_tree.h src/stat/class_tree_test.c \
	src/stat/compare.c src/stat/compare.h \
	src/stat/dag.c src/stat/dag.h \
	src/stat/errors.c src/stat/errors.h \
	src/stat/error_table.c src/stat/error_table.h \
	src/stat/paired.c src/stat/paired.h
libstat_a_CPPFLAGS = $(AM_CPPFLAGS) $(GSL_CFLAGS)
STAT_LIBS = libstat.a $(GSL_LIBS)

check_PROGRAMS += tests/test_stat
tests_test_stat_SOURCES = tests/test_stat.c
tests_test_stat_LDADD = libtestsupport.a $(STAT_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/test_class_tree
tests_test_class_tree_SOURCES = tests/test_class_tree.c
tests_test_class_tree_LDADD = libtestsupport.a $(STAT_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/test_errors
tests_test_errors_SOURCES = tests/test_errors.c
tests_test_errors_LDADD = libtestsupport.a $(STAT_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
