#!/usr/bin/env python3
"""Times redvet beside a search for one word over the same tree, run by run in turn.

usage: against_ripgrep.py PROGRAM TREE [RUNS]

Prints the medians of wall time and of CPU time (user and system) in milliseconds, the peak of memory in
MiB, and what redvet needs of ripgrep's figures. PROGRAM is a release build; `rg` has to be installed.
"""

import os
import statistics
import subprocess
import sys
import time


def run(command, tree):
    """Wall seconds, CPU seconds and peak KiB of one run."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    program, tree = os.path.abspath(sys.argv[1]), sys.argv[2]
    runs = int(sys.argv[3]) if len(sys.argv) == 4 else 7
    commands = {
        "rg": ["rg", "-l", "-i", "redis", "."],
        "redvet": [program, "check", "--isolated", "--exit-zero", "--format", "json", "."],
    }
    for command in commands.values():
        run(command, tree)
    seen = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            seen[name].append(run(command, tree))
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in seen.items()}
    print(f"{'':8}{'wall ms':>10}{'CPU ms':>10}{'peak MiB':>10}")
    for name, (wall, cpu, peak) in medians.items():
        print(f"{name:8}{wall * 1000:10.0f}{cpu * 1000:10.0f}{peak / 1024:10.0f}")
    ratio = [medians["redvet"][i] / medians["rg"][i] for i in range(2)]
    print(f"{'ratio':8}{ratio[0]:10.2f}{ratio[1]:10.2f}")


main()
