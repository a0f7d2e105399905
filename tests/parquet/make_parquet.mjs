// make_parquet.mjs - the small Parquet files of this folder and the table that they hold, by
// two writers that share no code with us: parquet-wasm (the Rust implementation) and DuckDB.
//
//   npm install parquet-wasm apache-arrow @duckdb/node-api     (anywhere, outside the tree)
//   NODE_PATH=.../node_modules node make_parquet.mjs FOLDER
//
// table.csv: row, soma_joinid, is_primary_data, cell_type, tissue (empty: missing), score
// (empty: missing), then the numbers of X.

import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

const require = createRequire(path.join(process.env.NODE_PATH ?? '.', 'x.js'));
const arrow = require('apache-arrow');
const wasm = require('parquet-wasm');
const { DuckDBInstance } = require('@duckdb/node-api');

const out = process.argv[2] ?? '.';
const ROWS = 40, GENES = 29;

// A small generator, so that the table is always the same.
let state = 12345;
const draw = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 8;

const tissues = ['blood', 'lung', 'Büchner \u03b1', ''];
const rows = [];
for (let r = 0; r < ROWS; r++) {
  const counts = Array.from({ length: GENES }, () =>
    draw() % 10 < 7 ? 0 : 1 + (draw() % 5));
  if (r === 7) counts.fill(0);
  if (r === 8) counts.fill(3);
  const total = counts.reduce((a, b) => a + b, 0) || 1;
  rows.push({
    X: counts.map((c) => Math.fround(Math.log1p((c * 10000) / total))),
    soma_joinid: 1000000007n * BigInt(r + 1),
    is_primary_data: draw() % 4 !== 0,
    cell_type: BigInt(draw() % 6),
    tissue: r % 11 === 5 ? null : tissues[draw() % 3],
    score: r % 7 === 3 ? null : (draw() - 8000000) / 1024,
    one: 5n,
  });
}

const text = (v) => (v === null ? '' : String(v));
fs.writeFileSync(path.join(out, 'table.csv'), rows.map((r, i) =>
  [i, r.soma_joinid, r.is_primary_data ? 1 : 0, r.cell_type, text(r.tissue),
   text(r.score), ...r.X].join(',')).join('\n') + '\n');

// --- parquet-wasm ---

function table(leaf) {
  const item = new arrow.Field(leaf, new arrow.Float32(), true);
  const vec = (type, key) => arrow.vectorFromArray(rows.map((r) => r[key]), type);
  return new arrow.Table({
    X: vec(new arrow.List(item), 'X'),
    soma_joinid: vec(new arrow.Int64(), 'soma_joinid'),
    is_primary_data: vec(new arrow.Bool(), 'is_primary_data'),
    cell_type: vec(new arrow.Int64(), 'cell_type'),
    tissue: vec(new arrow.Utf8(), 'tissue'),
    score: vec(new arrow.Float64(), 'score'),
    one: vec(new arrow.Int64(), 'one'),
  });
}

const C = wasm.Compression, V = wasm.WriterVersion;
const plain = (b) => b.setDictionaryEnabled(false);
const v2 = (b) => b.setWriterVersion(V.V2);
const groups = (b) => b.setMaxRowGroupSize(16);
const pages = (b) => b.setDataPageSizeLimit(64).setWriteBatchSize(13);
// A dictionary that is full after some values: the rest of the chunk is plain.
const full = (b) => b.setDictionaryPageSizeLimit(64).setWriteBatchSize(13);

const variants = {
  'wasm-v1-plain-none': ['item', C.UNCOMPRESSED, plain],
  'wasm-v1-dict-none': ['element', C.UNCOMPRESSED],
  'wasm-v1-dict-snappy': ['item', C.SNAPPY, groups],
  'wasm-v1-pages-snappy': ['item', C.SNAPPY, groups, pages],
  'wasm-v1-mixed-zstd': ['element', C.ZSTD, full, pages],
  'wasm-v1-plain-gzip': ['item', C.GZIP, plain, groups],
  'wasm-v1-dict-lz4raw': ['item', C.LZ4_RAW],
};

for (const [name, [leaf, codec, ...set]] of Object.entries(variants)) {
  let b = new wasm.WriterPropertiesBuilder().setCompression(codec);
  for (const f of set) b = f(b);
  const t = wasm.Table.fromIPCStream(arrow.tableToIPC(table(leaf), 'stream'));
  fs.writeFileSync(path.join(out, name + '.parquet'), wasm.writeParquet(t, b.build()));
}

// Version 2 writes integers as differences unless each column is told otherwise: plain.
for (const [name, codec, dict] of [['wasm-v2-dict-snappy', C.SNAPPY, true],
                                   ['wasm-v2-dict-zstd', C.ZSTD, true],
                                   ['wasm-v2-plain-none', C.UNCOMPRESSED, false],
                                   ['wasm-v2-pages-gzip', C.GZIP, true]]) {
  let b = new wasm.WriterPropertiesBuilder().setCompression(codec);
  b = v2(groups(b));
  if (!dict) b = plain(b).setEncoding(wasm.Encoding.PLAIN);
  if (name.includes('pages')) b = pages(b);
  const t = wasm.Table.fromIPCStream(arrow.tableToIPC(table('item'), 'stream'));
  fs.writeFileSync(path.join(out, name + '.parquet'), wasm.writeParquet(t, b.build()));
}

// --- DuckDB ---

const db = await (await DuckDBInstance.create()).connect();
const sql = (v, type) =>
  v === null ? `NULL::${type}` : type === 'VARCHAR' ? `'${v}'` : `'${v}'::${type}`;
const values = rows.map((r) => `([${r.X.join(',')}]::FLOAT[], ${sql(r.soma_joinid, 'BIGINT')},
  ${r.is_primary_data}, ${sql(r.cell_type, 'BIGINT')}, ${sql(r.tissue, 'VARCHAR')},
  ${sql(r.score, 'DOUBLE')}, 5::BIGINT)`).join(',\n');
await db.run(`CREATE TABLE t AS SELECT * FROM (VALUES ${values})
  v("X", soma_joinid, is_primary_data, cell_type, tissue, score, one)`);
for (const codec of ['uncompressed', 'snappy', 'gzip', 'zstd'])
  await db.run(`COPY t TO '${path.join(out, `duckdb-${codec}.parquet`)}'
    (FORMAT parquet, CODEC '${codec}')`);
await db.run(`COPY t TO '${path.join(out, 'duckdb-plain.parquet')}'
  (FORMAT parquet, CODEC 'zstd', DICTIONARY_SIZE_LIMIT 1)`);

// --- what makes a store of them: genes and names of codes (with an index out of order) ---

function small(name, columns) {
  const t = wasm.Table.fromIPCStream(arrow.tableToIPC(new arrow.Table(columns), 'stream'));
  fs.writeFileSync(path.join(out, name + '.parquet'), wasm.writeParquet(t,
    new wasm.WriterPropertiesBuilder().setCompression(C.SNAPPY).build()));
}
const strings = (v) => arrow.vectorFromArray(v, new arrow.Utf8());
const ints = (v) => arrow.vectorFromArray(v.map(BigInt), new arrow.Int64());
small('store-var', {
  feature_id: strings(Array.from({ length: GENES }, (_, i) => `ENSG${String(i + 1).padStart(11, '0')}`)),
  feature_name: strings(Array.from({ length: GENES }, (_, i) => `GENE${i + 1}`)),
});
const order = [3, 0, 5, 1, 4, 2];
small('store-cell_type', {
  label: strings(order.map((i) => `type ${'abcdef'[i]}`)),
  __index_level_0__: ints(order),
});
