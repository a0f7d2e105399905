# Formats of other programs, read and written: no store, no engine.
noinst_LIBRARIES += libexchange.a
libexchange_a_SOURCES =
libexchange_a_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS) $(JANSSON_CFLAGS) $(ZIP_CFLAGS)
EXCHANGE_LIBS = libexchange.a $(DATA_LIBS) $(CSV_LIBS) $(YAML_LIBS) $(JANSSON_LIBS) $(ZIP_LIBS)
