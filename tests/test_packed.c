/* test_packed.c - a packed store gives back what was put in, on every path, and nothing
 * else: what is cut short or changed is refused, or holds the same. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "data/packed.h"
#include "data/packed_write.h"

enum { N = 75, G = 1500, MOST = G + PACKED_SLACK };

/* Some rows of each form: counts, logarithms of counts in every way, few values, many,
 * none, all genes. */
static float
value_of(size_t row, size_t total, uint32_t draw)
{
    uint32_t count = 1 + draw % (draw % 50 ? 7 : 700);

    switch (row % 8) {
    case 0: return (float)count;
    case 1: return packed_value(PACKED_LOG1P, count, total);
    case 2: return packed_value(PACKED_LOG1P_F, count, total);
    case 3: return packed_value(PACKED_LOG1P_D, count, total);
    case 4: return -0.25f * (float)count;
    case 5: return (float)draw * 1e-6f + 1e-3f;
    case 6: return draw % 9 ? (float)count : 4e9f + (float)(draw % 5 * 1024);
    default: return packed_value(PACKED_LOG1P_R, count, total);
    }
}

struct trial {
    struct csr x; /* coded, genes in their original order */
    struct strlist gene, name, id, fact;
    struct gene_order order;
    int32_t code[3][N];
    struct strlist level[3];
    struct source_own own;
    char *dir, *path;
};

static void
make_rows(struct trial *t)
{
    struct rng r = rng_stream(7, RNG_SIMULATE, 0, 0);
    struct csr x;

    assert_int_equal(csr_init(&x, N, G, (uint64_t)N * G, NULL), ERR_OK);
    for (size_t i = 0, at = 0; i < N; i++) {
        size_t total = 500 + (size_t)(rng_uniform(&r, 1u << 30 | i) * 60000);

        for (size_t g = 0; g < G; g++) {
            uint64_t u = rng_u64(&r, i * G + g);
            double rate = i == 17       ? 0
                          : i == 18     ? 2
                          : g % 10 == 3 ? 0.7
                          : i % 8 == 5  ? 0.3
                                        : 0.04;

            if ((double)(u >> 40) >= rate * 0x1p24)
                continue;
            x.index[at] = (uint16_t)g;
            x.value[at++] = value_of(i, total, (uint32_t)u & 0xffffff);
        }
        x.indptr[i + 1] = at;
    }
    assert_int_equal(csr_code(&t->x, &x, NULL), ERR_OK);
    gene_order_count(&t->order, &x, NULL, N);
    csr_release(&x);
}

static void
make_obs(struct trial *t)
{
    for (size_t c = 0; c < 3; c++) {
        size_t n_levels = c == 0 ? 3 : c == 1 ? 2 : 400;

        for (size_t k = 0; k < n_levels; k++) {
            char *text = xasprintf("level %zu", 1000 - k);

            strlist_add(&t->level[c], text);
            free(text);
        }
        for (size_t i = 0; i < N; i++)
            t->code[c][i] = i % 5 == 4 ? -1 : (int32_t)(i * 13 % n_levels);
    }
}

static void
setup(struct trial *t)
{
    *t = (struct trial){0};
    for (size_t g = 0; g < G; g++) {
        char *text = xasprintf("ENSG%zu", g);

        strlist_add(&t->gene, text);
        strlist_add(&t->name, g % 3 ? text + 4 : "");
        free(text);
    }
    for (size_t i = 0; i < N; i++) {
        char *text = xasprintf("cell %zu", i);

        strlist_add(&t->id, i == 30 ? "" : text);
        free(text);
    }
    strlist_add(&t->fact, "values=mixed");
    strlist_split(&t->own.classes, "a|b|c", '|');
    t->own.reachable = xcalloc(9, 1);
    t->own.class_weight = xcalloc(3, sizeof(double));
    t->own.reachable[5] = 1;
    t->own.class_weight[1] = 2.5;
    t->own.split_column = xstrdup("col1");
    make_rows(t);
    make_obs(t);
    t->dir = support_tmpdir();
    t->path = xasprintf("%s/x.hcp", t->dir);
}

