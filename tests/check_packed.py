#!/usr/bin/python3
"""check_packed.py A.hcp B.h5ad - read a packed store as hcelab-packed(5) describes it and
compare it with an .h5ad of the same cells: every value, id and obs column.

By hand: needs numpy and anndata.  Nothing here is taken from hcelab's own reader."""
import struct
import sys

import anndata
import numpy as np


def crc_table():
    table = []
    for b in range(256):
        for _ in range(8):
            b = b >> 1 ^ (0xC96C5795D7870F42 if b & 1 else 0)
        table.append(b)
    return table


TABLE = crc_table()


def crc64(data):
    s = (1 << 64) - 1
    for b in data:
        s = s >> 8 ^ TABLE[(s ^ b) & 255]
    return s ^ (1 << 64) - 1


def texts(data, at):
    n, size = struct.unpack_from("<QQ", data, at)
    at += 16
    out = data[at : at + size].decode().split("\0")[:-1]
    assert len(out) == n
    return out, at + size


def numbers(data, at, widths, n):
    """n numbers in blocks of 64 of these widths."""
    out = np.zeros(n, np.int64)
    for block, w in enumerate(widths):
        m = min(64, n - 64 * block)
        groups = (m + 7) // 8
        for shift, bits in ((0, min(w, 8)), (8, max(w - 8, 0))):
            for g in range(groups):
                word = int.from_bytes(data[at : at + bits], "little")
                at += bits
                for k in range(min(8, m - 8 * g)):
                    value = word >> k * bits & (1 << bits) - 1
                    out[64 * block + 8 * g + k] |= value << shift
    return out, at


def blocks(n):
    return (n + 63) // 64


def counts(data, at, d):
    out, last = [], 0
    for _ in range(d):
        more = data[at]
        at += 1
        if more == 255:
            (more,) = struct.unpack_from("<I", data, at)
            at += 4
        last += more + 1
        out.append(last)
    return np.array(out, np.float32), at


def value_of(form, c, total):
    f = np.float32
    if form == 2:
        return c
    if form == 3:
        return np.log1p(c.astype(np.float64) * (10000.0 / float(total))).astype(f)
    inner = {4: lambda: c * (f(10000) / f(total)),
             5: lambda: c / (f(total) / f(10000)),
             6: lambda: c * (f(1) / (f(total) / f(10000)))}[form]()
    return np.log1p(inner.astype(np.float64)).astype(f)


def row(data, n, d, form, total, H):
    bits = np.unpackbits(np.frombuffer(data, np.uint8, H // 8), bitorder="little")
    high = np.flatnonzero(bits)
    m, at = n - len(high), H // 8
    gap_width = data[at : at + blocks(m)]
    at += blocks(m)
    code_width = b"" if form == 0 else data[at : at + blocks(n)]
    at += len(code_width)
    gap, at = numbers(data, at, gap_width, m)
    place = np.concatenate([high, H - 1 + np.cumsum(gap + 1)])
    if form == 0:
        value = np.frombuffer(data, "<f4", n, at)
        at += 4 * n
    else:
        code, at = numbers(data, at, code_width, n)
        if form == 1:
            dictionary = np.frombuffer(data, "<f4", d, at)
            at += 4 * d
        else:
            dictionary, at = counts(data, at, d)
            dictionary = value_of(form, dictionary, total)
        value = dictionary[code]
    assert at == len(data)
    return place, value


def main():
    data = open(sys.argv[1], "rb").read()
    want = anndata.read_h5ad(sys.argv[2])
    magic, version, n_sections, table, n_cells, n_values, G, H, table_crc, crc = (
        struct.unpack_from("<8sIIQQQIIQQ", data))
    assert (magic, version) == (b"HCELABPK", 1)
    assert crc64(data[:56]) == crc and crc64(data[table:]) == table_crc
    section = {}
    for i in range(n_sections):
        kind, number, at, size, check = struct.unpack_from("<IIQQQ", data, table + 32 * i)
        section[kind, number] = data[at : at + size]
        assert kind == 1 or crc64(section[kind, number]) == check
    ids, at = texts(section[3, 0], 0)
    names, at = texts(section[3, 0], at)
    detected = np.frombuffer(section[3, 0], "<u8", G, at)
    gene = np.frombuffer(section[3, 0], "<u2", G, at + 8 * G)
    cells, _ = texts(section[6, 0], 0)
    assert list(want.obs_names) == cells and list(want.var_names) == ids
    columns, _ = texts(section[4, 0], 0)
    for i, name in enumerate(columns):
        s = section[5, i]
        kind, width = struct.unpack_from("<II", s)
        levels, at = texts(s, 8)
        code = np.frombuffer(s, "<u%d" % width, n_cells, at)
        if name not in want.obs:
            continue
        missing = code == 256**width - 1
        text = np.array(levels + [""], object)[np.where(missing, len(levels), code)]
        col = want.obs[name]
        if kind == 2:
            assert (text[~missing].astype(float) == col.values[~missing]).all(), name
        else:
            assert (col.isna() == missing).all(), name
            assert (col[~missing].astype(str) == text[~missing]).all(), name
    X = want.X.tocsr()
    X.eliminate_zeros()
    X.sort_indices()
    seen, form_count, begin = np.zeros(G, np.int64), {}, 0
    for k in range((n_cells + 15) // 16):
        end, check = struct.unpack_from("<QQ", section[2, 0], 16 * k)
        chunk = section[1, 0][begin:end]
        begin = end
        assert crc64(chunk) == check
        rows = min(16, n_cells - 16 * k)
        head = [struct.unpack_from("<IHBBQ", chunk, 16 * i) for i in range(rows)]
        start = 16 * rows
        for i, (stop, n, d_less, form, total) in enumerate(head):
            place, value = row(chunk[start:stop], n, d_less + 1, form, total, H)
            start = stop
            form_count[form] = form_count.get(form, 0) + 1
            g = gene[place]
            order = np.argsort(g)
            a, b = X.indptr[16 * k + i : 16 * k + i + 2]
            assert (g[order] == X.indices[a:b]).all()
            assert value[order].tobytes() == X.data[a:b].astype(np.float32).tobytes()
            seen[g] += 1
    assert (seen == detected).all() and seen.sum() == n_values
    print(f"{n_cells} cells, {G} genes, {n_values} values: all equal; "
          f"forms {form_count}; {len(section[1, 0]) / n_values:.3f} bytes a value")


main()
