# local.mk - what store builds.
noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	store/catalog.c store/catalog.h store/catalog.def \
	store/board.c store/board.h store/board_outlook.c \
	store/brisk.c \
	store/db.c store/db.h \
	store/store_lock.c store/store_lock.h \
	store/migrate.c \
	store/seed_matrix.c store/seed_matrix.h \
	store/netfs.c \
	store/sql.c store/sql.h \
	store/store.c store/store.h \
	store/store_admin.c \
	store/store_attempt.c store/store_binding.c \
	store/store_checkpoint.c \
	store/store_diff.c store/store_diff.h \
	store/store_confusion.c \
	store/store_evaluation.c \
	store/store_hierarchy.c \
	store/store_import.c \
	store/store_importance.c \
	store/store_lack.c store/store_lack.h \
	store/store_inputs.c \
	store/store_lease.c \
	store/store_query.c \
	store/store_place.c store/store_queue.c \
	store/store_read.c \
	store/store_provenance.c store/store_provenance.h store/provenance.def \
	store/store_results.c \
	store/store_sides.c \
	store/store_weights.c \
	store/store_who.c store/store_who.h
nodist_libstore_a_SOURCES = store/sql_list.inc
libstore_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
STORE_LIBS = libstore.a $(BASE_LIBS) $(SQLITE_LIBS)

# All SQL lives in store/sql/; the build turns it into one list of SQL(id, text).
SQL_FILES = \
	$(srcdir)/store/sql/schema.sql \
	$(srcdir)/store/sql/schema_2.sql \
	$(srcdir)/store/sql/schema_3.sql \
	$(srcdir)/store/sql/schema_4.sql \
	$(srcdir)/store/sql/schema_5.sql \
	$(srcdir)/store/sql/schema_6.sql \
	$(srcdir)/store/sql/views.sql \
	$(srcdir)/store/sql/conn.sql \
	$(srcdir)/store/sql/queue.sql \
	$(srcdir)/store/sql/lease.sql \
	$(srcdir)/store/sql/board.sql \
	$(srcdir)/store/sql/attempt.sql \
	$(srcdir)/store/sql/checkpoint.sql \
	$(srcdir)/store/sql/read.sql \
	$(srcdir)/store/sql/results.sql \
	$(srcdir)/store/sql/provenance.sql \
	$(srcdir)/store/sql/diff.sql \
	$(srcdir)/store/sql/lack.sql \
	$(srcdir)/store/sql/confusion.sql \
	$(srcdir)/store/sql/inputs.sql \
	$(srcdir)/store/sql/import.sql \
	$(srcdir)/store/sql/weights.sql \
	$(srcdir)/store/sql/words.sql \
	$(srcdir)/store/sql/hierarchy.sql \
	$(srcdir)/store/sql/export.sql \
	$(srcdir)/store/sql/tree.sql \
	$(srcdir)/store/sql/admin.sql \
	$(srcdir)/store/sql/merge.sql
BUILT_SOURCES += store/sql_list.inc
CLEANFILES += store/sql_list.inc
EXTRA_DIST += store/sql2c.awk $(SQL_FILES)
$(libstore_a_OBJECTS): store/sql_list.inc
store/sql_list.inc: $(SQL_FILES) $(srcdir)/store/sql2c.awk
	$(AM_V_GEN)$(MKDIR_P) store && \
	$(AWK) -f $(srcdir)/store/sql2c.awk $(SQL_FILES) > $@.tmp && mv $@.tmp $@

STORE_TEST_LIBS = libstoresupport.a libtestsupport.a $(STORE_LIBS) $(CMOCKA_LIBS)
check_LIBRARIES += libstoresupport.a
libstoresupport_a_SOURCES = tests/store_support.c tests/store_support.h
libstoresupport_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)

check_PROGRAMS += tests/test_board tests/test_seed_matrix
tests_test_board_SOURCES = tests/test_board.c
tests_test_board_LDADD = $(STORE_TEST_LIBS)
tests_test_seed_matrix_SOURCES = tests/test_seed_matrix.c
tests_test_seed_matrix_LDADD = $(STORE_TEST_LIBS)
check_PROGRAMS += tests/test_catalog tests/test_store tests/test_store_attempt tests/test_store_diff tests/test_store_lock \
	tests/test_store_queue \
	tests/test_store_results tests/test_store_sides
