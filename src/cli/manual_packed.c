/* manual_packed.c - hcelab-packed(5). */
#include "cli/manual.h"
#include "cli/roff.h"
#include "data/packed_format.h"

struct field {
    const char *at, *type, *text;
};

static void
print_fields(struct roff *r, const struct field *f)
{
    for (; f->at; f++)
        roff_item(r, f->at, f->type, f->text);
}

static void
about(struct roff *r)
{
    roff_title(r, "hcelab-packed", "5", "File Formats");
    roff_name(r, "hcelab-packed", "the packed store of hcelab: cells in one file");
    roff_section(r, "DESCRIPTION");
    roff_text(
        r, "A packed store (.hcp) holds the cells of a dataset: a sparse matrix of "
           "values, genes, obs columns. hcelab data pack writes it, hcelab data "
           "unpack makes an .h5ad file of it, and every command takes it as data. "
           "This is version 1. Values are exact: what was packed comes back to the "
           "bit. They are 32-bit floating-point numbers, as everywhere in hcelab: of "
           "wider numbers that are none of these (most 64-bit logarithms, counts of "
           "which 24 bits do not tell all) the nearest one is packed, and a warning "
           "says how many were read.");
    roff_text(r,
              "Numbers are little endian; u8, u16, u32 and u64 are unsigned integers, "
              "f32 and f64 IEEE floats. Bytes and bits count from 0, bits from the "
              "lowest. A checksum is CRC-64/XZ: reflected polynomial c96c5795d7870f42, "
              "all bits set at the beginning and inverted at the end, as in the .xz "
              "format; of \"123456789\" it is 995dc9bbdf1939fa.");
    roff_text(r,
              "texts stands for a list of texts: how many there are (u64), how many "
              "bytes follow (u64), then each text in UTF-8 with a byte 0 behind it.");
}

static void
print_frame(struct roff *r)
{
    static const struct field header[] = {
        {"0", "8 bytes", "the letters " PACKED_MAGIC},
        {"8", "u32", "version, 1"},
        {"12", "u32", "number of sections"},
        {"16", "u64", "offset of the table of sections, which ends with the file"},
        {"24", "u64", "number of cells"},
        {"32", "u64", "number of stored values of all cells"},
        {"40", "u32", "number of genes G, at most 65535"},
        {"44", "u32", "H: genes of the bitmap, a multiple of 64, at most G"},
        {"48", "u64", "checksum of the table"},
        {"56", "u64", "checksum of the bytes 0 to 55"},
        {0}};
    static const struct field entry[] = {
        {"0", "u32", "kind, see below"},
        {"4", "u32", "number: which obs column; else 0"},
        {"8", "u64", "offset of the section"},
        {"16", "u64", "its bytes"},
        {"24", "u64", "its checksum; 0 for the rows, whose chunks have their own"},
        {0}};

    roff_section(r, "HEADER");
    roff_text(r, "The file begins with 64 bytes:");
    print_fields(r, header);
    roff_section(r, "TABLE OF SECTIONS");
    roff_text(r, "32 bytes for each section:");
    print_fields(r, entry);
}

static void
print_sections(struct roff *r)
{
    static const struct field section[] = {
        {"1", "rows", "the chunks, one after the other; see ROWS"},
        {"2", "chunks",
         "for each chunk where it ends (u64, from the beginning of the rows; the next "
         "begins there) and its checksum (u64)"},
        {"3", "genes",
         "texts: the ids, in the original order; texts: the names, \"\" where unknown; "
         "for each gene how many cells have a value (u64); for each place in the file "
         "which gene it is, from 0 (u16). The genes that most cells have come first"},
        {"4", "names", "texts: the names of the obs columns"},
        {"5", "column",
         "one for each obs column: u32, 0 text, 1 boolean, 2 number; u32, bytes of a "
         "code: 1, 2 or 4; texts: the levels (numbers in decimal, True and False); then "
         "the code of each cell: which level, from 0, or all bits set where it is "
         "missing"},
        {"6", "cells", "texts: the id of each cell"},
        {"7", "facts",
         "texts: \"key=value\"; values=counts where X holds counts, source and decision "
         "for each file that was packed, order where the cells were put in another; "
         "content and cells, see IDENTITY"},
        {"8", "own",
         "where the source brought it: texts: one, the obs column of its split, or an "
         "empty one; texts: its k classes; k x k u8, row by row: 1 where class j is class i "
         "or below it; k f64: the weights of the classes. A matrix of which all bytes are 0, "
         "or weights of which all are, say that there is none"},
        {0}};

    roff_section(r, "SECTIONS");
    print_fields(r, section);
}

