#!/usr/bin/python3
"""Compare numbers on the dashboard's screen with SciPy's.

    tests/check_screen_numbers.py [HCELAB [STORE [SEED [N]]]]

Drives ./hcelab on a copy of a store (by default a new demo) in tmux at 200 x 60, reads
N (50) random cells of the Compare, Ontology and Errors views from the text of the screen,
and recomputes each from the rows of f1 and confusion, with NumPy and SciPy.  Says the
largest difference in units of the last place that is printed: above .5 is an error.
"""
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

import numpy as np
from scipy import stats

EVALUATION, RULE = "ood", "hierarchy"
RELATIONS = {"d": "descendant", "a": "ancestor", "s": "sibling", "o": "other"}


# --- the screen ---

class Screen:
    def __init__(self, folder, program, store):
        self.tmux = ["tmux", "-S", os.path.join(folder, "tmux"), "-f", "/dev/null"]
        env = dict(os.environ, LC_ALL="C.UTF-8", XDG_CONFIG_HOME=folder)
        subprocess.run(self.tmux + ["new", "-d", "-x", "200", "-y", "60", "-s", "a",
                                    f"'{program}' --store '{store}'"], env=env, check=True)
        self.run("set", "-g", "status", "off")

    def run(self, *words):
        out = subprocess.run(self.tmux + list(words), capture_output=True, text=True,
                             check=True)
        return out.stdout

    def lines(self):
        return self.run("capture-pane", "-p", "-t", "a").split("\n")

    def press(self, key, shows=""):
        """Until the screen shows a text and stands still."""
        self.run("send-keys", "-t", "a", key)
        deadline, before = time.time() + 20, None
        while time.time() < deadline:
            now = self.lines()
            if now == before and any(shows in line for line in now):
                return now
            before = now
            time.sleep(0.15)
        sys.exit(f"{shows!r} did not appear after {key}")

    def pages(self, key, title, first=()):
        """All screens of a view, from its first row on."""
        self.press(key, title)
        for k in first:
            self.press(k, title)
        screens = [self.press("g", title)]
        while True:
            now = self.press("NPage", title)
            if now == screens[-1]:
                return screens
            screens.append(now)

    def close(self):
        subprocess.run(self.tmux + ["kill-server"], check=False)


SCORE = r"(-|[\d.]+)(?:±([\d.]+))?"
ROW = re.compile(r"\s(?P<cells>[\d.]+k?)\s+" + SCORE + r"\s+" + SCORE +
                 r"\s+[▲▼]?(?P<delta>[+-][\d.]+)\s.*?\[(?P<low>[+-][\d.]+),"
                 r"(?P<high>[+-][\d.]+)\]\s+(?P<wins>\d+)\+/(?P<losses>\d+)-\s+"
                 r"(?P<p><?[\d.]+)\s+(?P<holm><?[\d.]+)(?P<rest>.*)$")


def read_rows(screens, heading, name_end):
    """{name: {column: text}} of the table below the heading that begins so."""
    rows = {}
    for lines in screens:
        top = next(i for i, line in enumerate(lines) if line.strip().startswith(heading))
        end = lines[top].index(name_end)
        for line in lines[top + 1:]:
            # The name ends where the numbers begin: right-aligned below the heading.
            m = ROW.search(line[end - 1:]) if len(line) > end else None
            name = line[:end - 1].strip(" ●▸▾")
            if not m or not name:
                if rows and not line.strip():
                    break
                continue
            ce, ce_sd, hce, hce_sd = m.group(2, 3, 4, 5)
            row = dict(m.groupdict(), ce=ce, ce_sd=ce_sd, hce=hce, hce_sd=hce_sd)
            rows[name, row["rest"]] = row
    return rows


# --- the same numbers ---

def paired(ce, hce):
    d = hce - ce
    n = len(d)
    sd = d.std(ddof=1)
    half = stats.t.ppf(0.975, n - 1) * sd / np.sqrt(n)
    p = stats.ttest_rel(hce, ce).pvalue if sd > 0 else np.nan
    return {"ce": ce.mean(), "ce_sd": ce.std(ddof=1), "hce": hce.mean(),
            "hce_sd": hce.std(ddof=1), "delta": d.mean(), "low": d.mean() - half,
            "high": d.mean() + half, "wins": int((d > 0).sum()),
            "losses": int((d < 0).sum()), "p": p}


