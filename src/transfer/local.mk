# Results of others into the store, and ours out of it.
noinst_LIBRARIES += libtransfer.a
libtransfer_a_SOURCES =
TRANSFER_LIBS = libtransfer.a $(EXCHANGE_LIBS) $(RUN_LIBS)

# import: the report that every importer fills, and the published tree
libtransfer_a_SOURCES += \
	src/transfer/import_classes.c src/transfer/import_classes.h \
	src/transfer/import_curves.c src/transfer/import_curves.h \
	src/transfer/import_details.c src/transfer/import_details.h \
	src/transfer/import_hparams.c src/transfer/import_hparams.h \
	src/transfer/import_report.c src/transfer/import_report.h \
	src/transfer/import_run.c src/transfer/import_run.h \
	src/transfer/import_scores.c src/transfer/import_scores.h \
	src/transfer/import_tree.c src/transfer/import_tree.h \
	src/transfer/published.c src/transfer/published.h

# import: another store
libtransfer_a_SOURCES += src/transfer/import_store.c src/transfer/import_store.h
check_SCRIPTS += tests/test_import_store.sh
EXTRA_DIST += tests/test_import_store.sh