static void
print_rows(struct roff *r)
{
    static const struct field row[] = {
        {"0", "u32", "where the row ends, from the beginning of the chunk"},
        {"4", "u16", "n: its values"},
        {"6", "u8", "d - 1, d values in its dictionary"},
        {"7", "u8", "form, see VALUES"},
        {"8", "u64", "total: what is scaled to 10,000; 0 where nothing is"},
        {0}};

    roff_section(r, "ROWS");
    roff_text(
        r, "A chunk has 16 cells, the last one what is left. It begins with 16 bytes "
           "for each row:");
    print_fields(r, row);
    roff_text(r,
              "Behind them are the rows. A row is these parts, without a gap between "
              "them:");
    roff_item(
        r, "bitmap", "H / 8 bytes",
        "bit i of byte b is set where the cell has a value of the gene at place 8 "
        "b + i. The m values of the row whose bit is not here follow as gaps");
    roff_item(r, "gap widths", "u8 for each block",
              "of 64 gaps, or what is left: bits of a gap, 0 to 16");
    roff_item(r, "code widths", "u8 for each block",
              "of 64 of the n codes: 0 to 8; not in form 0");
    roff_item(r, "gaps", NULL,
              "m numbers: places that lie between a value and the one before it; the "
              "first is counted from place H");
    roff_item(r, "codes", NULL,
              "n numbers: which value of the dictionary; not in form 0. Values are in "
              "the order of their places, those of the bitmap first");
    roff_item(r, "values", NULL, "the dictionary, or the n values; see VALUES");
    roff_text(r,
              "Numbers of a block are packed in groups of 8, the last one filled up "
              "with 0: a group of w bits each is w bytes, in which number i begins at "
              "bit i w. Where w is more than 8, the block has first the groups of the "
              "low 8 bits of all its numbers, then those of their w - 8 high bits.");
}

static void
print_values(struct roff *r)
{
    static const struct field form[] = {
        {"0", NULL, "no dictionary: n values, f32"},
        {"1", NULL, "the dictionary is d values, f32, ascending"},
        {"2", NULL, "the dictionary is d counts, ascending; total is the row's sum"},
        {"3", NULL,
         "the same; the value is f32(log1p(count * (10000 / total))), computed in f64"},
        {"4", NULL, "f32(log1p(f64(count * (10000 / total)))), the inner part in f32"},
        {"5", NULL, "f32(log1p(f64(count / (total / 10000)))), the inner part in f32"},
        {"6", NULL,
         "f32(log1p(f64(count * (1 / (total / 10000))))), the inner part in f32"},
        {0}};

    roff_section(r, "VALUES");
    roff_text(r, "The form of a row says what its values are:");
    print_fields(r, form);
    roff_text(
        r, "log1p need not be the same everywhere: forms 3 to 6 stand only where each "
           "value of the row comes out also if log1p in f64 is off by one part in "
           "2^48, which is 16 units of its last place and more.  Other rows have form "
           "0 or 1. (What training makes of counts, form 2, is form 3 of them, by the "
           "log1p of the machine.)");
    roff_text(
        r, "Counts of a dictionary are stored as what lies between them: count - the "
           "one before - 1, the first one against 0, as u8, or 255 and then u32 from "
           "255 on.");
}

static void
print_order(struct roff *r)
{
    roff_section(r, "ORDER");
    roff_text(
        r,
        "Cells are in the order of their datasets: files by name, cells as they lie "
        "in them, or with --shuffle in an order of all cells of which each is "
        "equally likely: that of a Fisher-Yates shuffle with the seed. It depends "
        "on the seed and the number of cells, on nothing else. Rows are then laid "
        "aside in a file without a name in the folder of the store, which needs as "
        "much room as the store once more; memory holds about 16,384 rows. Genes "
        "keep their own order in the list of ids; their places are by detection among some thousand cells from all over the data, most often detected first, then by their "
        "order. Data that are not packed get the same order when they are loaded: training on "
        "an .h5ad file and on its packed store, not shuffled, gives the same bits where "
        "--shuffle of the run is the same (auto is not: packed stores get blocks). They differ "
        "in the last digits where the store was made of other cells (--where, several "
        "inputs), and from an scTab store of more than some 2,000 cells.");
}

static void
print_identity(struct roff *r)
{
    roff_section(r, "IDENTITY");
    roff_text(
        r,
        "The results of an experiment are about the same cells, which are told apart by a "
        "digest of the data. A store that has all cells of its inputs that are primary "
        "data, in their order, and the matrix that is chosen without --layer, carries the "
        "digest that its inputs have together (fact content, sha256). It counts as the same data then: "
        "runs and evaluations on it belong to one experiment with those on the inputs. Where "
        "cells that are not primary data were left out (fact cells=primary), it does so "
        "unless --where names is_primary_data; with --layer it never does, since X may be another matrix "
        "of the inputs. Several stores stand for several inputs one by one only among "
        "themselves: pack the inputs into one.");
    roff_text(
        r,
        "A shuffled store is data of its own: cells are scored and used in another order. "
        "Runs on it need an experiment of their own, where a store of the other order has been used. "
        "Two runs that train on a store and on what it was packed from are no pair: they name other files, and "
        "--shuffle auto takes the cells of a store in blocks. hcelab compare --baseline "
        "puts them side by side. hcelab data info says for what a store counts.");
}

void
manual_packed(struct strbuf *out)
{
    struct roff r = {.out = out};

    about(&r);
    print_frame(&r);
    print_sections(&r);
    print_rows(&r);
    print_values(&r);
    print_order(&r);
    print_identity(&r);
    roff_section(&r, "EXAMPLES");
    roff_example(
        &r, "hcelab data pack atlas.h5ad atlas.hcp\n"
            "hcelab data pack lung.h5ad scTab/ chunks/ all.hcp --shuffle --seed 1\n"
            "hcelab data info atlas.hcp\n"
            "hcelab data unpack atlas.hcp again.h5ad");
    roff_section(&r, "SEE ALSO");
    roff_text(&r, "hcelab(1), hcelab-store(5)");
}
