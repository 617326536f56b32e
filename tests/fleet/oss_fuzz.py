#!/usr/bin/env python3
"""Runs fuzz/oss-fuzz/build.sh as OSS-Fuzz does and tries what it made.

usage: oss_fuzz.py --source DIR --work DIR --sanitizer address|undefined|coverage

$OUT must hold, for each fuzz/fuzz_X.cpp, a target built with the sanitizer, its seeds, its options,
and its dictionary if it has one. Each target must then run on its seeds and 2,000 inputs made of
them, or, built for coverage, on its seeds, with a profile that covers it. At the end a target is
taken away, a zip emptied and a target made to crash: each must be noticed.
"""

import argparse
import configparser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "fuzz"))
import run_targets  # pylint: disable=wrong-import-position

# The flags of the platform's images, for libFuzzer, as their Dockerfiles have them; but for
# -stdlib=libc++, as the libraries that Debian has are made for libstdc++.
COMMON = ("-O1 -fno-omit-frame-pointer -gline-tables-only "
          "-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION")
FEEDBACK = "-fsanitize=fuzzer-no-link"
RECOVERED = "unsigned-integer-overflow"
UNDEFINED = ("array-bounds,bool,builtin,enum,function,integer-divide-by-zero,null,object-size,"
             "return,returns-nonnull-attribute,shift,signed-integer-overflow,unreachable,"
             "vla-bound,vptr")
FLAGS = {
    "address": f"{COMMON} -fsanitize=address -fsanitize-address-use-after-scope {FEEDBACK}",
    "undefined": f"{COMMON} -fsanitize={UNDEFINED},{RECOVERED} -fno-sanitize-recover={UNDEFINED} "
                 f"{FEEDBACK}",
    "coverage": f"{COMMON} -fprofile-instr-generate -fcoverage-mapping -pthread "
                "-Wl,--no-as-needed -Wl,-ldl -Wl,-lm -Wno-unused-command-line-argument",
}
# What only a target built with the sanitizer contains.
MARKS = {"address": b"__asan_report_load", "undefined": b"__ubsan_handle_shift",
         "coverage": b"__llvm_profile_"}

# libfmt and libsimdjson are here because Debian has them only as shared libraries; the platform has
# neither installed, so there CMake fetches them and links them statically.
SHARED_LIBRARIES = re.compile(
    r"lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+|fmt|simdjson)\.so\.\d+$|ld-linux-x86-64\.so\.2$")

RUNS = 2000
# Fewer instrumented edges than this, and the platform calls it a bad build.
LEAST_EDGES = 100
PATIENCE_SECONDS = 1700


def run(command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                          timeout=PATIENCE_SECONDS, **options)


def build(source, work, sanitizer):
    out = work / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (work / "work").mkdir(exist_ok=True)
    environment = dict(os.environ, CC="clang", CXX="clang++", CFLAGS=FLAGS[sanitizer],
                       CXXFLAGS=FLAGS[sanitizer], LIB_FUZZING_ENGINE="-fsanitize=fuzzer",
                       SANITIZER=sanitizer, FUZZING_LANGUAGE="c++", ARCHITECTURE="x86_64",
                       OUT=str(out), WORK=str(work / "work"), SRC=str(source.parent))
    done = run(["bash", "-eu", source / "fuzz/oss-fuzz/build.sh"], cwd=source, env=environment)
    if done.returncode != 0:
        sys.exit(f"{done.stdout[-8000:]}\nbuild.sh ended with exit code {done.returncode}")
    return out


def file_problems(source, out, target, sanitizer):
    """What is missing or wrong about a target's files in $OUT."""
    program = out / target
    if not os.access(program, os.X_OK):
        return [f"{target}: not built"]
    content = program.read_bytes()
    problems = [f"{target}: contains no {mark.decode()}"
                for mark in (b"LLVMFuzzerTestOneInput", MARKS[sanitizer]) if mark not in content]
    needed = re.findall(r"NEEDED.*\[(.*)\]", run(["readelf", "-d", program]).stdout)
    problems += [f"{target}: needs {library}, which no runner has"
                 for library in needed if not SHARED_LIBRARIES.match(library)]
    if (source / f"fuzz/dictionaries/{target}.dict").exists() != (out / f"{target}.dict").exists():
        problems.append(f"{target}: its dictionary was not copied")
    options = configparser.ConfigParser()
    options.read(out / f"{target}.options")
    if not options.has_section("libfuzzer"):
        return problems + [f"{target}: no options, or none for libfuzzer"]
    archive = out / f"{target}_seed_corpus.zip"
    if not archive.exists():
        return problems + [f"{target}: no seeds"]
    with zipfile.ZipFile(archive) as seeds:
        sizes = [entry.file_size for entry in seeds.infolist() if not entry.is_dir()]
    if not sizes:
        problems.append(f"{target}: its seeds are empty")
    elif max(sizes) > options.getint("libfuzzer", "max_len", fallback=1 << 20):
        problems.append(f"{target}: a seed is longer than max_len")
    return problems


