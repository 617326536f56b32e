#!/usr/bin/env python3
"""Tells which lines and branches of spec/ and reference/ the fuzz targets' corpora reach.

usage: coverage.py --build DIR [--html DIR] [--least PERCENT]

DIR is a build with the preset coverage, its target fuzz_targets built. Every target replays its
corpora once. Prints a row for each file, with what coverage-exceptions.tsv explains counted in and
left out, and what is not reached and not explained. Exit code 1 if spec/ has less than --least (95)
percent of its lines or branches, an exception left out or not; also if an exception explains
nothing any more, or if a target fails. 2: wrong use.
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys

FUZZ = pathlib.Path(__file__).resolve().parent
ROOT = FUZZ.parent
EXCEPTIONS = FUZZ / "coverage-exceptions.tsv"
FOLDERS = ("spec", "reference")
GATED = "spec"


class File:
    """How often each line was reached, and each side of each branch."""

    def __init__(self, path):
        self.path = path
        self.names = set()  # as the compiler was given it
        self.lines = {}
        self.branches = collections.defaultdict(int)  # (line, column, side): how often
        self.source = ["", *(ROOT / path).read_text().splitlines()]
        self.excused_lines = set()

    def decided_by_language(self, line):
        """A condition known when it is compiled, or the way past all cases of a switch, which
        clang counts where there is no default: no input can choose there."""
        text = self.source[line].strip()
        return "if constexpr (" in text or text.startswith("switch (")

    def block(self, line):
        """The line, and if it opens a block, the lines to the block's end."""
        text = self.source[line]
        end = line
        if text.endswith("{"):
            indent = len(text) - len(text.lstrip())
            while not self.source[end].startswith(" " * indent + "}"):
                end += 1
        return range(line, end + 1)

    def missed_lines(self):
        return {line for line, count in self.lines.items() if count == 0}

    def missed_branches(self):
        return {place for place, count in self.branches.items() if count == 0}


Tally = collections.namedtuple("Tally", "lines missed branches missed_branches")


def tally(file, without_excused):
    """How much there is and how much of it is missed."""
    excused = file.excused_lines if without_excused else set()
    lines = file.missed_lines() - excused
    branches = {place for place in file.missed_branches() if place[0] not in excused}
    gone = len(file.missed_lines()) - len(lines), len(file.missed_branches()) - len(branches)
    return Tally(len(file.lines) - gone[0], len(lines), len(file.branches) - gone[1],
                 len(branches))


def added(tallies):
    return Tally(*(sum(column) for column in zip(*tallies)))


def percent(all_of_them, missed):
    return 100.0 if all_of_them == 0 else 100.0 * (all_of_them - missed) / all_of_them


def corpora(build):
    """Each target and the folders with its seeds."""
    rows = (build / "fuzz" / "corpora.tsv").read_text().splitlines()
    return {row.split("\t")[0]: row.split("\t")[1:] for row in rows if row}


def replay(build, targets, profiles):
    """Runs every target on its corpora. The profiles, or none if a target failed."""
    written = []
    for target, folders in targets.items():
        profile = profiles / f"{target}.profraw"
        profile.unlink(missing_ok=True)
        done = subprocess.run([build / "fuzz" / target, *folders], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False,
                              env={**os.environ, "LLVM_PROFILE_FILE": str(profile)})
        output = done.stdout.decode(errors="replace").splitlines()
        if done.returncode != 0 or not profile.is_file():
            print("\n".join(output[-5:]), file=sys.stderr)
            print(f"coverage.py: {target} ended with exit code {done.returncode}", file=sys.stderr)
            return None
        print(f"{target:24} {output[-1]}", flush=True)
        written.append(profile)
    return written


def add_target(files, binary, profile):
    """Counts what a target reached of the files of FOLDERS, by their path in the project."""
    indexed = profile.with_suffix(".profdata")
    subprocess.check_call(["llvm-profdata", "merge", "-sparse", "-o", indexed, profile])
    export = ["llvm-cov", "export", f"-instr-profile={indexed}", binary]
    mine = {}
    for source in json.loads(subprocess.check_output(export))["data"][0]["files"]:
        path = pathlib.Path(source["filename"]).resolve()
        if not path.is_relative_to(ROOT) or path.relative_to(ROOT).parts[0] not in FOLDERS:
            continue
        name = str(path.relative_to(ROOT))
        file = mine[source["filename"]] = files.setdefault(name, File(name))
        file.names.add(source["filename"])
        # A template has its branches once for each instance; one that is reached will do.
        for line, column, _, _, taken, not_taken, *_ in source["branches"]:
            if file.decided_by_language(line):
                continue
            file.branches[line, column, True] += taken
            file.branches[line, column, False] += not_taken
    listing, current = subprocess.check_output([*export, "-format=lcov"], text=True), None
    for row in listing.splitlines():
        kind, _, value = row.partition(":")
        if kind == "SF":
            current = mine.get(value)
        elif kind == "DA" and current:
            line, count = value.split(",")[:2]
            current.lines[int(line)] = current.lines.get(int(line), 0) + int(count)


