# local.mk - what src/data builds.
noinst_LIBRARIES += libdata.a
libdata_a_SOURCES =
libdata_a_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS) $(ZSTD_CFLAGS) $(ZLIB_CFLAGS) $(DEFLATE_CFLAGS) \
	$(LZF_CFLAGS) $(SNAPPY_CFLAGS) $(NETTLE_CFLAGS)
DATA_LIBS = libdata.a libspec.a $(BASE_LIBS) $(HDF5_LIBS) $(ZSTD_LIBS) $(ZLIB_LIBS) $(DEFLATE_LIBS) \
	$(LZF_LIBS) $(SNAPPY_LIBS) $(AIO_LIBS)

# cells
libdata_a_SOURCES += \
	src/data/direct_read.c src/data/direct_read.h \
	src/data/augment.c src/data/augment.h \
	src/data/augment_compute.c src/data/augment_compute.h \
	src/data/augment_plan.c src/data/augment_plan.h \
	src/data/augment_source.c src/data/augment_source.h \
	src/data/cell_order.c src/data/cell_order.h \
	src/data/cell_select.c src/data/cell_select.h \
	src/data/codes.c src/data/codes.h \
	src/data/csr.c src/data/csr.h \
	src/data/dataset.c src/data/dataset.h \
	src/data/dataset_files.c \
	src/data/dataset_ids.c src/data/dataset_ids.h \
	src/data/dataset_load.c src/data/dataset_load.h \
	src/data/dataset_loader.h src/data/dataset_obs.c \
	src/data/dataset_packed.c src/data/dataset_plan.c \
	src/data/dataset_own.c src/data/dataset_own.h \
	src/data/eval_cells.c src/data/eval_cells.h \
	src/data/file_digest.c src/data/file_digest.h \
	src/data/filter.c src/data/filter.h \
	src/data/gene_axis.c src/data/gene_axis.h \
	src/data/gene_look.c src/data/gene_look.h \
	src/data/gene_order.c src/data/gene_order.h \
	src/data/h5ad.c src/data/h5ad.h \
	src/data/h5chunks.c src/data/h5chunks.h \
	src/data/h5filter.c src/data/h5filter.h \
	src/data/h5frame.c src/data/h5frame.h \
	src/data/h5lib.c src/data/h5lib.h \
	src/data/h5matrix.c src/data/h5matrix.h \
	src/data/h5matrix_open.c \
	src/data/h5texts.c src/data/h5texts.h \
	src/data/h5values.c \
	src/data/layer.c src/data/layer.h \
	src/data/memory_need.c src/data/memory_need.h \
	src/data/notes.c src/data/notes.h \
	src/data/npy.c src/data/npy.h \
	src/data/obs_column.c src/data/obs_column.h \
	src/data/obs_table.c src/data/obs_table.h \
	src/data/pack.c src/data/pack.h src/data/unpack.c \
	src/data/pack_facts.c src/data/pack_facts.h \
	src/data/packed_about.c src/data/packed_about.h \
	src/data/row_chunks.h src/data/rounded.c src/data/rounded.h \
	src/data/row_feed.c src/data/row_feed.h \
	src/data/packed.c src/data/packed.h src/data/packed_format.h \
	src/data/packed_chunks.c src/data/packed_chunks.h \
	src/data/packed_obs.c src/data/packed_read.c src/data/packed_read.h \
	src/data/packed_paths.c src/data/packed_paths.h \
	src/data/packed_row.c src/data/packed_row.h \
	src/data/packed_spool.c src/data/packed_spool.h \
	src/data/packed_write.c src/data/packed_write.h \
	src/data/source_packed.c \
	src/data/row_pack.c src/data/row_pack.h \
	src/data/row_place.c src/data/row_place.h \
	src/data/row_reader.c src/data/row_reader.h \
	src/data/row_stream.c src/data/row_stream.h \
	src/data/row_windows.c src/data/row_windows.h \
	src/data/run_data.c src/data/run_data.h \
	src/data/source.c src/data/source.h src/data/source.def \
	src/data/source_h5ad.c src/data/source_kinds.c \
	src/data/split.c src/data/split.h

check_LIBRARIES += libh5build.a
libh5build_a_SOURCES = tests/dataset_trial.c tests/dataset_trial.h \
	tests/h5build.c tests/h5build.h
