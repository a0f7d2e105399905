#!/usr/bin/python3
"""check_decode.py HCELAB CL.obo [CELLS] - predictions and evaluations by propagated
probabilities against the definition, on classes of a whole ontology.

By hand: needs numpy, networkx, anndata, h5py and scikit-learn.  Cells are drawn here,
a model is trained on them, and from the probabilities that it gives the classes and
their scores are worked out again: the hierarchy by networkx from is_a lines that are
read here, q in float64, depth as the longest path, scores by scikit-learn.  Nothing is
taken from hcelab's own hierarchy."""
import csv
import json
import subprocess
import sys
import tempfile

import anndata
import h5py
import networkx as nx
import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.metrics import classification_report

N_LEAVES, N_GENES = 70, 400


def read_obo(path):
    """Live terms by id -> name, and the graph of is_a, parent -> child."""
    name, graph = {}, nx.DiGraph()
    stanza = ""
    for line in open(path, encoding="utf-8").read().split("\n") + ["[End]"]:
        if line.startswith("["):
            if stanza == "[Term]" and not term["obsolete"]:
                name[term["id"]] = term["name"]
                graph.add_node(term["id"])
                graph.add_edges_from((p, term["id"]) for p in term["parents"])
            stanza = line.strip()
            term = {"id": "", "name": "", "parents": [], "obsolete": False}
        elif stanza == "[Term]":
            tag, _, value = line.partition(": ")
            if tag == "id":
                term["id"] = value.split()[0]
            elif tag == "name":
                term["name"] = value
            elif tag == "is_a":
                term["parents"].append(value.split()[0])
            elif tag == "is_obsolete":
                term["obsolete"] = value.split()[0] == "true"
    return name, graph


def choose_classes(name, graph, rng):
    """Leaves below `cell`, and some of what is above them."""
    root = next(i for i, n in name.items() if n == "cell")
    below = nx.descendants(graph, root)
    leaves = sorted(t for t in below if graph.out_degree(t) == 0 and t in name)
    leaves = rng.choice(leaves, N_LEAVES, replace=False)
    above = sorted({a for t in leaves for a in nx.ancestors(graph, t)} & below)
    kept = [t for t in above if rng.random() < 0.35]
    return sorted(set(leaves) | set(kept))


def draw(classes, name, graph, n, rng):
    """Cells whose genes carry the programs of their class and of what is above it."""
    effect = {}

    def of(term):
        if term not in effect:
            effect[term] = rng.normal(0, 0.9, N_GENES) * (rng.random(N_GENES) < 0.04)
        return effect[term]

    mean = {}
    for t in classes:
        up = sorted(nx.ancestors(graph, t) | {t})
        mean[t] = np.exp(sum(of(a) for a in up))
    base = np.exp(rng.normal(-0.5, 1, N_GENES))
    which = rng.integers(0, len(classes), n)
    rows = []
    for i in range(n):
        rate = base * mean[classes[which[i]]]
        rows.append(rng.poisson(rate / rate.sum() * 600))
    obs = pd.DataFrame(
        {
            "cell_type": pd.Categorical([name[classes[k]] for k in which]),
            "tissue": pd.Categorical(rng.choice(["lung", "blood", "gut"], n)),
        },
        index=["cell%d" % i for i in range(n)],
    )
    var = pd.DataFrame(index=["G%d" % i for i in range(N_GENES)])
    return anndata.AnnData(sparse.csr_matrix(np.array(rows, np.float32)), obs, var)


def reachability(labels, name, graph):
    """R, and depth: the longest path in the graph of classes."""
    by_name = {n: i for i, n in name.items()}
    term = [by_name[x] for x in labels]
    R = np.eye(len(term), dtype=bool)
    order = nx.DiGraph()
    order.add_nodes_from(range(len(term)))
    for i, t in enumerate(term):
        down = nx.descendants(graph, t)
        for j, u in enumerate(term):
            if u in down:
                R[i, j] = True
                order.add_edge(i, j)
    depth = np.zeros(len(term), int)
    for i in nx.topological_sort(order):
        for j in order.successors(i):
            depth[j] = max(depth[j], depth[i] + 1)
    return R, depth


def decode(p, R, depth):
    """q (n, C) and the class of each cell."""
    q = np.zeros(p.shape)
    for j in range(p.shape[1]):
        q += np.outer(p[:, j].astype(np.float64), R[:, j])
    said = np.argmax(p, axis=1)
    ties = 0
    for i in range(len(p)):
        over = np.flatnonzero(q[i] > 0.5)
        if len(over) == 0:
            continue
        deepest = over[depth[over] == depth[over].max()]
        ties += len(deepest) > 1
        said[i] = min(deepest, key=lambda c: (-q[i, c], -p[i, c], c))
    return q, said, ties


