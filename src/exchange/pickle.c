/* pickle.c - what a pickle says, as a tree, without executing any of it.
 *
 * The machine has a stack of values, a stack of marks (heights of the first) and a memo
 * of values by number.  Values are places in one array; containers hold places, so that
 * growing the array moves nothing that matters. */
#include "exchange/pickle.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"

enum { OP_COUNT = 256, MEMO_EMPTY = 0 };

struct machine {
    const uint8_t *data; /* borrowed */
    size_t n, at;
    size_t op_at; /* where the opcode at hand stands */
    const char *what;
    struct pickle *p;
    size_t cap;      /* values */
    size_t n_used;   /* values and places of containers */
    uint32_t *stack; /* owned */
    size_t height, cap_stack;
    uint32_t *mark; /* owned; heights */
    size_t n_marks, cap_marks;
    uint32_t *memo;          /* (cap_memo) owned; value + 1, or MEMO_EMPTY */
    size_t cap_memo, n_memo; /* n_memo: how often MEMOIZE or PUT filled a new one */
    bool stopped;
    struct errbuf *eb; /* may be NULL */
};

static enum err
fail(const struct machine *m, enum err code, const char *why)
{
    return err_set(m->eb, code, "%s: byte %zu: %s", m->what, m->op_at, why);
}

static enum err
malformed(const struct machine *m, const char *why)
{
    return fail(m, ERR_FORMAT, why);
}

/* --- arguments --- */

/* *out = the next n bytes. */
static enum err
take(struct machine *m, uint64_t n, const uint8_t **out)
{
    *out = m->data;
    if (n > m->n - m->at)
        return malformed(m, "the pickle ends within an opcode (was the file copied "
                            "whole?)");
    *out = m->data + m->at;
    m->at += (size_t)n;
    return ERR_OK;
}

/* A little-endian number of width bytes. */
static enum err
take_number(struct machine *m, size_t width, uint64_t *out)
{
    const uint8_t *p;
    enum err e = take(m, width, &p);

    *out = 0;
    for (size_t i = e ? 0 : width; i-- > 0;)
        *out = *out << 8 | p[i];
    return e;
}

/* Bytes behind their number, which takes width bytes. */
static enum err
take_counted(struct machine *m, size_t width, const uint8_t **out, uint64_t *n)
{
    enum err e = take_number(m, width, n);

    return e ? e : take(m, *n, out);
}

/* A line without its end. */
static enum err
take_line(struct machine *m, const char **out, size_t *n)
{
    const uint8_t *p = m->data + m->at, *end = memchr(p, '\n', m->n - m->at);

    *out = "";
    *n = 0;
    if (!end)
        return malformed(m, "a name does not end");
    *out = (const char *)p;
    *n = (size_t)(end - p);
    m->at += *n + 1;
    return ERR_OK;
}

/* --- values and stack --- */

static struct pickle_value *
value_at(const struct machine *m, uint32_t v)
{
    return &m->p->value[v];
}

static enum err
spend(struct machine *m, size_t n)
{
    if (n > PICKLE_VALUES_MAX - m->n_used)
        return malformed(m, "more than a million values: no checkpoint has so many");
    m->n_used += n;
    return ERR_OK;
}

static enum err
push(struct machine *m, uint32_t v)
{
    if (m->height == PICKLE_STACK_MAX)
        return malformed(m, "more than a million values on the stack");
    m->stack = grow(m->stack, &m->cap_stack, m->height + 1, sizeof *m->stack);
    m->stack[m->height++] = v;
    return ERR_OK;
}

/* The lowest height that an opcode may pop to: marks are not popped by chance. */
static size_t
stack_floor(const struct machine *m)
{
    return m->n_marks ? m->mark[m->n_marks - 1] : 0;
}

static enum err
need(const struct machine *m, size_t n)
{
    return m->height - stack_floor(m) < n ? malformed(m, "the stack is too low")
                                          : ERR_OK;
}