static void
teardown(struct trial *t)
{
    csr_release(&t->x);
    strlist_release(&t->gene);
    strlist_release(&t->name);
    strlist_release(&t->id);
    strlist_release(&t->fact);
    source_own_release(&t->own);
    gene_order_release(&t->order);
    for (size_t c = 0; c < 3; c++)
        strlist_release(&t->level[c]);
    support_rmtree(t->dir);
    free(t->path);
}

static void
write_store(struct trial *t, const char *path)
{
    struct packed_genes genes = {&t->gene, &t->name, &t->order};
    const struct packed_obs obs[] = {
        {"col0", COLUMN_TEXT, {t->code[0], sizeof(int32_t)}, &t->level[0]},
        {"col1", COLUMN_BOOL, {t->code[1], sizeof(int32_t)}, &t->level[1]},
        {"col2", COLUMN_NUMBER, {t->code[2], sizeof(int32_t)}, &t->level[2]},
    };
    struct pool *pool = pool_new(2);
    struct csr_piece piece[N];
    struct packed_writer *w;
    struct errbuf eb = {""};

    for (size_t i = 0; i < N; i++) {
        struct csr_row r = csr_row(&t->x, i);

        piece[i] = (struct csr_piece){r.index, r.value, r.n, r.n_dict};
    }
    assert_int_equal(packed_writer_open(&w, path, &genes, &eb), ERR_OK);
    const char *const *id = (const char *const *)t->id.item;
    assert_int_equal(packed_writer_put(w, piece, id, 50, pool, &eb), ERR_OK);
    assert_int_equal(packed_writer_put(w, piece + 50, id + 50, N - 50, NULL, &eb),
                     ERR_OK);
    assert_int_equal(packed_writer_finish(w, obs, 3, &t->own, &t->fact, &eb), ERR_OK);
    pool_free(pool);
}

/* Row i as dense values by gene of the original order. */
static void
put_dense(const struct packed *p, size_t n, size_t d, const uint16_t *place,
          const uint8_t *code, const float *dict, float *dense)
{
    memset(dense, 0, G * sizeof *dense);
    for (size_t k = 0; k < n; k++) {
        assert_true(k == 0 || place[k] > place[k - 1]);
        dense[p->order.gene[place[k]]] = d ? dict[code[k]] : dict[k];
    }
}

static void
same_rows(const struct packed *p, const struct trial *t)
{
    static uint16_t place[MOST];
    static uint8_t code[MOST];
    static float dict[MOST], got[G], want[G], value[G];
    uint8_t *buf = xcalloc(p->longest_chunk + PACKED_SLACK, 1);
    struct packed_chunk c;

    for (size_t k = 0; k < p->n_chunks; k++) {
        assert_int_equal(packed_chunk_read(p, k, buf, &c, NULL), ERR_OK);
        for (size_t i = 0; i < c.n; i++) {
            struct csr_row r = csr_row(&t->x, c.first + i);

            assert_int_equal(c.row[i].n, r.n);
            assert_int_equal(packed_chunk_row(p, &c, i, false, place, code, dict, NULL),
                             ERR_OK);
            put_dense(p, r.n, packed_row_dict(&c.row[i]), place, code, dict, got);
            memset(want, 0, sizeof want);
            csr_decode(&r, value);
            for (size_t g = 0; g < r.n; g++)
                want[r.index[g]] = value[g];
            assert_memory_equal(got, want, sizeof want);
        }
    }
    free(buf);
}

static void
test_packed__gives_back_rows(void **state)
{
    struct trial t;
    struct packed p;
    const struct packed_paths *path;

    (void)state;
    setup(&t);
    write_store(&t, t.path);
    assert_int_equal(packed_open(&p, t.path, NULL), ERR_OK);
    assert_int_equal(p.n_cells, N);
    assert_true(p.shape.H >= 64 && p.shape.H % 64 == 0);
    assert_true(p.n_values == t.x.indptr[N]);
    for (size_t i = 0; (path = packed_paths_at(i)); i++) {
        p.paths = path;
        same_rows(&p, &t);
    }
    packed_close(&p);
    teardown(&t);
}

