noinst_LIBRARIES += librun.a
librun_a_SOURCES = \
	src/run/probe.c src/run/probe.h src/run/probe_child.c \
	src/run/probe_format.c src/run/probe_format.h \
	src/run/queue_plan.c src/run/queue_plan.h \
	src/run/run_child.c src/run/run_child.h \
	src/run/run_inputs.c src/run/run_inputs.h \
	src/run/run_sink.c src/run/run_sink.h \
	src/run/run_wait.c src/run/run_wait.h \
	src/run/signal_hold.c src/run/signal_hold.h \
	src/run/takeover.c src/run/takeover.h \
	src/run/worker.c src/run/worker.h \
	src/run/worker_detach.c \
	src/run/worker_stop.c src/run/worker_slot.c src/run/worker_slot.h
RUN_LIBS = librun.a $(STORE_LIBS) $(ENGINE_LIBS)

check_PROGRAMS += tests/test_run
tests_test_run_SOURCES = tests/test_run.c
tests_test_run_LDADD = libtestsupport.a $(RUN_LIBS) $(CMOCKA_LIBS)

# A laboratory of real processes: the test program is its own hcelab.
check_LIBRARIES += librunlab.a
librunlab_a_SOURCES = tests/run_lab.c tests/run_lab.h
librunlab_a_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)

check_PROGRAMS += tests/test_worker
tests_test_worker_SOURCES = tests/test_worker.c
tests_test_worker_LDADD = librunlab.a libtestsupport.a $(RUN_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/test_full_disk
tests_test_full_disk_SOURCES = tests/test_full_disk.c
tests_test_full_disk_LDADD = librunlab.a libtestsupport.a $(RUN_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/test_probe
tests_test_probe_SOURCES = tests/test_probe.c
tests_test_probe_LDADD = librunlab.a libtestsupport.a $(RUN_LIBS) $(CMOCKA_LIBS)

EXTRA_DIST += tests/campaign_resume.sh
