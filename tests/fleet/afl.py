#!/usr/bin/env python3
"""Builds the fuzz targets with AFL++ and fuzzes each for a while.

usage: afl.py --source DIR --work DIR

Each target, started from its seeds with its dictionary, must be run in persistent mode, take its
inputs from shared memory, execute at least 2,000 of them, and not crash. At the end a
target that crashes on some input is built the same way: its crash must be noticed.

Needs afl-fuzz and afl-clang-fast++ (Debian: afl++).
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "fuzz"))
import run_targets  # pylint: disable=wrong-import-position

EXECUTIONS = 2000
# A busy machine is not to lose inputs, so none is given up that takes less.
INPUT_MS = 20000
PATIENCE_SECONDS = 1700

CRASHING_TARGET = """
#include <cstddef>
#include <cstdint>
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 0 && data[0] != 's') __builtin_trap();
  return 0;
}
"""

# The machine's settings for core dumps and processors are not this test's to change.
ENVIRONMENT = dict(os.environ, AFL_SKIP_CPUFREQ="1", AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES="1",
                   AFL_NO_UI="1", AFL_NO_AFFINITY="1", AFL_NO_COLOR="1", AFL_QUIET="1")


def run(command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                          timeout=PATIENCE_SECONDS, env=ENVIRONMENT, **options)


def must(command, **options):
    done = run(command, **options)
    if done.returncode != 0:
        sys.exit(f"{done.stdout[-8000:]}\n{command[0]} ended with exit code {done.returncode}")


def statistics(path):
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return dict(re.split(r"\s*:\s*", line.rstrip(), maxsplit=1) for line in lines if ":" in line)


def problems_of(program, seed_folders, dictionary, work):
    """Fuzzes a program and tells what was wrong with it."""
    shutil.rmtree(work, ignore_errors=True)
    seeds = work / "seeds"
    seeds.mkdir(parents=True)
    for folder in seed_folders:
        for number, file in enumerate(sorted(p for p in folder.rglob("*") if p.is_file())):
            shutil.copy(file, seeds / f"{folder.name}-{number}")
    command = ["afl-fuzz", "-i", seeds, "-o", work / "out", "-E", str(EXECUTIONS), "-s", "1",
               "-t", str(INPUT_MS)]
    if dictionary.is_file():
        command += ["-x", dictionary]
    done = run([*command, "--", program])
    seen = statistics(work / "out/default/fuzzer_stats")
    if done.returncode != 0 or not seen:
        return [f"afl-fuzz ended with exit code {done.returncode}: {done.stdout[-3000:]}"]
    print(f"{program.name}: {seen['execs_done']} executions, {seen['edges_found']} edges, "
          f"mode {seen['target_mode'] or 'plain'}", flush=True)
    problems = []
    if int(seen["execs_done"]) < EXECUTIONS:
        problems.append(f"only {seen['execs_done']} executions")
    for mode in ("persistent", "shmem_testcase"):
        if mode not in seen["target_mode"].split():
            problems.append(f"not in mode {mode}, but '{seen['target_mode']}'")
    if seen["saved_crashes"] != "0":
        problems.append(f"{seen['saved_crashes']} crashes")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    source, work = arguments.source.resolve(), arguments.work.resolve()
    for tool in ("afl-fuzz", "afl-clang-fast++"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed (Debian: afl++)")
    fuzz = source / "fuzz"
    targets = run_targets.all_targets(fuzz)
    if not targets:
        sys.exit("there is no fuzz/fuzz_*.cpp")
    work.mkdir(parents=True, exist_ok=True)
    build = work / "build"
    must(["cmake", "--preset", "afl", "-B", build], cwd=source)
    must(["cmake", "--build", build, "-j", str(os.cpu_count()), "--target", *targets])
    problems = [
        f"{target}: {problem}" for target in targets
        for problem in problems_of(build / "fuzz" / target, run_targets.seed_folders(target, fuzz),
                                   fuzz / f"dictionaries/{target}.dict", work / target)]

    (work / "crashing.cpp").write_text(CRASHING_TARGET, encoding="utf-8")
    (work / "seed").mkdir(exist_ok=True)
    (work / "seed/seed").write_text("seed", encoding="utf-8")
    must(["afl-clang-fast++", "-fsanitize=fuzzer", work / "crashing.cpp", "-o", work / "crashing"])
    found = problems_of(work / "crashing", [work / "seed"], work / "none.dict", work / "crashed")
    if not any("crashes" in problem for problem in found):
        problems.append(f"a target that crashes was not noticed: {found}")
    for problem in problems:
        print(problem)
    print(f"{len(targets)} targets, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