/* Logarithms of counts are seen to be that, in each way. */
static void
test_packed__recognises_forms(void **state)
{
    static const uint8_t want[8] = {PACKED_COUNTS,  PACKED_LOG1P,  PACKED_LOG1P_F,
                                    PACKED_LOG1P_D, PACKED_VALUES, PACKED_FLOATS,
                                    PACKED_COUNTS,  PACKED_LOG1P_R};
    struct trial t;
    struct packed p;
    struct packed_chunk c;

    (void)state;
    setup(&t);
    write_store(&t, t.path);
    assert_int_equal(packed_open(&p, t.path, NULL), ERR_OK);
    uint8_t *buf = xcalloc(p.longest_chunk + PACKED_SLACK, 1);

    assert_int_equal(packed_chunk_read(&p, 0, buf, &c, NULL), ERR_OK);
    for (size_t i = 0; i < 16; i++) {
        bool ways = want[i % 8] > PACKED_LOG1P; /* several may give the same bits */

        if (ways)
            assert_in_range(c.row[i].form, PACKED_LOG1P, PACKED_FORMS - 1);
        else
            assert_int_equal(c.row[i].form, want[i % 8]);
    }
    free(buf);
    packed_close(&p);
    teardown(&t);
}

/* A logarithm that lies so near to the middle between two floats that another log1p may
 * round it to the other one: that of `count` in a row of *total. */
static float
find_doubtful(uint32_t *count, uint64_t *total)
{
    for (*total = 500; *total < 3000000; ++*total)
        for (*count = 2; *count < 20; ++*count) {
            double wide = log1p(*count * (1e4 / (double)*total));
            float value = (float)wide;

            if ((float)(wide * (1 - 0x1p-49)) != value ||
                (float)(wide * (1 + 0x1p-49)) != value)
                return value;
        }
    fail_msg("there is none");
    return 0;
}

static enum packed_form
form_of(float value, uint64_t total)
{
    const struct packed_shape shape = {2, 0};
    const uint16_t place_of[2] = {0, 1}, index[2] = {0, 1};
    const float word[2] = {packed_value(PACKED_LOG1P, 1, total), value};
    const struct csr_piece piece = {index, word, 2, 0};
    uint8_t out[4096 + PACKED_SLACK] = {0};
    uint16_t place[2 + PACKED_SLACK];
    uint8_t code[2 + PACKED_SLACK];
    float dict[2 + PACKED_SLACK];
    struct packed_coder c;
    struct packed_row r;

    packed_coder_init(&c, &shape);
    size_t n = packed_row_encode(&c, &piece, place_of, &r, out);

    assert_true(packed_row_decode(packed_paths_best(), &shape, &r, out, n, false, place,
                                  code, dict));
    assert_true(dict[packed_row_dict(&r) ? code[0] : 0] == word[0]);
    assert_true(dict[packed_row_dict(&r) ? code[1] : 1] == word[1]);
    packed_coder_release(&c);
    return (enum packed_form)r.form;
}

static void
test_packed__leaves_no_value_to_another_log1p(void **state)
{
    uint32_t count;
    uint64_t total;
    float value = find_doubtful(&count, &total);

    (void)state;
    assert_true(value == packed_value(PACKED_LOG1P, count, total));
    assert_int_equal(form_of(value, total), PACKED_VALUES);
    value = packed_value(PACKED_LOG1P, count, total + 1);
    assert_int_equal(form_of(value, total + 1), PACKED_LOG1P);
}

/* Scaling gives the bits that loading counts gives. */
static void
test_packed__scales_counts(void **state)
{
    static uint16_t place[MOST];
    static uint8_t code[MOST];
    static float dict[MOST], got[G], value[G];
    struct trial t;
    struct packed p;
    struct packed_chunk c;

    (void)state;
    setup(&t);
    write_store(&t, t.path);
    assert_int_equal(packed_open(&p, t.path, NULL), ERR_OK);
    uint8_t *buf = xcalloc(p.longest_chunk + PACKED_SLACK, 1);

    assert_int_equal(packed_chunk_read(&p, 0, buf, &c, NULL), ERR_OK);
    for (size_t i = 0; i < c.n; i += 8) {
        struct csr_row r = csr_row(&t.x, c.first + i);
        double sum = 0;

        csr_decode(&r, value);
        for (size_t k = 0; k < r.n; k++)
            sum += (double)value[k];
        assert_int_equal(packed_chunk_row(&p, &c, i, true, place, code, dict, NULL),
                         ERR_OK);
        put_dense(&p, r.n, packed_row_dict(&c.row[i]), place, code, dict, got);
        for (size_t k = 0; k < r.n; k++)
            assert_true(got[r.index[k]] ==
                        (float)log1p((double)value[k] * (1e4 / sum)));
    }
    free(buf);
    packed_close(&p);
    teardown(&t);
}