def holm(values):
    """Adds the adjusted p over all that have one."""
    tested = sorted((v for v in values if np.isfinite(v["p"])), key=lambda v: v["p"])
    highest = 0.0
    for i, v in enumerate(tested):
        highest = max(highest, min(1.0, (len(tested) - i) * v["p"]))
        v["holm"] = highest


def both(by_run, runs, seeds):
    """Arrays of CE and HCE in the order of the seeds."""
    return [np.array([by_run[runs[loss, s]] for s in seeds]) for loss in ("ce", "hce")]


class Truth:
    def __init__(self, path):
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.runs = {(loss, seed): run for run, loss, seed in self.db.execute(
            "SELECT run_id, loss, seed FROM run_summary WHERE state = 'succeeded'")}
        self.seeds = sorted(s for loss, s in self.runs
                            if loss == "ce" and ("hce", s) in self.runs)
        self.f1 = {}
        self.support = {}
        for run, label, f1, n in self.db.execute(
                "SELECT run_id, label, f1, support FROM f1 WHERE is_primary"
                " AND facet = 'class' AND evaluation = ? AND rule = ?",
                (EVALUATION, RULE)):
            self.f1.setdefault(label, {})[run] = f1
            self.support[label] = n

    def compare(self):
        out = {}
        for label, by_run in self.f1.items():
            out[label] = paired(*both(by_run, self.runs, self.seeds))
            out[label]["cells"] = self.support[label]
        holm(out.values())
        return out

    def ontology(self):
        """By term: the mean over the classes at or below it, seed by seed."""
        child = {}
        for parent, below in self.db.execute(
                "SELECT p.term_id, c.term_id FROM ontology_edge e"
                " JOIN ontology_term p ON p.ontology_id = e.ontology_id AND"
                " p.term_index = e.parent JOIN ontology_term c ON"
                " c.ontology_id = e.ontology_id AND c.term_index = e.child"):
            child.setdefault(parent, set()).add(below)
        label_of = {t: name for t, name in self.db.execute(
            "SELECT term_id, label FROM label WHERE term_id <> ''") if name in self.f1}
        out, sets = {}, {}
        for (term,) in self.db.execute("SELECT term_id FROM ontology_term").fetchall():
            seen, todo = {term}, [term]
            while todo:
                for c in child.get(todo.pop(), ()):
                    if c not in seen:
                        seen.add(c)
                        todo.append(c)
            labels = tuple(sorted(label_of[t] for t in seen if t in label_of))
            if not labels:
                continue
            means = {run: np.mean([self.f1[name][run] for name in labels])
                     for run in self.runs.values()}
            # Terms over the same classes are one test.
            sets.setdefault(labels, paired(*both(means, self.runs, self.seeds)))
            sets[labels]["cells"] = sum(self.support[name] for name in labels)
            out[term] = sets[labels]
        holm(sets.values())
        return out

    def errors(self):
        """By class: shares of its cells that went wrong, and by relation."""
        counts = {}
        for run, true, relation, n in self.db.execute(
                "SELECT c.run_id, c.true_label, c.relation, SUM(c.n) FROM confusion c"
                " JOIN (SELECT DISTINCT run_id, evaluation, checkpoint FROM f1"
                " WHERE is_primary) USING (run_id, evaluation, checkpoint)"
                " WHERE c.evaluation = ? GROUP BY 1, 2, 3", (EVALUATION,)):
            counts.setdefault(true, {}).setdefault(run, {})[relation] = n
        out = {}
        for true, by_run in counts.items():
            share = {r: {run: c.get(r, 0) / sum(c.values()) for run, c in by_run.items()}
                     for r in RELATIONS.values()}
            wrong = {run: sum(share[r][run] for r in ("ancestor", "sibling", "other"))
                     for run in by_run}
            out[true] = paired(*both(wrong, self.runs, self.seeds))
            out[true]["cells"] = sum(next(iter(by_run.values())).values())
            for letter, r in RELATIONS.items():
                v = paired(*both(share[r], self.runs, self.seeds))
                out[true][letter + "CE"], out[true][letter + "HCE"] = v["ce"], v["hce"]
                out[true][letter + "DIFF"] = v["delta"]
        holm(out.values())
        return out


# --- comparing ---