libh5build_a_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS) $(CMOCKA_CFLAGS)
H5_TEST_LIBS = libh5build.a libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/test_augment tests/test_csr tests/test_dataset tests/test_file_digest \
	tests/test_h5ad tests/test_h5chunks tests/test_h5frame tests/test_h5lib tests/test_layer \
	tests/test_npy tests/test_run_data
check_PROGRAMS += tests/test_packed_chunks
tests_test_packed_chunks_SOURCES = tests/test_packed_chunks.c
tests_test_packed_chunks_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_cell_order
tests_test_cell_order_SOURCES = tests/test_cell_order.c
tests_test_cell_order_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_gene_axis
tests_test_gene_axis_SOURCES = tests/test_gene_axis.c
tests_test_gene_axis_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_changing
tests_test_changing_SOURCES = tests/test_changing.c
tests_test_changing_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_changing_LDADD = $(H5_TEST_LIBS)
check_PROGRAMS += tests/test_packed_damage
tests_test_packed_damage_SOURCES = tests/test_packed_damage.c
tests_test_packed_damage_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_packed_damage_LDADD = $(H5_TEST_LIBS)
tests_test_augment_SOURCES = tests/test_augment.c
tests_test_augment_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_augment_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
tests_test_csr_SOURCES = tests/test_csr.c
tests_test_csr_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
tests_test_npy_SOURCES = tests/test_npy.c
tests_test_npy_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
tests_test_dataset_SOURCES = tests/test_dataset.c
tests_test_dataset_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_dataset_LDADD = $(H5_TEST_LIBS)
tests_test_layer_SOURCES = tests/test_layer.c
tests_test_layer_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_layer_LDADD = $(H5_TEST_LIBS)
check_PROGRAMS += tests/test_chunks tests/test_source
tests_test_chunks_SOURCES = tests/test_chunks.c
tests_test_chunks_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_chunks_LDADD = $(H5_TEST_LIBS)
tests_test_source_SOURCES = tests/test_source.c
tests_test_source_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_source_LDADD = $(H5_TEST_LIBS)
tests_test_file_digest_SOURCES = tests/test_file_digest.c
tests_test_file_digest_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
tests_test_run_data_SOURCES = tests/test_run_data.c
tests_test_run_data_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_run_data_LDADD = $(H5_TEST_LIBS)
tests_test_h5ad_SOURCES = tests/test_h5ad.c
tests_test_h5ad_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_h5ad_LDADD = $(H5_TEST_LIBS)
tests_test_h5chunks_SOURCES = tests/test_h5chunks.c
tests_test_h5chunks_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_h5chunks_LDADD = $(H5_TEST_LIBS)
tests_test_h5frame_SOURCES = tests/test_h5frame.c
tests_test_h5frame_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_h5frame_LDADD = $(H5_TEST_LIBS)
tests_test_h5lib_SOURCES = tests/test_h5lib.c
tests_test_h5lib_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_h5lib_LDADD = $(H5_TEST_LIBS)

# Parquet
libdata_a_SOURCES += \
	src/data/parquet.c src/data/parquet.h \
	src/data/parquet_codec.c src/data/parquet_codec.h \
	src/data/parquet_flat.c src/data/parquet_flat.h \
	src/data/parquet_levels.c src/data/parquet_levels.h \
	src/data/parquet_lists.c src/data/parquet_lists.h \
	src/data/parquet_meta.c src/data/parquet_meta.h \
	src/data/parquet_page.c src/data/parquet_page.h \
	src/data/parquet_table.c src/data/parquet_table.h \
	src/data/sctab.h src/data/sctab_list.c src/data/sctab_matrix.c \
	src/data/sctab_own.c src/data/source_sctab.c \
	src/data/thrift.c src/data/thrift.h
PARQUET_FILES = tests/parquet/table.csv \
	tests/parquet/duckdb-gzip.parquet tests/parquet/duckdb-plain.parquet \
	tests/parquet/duckdb-snappy.parquet tests/parquet/duckdb-uncompressed.parquet \
	tests/parquet/duckdb-zstd.parquet tests/parquet/store-cell_type.parquet \
	tests/parquet/store-var.parquet tests/parquet/wasm-v1-dict-lz4raw.parquet \
	tests/parquet/wasm-v1-dict-none.parquet tests/parquet/wasm-v1-dict-snappy.parquet \
	tests/parquet/wasm-v1-mixed-zstd.parquet tests/parquet/wasm-v1-pages-snappy.parquet \
	tests/parquet/wasm-v1-plain-gzip.parquet tests/parquet/wasm-v1-plain-none.parquet \
	tests/parquet/wasm-v2-dict-snappy.parquet tests/parquet/wasm-v2-dict-zstd.parquet \
	tests/parquet/wasm-v2-pages-gzip.parquet tests/parquet/wasm-v2-plain-none.parquet