static void
test_packed__gives_back_the_rest(void **state)
{
    struct trial t;
    struct packed p;
    struct strlist id = {0};
    struct source_own own;

    (void)state;
    setup(&t);
    write_store(&t, t.path);
    assert_int_equal(packed_open(&p, t.path, NULL), ERR_OK);
    assert_int_equal(packed_cell_ids(&p, &id, NULL), ERR_OK);
    for (size_t i = 0; i < N; i++)
        assert_string_equal(id.item[i], t.id.item[i]);
    for (size_t g = 0; g < G; g++) {
        assert_string_equal(p.gene_id.item[g], t.gene.item[g]);
        assert_string_equal(p.gene_name.item[g], t.name.item[g]);
        assert_int_equal(p.order.place[g], t.order.place[g]);
        assert_true(fabsf(p.order.rate[g] - t.order.rate[g]) < 1e-6f);
    }
    for (size_t c = 0; c < 3; c++) {
        struct obs_column col;

        assert_int_equal(packed_column(&p, c, &col, NULL), ERR_OK);
        assert_int_equal(packed_column_kind(&p, c), c);
        for (size_t i = 0; i < N; i++)
            if (t.code[c][i] < 0)
                assert_int_equal(codes_get(&col.code, i), -1);
            else
                assert_string_equal(col.levels.item[codes_get(&col.code, i)],
                                    t.level[c].item[t.code[c][i]]);
        free(col.name);
        codes_release(&col.code);
        strlist_release(&col.levels);
    }
    assert_int_equal(packed_own(&p, &own, NULL), ERR_OK);
    assert_string_equal(own.split_column, "col1");
    assert_int_equal(own.classes.n, 3);
    assert_memory_equal(own.reachable, t.own.reachable, 9);
    assert_true(own.class_weight[1] == 2.5);
    assert_int_equal(strlen(own.digest), 64);
    assert_string_equal(packed_fact(&p, "values"), "mixed");
    source_own_release(&own);
    strlist_release(&id);
    packed_close(&p);
    teardown(&t);
}

/* --- damage --- */

/* Everything that the store holds is read; ERR_OK: it is the same as ever. */
static enum err
read_all(const char *path, const struct trial *t, struct errbuf *eb)
{
    static uint16_t place[MOST];
    static uint8_t code[MOST];
    static float dict[MOST];
    struct packed p;
    struct strlist id = {0};
    struct source_own own = {0};
    enum err e = packed_open(&p, path, eb);

    if (e)
        return e;
    uint8_t *buf = xcalloc(p.longest_chunk + PACKED_SLACK, 1);

    e = packed_cell_ids(&p, &id, eb);
    for (size_t i = 0; !e && i < p.column.n; i++) {
        struct obs_column col;

        if ((e = packed_column(&p, i, &col, eb)))
            break;
        free(col.name);
        codes_release(&col.code);
        strlist_release(&col.levels);
    }
    if (!e)
        e = packed_own(&p, &own, eb);
    source_own_release(&own);
    for (size_t k = 0; !e && k < p.n_chunks; k++) {
        struct packed_chunk c;

        e = packed_chunk_read(&p, k, buf, &c, eb);
        for (size_t i = 0; !e && i < c.n; i++)
            e = packed_chunk_row(&p, &c, i, true, place, code, dict, eb);
    }
    if (!e)
        same_rows(&p, t);
    free(buf);
    strlist_release(&id);
    packed_close(&p);
    return e;
}

static char *
slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *bytes;

    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    bytes = xmalloc(*n, 1);
    assert_int_equal(fread(bytes, 1, *n, f), *n);
    fclose(f);
    return bytes;
}

