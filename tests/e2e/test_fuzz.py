"""`fuzz` and `corpus`: what they find, what they keep, and that nothing is left behind."""

import glob
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import unittest

from command import COMMAND, LIMIT_S, REFERENCE, CommandTest, hostile, mutant, processes_naming

HAS_ENGINE = os.environ["VDSCONFORM_HAS_FUZZING_ENGINE"] == "1"
NO_ENGINE = "this build has no fuzzing engine"
HOST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "host.py")


class FuzzTest(CommandTest):
    """With a library, and a folder for temporary files, of the test's own."""

    def setUp(self):
        super().setUp()
        self.scratch = self.path("temporary")
        os.mkdir(self.scratch)

    def environment(self, **changes):
        return super().environment(**{"TMPDIR": self.scratch, **changes})

    def own(self, library):
        """A copy, so that the processes that have it can be told from others."""
        self.library = self.path("iut.so")
        shutil.copy(library, self.library)
        return self.library

    def fuzz(self, code, library, *more):
        out, err = self.expect(code, "fuzz", "--iut", self.own(library), "--seed", "1", *more)
        self.nothing_is_left()
        return out + err

    def nothing_is_left(self):
        self.assertEqual(os.listdir(self.scratch), [])
        self.assertEqual(processes_naming(self.folder), [])
        self.assertEqual(self.leftovers(), [])

    def again(self, out):
        """The command lines that show the findings again."""
        return re.findall(r"^  again    vdsconform (.*)$", out, re.MULTILINE)

    def shows_again(self, out, requirement):
        """The first one does, from a Program of few steps."""
        lines = self.again(out)
        self.assertTrue(lines, out)
        arguments = shlex.split(lines[0])
        self.assertEqual(arguments[0], "replay")
        self.assertIn(requirement, os.path.basename(arguments[1]))
        self.assertLessEqual(len(self.load(arguments[1])["steps"]), 4)
        shown, _ = self.expect(1, *arguments)
        self.assertIn(requirement, shown)

    def executions(self, out):
        found = re.search(r"in ([\d,]+) executions?", out)
        self.assertTrue(found, out)
        return int(found[1].replace(",", ""))

    def names(self, folder):
        return set(os.listdir(self.path(folder)))


@unittest.skipIf(HAS_ENGINE, "this build has a fuzzing engine")
class WithoutEngine(FuzzTest):
    def test_is_said(self):
        out, err = self.expect(4, "fuzz", "--iut", self.own(REFERENCE), "--runs", "10")
        self.assertIn(NO_ENGINE, err)
        os.mkdir(self.path("other"))
        for arguments in [("merge", "corpus", "other"), ("minimise", "corpus")]:
            out, err = self.expect(4, "corpus", *arguments, "--iut", self.library)
            self.assertIn(NO_ENGINE, err)
        self.nothing_is_left()