/* A new value on the stack; *out may be NULL. */
static enum err
push_new(struct machine *m, const struct pickle_value *v, uint32_t *out)
{
    enum err e = spend(m, 1);

    if (e)
        return e;
    m->p->value = grow(m->p->value, &m->cap, m->p->n + 1, sizeof *v);
    m->p->value[m->p->n] = *v;
    if (out)
        *out = (uint32_t)m->p->n;
    return push(m, (uint32_t)m->p->n++);
}

/* Append n places to a container. */
static enum err
append(struct machine *m, uint32_t container, const uint32_t *item, size_t n)
{
    struct pickle_value *v = value_at(m, container);
    size_t cap = v->cap;
    enum err e = spend(m, n);

    if (e)
        return e;
    v->item = grow(v->item, &cap, v->n_items + n, sizeof *v->item);
    v->cap = (uint32_t)cap;
    if (n)
        memcpy(v->item + v->n_items, item, n * sizeof *item);
    v->n_items += (uint32_t)n;
    return ERR_OK;
}

/* Replace the uppermost n values of the stack by a container of them. */
static enum err
collect(struct machine *m, enum pickle_kind kind, size_t n)
{
    uint32_t v;
    enum err e = push_new(m, &(struct pickle_value){.kind = kind}, &v);

    if (e || (e = append(m, v, m->stack + m->height - 1 - n, n)))
        return e;
    m->height -= n + 1;
    return push(m, v);
}

/* The values above the last mark, which goes: *n of them lie on top of the stack. */
static enum err
take_mark(struct machine *m, size_t *n)
{
    *n = 0;
    if (!m->n_marks)
        return malformed(m, "a mark is missing");
    *n = m->height - m->mark[--m->n_marks];
    return ERR_OK;
}

/* --- opcodes without structure --- */

static enum err
op_proto(struct machine *m, int arg)
{
    uint64_t version;
    enum err e = take_number(m, 1, &version);

    (void)arg;
    return !e && version > 5 ? fail(m, ERR_UNSUPPORTED, "a protocol after 5") : e;
}

static enum err
op_frame(struct machine *m, int arg)
{
    uint64_t n;
    enum err e = take_number(m, 8, &n);

    (void)arg;
    return !e && n > m->n - m->at ? malformed(m, "a frame longer than the pickle") : e;
}

static enum err
op_mark(struct machine *m, int arg)
{
    (void)arg;
    if (m->n_marks == PICKLE_STACK_MAX)
        return malformed(m, "more than a million marks");
    m->mark = grow(m->mark, &m->cap_marks, m->n_marks + 1, sizeof *m->mark);
    m->mark[m->n_marks++] = (uint32_t)m->height;
    return ERR_OK;
}

static enum err
op_stop(struct machine *m, int arg)
{
    (void)arg;
    if (m->n_marks || m->height != 1)
        return malformed(m, "it ends with other than one value");
    m->stopped = true;
    return ERR_OK;
}

static enum err
op_none(struct machine *m, int arg)
{
    (void)arg;
    return push_new(m, &(struct pickle_value){.kind = PICKLE_NONE}, NULL);
}

static enum err
op_bool(struct machine *m, int arg)
{
    return push_new(m, &(struct pickle_value){.kind = PICKLE_BOOL, .i = arg}, NULL);
}

/* Width 4 is signed, 1 and 2 are not. */
static enum err
op_int(struct machine *m, int width)
{
    uint64_t x;
    enum err e = take_number(m, (size_t)width, &x);
    int64_t i = width == 4 ? (int64_t)(int32_t)(uint32_t)x : (int64_t)x;

    return e ? e
             : push_new(m, &(struct pickle_value){.kind = PICKLE_INT, .i = i}, NULL);
}