EXTRA_DIST += $(PARQUET_FILES) tests/parquet/make_parquet.mjs \
	tests/parquet/make_store.mjs tests/parquet/make_store.py
check_PROGRAMS += tests/test_parquet tests/test_sctab tests/test_thrift
tests_test_parquet_SOURCES = tests/test_parquet.c
tests_test_parquet_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
tests_test_sctab_SOURCES = tests/test_sctab.c
tests_test_sctab_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
tests_test_thrift_SOURCES = tests/test_thrift.c
tests_test_thrift_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)

# ontology and simulator
libdata_a_SOURCES += \
	src/data/builtin.c src/data/builtin.h \
	src/data/class_notes.c src/data/class_notes.h src/data/classes.c src/data/classes.h \
	src/data/file_place.c src/data/file_place.h \
	src/data/h5ad_blocks.c src/data/h5ad_parts.c src/data/h5ad_parts.h \
	src/data/h5ad_write.c src/data/h5ad_write.h \
	src/data/obo_lex.c src/data/obo_lex.h \
	src/data/ontology.c src/data/ontology.h \
	src/data/ontology_build.c src/data/ontology_build.h \
	src/data/ontology_obo.c \
	src/data/ontology_order.c src/data/ontology_order.h \
	src/data/simulate.c src/data/simulate.h src/data/simulate.def \
	src/data/simulate_counts.c src/data/simulate_counts.h \
	src/data/simulate_obs.c src/data/simulate_obs.h src/data/simulate_obs.def \
	src/data/simulate_packed.c src/data/simulate_packed.h \
	src/data/simulate_plan.c src/data/simulate_plan.h

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

check_PROGRAMS += tests/test_packed_spool
tests_test_packed_spool_SOURCES = tests/test_packed_spool.c
tests_test_packed_spool_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_packed
tests_test_packed_SOURCES = tests/test_packed.c
tests_test_packed_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/test_ontology tests/test_closure tests/test_classes \
	tests/test_simulate tests/test_h5ad_write
tests_test_h5ad_write_SOURCES = tests/test_h5ad_write.c
tests_test_h5ad_write_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_h5ad_write_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_simulate_packed
tests_test_simulate_packed_SOURCES = tests/test_simulate_packed.c
tests_test_simulate_packed_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
tests_test_ontology_SOURCES = tests/test_ontology.c
tests_test_ontology_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
tests_test_closure_SOURCES = tests/test_closure.c
tests_test_closure_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
tests_test_classes_SOURCES = tests/test_classes.c
tests_test_classes_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
tests_test_simulate_SOURCES = tests/test_simulate.c
tests_test_simulate_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_simulate_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/test_direct_read
tests_test_direct_read_SOURCES = tests/test_direct_read.c
tests_test_direct_read_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
tests_test_direct_read_LDFLAGS = -Wl,--wrap=io_getevents

# what is in memory of each cell
check_PROGRAMS += tests/test_codes tests/test_lean
tests_test_codes_SOURCES = tests/test_codes.c
tests_test_codes_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
tests_test_lean_SOURCES = tests/test_lean.c
tests_test_lean_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_lean_LDADD = $(H5_TEST_LIBS)
check_PROGRAMS += tests/test_memory_need
tests_test_memory_need_SOURCES = tests/test_memory_need.c
tests_test_memory_need_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_windows
tests_test_windows_SOURCES = tests/test_windows.c
tests_test_windows_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_windows_LDADD = $(H5_TEST_LIBS)
check_PROGRAMS += tests/test_count_check
tests_test_count_check_SOURCES = tests/test_count_check.c
tests_test_count_check_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/test_sctab_large
tests_test_sctab_large_SOURCES = tests/test_sctab_large.c
tests_test_sctab_large_LDADD = libtestsupport.a $(DATA_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/test_same_cells
tests_test_same_cells_SOURCES = tests/test_same_cells.c
tests_test_same_cells_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_same_cells_LDADD = $(H5_TEST_LIBS)
check_PROGRAMS += tests/test_rounded
tests_test_rounded_SOURCES = tests/test_rounded.c
tests_test_rounded_CPPFLAGS = $(AM_CPPFLAGS) $(HDF5_CFLAGS)
tests_test_rounded_LDADD = $(H5_TEST_LIBS)
