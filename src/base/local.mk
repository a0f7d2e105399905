noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	src/base/arena.c src/base/arena.h \
	src/base/beside.c src/base/beside.h \
	src/base/clock.c src/base/clock.h \
	src/base/crc64.c src/base/crc64.h \
	src/base/digest.c src/base/digest.h \
	src/base/err.c src/base/err.h src/base/err.def \
	src/base/lock.h \
	src/base/log.c src/base/log.h \
	src/base/memory.c src/base/memory.h \
	src/base/piece.c src/base/piece.h \
	src/base/pool.c src/base/pool.h \
	src/base/rng.c src/base/rng.h \
	src/base/spawn.c src/base/spawn.h \
	src/base/strbuf.c src/base/strbuf.h \
	src/base/strlist.c src/base/strlist.h \
	src/base/utf8.c src/base/utf8.h \
	src/base/xalloc.c src/base/xalloc.h
libbase_a_CPPFLAGS = $(AM_CPPFLAGS) $(NETTLE_CFLAGS) $(UTF8PROC_CFLAGS)
BASE_LIBS = libbase.a $(NETTLE_LIBS) $(UTF8PROC_LIBS) -lpthread -lm

check_PROGRAMS += tests/test_beside
tests_test_beside_SOURCES = tests/test_beside.c
tests_test_beside_LDADD = libtestsupport.a $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_base
tests_test_base_SOURCES = tests/test_base.c
tests_test_base_LDADD = libtestsupport.a $(BASE_LIBS) $(CMOCKA_LIBS)