/* An integer of any length in two's complement. */
static enum err
op_long(struct machine *m, int width)
{
    const uint8_t *p;
    uint64_t n, x;
    enum err e = take_counted(m, (size_t)width, &p, &n);

    if (e)
        return e;
    if (n > 8)
        return push_new(m,
                        &(struct pickle_value){.kind = PICKLE_BYTES,
                                               .text = {(const char *)p, (size_t)n}},
                        NULL);
    x = n && p[n - 1] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = (size_t)n; i-- > 0;)
        x = x << 8 | p[i];
    return push_new(m, &(struct pickle_value){.kind = PICKLE_INT, .i = (int64_t)x},
                    NULL);
}

/* Big-endian, as nothing else is. */
static enum err
op_float(struct machine *m, int arg)
{
    const uint8_t *p;
    uint64_t x = 0;
    double f;
    enum err e = take(m, 8, &p);

    (void)arg;
    if (e)
        return e;
    for (size_t i = 0; i < 8; i++)
        x = x << 8 | p[i];
    memcpy(&f, &x, sizeof f);
    return push_new(m, &(struct pickle_value){.kind = PICKLE_FLOAT, .f = f}, NULL);
}

static enum err
push_text(struct machine *m, enum pickle_kind kind, const void *s, size_t n)
{
    if (kind == PICKLE_TEXT && !utf8_valid(s, n))
        return malformed(m, "a text that is not UTF-8");
    return push_new(m, &(struct pickle_value){.kind = kind, .text = {s, n}}, NULL);
}

static enum err
op_unicode(struct machine *m, int width)
{
    const uint8_t *p;
    uint64_t n;
    enum err e = take_counted(m, (size_t)width, &p, &n);

    return e ? e : push_text(m, PICKLE_TEXT, p, (size_t)n);
}

/* Bytes, and the strings of Python 2: text where they are UTF-8. */
static enum err
op_bytes(struct machine *m, int width)
{
    const uint8_t *p;
    uint64_t n;
    enum err e = take_counted(m, (size_t)width, &p, &n);

    return e ? e : push_text(m, PICKLE_BYTES, p, (size_t)n);
}

static enum err
op_string(struct machine *m, int width)
{
    const uint8_t *p;
    uint64_t n;
    enum err e = take_counted(m, (size_t)width, &p, &n);

    if (e)
        return e;
    return push_text(
        m, utf8_valid((const char *)p, (size_t)n) ? PICKLE_TEXT : PICKLE_BYTES, p,
        (size_t)n);
}

/* --- containers --- */

static enum err
op_empty(struct machine *m, int kind)
{
    return collect(m, (enum pickle_kind)kind, 0);
}

/* TUPLE1 to TUPLE3. */
static enum err
op_tuple_of(struct machine *m, int n)
{
    enum err e = need(m, (size_t)n);

    return e ? e : collect(m, PICKLE_TUPLE, (size_t)n);
}

/* All above the mark as a container. */
static enum err
op_collect(struct machine *m, int kind)
{
    size_t n;
    enum err e = take_mark(m, &n);

    if (!e && kind == PICKLE_DICT && n % 2)
        e = malformed(m, "a key without a value");
    return e ? e : collect(m, (enum pickle_kind)kind, n);
}

static bool
takes_items(const struct pickle_value *v, enum pickle_kind kind)
{
    return v->kind == kind || (v->kind == PICKLE_CALL && kind != PICKLE_SET);
}

/* Put the uppermost n values into the container of that kind below them. */
static enum err
put_items(struct machine *m, enum pickle_kind kind, size_t n)
{
    enum err e = need(m, n + 1);

    if (e)
        return e;
    uint32_t container = m->stack[m->height - 1 - n];

    if (!takes_items(value_at(m, container), kind))
        return malformed(m, "items for what is no container of them");
    if (kind == PICKLE_DICT && n % 2)
        return malformed(m, "a key without a value");
    e = append(m, container, m->stack + m->height - n, n);
    m->height -= n;
    return e;
}

static enum err
op_append(struct machine *m, int arg)
{
    (void)arg;
    return put_items(m, PICKLE_LIST, 1);
}