def fuzz_problems(out, target, seeds, work):
    options = configparser.ConfigParser()
    options.read(out / f"{target}.options")
    flags = [f"-{key}={value}" for key, value in options["libfuzzer"].items()]
    if (out / f"{target}.dict").exists():
        flags.append(f"-dict={out / target}.dict")
    runs = RUNS + len(list(seeds.iterdir()))
    (work / "corpus").mkdir()
    environment = dict(os.environ, UBSAN_OPTIONS="silence_unsigned_overflow=1")
    done = run([out / target, f"-runs={runs}", "-seed=1", "-print_final_stats=1", *flags,
                f"-artifact_prefix={work}/", work / "corpus", seeds], env=environment)
    if done.returncode != 0:
        return [f"{target}: ended with {done.returncode}\n{done.stdout[-4000:]}"]
    problems = []
    executed = re.search(r"number_of_executed_units:\s*(\d+)", done.stdout)
    if not executed or int(executed[1]) < runs:
        problems.append(f"{target}: ran fewer than {runs} inputs")
    edges = re.search(r"Loaded \d+ modules\s+\((\d+) inline", done.stdout)
    if not edges or int(edges[1]) < LEAST_EDGES:
        problems.append(f"{target}: fewer than {LEAST_EDGES} edges are instrumented")
    return problems


def coverage_problems(out, target, seeds, work):
    raw, merged = work / "raw", work / "merged"
    done = run([out / target, *sorted(seeds.iterdir())],
               env=dict(os.environ, LLVM_PROFILE_FILE=str(raw)))
    if done.returncode != 0:
        return [f"{target}: ended with {done.returncode}\n{done.stdout[-4000:]}"]
    done = run(["llvm-profdata", "merge", "-sparse", raw, "-o", merged])
    if done.returncode != 0:
        return [f"{target}: no profile: {done.stdout}"]
    done = run(["llvm-cov", "export", "-summary-only", f"-instr-profile={merged}", out / target])
    try:
        files = json.loads(done.stdout)["data"][0]["files"]
        lines = next(file["summary"]["lines"] for file in files
                     if file["filename"].endswith(f"/fuzz/{target}.cpp"))
    except (ValueError, LookupError, StopIteration):
        return [f"{target}: no coverage of fuzz/{target}.cpp: {done.stdout[-1000:]}"]
    print(f"{target}: its seeds cover {lines['covered']} of {lines['count']} of its own lines")
    return [] if lines["covered"] > 0 else [f"{target}: its seeds cover none of its lines"]


def problems_of(source, out, target, sanitizer):
    problems = file_problems(source, out, target, sanitizer)
    if problems:
        return problems
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        seeds = work / "seeds"
        with zipfile.ZipFile(out / f"{target}_seed_corpus.zip") as archive:
            archive.extractall(seeds)
        if sanitizer == "coverage":
            return coverage_problems(out, target, seeds, work)
        return fuzz_problems(out, target, seeds, work)


def take_away(out, target):
    (out / target).unlink()


def empty_seeds(out, target):
    with zipfile.ZipFile(out / f"{target}_seed_corpus.zip", "w"):
        pass


def make_crash(out, target):
    """A target that contains what a target contains, and dies."""
    program = out / target
    marks = program.read_bytes()
    program.unlink()
    program.write_bytes(b"#!/bin/sh\nkill -ABRT $$\nexit 0\n" + marks)
    program.chmod(0o755)


def unnoticed_faults(source, out, target, sanitizer):
    for plant, expected in ((take_away, "not built"), (empty_seeds, "seeds are empty"),
                            (make_crash, "ended with -6")):
        with tempfile.TemporaryDirectory() as folder:
            for file in out.glob(f"{target}*"):
                shutil.copy2(file, folder)
            plant(pathlib.Path(folder), target)
            found = problems_of(source, pathlib.Path(folder), target, sanitizer)
            if not any(expected in problem for problem in found):
                yield f"the planted fault {plant.__name__} was not noticed: {found}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--sanitizer", choices=sorted(FLAGS), required=True)
    arguments = parser.parse_args()
    source = arguments.source.resolve()
    targets = run_targets.all_targets(source / "fuzz")
    if not targets:
        sys.exit("there is no fuzz/fuzz_*.cpp")
    out = build(source, arguments.work.resolve(), arguments.sanitizer)
    problems = []
    for target in targets:
        problems += problems_of(source, out, target, arguments.sanitizer)
    if not problems:
        problems += unnoticed_faults(source, out, targets[0], arguments.sanitizer)
    for problem in problems:
        print(problem)
    print(f"{arguments.sanitizer}: {len(targets)} targets, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
