#!/usr/bin/env python3
"""Fuzzes every target of a libFuzzer build for a while, several at a time.

usage: run_targets.py (--seconds N | --minimize | --list) [--build DIR] [--jobs J] [--corpus DIR]
                      [--findings DIR] [TARGET...]

The targets are those that fuzz/ has a fuzz_X.cpp for, but for fuzz_iut, which has to be told what
implementation to run. Each starts from its checked-in seeds and
from what earlier runs left in --corpus, with its options and its dictionary; what is new stays in
--corpus. Prints one line per target. What makes a target fail is kept in --findings/fuzz_X, with
the log. Exit code 0: nothing was found; 1: something was, or a target did not work; 2: wrong use.

With --minimize nothing is fuzzed, but of each corpus only what adds coverage to the seeds is kept.
With --list the targets are printed.
"""

import argparse
import collections
import concurrent.futures
import configparser
import os
import pathlib
import re
import shutil
import subprocess
import sys

FUZZ = pathlib.Path(__file__).resolve().parent

# After this long an input counts as hung; an ordinary one takes microseconds. A target that
# libFuzzer itself cannot stop is given up this long after its time.
PATIENCE_SECONDS = 120

Result = collections.namedtuple(
    "Result", "target executions per_second edges features corpus findings problem log")


def all_targets(fuzz=FUZZ):
    return sorted(path.stem for path in fuzz.glob("fuzz_*.cpp") if path.stem != "fuzz_iut")


def seed_folders(target, fuzz=FUZZ):
    """The folders with a target's seeds; the histories that the tests judge are seeds as well."""
    folders = [fuzz / "corpus" / target.removeprefix("fuzz_")]
    if target == "fuzz_history":
        folders.append(fuzz.parent / "spec" / "vectors")
    return [folder for folder in folders if folder.is_dir()]


def libfuzzer_options(target, fuzz=FUZZ):
    """The command line that the target's .options file and its dictionary stand for."""
    parser = configparser.ConfigParser()
    parser.read(fuzz / "options" / f"{target}.options")
    options = []
    if parser.has_section("libfuzzer"):
        options = [f"-{key}={value}" for key, value in parser["libfuzzer"].items()]
    dictionary = fuzz / "dictionaries" / f"{target}.dict"
    return options + ([f"-dict={dictionary}"] if dictionary.is_file() else [])


def last(pattern, log, default=0):
    found = re.findall(pattern, log, re.MULTILINE)
    return int(found[-1]) if found else default


def result_of(target, status, log):
    """What libFuzzer's log says. A target that says nothing, or ran nothing, has a problem."""
    artifacts = list(dict.fromkeys(re.findall(r"Test unit written to (\S+)", log)))
    executions = last(r"^stat::number_of_executed_units:\s*(\d+)", log)
    problem = ""
    if status != 0:
        summary = re.findall(r"^SUMMARY: (.*)$", log, re.MULTILINE)
        problem = summary[-1] if summary else f"ended with exit code {status}"
    elif executions == 0:
        problem = "ran no input"
    return Result(target, executions, last(r"^stat::average_exec_per_sec:\s*(\d+)", log),
                  last(r"\bcov: (\d+)", log), last(r"\bft: (\d+)", log),
                  last(r"\bcorp: (\d+)", log), artifacts, problem, log)


def fuzz_one(target, arguments):
    findings = pathlib.Path(arguments.findings) / target
    corpus = pathlib.Path(arguments.corpus) / target.removeprefix("fuzz_")
    for folder in (findings, corpus):
        folder.mkdir(parents=True, exist_ok=True)
    command = [
        os.path.join(arguments.build, "fuzz", target), f"-max_total_time={arguments.seconds}",
        "-print_final_stats=1", f"-timeout={PATIENCE_SECONDS}", f"-artifact_prefix={findings}/",
        *libfuzzer_options(target), corpus, *seed_folders(target)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False,
                              timeout=arguments.seconds + 2 * PATIENCE_SECONDS)
        status, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as expired:
        status, output = "none, it was stopped", expired.stdout or b""
    result = result_of(target, status, output.decode("utf-8", "replace"))
    log = findings / "log.txt"
    if result.problem:
        log.write_text(result.log, encoding="utf-8")
    elif not any(path != log for path in findings.iterdir()):
        log.unlink(missing_ok=True)
        findings.rmdir()
    return result


