#!/usr/bin/env python3
"""Verdicts on an overloaded machine.

Runs `vdsconform run --quick` again and again while busy processes fight for every processor, on
implementations that conform and on implementations that wait for their operation. Every verdict
must be what it is on an idle machine: exit code 0 for the former; exit code 1 and QS-06, and no
other requirement, for the latter. Prints a table; exits with 1 if any verdict was wrong.

The load ends with this script, however it ends. A run that does not end within --limit seconds is
stopped and counted as wrong.
"""

import argparse
import collections
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

PR_SET_PDEATHSIG = 1

Run = collections.namedtuple("Run", "problem seconds")


def start_load(count):
    """Busy processes that die with this one."""
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            for ignored in (signal.SIGTERM, signal.SIGINT):
                signal.signal(ignored, signal.SIG_DFL)
            if os.getppid() != parent:
                os._exit(0)
            while True:
                pass
        children.append(child)
    return children


def stop_load(children):
    for child in children:
        os.kill(child, signal.SIGKILL)
    for child in children:
        os.waitpid(child, 0)


def failing_requirements(report_path):
    with open(report_path, encoding="utf-8") as file:
        report = json.load(file)
    return sorted(r["id"] for r in report["requirements"] if r["verdict"] == "fail")


def run_once(command, library, directory, expected, limit, case_filter):
    """One run; says what was wrong with its verdict, or None."""
    report = os.path.join(directory, "report.json")
    if os.path.exists(report):
        os.remove(report)
    arguments = [command, "run", "--quick", "--iut", library, "--json", report]
    if case_filter:
        arguments += ["--filter", case_filter]
    started = time.monotonic()
    process = subprocess.Popen(
        arguments,
        cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        text=True, errors="replace", start_new_session=True)
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return Run(f"did not end within {limit} s", time.monotonic() - started)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    seconds = time.monotonic() - started
    expected_code = 1 if expected else 0
    failing = failing_requirements(report) if os.path.exists(report) else []
    if process.returncode == expected_code and failing == expected:
        return Run(None, seconds)
    wanted = ", ".join(expected) or "nothing"
    seen = ", ".join(failing) or "nothing"
    tail = "\n      ".join(output.splitlines()[-25:])
    return Run(f"exit code {process.returncode}, expected {expected_code}; failed: {seen}, "
               f"expected: {wanted}\n      {tail}", seconds)


def check(command, name, library, expected, repeat, limit, case_filter, directory):
    runs = []
    for _ in range(repeat):
        run = run_once(command, library, directory, expected, limit, case_filter)
        runs.append(run)
        if run.problem:
            print(f"  {name}: run {len(runs)}: {run.problem}", flush=True)
    wrong = sum(1 for run in runs if run.problem)
    seconds = sorted(run.seconds for run in runs)
    print(f"{name:<34} {'QS-06' if expected else 'conforms':<9} {len(runs):>5} {wrong:>6} "
          f"{seconds[0]:>8.1f} {seconds[len(seconds) // 2]:>8.1f} {seconds[-1]:>8.1f}", flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vdsconform", required=True, help="the command")
    parser.add_argument("--conforming", action="append", default=[], metavar="LIB")
    parser.add_argument("--blocking", action="append", default=[], metavar="LIB")
    parser.add_argument("--blocking-filter", metavar="PATTERN",
                        help="run only these cases on what waits; a call that spins costs its "
                             "patience of processor time in every case that holds it pending")
    parser.add_argument("--repeat", type=int, default=30, help="runs of each (30)")
    parser.add_argument("--load", type=int, default=16, help="busy processes (16)")
    parser.add_argument("--limit", type=float, default=3600, help="seconds a run may take (3600)")
    arguments = parser.parse_args()
    libraries = ([(path, []) for path in arguments.conforming] +
                 [(path, ["QS-06"]) for path in arguments.blocking])
    if not libraries or arguments.repeat < 1:
        parser.error("nothing to run: give --conforming or --blocking, and --repeat of 1 or more")
    for path in [arguments.vdsconform] + [path for path, _ in libraries]:
        if not os.path.exists(path):
            parser.error(f"{path} does not exist")

    # So that the load is stopped and what runs is killed, also when a test driver stops us.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    wrong = 0
    load = start_load(arguments.load)
    try:
        print(f"{arguments.load} busy processes on {os.cpu_count()} processors")
        print(f"{'implementation':<34} {'expected':<9} {'runs':>5} {'wrong':>6} {'min s':>8} "
              f"{'median s':>8} {'max s':>8}", flush=True)
        with tempfile.TemporaryDirectory(prefix="vdsconform-overload-") as directory:
            for path, expected in libraries:
                name = os.path.splitext(os.path.basename(path))[0]
                wrong += check(os.path.abspath(arguments.vdsconform), name, os.path.abspath(path),
                               expected, arguments.repeat, arguments.limit,
                               arguments.blocking_filter if expected else None, directory)
    finally:
        stop_load(load)
    print(f"{wrong} wrong verdicts in {arguments.repeat * len(libraries)} runs")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
