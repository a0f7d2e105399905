noinst_LIBRARIES += libdraw.a
libdraw_a_SOURCES = \
	src/draw/ansi.c src/draw/ansi.h \
	src/draw/axis.c src/draw/axis.h \
	src/draw/canvas.c src/draw/canvas.h \
	src/draw/chart.c src/draw/chart.h src/draw/chart_bar.c src/draw/chart_mean.c \
	src/draw/chart_axes.c src/draw/chart_axes.h \
	src/draw/chart_svg.c src/draw/chart_svg.h \
	src/draw/chart_x.c src/draw/chart_x.h \
	src/draw/pair_plot.c src/draw/pair_plot.h src/draw/pair_plot_svg.c \
	src/draw/plot.c src/draw/plot.h \
	src/draw/raster.c src/draw/raster.h \
	src/draw/scatter.c src/draw/scatter.h \
	src/draw/svg.c src/draw/svg.h \
	src/draw/table.c src/draw/table.h \
	src/draw/theme.c src/draw/theme.h \
	src/draw/theme.def src/draw/theme_dark.def src/draw/theme_light.def
libdraw_a_CPPFLAGS = $(AM_CPPFLAGS) $(GSL_CFLAGS)
DRAW_LIBS = libdraw.a $(CSV_LIBS) $(GSL_LIBS)

check_PROGRAMS += tests/test_draw
tests_test_draw_SOURCES = tests/test_draw.c
tests_test_draw_LDADD = libtestsupport.a $(DRAW_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += \
	tests/golden/chart_ascii.txt \
	tests/golden/chart_back.txt \
	tests/golden/chart_between.txt \
	tests/golden/chart_block.txt \
	tests/golden/chart_braille.txt \
	tests/golden/chart_empty.txt \
	tests/golden/chart_flat.txt \
	tests/golden/chart_huge.txt \
	tests/golden/chart_large.txt \
	tests/golden/chart_legend.txt \
	tests/golden/chart_log.txt \
	tests/golden/chart_nan.txt \
	tests/golden/chart_one.txt \
	tests/golden/chart_spikes.txt \
	tests/golden/chart_tiny.txt \
	tests/golden/chart_zoom.txt \
	tests/golden/table_csv.txt \
	tests/golden/table_json.txt \
	tests/golden/table_markdown.txt \
	tests/golden/table_plain.txt

check_PROGRAMS += tests/test_theme
tests_test_theme_SOURCES = tests/test_theme.c
tests_test_theme_LDADD = libtestsupport.a $(DRAW_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/test_scatter
tests_test_scatter_SOURCES = tests/test_scatter.c
tests_test_scatter_LDADD = libtestsupport.a $(DRAW_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += \
	tests/golden/scatter_ascii.txt \
	tests/golden/scatter_small.txt \
	tests/golden/scatter_utf8.txt

check_PROGRAMS += tests/test_svg
tests_test_svg_SOURCES = tests/test_svg.c
tests_test_svg_LDADD = libtestsupport.a $(DRAW_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += \
	tests/golden/pairs_ascii.txt \
	tests/golden/pairs_deltas.txt \
	tests/golden/pairs_labels.txt \
	tests/golden/pairs_narrow.txt \
	tests/golden/pairs_none.txt \
	tests/golden/pairs_seeds.txt \
	tests/golden/pairs_wide.txt \
	tests/golden/svg_chart.svg \
	tests/golden/svg_empty.svg \
	tests/golden/svg_pairs.svg \
	tests/golden/svg_panels.svg