static void
spit(const char *path, const char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static void
refused(const char *path, const struct trial *t, const char *what)
{
    struct errbuf eb = {""};
    enum err e = read_all(path, t, &eb);

    assert_true(e == ERR_FORMAT || e == ERR_UNSUPPORTED);
    assert_true(strncmp(eb.text, path, strlen(path)) == 0);
    assert_non_null(strstr(eb.text, what));
}

static void
test_packed__cut_short_is_refused(void **state)
{
    struct trial t;
    struct packed p;
    size_t n;

    (void)state;
    setup(&t);
    write_store(&t, t.path);
    char *cut = xasprintf("%s/cut.hcp", t.dir), *bytes = slurp(t.path, &n);

    assert_int_equal(packed_open(&p, t.path, NULL), ERR_OK);
    for (size_t i = 0; i < p.header.n_sections; i++)
        for (uint64_t k = 0; k < 3; k++) {
            spit(cut, bytes, (size_t)(p.section[i].offset + k));
            refused(cut, &t, "byte");
        }
    static const size_t at[] = {0, 1, 7, 8, 63, 64, 65};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        spit(cut, bytes, at[i]);
        refused(cut, &t, "byte");
        spit(cut, bytes, n - 1 - at[i]);
        refused(cut, &t, "byte");
    }
    packed_close(&p);
    free(bytes);
    free(cut);
    teardown(&t);
}

