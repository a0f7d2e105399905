# tables.awk - the tables of this folder as C initialisers for src/data/builtin.c.
#
#   awk -v table=types   -f tables.awk cell_types.tsv
#   awk -v table=tissues -f tables.awk cell_types.tsv tissues.tsv
#   awk -v table=genes   -f tables.awk genes.tsv
#
# Each file starts with a line of column names.  Texts hold no quote and no backslash.
BEGIN { FS = "\t" }
/["\\]/ { print FILENAME ": line " FNR ": quote or backslash" > "/dev/stderr"; exit 1 }
FNR == 1 { file++; next }
table == "types" { printf "{\"%s\", \"%s\", \"%s\"},\n", $2, $1, $3 }
table == "tissues" && file == 1 { type[$1] = FNR - 2 }
table == "tissues" && file == 2 {
    if (!($1 in type)) { print "no such cell type: " $1 > "/dev/stderr"; exit 1 }
    printf "{%d, \"%s\", %d},\n", type[$1], $2, $3
}
table == "genes" { printf "{%d, \"%s\"},\n", substr($1, 5) + 0, $2 }
