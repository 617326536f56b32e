"""How fast fuzz_reference is beside a target that does nothing, and whether its memory grows.

Both are built with libFuzzer, without sanitizers and with AddressSanitizer, and run in turn with
the same -runs and -max_len, starting from nothing. A rate is executions per second of the
process's CPU time, so that what else runs on the machine counts less; executions per second of wall
time are printed beside it. A ratio is the median of the rounds', each of two runs next to each
other. Exit code 1 if a promise is missed, 2 if something could not be built or run.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent

# What is promised: executions per second of fuzz_reference for each of the empty target.
PROMISED_RATIO = {"plain": 0.15, "address": 0.10}
MAX_LEN = 164  # 16 steps
# So many that starting a process, which weighs more on the empty target, does not tell.
RUNS = 3_000_000
MEMORY_RUNS = 1_000_000  # and ten times as many
# What an allocator and an engine may come to hold between a million and ten million executions.
ALLOWED_GROWTH_MB = 8
# AddressSanitizer keeps what was freed, 256 MB of it, so that any program grows until that is full.
# Where growth is measured it keeps little.
MEMORY_OPTIONS = {"ASAN_OPTIONS": "quarantine_size_mb=8"}

SANITIZERS = {"plain": "fuzzer-no-link", "address": "fuzzer-no-link,address"}
TARGETS = ("fuzz_empty", "fuzz_reference")


class Failure(Exception):
    """Something could not be built or run."""


def call(command, **options):
    done = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options
    )
    if done.returncode != 0:
        sys.stderr.buffer.write(done.stdout)
        raise Failure(f"exit code {done.returncode} of {' '.join(map(str, command))}")


def build(folder, kind):
    """Builds both targets as the preset does, but for the sanitizer; gives their paths."""
    flags = f"-O1 -g -fno-omit-frame-pointer -fsanitize={SANITIZERS[kind]}"
    options = [f"-DCMAKE_{language}_FLAGS={flags}" for language in ("C", "CXX")]
    call(["cmake", "--preset", "fuzz", "-B", folder, *options], cwd=SOURCE)
    call(["cmake", "--build", folder, "--target", *TARGETS])
    return {target: folder / "fuzz" / target for target in TARGETS}


class Run:
    """One run of a target that is to do `runs` executions, with `options` in its environment."""

    def __init__(self, target, runs, seed, options=None):
        command = [str(target), f"-runs={runs}", f"-max_len={MAX_LEN}", f"-seed={seed}"]
        started = time.monotonic()
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(options or {})},
        ) as process:
            output = process.stdout.read().decode(errors="replace")
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - started
        if process.returncode != 0 or f"Done {runs} runs" not in output:
            sys.stderr.write(output)
            raise Failure(f"exit code {process.returncode} of {' '.join(command)}")
        self.rate = runs / (usage.ru_utime + usage.ru_stime)
        self.wall_rate = runs / seconds
        self.peak_mb = usage.ru_maxrss / 1024


def measure_rates(targets, kind, rounds, runs):
    """True if the promised ratio is kept."""
    ratios = []
    best = dict.fromkeys(TARGETS, 0.0)
    print(f"{kind}: executions/s of CPU time (of wall time), {runs:,} in each run")
    for number in range(1, rounds + 1):
        empty, reference = (Run(targets[target], runs, number) for target in TARGETS)
        ratios.append(reference.rate / empty.rate)
        best["fuzz_empty"] = max(best["fuzz_empty"], empty.rate)
        best["fuzz_reference"] = max(best["fuzz_reference"], reference.rate)
        print(
            f"  round {number}: empty {empty.rate:,.0f} ({empty.wall_rate:,.0f}), reference "
            f"{reference.rate:,.0f} ({reference.wall_rate:,.0f}), ratio {ratios[-1]:.3f}, "
            f"load {os.getloadavg()[0]:.1f}"
        )
    ratio = statistics.median(ratios)
    kept = ratio >= PROMISED_RATIO[kind]
    print(
        f"  best: empty {best['fuzz_empty']:,.0f}, reference {best['fuzz_reference']:,.0f}; "
        f"median ratio {ratio:.3f}, promised {PROMISED_RATIO[kind]:.2f}: "
        f"{'kept' if kept else 'MISSED'}"
    )
    return kept


def measure_memory(targets, kind, runs):
    """True if ten times as many executions take no more memory."""
    first, second = (
        Run(targets["fuzz_reference"], count, 1, MEMORY_OPTIONS).peak_mb
        for count in (runs, 10 * runs)
    )
    kept = second - first <= ALLOWED_GROWTH_MB
    print(
        f"{kind}: peak memory {first:.1f} MB after {runs:,} executions, {second:.1f} MB after "
        f"{10 * runs:,}: {'kept' if kept else 'GROWS'}"
    )
    return kept


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build" / "fuzz-bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--kinds", nargs="+", choices=SANITIZERS, default=list(SANITIZERS))
    options = parser.parse_args()
    try:
        kept = []
        for kind in options.kinds:
            targets = build(options.build.resolve() / kind, kind)
            kept.append(measure_rates(targets, kind, options.rounds, options.runs))
            kept.append(measure_memory(targets, kind, MEMORY_RUNS))
    except Failure as failure:
        print(f"benchmark.py: {failure}", file=sys.stderr)
        return 2
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