def write_html(folder, build, targets, profiles, files):
    merged = profiles[0].parent / "all.profdata"
    subprocess.check_call(["llvm-profdata", "merge", "-sparse", "-o", merged, *profiles])
    binaries = [str(build / "fuzz" / target) for target in targets]
    # Where two targets have functions of one name, in fuzz/, it warns that only one is shown.
    subprocess.run(
        ["llvm-cov", "show", f"-instr-profile={merged}", binaries[0],
         *(f"-object={binary}" for binary in binaries[1:]), "-format=html",
         "-show-branches=count", f"-output-dir={folder}",
         *sorted(name for file in files.values() for name in file.names)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    print(f"\n{folder}/index.html shows every line")


def excuse(files):
    """Takes the exceptions into account; what is wrong with them."""
    wrong = []
    for at, row in enumerate(EXCEPTIONS.read_text().splitlines(), 1):
        if not row or row.startswith("#"):
            continue
        where = f"{EXCEPTIONS.name}:{at}: "
        parts = row.split("\t")
        if len(parts) != 3 or not all(parts):
            wrong.append(where + "expected a file, a line and a reason, with tabs between them")
            continue
        path, text, _ = parts
        missed = set()
        if path in files:
            file = files[path]
            lines = file.missed_lines() | {place[0] for place in file.missed_branches()}
            blocks = [file.block(number) for number, line in enumerate(file.source)
                      if line.strip() == text]
            missed = lines & {line for block in blocks for line in block}
            file.excused_lines |= missed
        if not missed:
            wrong.append(where + f"explains nothing: {path} has no such line, or all of it is "
                                 "reached")
    return wrong


def print_row(name, plain, explained):
    def cell(all_of_them, missed):
        return f"{all_of_them - missed:6}/{all_of_them:<6}{percent(all_of_them, missed):6.2f} %"

    print(f"{name:38}{cell(plain.lines, plain.missed)}{cell(plain.branches, plain.missed_branches)}"
          f"   {percent(explained.lines, explained.missed):6.2f} %"
          f" {percent(explained.branches, explained.missed_branches):6.2f} %")


def report(files):
    """Prints the tables; the tally of GATED, plain and with the exceptions left out."""
    print(f"\n{'':38}{'lines':>18}{'branches':>20}{'':6}without exceptions")
    for folder in FOLDERS:
        mine = [file for path, file in sorted(files.items()) if path.startswith(folder + "/")]
        for file in mine:
            print_row(file.path, tally(file, False), tally(file, True))
        totals = [added([tally(file, excused) for file in mine]) for excused in (False, True)]
        print_row(f"all of {folder}/", *totals)
        print()
        if folder == GATED:
            gated = totals
    print(f"Not reached in {GATED}/, and not explained:")
    for path, file in sorted(files.items()):
        if not path.startswith(GATED + "/"):
            continue
        for line in sorted(file.missed_lines() - file.excused_lines):
            print(f"  {path}:{line}: {file.source[line].strip()}")
        for line, column, side in sorted(file.missed_branches()):
            if line not in file.excused_lines and line not in file.missed_lines():
                print(f"  {path}:{line}:{column}: never {'true' if side else 'false'}: "
                      f"{file.source[line].strip()}")
    return gated


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--html", type=pathlib.Path, help="a folder for a report to read")
    parser.add_argument("--least", type=float, default=95)
    arguments = parser.parse_args()
    try:
        targets = corpora(arguments.build)
    except OSError as error:
        print(f"coverage.py: {error}", file=sys.stderr)
        return 2
    profiles = arguments.build / "profiles"
    profiles.mkdir(exist_ok=True)
    written = replay(arguments.build, targets, profiles)
    if not written:
        return 1
    files = {}
    for target, profile in zip(targets, written):
        add_target(files, arguments.build / "fuzz" / target, profile)
    wrong = excuse(files)
    gated = report(files)
    if arguments.html:
        write_html(arguments.html, arguments.build, targets, written, files)
    for what, numbers in zip(("", ", exceptions left out"), gated):
        for kind, all_of_them, missed in (("lines", numbers.lines, numbers.missed),
                                          ("branches", numbers.branches, numbers.missed_branches)):
            if all_of_them == 0 or percent(all_of_them, missed) < arguments.least:
                wrong.append(f"the corpora reach {percent(all_of_them, missed):.2f} % of the "
                             f"{kind} of {GATED}/{what}; {arguments.least:g} % is asked for")
    for why in wrong:
        print(f"coverage.py: {why}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