def predict(hcelab, store, data, out, *more):
    subprocess.check_call(
        [hcelab, "--store", store, "predict", "1", "--data", data, "--out", out, *more],
        stderr=subprocess.DEVNULL,
    )
    with h5py.File(out) as f:
        column = f["obs/predicted_label"]
        levels = column["categories"].asstr()[:]
        return (
            f["obsm/X_hcelab_prob"][:],
            levels[column["codes"][:]],
            f["obs/probability"][:],
            list(f["uns/hcelab/classes"].asstr()[:]),
        )


def check_scores(rows, truth, said, R, index, tissue):
    """Stored scores under both rules, over all cells, by class and by tissue."""
    worst, n = 0.0, 0
    y = np.array([index[t] for t in truth])
    for rule in ("exact", "hierarchy"):
        p = np.where(R[y, said], y, said) if rule == "hierarchy" else said
        groups = {("all", "all"): np.ones(len(y), bool)}
        groups.update({("tissue", t): tissue == t for t in set(tissue)})
        for (facet, label), m in groups.items():
            want = classification_report(
                y[m], p[m], labels=np.unique(y[m]), zero_division=0, output_dict=True
            )
            got = {
                (r["label"], r["class"]): r
                for r in rows
                if r["rule"] == rule and r["facet"] in (facet, "class" if facet == "all" else facet)
            }
            pairs = [(got[(label, None)], want["macro avg"])]
            for name, c in index.items():
                if (y[m] == c).any():
                    key = (name, None) if facet == "all" else (label, name)
                    pairs.append((got[key], want[str(c)]))
            for a, b in pairs:
                for mine, theirs in (("precision",) * 2, ("recall",) * 2, ("f1", "f1-score")):
                    worst = max(worst, abs(a[mine] - b[theirs]))
                    n += 1
                assert a["support"] == b["support"]
    return worst, n


def main():
    hcelab, obo = sys.argv[1:3]
    n = int(sys.argv[3]) if len(sys.argv) > 3 else 12000
    rng = np.random.default_rng(5)
    name, graph = read_obo(obo)
    classes = choose_classes(name, graph, rng)
    with tempfile.TemporaryDirectory() as folder:
        data, store = folder + "/cells.h5ad", folder + "/t.db"
        cells = draw(classes, name, graph, n, rng)
        cells.write_h5ad(data)
        run = [hcelab, "--store", store]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.check_call(
            [*run, "train", "--data", data, "--ontology", obo, "--loss", "ce"]
            + ["--split-by", "cell", "--set", "max_epochs=12", "--set", "batch_size=128"]
            + ["--set", "learning_rate=0.01"],
            **quiet,
        )
        p, top, p_top, labels = predict(hcelab, store, data, folder + "/a.h5ad")
        again, said, q_said, _ = predict(
            hcelab, store, data, folder + "/p.h5ad", "--decode", "propagated"
        )
        index = {x: i for i, x in enumerate(labels)}
        R, depth = reachability(labels, name, graph)
        q, want, ties = decode(p, R, depth)
        assert (p == again).all() and (p >= 0).all()
        assert [index[x] for x in top] == list(np.argmax(p, axis=1))
        mine = np.array([index[x] for x in said])
        assert (mine == want).all(), np.flatnonzero(mine != want)
        assert (q_said == q[np.arange(n), want]).all()
        several = (q > 0.5).sum(axis=1) > 1
        print(
            f"{len(labels)} classes, {R.sum() - len(R)} pairs of R, depth to {depth.max()};"
            f" {n} cells: all classes equal, {(mine != np.argmax(p, axis=1)).sum()} not the"
            f" arg max, {several.sum()} with several classes over .5, {ties} with equally"
            " deep ones"
        )
        table = folder + "/p.csv"
        for how in ("argmax", "propagated"):
            subprocess.check_call(
                [*run, "eval", "1", "--data", data, "--name", "here", "--decode", how]
                + ["--predictions", table],
                **quiet,
            )
        with open(table, newline="") as f:
            rows = list(csv.DictReader(f))
        assert [r["predicted_label"] for r in rows] == list(said)
        assert [float(r["probability"]) for r in rows] == list(q_said)
        for how, prediction in (("here", np.argmax(p, axis=1)), ("here+propagated", mine)):
            out = subprocess.check_output(
                [*run, "sql", "--json", "SELECT rule, facet, label, class, precision, recall,"
                 f" f1, support FROM f1 WHERE evaluation = '{how}'"],
            )
            worst, k = check_scores(
                json.loads(out), list(cells.obs["cell_type"]), prediction, R, index,
                np.array(cells.obs["tissue"]),
            )
            print(f"{how}: {k} scores, largest difference from scikit-learn {worst:.1e}")
            assert worst < 1e-12


if __name__ == "__main__":
    main()
