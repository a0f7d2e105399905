# Built on request: make bench/bench_step bench/bench_load
EXTRA_PROGRAMS = bench/bench_step bench/bench_load
bench_bench_step_SOURCES = bench/bench_step.c bench/bench_cells.c bench/bench_cells.h
bench_bench_step_LDADD = $(ENGINE_LIBS)
bench_bench_load_SOURCES = bench/bench_load.c
bench_bench_load_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
bench_bench_load_LDADD = $(DATA_LIBS)
EXTRA_DIST += bench/compare.py bench/torch_step.py
