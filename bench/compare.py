"""Ours against PyTorch, in turns, on the same cells: one command, a table and a CSV.

  make bench/bench_step && /usr/bin/python3 ../bench/compare.py [--pairs 9] [--threads 2]
      [--models linear,mlp,tabnet] [--losses ce] [--what train,predict] [--csv FILE]

Run in the build folder.  For each model both sides live at the same time, have their
batches in memory and are warmed up; then they take turns, so that a busy moment hits
both.  The ratio of each pair counts: median, least and largest are printed, with cells
per second of both sides' medians.  --scaling measures our side alone: two threads against
one, and HCE against CE, in pairs likewise.
"""
import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile

BATCH = 2048
# About half a second a turn on our side, so that a turn is long against a clock tick.
STEPS = {("linear", "train"): 6, ("linear", "predict"): 12, ("mlp", "train"): 4,
         ("mlp", "predict"): 8, ("tabnet", "train"): 1, ("tabnet", "predict"): 2}
THEIRS = {("linear", "train"): 2, ("linear", "predict"): 3, ("mlp", "train"): 1,
          ("mlp", "predict"): 2, ("tabnet", "train"): 1, ("tabnet", "predict"): 1}


class Side:
    """A process that runs steps when asked and says how long they took."""

    def __init__(self, argv):
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if not self.process.stdout.readline().startswith("ready"):
            sys.exit(f"{argv[0]} did not start")

    def cells_per_s(self, what, n):
        self.process.stdin.write(f"{what} {n}\n")
        self.process.stdin.flush()
        return n * BATCH / float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def ours(model, loss, threads):
    return Side(["bench/bench_step", "--model", model, "--loss", loss, "--threads",
                 str(threads)])


def torch(model, loss, threads, folder):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch_step.py")
    return Side([sys.executable, script, "--dir", folder, "--model", model, "--loss",
                 loss, "--threads", str(threads)])


def spread(x):
    return f"{statistics.median(x):.2f} [{min(x):.2f}, {max(x):.2f}]"


def turns(a, b, n_a, n_b, what, pairs):
    """Rates of both sides, turn by turn; the first pair warms up."""
    rows = [(a.cells_per_s(what, n_a), b.cells_per_s(what, n_b))
            for _ in range(pairs + 1)]
    return rows[1:]


def report(name, rows, out):
    ratio = [x / y for x, y in rows]
    left = statistics.median(x for x, _ in rows)
    right = statistics.median(y for _, y in rows)
    print(f"{name:34} {spread(ratio):>26} {left:12,.0f} {right:12,.0f}", flush=True)
    out.writerows([name, i, f"{x:.1f}", f"{y:.1f}", f"{x / y:.4f}"]
                  for i, (x, y) in enumerate(rows))


def against_torch(o, out):
    print(f"{'against PyTorch':34} {'ratio [least, largest]':>26} {'ours':>12} "
          f"{'PyTorch':>12}  cells/s, {o.threads} threads")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["bench/bench_step", "--dump", folder, "--batches", "2"],
                       check=True)
        for model in o.models.split(","):
            for loss in o.losses.split(","):
                a, b = ours(model, loss, o.threads), torch(model, loss, o.threads, folder)
                for what in o.what.split(","):
                    rows = turns(a, b, STEPS[model, what], THEIRS[model, what], what,
                                 o.pairs)
                    report(f"{model} {loss} {what}", rows, out)
                a.close()
                b.close()


def scaling(o, out):
    print(f"{'our side alone':34} {'ratio [least, largest]':>26} {'left':>12} "
          f"{'right':>12}  cells/s")
    for model in o.models.split(","):
        one, two = ours(model, "ce", 1), ours(model, "ce", 2)
        n = STEPS[model, "train"]
        report(f"{model} 2 threads / 1", turns(two, one, n, n, "train", o.pairs), out)
        one.close()
        hce = ours(model, "hce", 2)
        report(f"{model} ce / hce", turns(two, hce, n, n, "train", o.pairs), out)
        two.close()
        hce.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--models", default="linear,mlp,tabnet")
    parser.add_argument("--losses", default="ce")
    parser.add_argument("--what", default="train,predict")
    parser.add_argument("--csv", default="bench.csv")
    parser.add_argument("--scaling", action="store_true")
    o = parser.parse_args()
    with open(o.csv, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["case", "pair", "left_cells_per_s", "right_cells_per_s", "ratio"])
        (scaling if o.scaling else against_torch)(o, out)


if __name__ == "__main__":
    main()
