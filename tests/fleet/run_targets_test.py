#!/usr/bin/env python3
"""fuzz/run_targets.py, from outside, on targets made for it.

Needs clang++ with libFuzzer (Debian: clang, libclang-rt-dev).
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]

TARGET = """
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  %s
  return 0;
}
"""

BODIES = {
    "fuzz_crashes": "if (size > 2 && data[0] == 'b' && data[1] == 'a' && data[2] == 'd') abort();",
    "fuzz_holds": "static volatile int seen; if (size > 1 && data[0] == 'a') seen = data[1];",
    "fuzz_ends": "if (size > 0) _Exit(3);",
    "fuzz_short": "static volatile int seen; seen = data ? 1 : 0; if (size > 4) abort();",
}


class RunTargets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.folder.name)
        cls.fuzz = cls.root / "fuzz"
        (cls.root / "build/fuzz").mkdir(parents=True)
        for name, body in BODIES.items():
            seeds = cls.fuzz / "corpus" / name.removeprefix("fuzz_")
            seeds.mkdir(parents=True)
            (seeds / "seed").write_bytes(b"a")
            source = cls.fuzz / f"{name}.cpp"
            source.write_text(TARGET % body, encoding="utf-8")
            subprocess.run(["clang++", "-fsanitize=fuzzer", source, "-o",
                            cls.root / "build/fuzz" / name], check=True)
        shutil.copy(SOURCE / "fuzz/run_targets.py", cls.fuzz)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_targets(self, *arguments, seconds=2):
        shutil.rmtree(self.root / "build/fuzz-findings", ignore_errors=True)
        return subprocess.run(
            [sys.executable, self.fuzz / "run_targets.py", "--build", "build", "--seconds",
             str(seconds), *arguments], cwd=self.root, capture_output=True, text=True, check=False)

    def row(self, done, target):
        row = next(line for line in done.stdout.splitlines() if line.startswith(target))
        return row.replace(",", "").split(maxsplit=7)

    def test_nothing_found(self):
        done = self.run_targets("fuzz_holds")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        _, executions, _, edges, features, corpus, findings = self.row(done, "fuzz_holds")
        for number in (executions, edges, features, corpus):
            self.assertGreater(int(number), 0, done.stdout)
        self.assertEqual(findings, "0")
        self.assertFalse((self.root / "build/fuzz-findings/fuzz_holds").exists())
        self.assertTrue(any((self.root / "build/fuzz-corpus/holds").iterdir()))

    def test_a_finding_is_kept_and_shown_again(self):
        done = self.run_targets("fuzz_crashes", seconds=120)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertEqual(self.row(done, "fuzz_crashes")[6], "1")
        again = next(line for line in done.stdout.splitlines() if line.startswith("again")).split()
        self.assertTrue((self.root / again[2]).read_bytes().startswith(b"bad"))
        replayed = subprocess.run(again[1:], cwd=self.root, capture_output=True, check=False)
        self.assertNotEqual(replayed.returncode, 0)
        log = self.root / "build/fuzz-findings/fuzz_crashes/log.txt"
        self.assertIn("deadly signal", log.read_text(encoding="utf-8"))

    def test_minimizing_keeps_what_adds_coverage(self):
        corpus = self.root / "build/fuzz-corpus/holds"
        shutil.rmtree(corpus, ignore_errors=True)
        corpus.mkdir(parents=True)
        for number in range(50):
            (corpus / str(number)).write_bytes(b"a" + bytes([number]))
        done = subprocess.run(
            [sys.executable, self.fuzz / "run_targets.py", "--build", "build", "--minimize",
             "fuzz_holds"], cwd=self.root, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("50 inputs before, 1 after", done.stdout)
        self.assertEqual(len(list(corpus.iterdir())), 1)

    def test_minimizing_that_does_not_work_loses_nothing(self):
        corpus = self.root / "build/fuzz-corpus/ends"
        shutil.rmtree(corpus, ignore_errors=True)
        corpus.mkdir(parents=True)
        (corpus / "kept").write_bytes(b"kept")
        done = subprocess.run(
            [sys.executable, self.fuzz / "run_targets.py", "--build", "build", "--minimize",
             "fuzz_ends"], cwd=self.root, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("left as it is", done.stderr)
        self.assertEqual((corpus / "kept").read_bytes(), b"kept")

    def test_one_bad_target_among_all_is_enough(self):
        (self.fuzz / "options").mkdir(exist_ok=True)
        (self.fuzz / "options/fuzz_short.options").write_text("[libfuzzer]\nmax_len = 4\n")
        done = self.run_targets()
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("exit code 3", " ".join(self.row(done, "fuzz_ends")))
        self.assertEqual(len(self.row(done, "fuzz_holds")), 7)

    def test_options_of_the_target_are_used(self):
        options = self.fuzz / "options"
        shutil.rmtree(options, ignore_errors=True)
        self.assertEqual(self.run_targets("fuzz_short", seconds=120).returncode, 1)
        options.mkdir()
        (options / "fuzz_short.options").write_text("[libfuzzer]\nmax_len = 4\n")
        self.assertEqual(self.run_targets("fuzz_short").returncode, 0)

    def test_its_dictionary_is_used(self):
        dictionaries = self.fuzz / "dictionaries"
        dictionaries.mkdir(exist_ok=True)
        self.addCleanup(shutil.rmtree, dictionaries)
        (dictionaries / "fuzz_holds.dict").write_text('word="abc"\n')
        done = self.run_targets("fuzz_holds")
        self.assertEqual(done.returncode, 0, done.stdout)
        (dictionaries / "fuzz_holds.dict").write_text("not a dictionary\n")
        done = self.run_targets("fuzz_holds")
        self.assertEqual(done.returncode, 1, done.stdout)

    def test_wrong_use(self):
        self.assertIn("not built", self.run_targets("fuzz_none").stderr)
        self.assertEqual(self.run_targets("fuzz_holds", seconds=0).returncode, 2)
        (self.fuzz / "corpus/holds").rename(self.fuzz / "corpus/moved")
        self.addCleanup((self.fuzz / "corpus/moved").rename, self.fuzz / "corpus/holds")
        done = self.run_targets("fuzz_holds")
        self.assertEqual(done.returncode, 2)
        self.assertIn("has no seeds", done.stderr)


if __name__ == "__main__":
    unittest.main()
