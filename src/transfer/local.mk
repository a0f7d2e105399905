# Results of others into the store, and ours out of it.
noinst_LIBRARIES += libtransfer.a
libtransfer_a_SOURCES =
TRANSFER_LIBS = libtransfer.a $(EXCHANGE_LIBS) $(RUN_LIBS)

# Models of others, with their values.
libtransfer_a_SOURCES += \
	src/transfer/torch_model.c src/transfer/torch_model.h \
	src/transfer/torch_names.c src/transfer/torch_names.h

libtransfer_a_SOURCES += \
	src/transfer/export_events.c src/transfer/export_events.h \
	src/transfer/export_hparams.c src/transfer/export_hparams.h \
	src/transfer/export_place.c src/transfer/export_place.h \
	src/transfer/export_run.c src/transfer/export_run.h \
	src/transfer/export_scores.c src/transfer/export_scores.h \
	src/transfer/export_subset.c src/transfer/export_subset.h \
	src/transfer/published_subset.def \
	src/transfer/export_tree.c src/transfer/export_tree.h \
	src/transfer/export_weights.c src/transfer/export_weights.h

check_SCRIPTS += tests/test_export_tree.sh
EXTRA_DIST += tests/test_export_tree.sh tests/check_export.py

check_PROGRAMS += tests/test_export_subset
tests_test_export_subset_SOURCES = tests/test_export_subset.c
tests_test_export_subset_LDADD = libstoresupport.a libtestsupport.a $(TRANSFER_LIBS) \
	$(CMOCKA_LIBS)

# import: the report that every importer fills, and the published tree
libtransfer_a_SOURCES += \
	src/transfer/import_classes.c src/transfer/import_classes.h \
	src/transfer/import_curves.c src/transfer/import_curves.h \
	src/transfer/import_details.c src/transfer/import_details.h \
	src/transfer/import_hparams.c src/transfer/import_hparams.h \
	src/transfer/import_places.c src/transfer/import_places.h \
	src/transfer/import_report.c src/transfer/import_report.h \
	src/transfer/import_run.c src/transfer/import_run.h \
	src/transfer/import_gather.c src/transfer/import_gather.h \
	src/transfer/import_predictions.c src/transfer/import_predictions.h \
	src/transfer/import_tables.c src/transfer/import_tables.h \
	src/transfer/import_scores.c src/transfer/import_scores.h \
	src/transfer/import_tree.c src/transfer/import_tree.h \
	src/transfer/published.c src/transfer/published.h
libtransfer_a_SOURCES += \
	src/transfer/import_weights.c src/transfer/import_weights.h \
	src/transfer/model_axes.c src/transfer/model_axes.h \
	src/transfer/source_run.c src/transfer/source_run.h \
	src/transfer/weights_facts.c src/transfer/weights_facts.h
check_PROGRAMS += tests/test_torch_model
tests_test_torch_model_SOURCES = tests/test_torch_model.c
tests_test_torch_model_LDADD = libtestsupport.a $(TRANSFER_LIBS) $(CMOCKA_LIBS)


check_PROGRAMS += tests/test_import_tree
tests_test_import_tree_SOURCES = tests/test_import_tree.c
tests_test_import_tree_LDADD = libtestsupport.a $(TRANSFER_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += tests/import

# import: another store
libtransfer_a_SOURCES += src/transfer/import_store.c src/transfer/import_store.h
check_SCRIPTS += tests/test_import_store.sh
EXTRA_DIST += tests/test_import_store.sh
check_SCRIPTS += tests/test_import.sh
EXTRA_DIST += tests/test_import.sh
check_SCRIPTS += tests/test_import_weights.sh
EXTRA_DIST += tests/test_import_weights.sh tests/check_torch_models.py tests/torch

# what export writes beside the published files, and import reads back
libtransfer_a_SOURCES += \
	src/transfer/own_tables.c src/transfer/own_tables.h \
	src/transfer/import_own.c src/transfer/import_own.h \
	src/transfer/import_own_weights.c src/transfer/import_own_weights.h
check_SCRIPTS += tests/test_export_back.sh
EXTRA_DIST += tests/test_export_back.sh
check_PROGRAMS += tests/test_import_own
tests_test_import_own_SOURCES = tests/test_import_own.c tests/store_dump.c tests/store_dump.h
tests_test_import_own_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
tests_test_import_own_LDADD = libtestsupport.a $(TRANSFER_LIBS) $(SQLITE_LIBS) $(CMOCKA_LIBS)
libtransfer_a_SOURCES += src/transfer/export_list.c src/transfer/export_list.h
check_SCRIPTS += tests/test_export_details.sh
EXTRA_DIST += tests/test_export_details.sh
