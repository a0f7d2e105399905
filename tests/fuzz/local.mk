# Fuzz targets.  A target is fuzz_<what>.c, a word in FUZZ_TARGETS, a replay program with
# four lines as below, and a few small inputs in corpus/<what>/.
FUZZ_TARGETS = obo npy packed parquet

check_PROGRAMS += tests/fuzz/replay_obo
tests_fuzz_replay_obo_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_obo.c tests/fuzz/fuzz.h
tests_fuzz_replay_obo_LDADD = $(DATA_LIBS)

check_PROGRAMS += tests/fuzz/replay_npy tests/fuzz/replay_parquet
tests_fuzz_replay_npy_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_npy.c tests/fuzz/fuzz.h
tests_fuzz_replay_npy_LDADD = $(DATA_LIBS)
tests_fuzz_replay_parquet_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_parquet.c \
	tests/fuzz/fuzz.h
tests_fuzz_replay_parquet_LDADD = $(DATA_LIBS)

check_PROGRAMS += tests/fuzz/replay_packed
tests_fuzz_replay_packed_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_packed.c \
	tests/fuzz/fuzz.h
tests_fuzz_replay_packed_LDADD = $(DATA_LIBS)

# Files of other programs: src/exchange is compiled for these too.
FUZZ_TARGETS += pickle tensors zip
check_PROGRAMS += tests/fuzz/replay_pickle tests/fuzz/replay_tensors tests/fuzz/replay_zip
tests_fuzz_replay_pickle_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_pickle.c tests/fuzz/fuzz.h
tests_fuzz_replay_pickle_LDADD = $(EXCHANGE_LIBS)
tests_fuzz_replay_tensors_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_tensors.c \
	tests/fuzz/fuzz.h
tests_fuzz_replay_tensors_LDADD = $(EXCHANGE_LIBS)
tests_fuzz_replay_zip_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_zip.c tests/fuzz/fuzz.h
tests_fuzz_replay_zip_LDADD = $(EXCHANGE_LIBS)

EXTRA_DIST += tests/fuzz/build.sh tests/fuzz/corpus

# make fuzz: fuzz/fuzz_<what>, by clang with its sanitizers (HACKING.md says how to run them).
fuzz: $(BUILT_SOURCES)
	FUZZ_CC='$(FUZZ_CC)' srcdir='$(srcdir)' \
	FUZZ_CPPFLAGS='-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION $(DEFS) -I. $(AM_CPPFLAGS) $(HDF5_CFLAGS) $(ZSTD_CFLAGS) $(ZLIB_CFLAGS) $(DEFLATE_CFLAGS) $(LZF_CFLAGS) $(SNAPPY_CFLAGS) $(NETTLE_CFLAGS) $(UTF8PROC_CFLAGS) $(YAML_CFLAGS) $(JANSSON_CFLAGS)' \
	FUZZ_LIBS='$(HDF5_LIBS) $(ZSTD_LIBS) $(ZLIB_LIBS) $(DEFLATE_LIBS) $(LZF_LIBS) $(SNAPPY_LIBS) $(NETTLE_LIBS) $(UTF8PROC_LIBS) $(YAML_LIBS) $(JANSSON_LIBS) $(CSV_LIBS) $(AIO_LIBS) $(FUZZ_EXTRA_LIBS) -lpthread -lm' \
	$(SHELL) '$(srcdir)/tests/fuzz/build.sh' '$(FUZZ_TARGETS)' \
		$(libexchange_a_SOURCES) $(libdata_a_SOURCES) $(libspec_a_SOURCES) $(libbase_a_SOURCES)
clean-local:
	-rm -rf fuzz
.PHONY: fuzz

# event files, parameters and tables of the published tree
FUZZ_TARGETS += tfevents yaml report
check_PROGRAMS += tests/fuzz/replay_tfevents tests/fuzz/replay_yaml tests/fuzz/replay_report
tests_fuzz_replay_tfevents_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_tfevents.c \
	tests/fuzz/fuzz.h
tests_fuzz_replay_tfevents_LDADD = $(EXCHANGE_LIBS)
tests_fuzz_replay_yaml_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_yaml.c tests/fuzz/fuzz.h
tests_fuzz_replay_yaml_LDADD = $(EXCHANGE_LIBS)
tests_fuzz_replay_report_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_report.c \
	tests/fuzz/fuzz.h
tests_fuzz_replay_report_LDADD = $(EXCHANGE_LIBS)
