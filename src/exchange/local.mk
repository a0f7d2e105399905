# Formats of other programs, read and written: no store, no engine.
noinst_LIBRARIES += libexchange.a
libexchange_a_SOURCES =
libexchange_a_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS) $(JANSSON_CFLAGS) $(ZIP_CFLAGS)
EXCHANGE_LIBS = libexchange.a $(DATA_LIBS) $(CSV_LIBS) $(YAML_LIBS) $(JANSSON_LIBS) $(ZIP_LIBS)

# what the published tree holds: event files, parameters, tables
libexchange_a_SOURCES += \
	src/exchange/csv_table.c src/exchange/csv_table.h \
	src/exchange/report_table.c src/exchange/report_table.h \
	src/exchange/source_params.c src/exchange/source_params.h \
	src/exchange/tfevents.c src/exchange/tfevents.h \
	src/exchange/whole_file.c src/exchange/whole_file.h
