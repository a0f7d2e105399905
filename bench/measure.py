"""What compare.py measures with: processes that take turns, and the report of it."""
import csv
import datetime
import os
import platform
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class Side:
    """A process that does what it is asked, line by line, and says what that took."""

    def __init__(self, argv, env=None):
        self.argv = argv
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True,
                                        env=dict(os.environ, **(env or {})))
        first = self.process.stdout.readline()
        if not first.startswith("ready"):
            sys.exit(f"{' '.join(argv)}: did not start")
        self.facts = words(first)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer:
            sys.exit(f"{' '.join(self.argv)}: no answer to '{line}'")
        return answer

    def number(self, line):
        return float(self.ask(line))

    def numbers(self, line):
        return {k: float(v) for k, v in words(self.ask(line)).items()}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def words(line):
    """The name=value pairs of a line."""
    return dict(w.split("=", 1) for w in line.split() if "=" in w)


def commit():
    git = ["git", "-C", HERE, "describe", "--always", "--dirty", "--abbrev=10"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as f:
            names = [x.split(":", 1)[1].strip() for x in f if x.startswith("model name")]
    except OSError:
        names = []
    return f"{names[0] if names else platform.machine()} x {len(os.sched_getaffinity(0))}"


class Report:
    """Tables on the terminal, and a line of the CSV for each number in them."""

    COLUMNS = ["date", "commit", "machine", "load", "path", "threads", "part", "case",
               "measure", "unit", "n", "median", "min", "max", "values"]

    def __init__(self, path):
        self.file = open(path, "w", newline="", encoding="utf-8")
        self.csv = csv.writer(self.file)
        self.csv.writerow(self.COLUMNS)
        now = datetime.datetime.now(datetime.timezone.utc)
        self.same = [now.strftime("%Y-%m-%dT%H:%MZ"), commit(), processor()]
        print(f"{self.same[0]}  commit {self.same[1]}  {self.same[2]}, "
              f"load {os.getloadavg()[0]:.2f}")

    def table(self, part, title, columns):
        """Begin a table; columns: (heading, unit) of its numbers."""
        self.part, self.columns = part, columns
        self.width = 28 if len(columns) < 4 else 20
        heads = "".join(f"{name + (', ' + unit if unit else ''):>{self.width}}"
                        for name, unit in columns)
        print(f"\n{title:30}{heads}", flush=True)

    def row(self, case, facts, cells):
        """One line; cells: the values of each column, over all repeats; None: none."""
        print(f"{case:30}" + "".join(f"{spread(x):>{self.width}}" for x in cells),
              flush=True)
        for (name, unit), x in zip(self.columns, cells):
            if not x:
                continue
            self.csv.writerow(self.same + [
                f"{os.getloadavg()[0]:.2f}", facts.get("path", ""),
                facts.get("threads", ""), self.part, case, name, unit, len(x),
                f"{statistics.median(x):.6g}", f"{min(x):.6g}", f"{max(x):.6g}",
                " ".join(f"{v:.6g}" for v in x)])
        self.file.flush()


def plain(x):
    if abs(x) >= 1000:
        return f"{x:,.0f}"
    if abs(x) >= 100:
        return f"{x:.0f}"
    return f"{x:.3g}" if abs(x) >= 0.1 else f"{x:.2f}"


def spread(x):
    """Median, and least and largest where there are several."""
    if not x:
        return "-"
    if len(x) == 1:
        return plain(x[0])
    return f"{plain(statistics.median(x))} [{plain(min(x))}, {plain(max(x))}]"


def after_a_rest(side):
    """The other side's threads may still spin for a while."""
    time.sleep(0.1)
    return side()


def turns(n, *sides):
    """Each side's results, in turns; the first turn warms up and does not count."""
    rows = [[after_a_rest(side) for side in sides] for _ in range(n + 1)][1:]
    return [list(column) for column in zip(*rows)]