def minimize_one(target, arguments):
    """Whether the corpus of a target could be replaced by what of it adds coverage to the seeds."""
    old = pathlib.Path(arguments.corpus) / target.removeprefix("fuzz_")
    new = old.with_name(old.name + ".new")
    if not old.is_dir():
        print(f"{target:24} has no corpus yet", flush=True)
        return True
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    done = subprocess.run(
        [os.path.join(arguments.build, "fuzz", target), "-merge=1", f"-timeout={PATIENCE_SECONDS}",
         *libfuzzer_options(target), new, *seed_folders(target), old], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    # A merge that kept nothing at all, not even a seed, did not work, whatever it says.
    if done.returncode != 0 or not any(new.iterdir()):
        print(f"{target}: the corpus is left as it is, libFuzzer could not merge it\n"
              + done.stdout.decode("utf-8", "replace")[-4000:], file=sys.stderr)
        return False
    seeds = {file.read_bytes() for folder in seed_folders(target)
             for file in folder.rglob("*") if file.is_file()}
    for file in new.iterdir():
        if file.read_bytes() in seeds:
            file.unlink()
    print(f"{target:24} {len(list(old.iterdir())):,} inputs before, {len(list(new.iterdir())):,} "
          "after", flush=True)
    shutil.rmtree(old)
    new.rename(old)
    return True


def print_row(result):
    print(f"{result.target:24} {result.executions:11,} {result.per_second:9,} {result.edges:7,} "
          f"{result.features:9,} {result.corpus:8,} {len(result.findings):9,}"
          + (f"  {result.problem}" if result.problem else ""), flush=True)


def wrong_use(message):
    print(f"run_targets.py: {message}", file=sys.stderr)
    return 2


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/fuzz", help="a build with the preset fuzz")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--seconds", type=int, help="for each target")
    what.add_argument("--minimize", action="store_true", help="the corpora, and fuzz nothing")
    what.add_argument("--list", action="store_true", help="the targets, and fuzz nothing")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="targets at a time")
    parser.add_argument("--corpus", default="build/fuzz-corpus")
    parser.add_argument("--findings", default="build/fuzz-findings")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    return parser.parse_args()


def fuzz_all(targets, arguments):
    print("target                    executions  execs/s   edges  features   corpus  findings",
          flush=True)
    results = []
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        futures = [pool.submit(fuzz_one, target, arguments) for target in targets]
        for future in concurrent.futures.as_completed(futures):
            results.append(future.result())
            print_row(results[-1])
    for result in results:
        for artifact in result.findings:
            print(f"again  {arguments.build}/fuzz/{result.target} {artifact}")
        if result.problem:
            print(f"log    {arguments.findings}/{result.target}/log.txt")
    return 1 if any(result.problem for result in results) else 0


def minimize_all(targets, arguments):
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        done = list(pool.map(lambda target: minimize_one(target, arguments), targets))
    return 0 if all(done) else 1


def main():
    arguments = parse_arguments()
    # libFuzzer takes 0 seconds for no limit.
    if arguments.jobs < 1 or (arguments.seconds is not None and arguments.seconds < 1):
        return wrong_use("--seconds and --jobs are at least 1")
    targets = arguments.targets or all_targets()
    if not targets:
        return wrong_use(f"there is no fuzz_*.cpp in {FUZZ}")
    if arguments.list:
        print("\n".join(targets))
        return 0
    for target in targets:
        if not os.access(os.path.join(arguments.build, "fuzz", target), os.X_OK):
            return wrong_use(f"{target} is not built in {arguments.build}")
        if not seed_folders(target):
            return wrong_use(f"{target} has no seeds in fuzz/corpus/{target.removeprefix('fuzz_')}")
    return minimize_all(targets, arguments) if arguments.minimize else fuzz_all(targets, arguments)


if __name__ == "__main__":
    sys.exit(main())
