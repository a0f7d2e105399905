# Built on request: make bench/bench_step
EXTRA_PROGRAMS = bench/bench_step
bench_bench_step_SOURCES = bench/bench_step.c bench/bench_cells.c bench/bench_cells.h
bench_bench_step_LDADD = $(ENGINE_LIBS)
EXTRA_DIST += bench/compare.py bench/torch_step.py