def places(text):
    """Printed value, and one unit of its last place."""
    scale = 1000 if text.endswith("k") else 1
    text = text.rstrip("k")
    digits = len(text.split(".")[1]) if "." in text else 0
    return float(text) * scale, 10.0 ** -digits * scale


def difference(text, value):
    """In units of the last place; 0 where both say that there is nothing."""
    if text == "-" or text is None:
        return 0.0 if not np.isfinite(value) else np.inf
    if text.startswith("<"):
        return 0.0 if value < places(text[1:])[0] else np.inf
    shown, unit = places(text)
    return abs(shown - value) / unit


def find(name, truth):
    """The label that a name stands for, which may be cut in its middle."""
    if name in truth:
        return name
    start, _, end = name.partition("…")
    hits = [t for t in truth if t.startswith(start) and t.endswith(end)]
    if len(hits) != 1:
        sys.exit(f"{name!r} stands for {hits}")
    return hits[0]


def check(view, cells, rng, n):
    picked = rng.sample(cells, min(n, len(cells)))
    worst = max(picked, key=lambda c: difference(c[2], c[3]))
    bad = [c for c in picked if difference(c[2], c[3]) > 0.5 + 1e-6]
    print(f"{'not ok' if bad or len(picked) < n else 'ok'} - {view}: {len(picked)} of"
          f" {len(cells)} cells; largest difference"
          f" {difference(worst[2], worst[3]):.3f} of the last place"
          f" ({worst[0]}, {worst[1]}: {worst[2]}, computed {worst[3]:.6g})")
    for name, column, text, value in bad:
        print(f"# {name}, {column}: screen {text}, computed {value!r}")
    return not bad and len(picked) == n


COLUMNS = ("cells", "ce", "ce_sd", "hce", "hce_sd", "delta", "low", "high", "wins",
           "losses", "p", "holm")


def cells_of(rows, truth, key):
    out = []
    for (name, rest), row in rows.items():
        label = key(name, rest)
        if label is not None:
            out += [(label, c, row[c], truth[label][c]) for c in COLUMNS
                    if row[c] is not None]
    return out


def relation_cells(rows, truth):
    """The columns of the relations at the end of the rows of Errors."""
    names = [r + side for r in RELATIONS for side in ("CE", "HCE", "DIFF")]
    out = []
    for (name, rest), row in rows.items():
        numbers = re.findall(r"(?<!\S)[+-]?\.\d{3}(?!\S)|(?<!\S)[+-]?1\.\d+(?!\S)", rest)
        if name != "all cells" and len(numbers) == len(names):
            label = find(name, truth)
            out += [(label, c, x, truth[label][c]) for c, x in zip(names, numbers)]
    return out


def main():
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "./hcelab")
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    n = int(sys.argv[4]) if len(sys.argv) > 4 else 50
    folder = tempfile.mkdtemp(prefix="hcelab-numbers-")
    store = os.path.join(folder, "numbers.db")
    if len(sys.argv) > 2:
        subprocess.run([program, "--store", sys.argv[2], "store", "backup", store],
                       check=True, stdout=subprocess.DEVNULL)
    else:
        subprocess.run([program, "demo", "--no-dashboard", "--store", store], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    rng = random.Random(seed)
    screen = Screen(folder, program, store)
    try:
        truth = Truth(store)
        compare = read_rows(screen.pages("3", "[3 Compare]"), "LABEL", "CELLS")
        ontology = read_rows(screen.pages("4", "[4 Ontology]", ("*",)), "TERM", "UP")
        errors = read_rows(screen.pages("5", "[5 Errors]"), "CLASS", "CELLS")
    finally:
        screen.close()
    print(f"# seed {seed}, {len(truth.seeds)} pairs of seeds, evaluation {EVALUATION},"
          f" rule {RULE}")
    c, o, e = truth.compare(), truth.ontology(), truth.errors()
    term = re.compile(r"CL:\d+")
    good = [
        check("Compare", cells_of(compare, c, lambda name, rest: find(name, c)), rng, n),
        check("Ontology", cells_of(ontology, o, lambda name, rest: (
            term.search(rest).group() if term.search(rest) else None)), rng, n),
        check("Errors", cells_of(errors, e, lambda name, rest: (
            None if name == "all cells" else find(name, e))) +
            relation_cells(errors, e), rng, n)]
    shutil.rmtree(folder)
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
