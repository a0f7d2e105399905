# local.mk - what src/data builds.
noinst_LIBRARIES += libdata.a
libdata_a_SOURCES =
libdata_a_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
DATA_LIBS = libdata.a libspec.a $(BASE_LIBS) $(HDF5_LIBS) $(ZSTD_LIBS) $(LZF_LIBS)

# cells
libdata_a_SOURCES += src/data/dataset.c src/data/dataset.h

# ontology
