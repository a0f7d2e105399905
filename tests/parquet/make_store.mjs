// make_store.mjs FOLDER [snappy|zstd|gzip|none] - FOLDER/store, an scTab store, from
// FOLDER/raw (make_store.py): row groups of 1,024 cells, dictionaries of at most 1 MiB,
// Snappy, pages of 1 MiB, as the published store has them.  Needs what make_parquet.mjs needs.

import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

const require = createRequire(path.join(process.env.NODE_PATH ?? '.', 'x.js'));
const arrow = require('apache-arrow');
const wasm = require('parquet-wasm');

const [folder, codec = 'snappy'] = process.argv.slice(2);
const raw = path.join(folder, 'raw'), store = path.join(folder, 'store');
const meta = JSON.parse(fs.readFileSync(path.join(raw, 'meta.json')));
const G = meta.genes, ROWS = 4096, GROUP = 1024;
const read = (name, Type) => {
  const b = fs.readFileSync(path.join(raw, name));
  return new Type(b.buffer, b.byteOffset, b.byteLength / Type.BYTES_PER_ELEMENT);
};
const indptr = read('indptr', BigInt64Array), indices = read('indices', Int32Array),
  data = read('data', Float32Array);

const C = wasm.Compression;
const codecs = { snappy: C.SNAPPY, zstd: C.ZSTD, gzip: C.GZIP, none: C.UNCOMPRESSED };
function write(file, table) {
  const p = new wasm.WriterPropertiesBuilder().setCompression(codecs[codec])
    .setMaxRowGroupSize(GROUP).setWriteBatchSize(1024).setDataPageSizeLimit(1 << 20)
    .setDictionaryPageSizeLimit(1 << 20).build();
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const t = wasm.Table.fromIPCStream(arrow.tableToIPC(table, 'stream'));
  fs.writeFileSync(file, wasm.writeParquet(t, p));
}
const i64 = (values) => arrow.vectorFromArray(values.map(BigInt), new arrow.Int64());

function matrix(from, to) {
  const x = new Float32Array((to - from) * G);
  for (let r = from; r < to; r++)
    for (let k = Number(indptr[r]); k < Number(indptr[r + 1]); k++)
      x[(r - from) * G + indices[k]] = data[k];
  const offsets = Int32Array.from({ length: to - from + 1 }, (_, i) => i * G);
  const item = new arrow.Field('item', new arrow.Float32(), true);
  const child = arrow.makeData({ type: new arrow.Float32(), length: x.length, data: x });
  return arrow.makeVector(arrow.makeData({ type: new arrow.List(item),
    length: to - from, valueOffsets: offsets, child }));
}

['train', 'val', 'test'].forEach((name, s) => {
  const first = meta.split.indexOf(s), last = meta.split.lastIndexOf(s) + 1;
  if (first < 0) return;
  for (let from = first, n = 0; from < last; from += ROWS, n++) {
    const to = Math.min(from + ROWS, last);
    const cols = { X: matrix(from, to),
      soma_joinid: i64(Array.from({ length: to - from }, (_, i) => 5000000 + from + i)),
      is_primary_data: arrow.vectorFromArray(meta.primary.slice(from, to), new arrow.Bool()) };
    for (const [c, v] of Object.entries(meta.columns)) cols[c] = i64(v.codes.slice(from, to));
    cols.idx = i64(Array.from({ length: to - from }, (_, i) => from + i));
    write(path.join(store, name, `part.${n}.parquet`), new arrow.Table(cols));
  }
});
const text = (values) => arrow.vectorFromArray(values, new arrow.Utf8());
for (const [c, v] of Object.entries(meta.columns))
  write(path.join(store, 'categorical_lookup', `${c}.parquet`), new arrow.Table({
    label: text(v.labels), __index_level_0__: i64(v.labels.map((_, i) => i)) }));
write(path.join(store, 'var.parquet'), new arrow.Table({ feature_id: text(meta.feature_id),
  feature_name: text(meta.feature_name) }));
