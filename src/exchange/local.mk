# Formats of other programs, read and written: no store, no engine.
noinst_LIBRARIES += libexchange.a
libexchange_a_SOURCES =
libexchange_a_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS) $(JANSSON_CFLAGS) $(ZIP_CFLAGS)
EXCHANGE_LIBS = libexchange.a $(DATA_LIBS) $(CSV_LIBS) $(YAML_LIBS) $(JANSSON_LIBS) $(ZIP_LIBS)

# Checkpoints of PyTorch and safetensors files.
libexchange_a_SOURCES += \
	src/exchange/input_file.c src/exchange/input_file.h \
	src/exchange/pickle.c src/exchange/pickle.h src/exchange/pickle_tree.c \
	src/exchange/safetensors.c \
	src/exchange/tensor_file.c src/exchange/tensor_file.h \
	src/exchange/torch_file.c \
	src/exchange/zip_members.c src/exchange/zip_members.h

libexchange_a_SOURCES += \
	src/exchange/out_file.c src/exchange/out_file.h \
	src/exchange/report_csv.c src/exchange/report_csv.h \
	src/exchange/safetensors_write.c src/exchange/safetensors_write.h \
	src/exchange/tfevents_write.c src/exchange/tfevents_write.h \
	src/exchange/yaml_write.c src/exchange/yaml_write.h

check_PROGRAMS += tests/test_exchange_write
tests_test_exchange_write_SOURCES = tests/test_exchange_write.c
tests_test_exchange_write_LDADD = libtestsupport.a $(EXCHANGE_LIBS) $(CMOCKA_LIBS)

# what the published tree holds: event files, parameters, tables
libexchange_a_SOURCES += \
	src/exchange/csv_table.c src/exchange/csv_table.h \
	src/exchange/report_table.c src/exchange/report_table.h \
	src/exchange/source_params.c src/exchange/source_params.h \
	src/exchange/tfevents.c src/exchange/tfevents.h \
	src/exchange/whole_file.c src/exchange/whole_file.h

check_PROGRAMS += tests/test_tfevents tests/test_source_params tests/test_report_table
tests_test_tfevents_SOURCES = tests/test_tfevents.c
tests_test_tfevents_LDADD = libtestsupport.a $(EXCHANGE_LIBS) $(CMOCKA_LIBS)
tests_test_source_params_SOURCES = tests/test_source_params.c
tests_test_source_params_LDADD = libtestsupport.a $(EXCHANGE_LIBS) $(CMOCKA_LIBS)
tests_test_report_table_SOURCES = tests/test_report_table.c
tests_test_report_table_LDADD = libtestsupport.a $(EXCHANGE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_pickle
tests_test_pickle_SOURCES = tests/test_pickle.c
tests_test_pickle_LDADD = libtestsupport.a $(EXCHANGE_LIBS) $(CMOCKA_LIBS)

# tables of ours, whose columns are known
libexchange_a_SOURCES += src/exchange/csv_cells.c src/exchange/csv_cells.h

# what a word of YAML means
libexchange_a_SOURCES += \
	src/exchange/source_params_build.h src/exchange/source_yaml.c \
	src/exchange/yaml_scalar.c src/exchange/yaml_scalar.h
