noinst_LIBRARIES += librun.a
librun_a_SOURCES = \
	src/run/probe.c src/run/probe.h src/run/probe_child.c \
	src/run/probe_format.c src/run/probe_format.h \
	src/run/queue_plan.c src/run/queue_plan.h \
	src/run/run_child.c src/run/run_child.h \
	src/run/run_inputs.c src/run/run_inputs.h \
	src/run/run_memory.c src/run/run_memory.h \
	src/run/run_sink.c src/run/run_sink.h \
	src/run/takeover.c src/run/takeover.h \
	src/run/worker.c src/run/worker.h \
	src/run/worker_detach.c \
	src/run/worker_slot.c src/run/worker_slot.h
RUN_LIBS = librun.a $(STORE_LIBS) $(ENGINE_LIBS)