static enum err
op_setitem(struct machine *m, int arg)
{
    (void)arg;
    return put_items(m, PICKLE_DICT, 2);
}

/* APPENDS, SETITEMS, ADDITEMS. */
static enum err
op_items(struct machine *m, int kind)
{
    size_t n;
    enum err e = take_mark(m, &n);

    return e ? e : put_items(m, (enum pickle_kind)kind, n);
}

/* --- names and calls: nothing is looked up or called --- */

static enum err
op_global(struct machine *m, int arg)
{
    const char *s;
    size_t n;
    enum err e;

    (void)arg;
    for (int i = 0; i < 2; i++)
        if ((e = take_line(m, &s, &n)) || (e = push_text(m, PICKLE_TEXT, s, n)))
            return e;
    return collect(m, PICKLE_NAME, 2);
}

static enum err
op_stack_global(struct machine *m, int arg)
{
    enum err e = need(m, 2);

    (void)arg;
    if (e)
        return e;
    for (size_t i = 1; i <= 2; i++)
        if (value_at(m, m->stack[m->height - i])->kind != PICKLE_TEXT)
            return malformed(m, "a name that is no text");
    return collect(m, PICKLE_NAME, 2);
}

/* An empty OrderedDict is a dictionary; every other call stays a node. */
static enum err
op_call(struct machine *m, int n_items)
{
    enum err e = need(m, (size_t)n_items);

    if (e)
        return e;
    const struct pickle_value *callee =
                                  value_at(m, m->stack[m->height - (size_t)n_items]),
                              *args = value_at(m, m->stack[m->height - 1]);
    bool is_dict = n_items == 2 && args->kind == PICKLE_TUPLE && args->n_items == 0 &&
                   pickle_is_name(m->p, callee, "collections", "OrderedDict");

    if (!is_dict)
        return collect(m, PICKLE_CALL, (size_t)n_items);
    m->height -= 2;
    return collect(m, PICKLE_DICT, 0);
}

/* The state that an object would be given is left out. */
static enum err
op_build(struct machine *m, int arg)
{
    enum err e = need(m, 2);

    (void)arg;
    m->height -= e ? 0 : 1;
    return e;
}

static enum err
op_persid(struct machine *m, int arg)
{
    enum err e = need(m, 1);

    (void)arg;
    if (!e && value_at(m, m->stack[m->height - 1])->kind != PICKLE_TUPLE)
        e = malformed(m, "something outside that no tuple names");
    return e ? e : collect(m, PICKLE_OUTSIDE, 1);
}

/* --- memo --- */

static enum err
put_memo(struct machine *m, uint64_t i)
{
    enum err e = need(m, 1);

    if (e)
        return e;
    if (i >= PICKLE_MEMO_MAX)
        return malformed(m, "a memo of more than a million values");
    size_t old = m->cap_memo;
    m->memo = grow(m->memo, &m->cap_memo, (size_t)i + 1, sizeof *m->memo);
    if (m->cap_memo > old)
        memset(m->memo + old, 0, (m->cap_memo - old) * sizeof *m->memo);
    m->n_memo += m->memo[i] == MEMO_EMPTY;
    m->memo[i] = m->stack[m->height - 1] + 1;
    return ERR_OK;
}

static enum err
op_put(struct machine *m, int width)
{
    uint64_t i;
    enum err e = take_number(m, (size_t)width, &i);

    return e ? e : put_memo(m, i);
}

static enum err
op_memoize(struct machine *m, int arg)
{
    (void)arg;
    return put_memo(m, m->n_memo);
}

static enum err
op_get(struct machine *m, int width)
{
    uint64_t i;
    enum err e = take_number(m, (size_t)width, &i);

    if (e)
        return e;
    if (i >= m->cap_memo || m->memo[i] == MEMO_EMPTY)
        return malformed(m, "a memo that was never filled");
    return push(m, m->memo[i] - 1);
}

