// make_details.mjs FOLDER - the CSVs in FOLDER/details as Parquet files in FOLDER's tree, by
// a writer that shares no code with us: parquet-wasm (the Rust implementation).  A file
// a__b__c.csv becomes a/b/c.parquet; y_true and y_pred are integers, y_probs lists.
//
//   npm install parquet-wasm apache-arrow     (anywhere, outside the tree)
//   NODE_PATH=.../node_modules node make_details.mjs FOLDER

import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

const require = createRequire(path.join(process.env.NODE_PATH ?? '.', 'x.js'));
const arrow = require('apache-arrow');
const wasm = require('parquet-wasm');
const out = process.argv[2];

// Fields of a CSV line; quotes may hold commas.
function fields(line) {
  const f = [];
  let text = '', quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (quoted && c === '"' && line[i + 1] === '"') { text += '"'; i++; }
    else if (c === '"') quoted = !quoted;
    else if (c === ',' && !quoted) { f.push(text); text = ''; }
    else text += c;
  }
  return [...f, text];
}

for (const name of fs.readdirSync(path.join(out, 'details'))) {
  const lines = fs.readFileSync(path.join(out, 'details', name), 'utf8').trimEnd().split('\n');
  const head = fields(lines[0]), rows = lines.slice(1).map(fields), columns = {};
  head.forEach((column, k) => {
    const v = rows.map((r) => r[k]);
    const ints = ['y_true', 'y_pred', 'soma_joinid'].includes(column);
    if (ints)
      columns[column] = arrow.vectorFromArray(v.map(BigInt), new arrow.Int64());
    else if (column === 'y_probs')
      columns[column] = arrow.vectorFromArray(v.map((t) => t.split(' ').map(Number)),
        new arrow.List(new arrow.Field('item', new arrow.Float32(), true)));
    else
      columns[column] = arrow.vectorFromArray(v, new arrow.Utf8());
  });
  const t = wasm.Table.fromIPCStream(arrow.tableToIPC(new arrow.Table(columns), 'stream'));
  const b = new wasm.WriterPropertiesBuilder().setCompression(wasm.Compression.SNAPPY)
    .setMaxRowGroupSize(100);
  const to = path.join(out, name.replace('.csv', '.parquet').replaceAll('__', '/'));
  fs.writeFileSync(to, wasm.writeParquet(t, b.build()));
}
