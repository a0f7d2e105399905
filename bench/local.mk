# Built on request: make bench/bench_step bench/bench_run bench/bench_load
EXTRA_PROGRAMS = bench/bench_step bench/bench_run bench/bench_load
BENCH_COMMON = bench/bench_cells.c bench/bench_cells.h \
	bench/bench_options.c bench/bench_options.h
BENCH_CFLAGS = $(AM_CFLAGS) -O3 -ffp-contract=fast
bench_bench_step_SOURCES = bench/bench_step.c bench/bench_peak.c bench/bench_peak.h \
	bench/bench_peak.inc $(BENCH_COMMON)
bench_bench_step_CFLAGS = $(BENCH_CFLAGS)
bench_bench_step_LDADD = $(ENGINE_LIBS)
bench_bench_run_SOURCES = bench/bench_run.c bench/bench_sink.c bench/bench_sink.h \
	bench/bench_data.c bench/bench_data.h $(BENCH_COMMON)
bench_bench_run_CFLAGS = $(BENCH_CFLAGS)
bench_bench_run_LDADD = $(RUN_LIBS)
bench_bench_load_SOURCES = bench/bench_load.c
bench_bench_load_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
bench_bench_load_LDADD = $(DATA_LIBS)
EXTRA_DIST += bench/README.md bench/compare.py bench/measure.py bench/pack.sh bench/stream.py bench/torch_step.py

# The dashboard on a large store: make bench/make_big_store bench/live_writer
EXTRA_PROGRAMS += bench/make_big_store bench/live_writer
bench_make_big_store_SOURCES = bench/make_big_store.c
bench_make_big_store_LDADD = $(RUN_LIBS)
bench_live_writer_SOURCES = bench/live_writer.c
bench_live_writer_LDADD = $(RUN_LIBS)
EXTRA_DIST += bench/dashboard.py tests/check_packed.py

# A packed store: make bench/bench_packed
EXTRA_PROGRAMS += bench/bench_packed
bench_bench_packed_SOURCES = bench/bench_packed.c
bench_bench_packed_LDADD = $(DATA_LIBS)

# A packed store of any size: make bench/make_big_packed
EXTRA_PROGRAMS += bench/make_big_packed
bench_make_big_packed_SOURCES = bench/make_big_packed.c $(BENCH_COMMON)
bench_make_big_packed_LDADD = $(ENGINE_LIBS)
