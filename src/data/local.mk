# local.mk - what src/data builds.
noinst_LIBRARIES += libdata.a
libdata_a_SOURCES =
libdata_a_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
DATA_LIBS = libdata.a libspec.a $(BASE_LIBS) $(HDF5_LIBS) $(ZSTD_LIBS) $(LZF_LIBS)

# cells
libdata_a_SOURCES += src/data/dataset.c src/data/dataset.h

# ontology and simulator
libdata_a_SOURCES += \
	src/data/builtin.c src/data/builtin.h \
	src/data/classes.c src/data/classes.h \
	src/data/obo_lex.c src/data/obo_lex.h \
	src/data/ontology.c src/data/ontology.h \
	src/data/ontology_build.c src/data/ontology_build.h \
	src/data/ontology_obo.c \
	src/data/ontology_order.c src/data/ontology_order.h

# The built-in tables are facts in share/ontology, compiled in.
ONTOLOGY_SHARE = share/ontology/cell_types.tsv share/ontology/tissues.tsv \
	share/ontology/genes.tsv share/ontology/tables.awk
BUILTIN_INC = src/data/builtin_types.inc src/data/builtin_tissues.inc \
	src/data/builtin_genes.inc
EXTRA_DIST += $(ONTOLOGY_SHARE)
BUILT_SOURCES += $(BUILTIN_INC)
CLEANFILES += $(BUILTIN_INC)
src/data/libdata_a-builtin.$(OBJEXT): $(BUILTIN_INC)
$(BUILTIN_INC): $(ONTOLOGY_SHARE)
	$(AM_V_GEN)$(MKDIR_P) src/data && cd $(srcdir)/share/ontology && case $@ in \
	*types.inc) $(AWK) -v table=types -f tables.awk cell_types.tsv ;; \
	*tissues.inc) $(AWK) -v table=tissues -f tables.awk cell_types.tsv tissues.tsv ;; \
	*genes.inc) $(AWK) -v table=genes -f tables.awk genes.tsv ;; \
	esac >$(abs_builddir)/$@.tmp && mv $(abs_builddir)/$@.tmp $(abs_builddir)/$@

check_PROGRAMS += tests/test_ontology tests/test_classes
tests_test_ontology_SOURCES = tests/test_ontology.c
tests_test_ontology_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
tests_test_classes_SOURCES = tests/test_classes.c
tests_test_classes_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