/* --- the whole --- */

struct opcode {
    enum err (*run)(struct machine *m, int arg); /* NULL: refused */
    int arg;
};

static const struct opcode opcodes[OP_COUNT] = {
    [0x80] = {op_proto, 0},
    [0x95] = {op_frame, 0},
    ['('] = {op_mark, 0},
    ['.'] = {op_stop, 0},
    ['N'] = {op_none, 0},
    [0x88] = {op_bool, 1},
    [0x89] = {op_bool, 0},
    ['K'] = {op_int, 1},
    ['M'] = {op_int, 2},
    ['J'] = {op_int, 4},
    [0x8a] = {op_long, 1},
    [0x8b] = {op_long, 4},
    ['G'] = {op_float, 0},
    [0x8c] = {op_unicode, 1},
    ['X'] = {op_unicode, 4},
    [0x8d] = {op_unicode, 8},
    ['C'] = {op_bytes, 1},
    ['B'] = {op_bytes, 4},
    [0x8e] = {op_bytes, 8},
    ['U'] = {op_string, 1},
    ['T'] = {op_string, 4},
    [')'] = {op_empty, PICKLE_TUPLE},
    [']'] = {op_empty, PICKLE_LIST},
    ['}'] = {op_empty, PICKLE_DICT},
    [0x8f] = {op_empty, PICKLE_SET},
    [0x85] = {op_tuple_of, 1},
    [0x86] = {op_tuple_of, 2},
    [0x87] = {op_tuple_of, 3},
    ['t'] = {op_collect, PICKLE_TUPLE},
    ['l'] = {op_collect, PICKLE_LIST},
    ['d'] = {op_collect, PICKLE_DICT},
    [0x91] = {op_collect, PICKLE_SET},
    ['a'] = {op_append, 0},
    ['e'] = {op_items, PICKLE_LIST},
    ['s'] = {op_setitem, 0},
    ['u'] = {op_items, PICKLE_DICT},
    [0x90] = {op_items, PICKLE_SET},
    ['c'] = {op_global, 0},
    [0x93] = {op_stack_global, 0},
    ['R'] = {op_call, 2},
    [0x81] = {op_call, 2},
    [0x92] = {op_call, 3},
    ['b'] = {op_build, 0},
    ['Q'] = {op_persid, 0},
    ['q'] = {op_put, 1},
    ['r'] = {op_put, 4},
    [0x94] = {op_memoize, 0},
    ['h'] = {op_get, 1},
    ['j'] = {op_get, 4},
};

static enum err
run(struct machine *m)
{
    while (!m->stopped) {
        const uint8_t *op;
        enum err e;

        m->op_at = m->at;
        if ((e = take(m, 1, &op)))
            return e;
        if (!opcodes[*op].run)
            return err_set(m->eb, ERR_UNSUPPORTED,
                           "%s: byte %zu: opcode 0x%02x, which no checkpoint of "
                           "PyTorch needs",
                           m->what, m->op_at, *op);
        if ((e = opcodes[*op].run(m, opcodes[*op].arg)))
            return e;
    }
    return ERR_OK;
}

enum err
pickle_read(struct pickle *p, const void *data, size_t n, const char *what,
            struct errbuf *eb)
{
    struct machine m = {.data = data, .n = n, .what = what, .p = p, .eb = eb};
    enum err e;

    *p = (struct pickle){0};
    if (n > PICKLE_BYTES_MAX)
        return err_set(eb, ERR_FORMAT, "%s: %zu bytes, more than a checkpoint's 64 MiB",
                       what, n);
    e = run(&m);
    const char *why = e ? NULL : pickle_check_tree(p, m.stack[0]);

    if (why)
        e = malformed(&m, why);
    if (!e)
        p->root = &p->value[m.stack[0]];
    else
        pickle_release(p);
    free(m.stack);
    free(m.mark);
    free(m.memo);
    return e;
}