tests_test_catalog_SOURCES = tests/test_catalog.c
tests_test_catalog_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
tests_test_catalog_LDADD = $(STORE_TEST_LIBS)
tests_test_store_attempt_SOURCES = tests/test_store_attempt.c
tests_test_store_attempt_LDADD = $(STORE_TEST_LIBS)
tests_test_store_lock_SOURCES = tests/test_store_lock.c
tests_test_store_lock_LDADD = $(STORE_TEST_LIBS)
check_PROGRAMS += tests/test_store_confusion
tests_test_store_confusion_SOURCES = tests/test_store_confusion.c
tests_test_store_confusion_LDADD = $(STORE_TEST_LIBS)
tests_test_store_diff_SOURCES = tests/test_store_diff.c
tests_test_store_diff_LDADD = $(STORE_TEST_LIBS)
tests_test_store_results_SOURCES = tests/test_store_results.c
tests_test_store_results_LDADD = $(STORE_TEST_LIBS)
tests_test_store_sides_SOURCES = tests/test_store_sides.c
tests_test_store_sides_LDADD = $(STORE_TEST_LIBS)
check_PROGRAMS += tests/test_store_lack
tests_test_store_lack_SOURCES = tests/test_store_lack.c
tests_test_store_lack_LDADD = $(STORE_TEST_LIBS)
check_PROGRAMS += tests/test_store_provenance
tests_test_store_provenance_SOURCES = tests/test_store_provenance.c
tests_test_store_provenance_LDADD = $(STORE_TEST_LIBS)
tests_test_store_SOURCES = tests/test_store.c
tests_test_store_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
tests_test_store_LDADD = $(STORE_TEST_LIBS)
$(tests_test_store_OBJECTS): store/sql_list.inc
tests_test_store_queue_SOURCES = tests/test_store_queue.c
tests_test_store_queue_LDADD = $(STORE_TEST_LIBS)

SQL_COOKBOOK = share/sql/README.md \
	share/sql/best_runs.sql \
	share/sql/classes_hurt.sql \
	share/sql/effect_by_class_in_tissue.sql \
	share/sql/effect_by_disease.sql \
	share/sql/effect_by_rule.sql \
	share/sql/effect_by_term.sql \
	share/sql/effect_by_tissue.sql \
	share/sql/error_relations.sql \
	share/sql/important_genes.sql \
	share/sql/labels_of_a_run.sql \
	share/sql/learning_curves.sql \
	share/sql/ontologies.sql \
	share/sql/progress.sql \
	share/sql/seeds_without_partner.sql \
	share/sql/size_per_run.sql \
	share/sql/slowest_runs.sql \
	share/sql/top_confusions.sql \
	share/sql/why_ended.sql

check_PROGRAMS += tests/test_store_hierarchy
tests_test_store_hierarchy_SOURCES = tests/test_store_hierarchy.c
tests_test_store_hierarchy_LDADD = $(STORE_TEST_LIBS)

# Two seconds of it in `make check`; `make stress-store` runs ten minutes.
check_PROGRAMS += tests/stress_store
tests_stress_store_SOURCES = tests/stress_store.c
tests_stress_store_LDADD = $(STORE_LIBS)
STRESS_ARGS = 8 4 600
.PHONY: stress-store
stress-store: tests/stress_store
	tests/stress_store $(STRESS_ARGS)

libstore_a_SOURCES += store/merge.h store/merge_checkpoint.c store/merge_checkpoint.h \
	store/merge_rows.c store/merge_rows.h \
	store/merge_source.c store/merge_source.h store/merge_tables.def store/store_merge.c
MERGE_SUPPORT = tests/merge_support.c tests/merge_support.h tests/store_dump.c tests/store_dump.h
check_PROGRAMS += tests/test_store_merge tests/test_merge_order tests/test_merge_refuse
tests_test_store_merge_SOURCES = tests/test_store_merge.c $(MERGE_SUPPORT)
tests_test_store_merge_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
tests_test_store_merge_LDADD = $(STORE_TEST_LIBS)
tests_test_merge_order_SOURCES = tests/test_merge_order.c $(MERGE_SUPPORT)
tests_test_merge_order_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
tests_test_merge_order_LDADD = $(STORE_TEST_LIBS)
tests_test_merge_refuse_SOURCES = tests/test_merge_refuse.c $(MERGE_SUPPORT)
tests_test_merge_refuse_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
tests_test_merge_refuse_LDADD = $(STORE_TEST_LIBS)
$(tests_test_store_merge_OBJECTS) $(tests_test_merge_refuse_OBJECTS): store/sql_list.inc
