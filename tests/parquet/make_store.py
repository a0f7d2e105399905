#!/usr/bin/python3
"""make_store.py SIM.h5ad FOLDER - from a simulated atlas of counts, the same cells twice:
FOLDER/twin.h5ad (log1p of counts per 10,000 as float32, obs column split) and
FOLDER/raw/, from which make_store.mjs writes an scTab store with the Parquet writers of
others.  Cells are ordered train, val, test; the split is by donor.  Needs numpy, scipy,
anndata."""
import json
import os
import sys

import anndata
import numpy as np
import pandas as pd
import scipy.sparse as sp

src, out = sys.argv[1:3]
raw = os.path.join(out, "raw")
os.makedirs(raw, exist_ok=True)
a = anndata.read_h5ad(src)
counts = sp.csr_matrix(a.raw.X if a.raw is not None else a.X).astype(np.float64)
donor = a.obs["dataset_id"].astype(str) + "/" + a.obs["donor_id"].astype(str)
units = np.array(sorted(set(donor)))
rank = np.random.default_rng(1).permutation(len(units))
part = np.where(rank < 0.15 * len(units), 2, np.where(rank < 0.3 * len(units), 1, 0))
part = dict(zip(units, part))
split = np.array([part[d] for d in donor])
order = np.argsort(split, kind="stable")
split = split[order]
counts = counts[order]
obs = a.obs.iloc[order].copy()

total = np.asarray(counts.sum(axis=1)).ravel()
total[total == 0] = 1
x = sp.diags(1e4 / total) @ counts
x = x.tocsr()
x.data = np.log1p(x.data)
x = x.astype(np.float32)
x.sort_indices()

obs["split"] = pd.Categorical(np.array(["train", "val", "test"])[split])
obs["soma_joinid"] = 5_000_000 + np.arange(len(obs))
obs.index = obs["soma_joinid"].astype(str)
obs.index.name = None
anndata.AnnData(x, obs=obs, var=a.var).write_h5ad(os.path.join(out, "twin.h5ad"))

x.indptr.astype("<i8").tofile(os.path.join(raw, "indptr"))
x.indices.astype("<i4").tofile(os.path.join(raw, "indices"))
x.data.astype("<f4").tofile(os.path.join(raw, "data"))
columns = {}
for name in obs.columns:
    if isinstance(obs[name].dtype, pd.CategoricalDtype) and name != "split":
        c = obs[name].cat
        columns[name] = {"codes": c.codes.tolist(), "labels": [str(v) for v in c.categories]}
var = a.var
with open(os.path.join(raw, "meta.json"), "w") as f:
    json.dump({"n": len(obs), "genes": len(var), "split": split.tolist(),
               "primary": obs["is_primary_data"].astype(bool).tolist()
               if "is_primary_data" in obs else [True] * len(obs),
               "columns": columns, "feature_id": list(map(str, var.index)),
               "feature_name": list(map(str, var["feature_name"]))
               if "feature_name" in var else list(map(str, var.index))}, f)