@unittest.skipUnless(HAS_ENGINE, NO_ENGINE + ": what it then says is tested instead")
class Fuzz(FuzzTest):
    def test_a_right_one_shows_nothing(self):
        out = self.fuzz(0, REFERENCE, "--runs", "20000", "--time", "0")
        self.assertGreaterEqual(self.executions(out), 20000)
        self.assertIn("nothing was found", out)
        self.assertIn("seed 1", out)
        self.assertNotIn("FAIL", out)
        self.assertFalse(os.path.exists(self.path("vdsconform-findings")))

    def test_a_wrong_value_is_found_and_shown_again(self):
        out = self.fuzz(1, mutant("result_one_code_wrong"), "--runs", "400000", "--time", "100")
        self.assertIn("FAIL QS-03", out)
        self.shows_again(out, "QS-03")
        # When it was seen, which is before the end.
        found = re.search(r"^  found    after ([\d,]+) executions?, [\d.]+ s$", out, re.MULTILINE)
        self.assertTrue(found, out)
        self.assertLess(int(found[1].replace(",", "")), self.executions(out))

    def test_a_crash_is_found_and_fuzzing_goes_on(self):
        out = self.fuzz(1, mutant("null_hr_crashes"), "--runs", "20000", "--time", "60")
        self.assertIn("FAIL QS-08", out)
        self.shows_again(out, "QS-08")
        # Each cause once, however often it ended the process.
        self.assertEqual(len(re.findall("^FAIL ", out, re.MULTILINE)), len(set(self.again(out))))
        self.assertEqual(len(self.again(out)), 1, out)
        self.assertGreater(self.executions(out), 100)

    def test_a_call_that_waits_is_found(self):
        out = self.fuzz(1, mutant("waits_near_the_end"), "--time", "10")
        self.assertRegex(out, "FAIL QS-(06|13)")

    def test_a_call_that_hangs_is_found(self):
        out = self.fuzz(1, hostile("hang"), "--time", "5", "--rest-ms", "100", "--hang-ms", "500")
        self.assertRegex(out, "FAIL QS-(06|13)")

    def test_two_processes_share_the_work(self):
        corpus = self.path("corpus")
        out = self.fuzz(0, REFERENCE, "--runs", "20000", "--jobs", "2", "--corpus", corpus)
        self.assertGreaterEqual(self.executions(out), 20000)
        self.assertLess(self.executions(out), 30000)
        self.assertIn("2 processes", out)
        out = self.fuzz(1, mutant("success_percent_99"), "--runs", "5000", "--jobs", "2")
        self.assertIn("FAIL QS-04", out)
        self.assertEqual(len(self.again(out)), 1, out)

    def test_a_known_failure_fails_nothing(self):
        known = self.write("known", "QS-04 it has always been so\n")
        out = self.fuzz(0, mutant("success_percent_99"), "--runs", "5000", "--known-failures", known)
        self.assertIn("KNOWN QS-04", out)
        self.assertNotIn("FAIL", out)

    def test_advisories_count_where_they_are_asked_for(self):
        library = mutant("ret_pending_while_pending")
        self.fuzz(0, library, "--runs", "20000")
        self.assertIn("FAIL QA-01", self.fuzz(1, library, "--runs", "50000", "--strict"))

    def attacked(self, behaviour):
        done = self.run_command("fuzz", "--iut", self.own(hostile(behaviour)), "--seed", "1",
                                "--time", "3", "--rest-ms", "100", "--hang-ms", "500")
        out = done.stdout.decode() + done.stderr.decode()
        self.assertLess(len(out), 100_000)
        self.nothing_is_left()
        return done.returncode, out

    def test_what_an_implementation_does_to_its_process_is_a_finding(self):
        for behaviour in ["exit", "throw", "close-descriptors", "replace-descriptors"]:
            with self.subTest(behaviour=behaviour):
                code, out = self.attacked(behaviour)
                self.assertEqual(code, 1, out)
                self.assertIn("FAIL QS-13", out)

    def test_what_an_implementation_does_to_its_process_breaks_nothing(self):
        # Of the processes that "fork" leaves behind more than are allowed may add up in that time.
        for behaviour, codes in [("chatter", (0,)), ("flood", (0, 1)), ("fork", (0, 1)),
                                 ("daemon", (0, 1)), ("no-more-descriptors", (0, 1, 3))]:
            with self.subTest(behaviour=behaviour):
                code, out = self.attacked(behaviour)
                self.assertIn(code, codes, out)
                if behaviour == "fork" and code == 1:
                    self.assertIn("FAIL: 1 finding", out)
                    self.assertIn("it started more than 1000 processes", " ".join(out.split()))

    def test_what_is_written_into_every_descriptor_reaches_no_count(self):
        code, out = self.attacked("scribble")
        # Where it is caught at it depends on what is read first; what it wrote is thrown away.
        self.assertIn(code, (0, 4), out)
        for count in re.findall(r"^#([\d,]+)", out, re.MULTILINE):
            self.assertLess(int(count.replace(",", "")), 100_000_000)

    def test_a_host_that_is_not_ours(self):
        host = shlex.join([sys.executable, HOST])
        # It lets a second finish change the result, which the contract does not.
        out, _ = self.expect(1, "fuzz", "--host", host, "--time", "5")
        self.assertIn("FAIL QS-10", out)
        self.assertGreater(self.executions(out), 10)
        out, _ = self.expect(1, "fuzz", "--host", host + " misprint", "--time", "20", "--runs", "300")
        self.assertIn("FAIL QS-01", out)
        self.shows_again(out, "QS-01")
        self.nothing_is_left()

    def test_an_interrupt_ends_it_with_what_was_found(self):
        for library, word, code in [(mutant("success_percent_99"), "FAIL QS-04", 1),
                                    (REFERENCE, "profile", 0)]:
            with self.subTest(word=word):
                process = subprocess.Popen(
                    [COMMAND, "fuzz", "--iut", self.own(library), "--time", "0"], cwd=self.folder,
                    env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    text=True)
                for line in process.stdout:
                    if word in line:
                        break
                else:
                    self.fail(process.stderr.read())
                self.until_it_has_executed(process.pid)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=LIMIT_S)
                self.assertEqual(process.returncode, code, out + err)
                self.assertGreater(self.executions(out), 0)
                self.nothing_is_left()

    def until_it_has_executed(self, pid):
        """Waits until a corpus has something in it."""
        deadline = time.monotonic() + LIMIT_S
        while not glob.glob(os.path.join(self.scratch, "*", "*")):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_killed_it_leaves_no_process(self):
        process = subprocess.Popen(
            [COMMAND, "fuzz", "--iut", self.own(REFERENCE), "--time", "0"], cwd=self.folder,
            env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.until_it_has_executed(process.pid)
        process.kill()
        process.communicate(timeout=LIMIT_S)
        deadline = time.monotonic() + LIMIT_S
        while processes_naming(self.library):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_what_did_not_show_again_is_looked_into_when_another_program_shows_it(self):
        out = self.fuzz(1, hostile("wrong-once-when-fuzzed"), "--time", "60", "--runs", "100000")
        self.assertIn("FAIL QS-01", out)
        self.assertIn("FAIL: 1 finding", out)
        self.assertNotIn("not shown again", out)


class Refused(FuzzTest):
    def test_what_cannot_be_fuzzed(self):
        for arguments, because in [
            (("--iut", "missing.so"), "missing.so"),
            (("--iut", self.write("garbage.so", "no library\n")), "garbage.so"),
            (("--host", "/nonexistent/host"), "/nonexistent/host"),
            (("--iut", REFERENCE, "--corpus", self.write("file", "")), "file: is not a folder"),
            (("--iut", REFERENCE, "--corpus", self.path("file/below")), "file/below"),
            (("--iut", REFERENCE, "--known-failures", "nowhere"), "nowhere"),
            (("--iut", REFERENCE, "--in-process"), "--in-process"),
            (("--iut", REFERENCE, "--jobs", "0"), "--jobs"),
        ]:
            with self.subTest(arguments=arguments):
                self.refuses("fuzz", *arguments, because=because)
        self.nothing_is_left()

    def test_what_dies_before_it_runs_anything_is_not_tried_for_ever(self):
        library = self.own(hostile("crash-when-fuzzed"))
        _, err = self.expect(4, "fuzz", "--iut", library, "--time", "60")
        self.assertIn("ended before it ran anything", err)
        self.nothing_is_left()

    def test_what_is_no_corpus(self):
        os.mkdir(self.path("corpus"))
        iut = ("--iut", REFERENCE)
        for arguments, because in [
            (("show", "nowhere"), "nowhere: there is no such file or folder"),
            (("merge", "corpus", "nowhere", *iut), "nowhere: is not a folder"),
            (("minimise", "nowhere", *iut), "nowhere: is not a folder"),
            (("minimise", "corpus"), "Give --iut"),
            ((), "subcommand is required"),
        ]:
            with self.subTest(arguments=arguments):
                self.refuses("corpus", *arguments, because=because)


class Show(FuzzTest):
    def test_shows_inputs_as_programs(self):
        os.mkdir(self.path("corpus"))
        self.write("corpus/a", bytes(4 + 2 * 10))
        self.write("corpus/b", bytes([192 + 1, 0, 210, 5]) + bytes([1, 1, 99, 0, 0, 0, 0, 0, 0, 0]))
        self.write("corpus/empty", b"")
        out, _ = self.expect(0, "corpus", "show", "corpus")
        self.assertEqual(out.splitlines(), [
            "corpus/a: in-order, 1 operation",
            "  query on thread 0",
            "  query on thread 0",
            "corpus/b: racing, 2 operations",
            "  progress to 99 % of operation 1 on thread 0",
            "corpus/empty: in-order, 1 operation",
        ])
        one, _ = self.expect(0, "corpus", "show", "corpus/a")
        self.assertEqual(one.splitlines(), out.splitlines()[:3])


@unittest.skipUnless(HAS_ENGINE, NO_ENGINE + ": what it then says is tested instead")
class Corpus(FuzzTest):
    def grow(self, folder, seed="1", runs="5000"):
        self.expect(0, "fuzz", "--iut", self.own(REFERENCE), "--runs", runs, "--seed", seed,
                    "--corpus", self.path(folder))
        self.nothing_is_left()
        return self.names(folder)

    def test_what_was_kept_is_where_the_next_run_begins(self):
        first = self.grow("corpus")
        self.assertGreater(len(first), 20)
        # So few runs find little anew: what is there was read.
        runs = str(len(first) + 2)
        out, _ = self.expect(0, "fuzz", "--iut", self.library, "--runs", runs, "--corpus",
                             self.path("corpus"))
        kept = int(re.findall(r"corpus ([\d,]+)", out)[-1].replace(",", ""))
        self.assertGreater(kept, len(first) // 2, out)
        self.assertTrue(first <= self.names("corpus"))
        shown, _ = self.expect(0, "corpus", "show", "corpus")
        self.assertEqual(len(re.findall("^corpus/", shown, re.MULTILINE)), len(self.names("corpus")))

    def test_merge_adds_what_is_new(self):
        into = self.grow("into", seed="1", runs="500")
        other = self.grow("other", seed="2", runs="20000")
        out, _ = self.expect(0, "corpus", "merge", "into", "other", "--iut", self.library)
        merged = self.names("into")
        self.assertEqual(out, f"into: {len(merged) - len(into)} inputs added to {len(into)}\n")
        self.assertTrue(into < merged)
        self.assertTrue(merged - into <= other)
        self.assertEqual(self.names("other"), other)
        # There is nothing new in it any more.
        out, _ = self.expect(0, "corpus", "merge", "into", "other", "--iut", self.library)
        self.assertEqual(out, f"into: 0 inputs added to {len(merged)}\n")
        self.nothing_is_left()

    def test_minimise_leaves_what_is_needed(self):
        before = self.grow("corpus", runs="20000")
        for name in list(before)[:10]:
            shutil.copy(self.path(os.path.join("corpus", name)), self.path("corpus/copy-" + name))
        shutil.copytree(self.path("corpus"), self.path("all"))
        out, _ = self.expect(0, "corpus", "minimise", "corpus", "--iut", self.library)
        after = self.names("corpus")
        self.assertEqual(out, f"corpus: {len(after)} inputs of {len(before) + 10} kept\n")
        self.assertLessEqual(len(after), len(before))
        self.assertGreater(len(after), 10)
        # What the corpus reached is still reached, but for what a race happens to reach.
        out, _ = self.expect(0, "corpus", "merge", "corpus", "all", "--iut", self.library)
        self.assertLessEqual(len(self.names("corpus") - after), len(before) // 20, out)
        self.nothing_is_left()

    def test_what_ends_the_process_is_passed_over_and_stays(self):
        os.mkdir(self.path("a corpus"))
        deadly = bytes(4) + bytes([0, 1 << 3, 0, 0, 0, 0, 0, 0, 0, 0])
        self.write("a corpus/deadly", deadly)
        self.write("a corpus/query", bytes(4 + 10))
        self.write("a corpus/the same again", bytes(4 + 10))
        self.write("a corpus/progress", bytes(4 + 10) + bytes([1, 0, 50, 0, 0, 0, 0, 0, 0, 0]))
        library = self.own(mutant("null_hr_crashes"))
        out, _ = self.expect(0, "corpus", "merge", "new", "a corpus", "--iut", library)
        self.assertEqual(out, "new: 2 inputs added to 0\n1 input ended the process, or did not "
                         "come to an end: a corpus/deadly\n")
        self.assertEqual(len(self.names("new")), 2)
        # The slash is what a shell adds.
        out, _ = self.expect(0, "corpus", "minimise", "a corpus/", "--iut", library)
        self.assertIn("a corpus/: 3 inputs of 4 kept\n1 input ended the process", out)
        self.assertTrue({"deadly", "progress"} < self.names("a corpus"))
        with open(self.path("a corpus/deadly"), "rb") as file:
            self.assertEqual(file.read(), deadly)
        self.nothing_is_left()

    def test_names_that_are_taken_are_not_overwritten(self):
        for folder, content in [("into", bytes(4)), ("other", bytes(4 + 10) + bytes([2, 0, 0]))]:
            os.mkdir(self.path(folder))
            self.write(folder + "/input", content)
        out, _ = self.expect(0, "corpus", "merge", "into", "other", "--iut", self.own(REFERENCE))
        self.assertEqual(out, "into: 1 input added to 1\n")
        self.assertEqual(self.names("into"), {"input", "input-2"})
        self.assertEqual(os.path.getsize(self.path("into/input")), 4)

    def test_a_library_that_is_not_there_is_wrong_use(self):
        os.mkdir(self.path("corpus"))
        self.write("corpus/query", bytes(4))
        for arguments in [("merge", "into", "corpus"), ("minimise", "corpus")]:
            self.refuses("corpus", *arguments, "--iut", "missing.so", because="missing.so")
        self.assertEqual(self.names("corpus"), {"query"})
        self.assertFalse(os.path.exists(self.path("into")))


if __name__ == "__main__":
    unittest.main()