static void
test_packed__flipped_bits_are_refused(void **state)
{
    const char *rounds = getenv("PACKED_FLIPS");
    size_t n, n_flips = rounds ? (size_t)atol(rounds) : 2000, n_same = 0;
    struct rng r = rng_stream(3, RNG_SIMULATE, 1, 0);
    struct trial t;

    (void)state;
    setup(&t);
    write_store(&t, t.path);
    char *bad = xasprintf("%s/bad.hcp", t.dir), *bytes = slurp(t.path, &n);

    for (size_t i = 0; i < n_flips; i++) {
        size_t bit = (size_t)rng_below(&r, i, 8 * (i % 4 ? n : 64));
        struct errbuf eb = {""};

        bytes[bit / 8] ^= (char)(1 << bit % 8);
        spit(bad, bytes, n);
        enum err e = read_all(bad, &t, &eb);
        assert_true(e == ERR_OK || e == ERR_FORMAT || e == ERR_UNSUPPORTED);
        if (e)
            assert_non_null(strstr(eb.text, "byte"));
        n_same += e == ERR_OK;
        bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_int_equal(n_same, 0);
    free(bytes);
    free(bad);
    teardown(&t);
}

/* A forged checksum lets nonsense through to the rows: it is refused or decoded, and
 * nothing is read or written elsewhere (sanitizers watch). */
static void
test_packed__nonsense_rows_do_no_harm(void **state)
{
    static uint16_t place[MOST];
    static uint8_t code[MOST];
    static float dict[MOST];
    struct rng r = rng_stream(4, RNG_SIMULATE, 1, 0);
    struct trial t;
    struct packed p;
    struct packed_chunk c;
    const struct packed_paths *path;

    (void)state;
    setup(&t);
    write_store(&t, t.path);
    assert_int_equal(packed_open(&p, t.path, NULL), ERR_OK);
    uint8_t *buf = xcalloc(p.longest_chunk + PACKED_SLACK, 1);

    for (size_t i = 0; i < 3000; i++) {
        size_t k = i % p.n_chunks, bytes = packed_chunk_bytes(&p, k);
        uint64_t good = p.chunk[k].crc, first = 0;

        assert_int_equal(packed_chunk_read(&p, k, buf, &c, NULL), ERR_OK);
        for (size_t f = 0; f < 1 + i % 40; f++)
            buf[rng_below(&r, 64 * i + f, bytes)] = (uint8_t)rng_u64(&r, 64 * i + f);
        p.chunk[k].crc = crc64_of(&p.crc, buf, bytes);
        for (size_t w = 0; (path = packed_paths_at(w)); w++) {
            p.paths = path;
            if (packed_chunk_open(&p, k, buf, &c, NULL))
                continue;
            uint64_t found = 0;

            for (size_t j = 0; j < c.n; j++) {
                size_t d = packed_row_dict(&c.row[j]), n = c.row[j].n;

                if (packed_chunk_row(&p, &c, j, true, place, code, dict, NULL))
                    continue;
                for (size_t v = 0; v < n; v++)
                    assert_true(place[v] < G && (!d || code[v] < d));
                found = 31 * found + crc64_of(&p.crc, place, n * sizeof *place) + j + 1;
                found = 31 * found + crc64_of(&p.crc, code, d ? n : 0);
                found = 31 * found + crc64_of(&p.crc, dict, (d ? d : n) * sizeof *dict);
            }
            first = w ? first : found;
            assert_true(found == first); /* what is a row, and which, all say alike */
        }
        p.chunk[k].crc = good;
    }
    free(buf);
    packed_close(&p);
    teardown(&t);
}

static void
test_packed__foreign_and_newer_files(void **state)
{
    struct trial t;
    struct errbuf eb = {""};
    struct packed p;
    size_t n;

    (void)state;
    setup(&t);
    write_store(&t, t.path);
    char *other = xasprintf("%s/other.hcp", t.dir), *bytes = slurp(t.path, &n);
    struct packed_header h;

    support_write(other, "PAR1 is no packed store but long enough to have a header, "
                         "which it does not have");
    assert_int_equal(packed_open(&p, other, &eb), ERR_FORMAT);
    assert_non_null(strstr(eb.text, "no packed store"));
    assert_false(packed_is(other));
    support_write(other, "nineteen bytes here");
    assert_int_equal(packed_open(&p, other, &eb), ERR_FORMAT);
    assert_non_null(strstr(eb.text, "no packed store"));
    support_write(other, "short");
    assert_int_equal(packed_open(&p, other, &eb), ERR_FORMAT);
    assert_non_null(strstr(eb.text, "no packed store"));
    support_write(other, PACKED_MAGIC "and then");
    assert_int_equal(packed_open(&p, other, &eb), ERR_FORMAT);
    assert_non_null(strstr(eb.text, "damaged at byte 16"));
    assert_true(packed_is(t.path));
    memcpy(&h, bytes, sizeof h);
    h.version = 2;
    struct crc64 crc;
    crc64_init(&crc);
    h.crc = crc64_of(&crc, &h, offsetof(struct packed_header, crc));
    memcpy(bytes, &h, sizeof h);
    spit(other, bytes, n);
    assert_int_equal(packed_open(&p, other, &eb), ERR_UNSUPPORTED);
    assert_non_null(strstr(eb.text, "version 2"));
    assert_int_equal(packed_open(&p, "/nowhere/x.hcp", &eb), ERR_NOTFOUND);
    assert_int_equal(packed_open(&p, t.dir, &eb), ERR_FORMAT);
    free(bytes);
    free(other);
    teardown(&t);
}

/* Two facts for each of many chunks that were packed. */
static void
test_packed__many_inputs(void **state)
{
    enum { FACTS = 70000 };
    struct trial t;
    struct errbuf eb = {""};
    struct packed p;

    (void)state;
    setup(&t);
    for (size_t i = t.fact.n; i < FACTS; i++)
        strlist_add(&t.fact, "source=chunk.h5ad");
    write_store(&t, t.path);
    if (packed_open(&p, t.path, &eb))
        fail_msg("%s", eb.text);
    assert_int_equal(p.fact.n, FACTS);
    packed_close(&p);
    teardown(&t);
}

static void
test_packed_writer__leaves_nothing_when_abandoned(void **state)
{
    struct trial t;
    struct packed_writer *w;
    struct csr_piece none = {0};
    const char *const id[] = {"x"};

    (void)state;
    setup(&t);
    struct packed_genes genes = {&t.gene, &t.name, &t.order};

    assert_int_equal(packed_writer_open(&w, t.path, &genes, NULL), ERR_OK);
    assert_int_equal(packed_writer_put(w, &none, id, 1, NULL, NULL), ERR_OK);
    packed_writer_abandon(w);
    assert_int_equal(rmdir(t.dir), 0); /* it is empty */
    free(t.dir);
    t.dir = support_tmpdir();
    teardown(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packed__gives_back_rows),
        cmocka_unit_test(test_packed__recognises_forms),
        cmocka_unit_test(test_packed__leaves_no_value_to_another_log1p),
        cmocka_unit_test(test_packed__scales_counts),
        cmocka_unit_test(test_packed__gives_back_the_rest),
        cmocka_unit_test(test_packed__cut_short_is_refused),
        cmocka_unit_test(test_packed__flipped_bits_are_refused),
        cmocka_unit_test(test_packed__nonsense_rows_do_no_harm),
        cmocka_unit_test(test_packed__foreign_and_newer_files),
        cmocka_unit_test(test_packed__many_inputs),
        cmocka_unit_test(test_packed_writer__leaves_nothing_when_abandoned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
