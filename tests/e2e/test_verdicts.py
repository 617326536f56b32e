"""Exit codes and verdicts of `run`, on implementations that are right, wrong and hostile."""

import glob
import json
import os
import shlex
import shutil
import sys
import unittest
import xml.etree.ElementTree as ElementTree

from command import (
    COMMAND, ONE_CASE, REFERENCE, CommandTest, hostile, mutant, processes_naming, requirement,
)


class Verdicts(CommandTest):
    def run_iut(self, code, library, *more, filter_=ONE_CASE, **environment):
        out, err = self.expect(
            code, "run", "--iut", library, "--quick", "--filter", filter_, "--json",
            self.path("report.json"), "--hang-ms", "500", *more, **environment,
        )
        return out, self.load("report.json")

    def test_a_conforming_one_passes_and_leaves_nothing(self):
        out, report = self.run_iut(0, REFERENCE)
        self.assertEqual(report["verdict"], "pass")
        self.assertTrue(out.splitlines()[-1].startswith("PASS: "))
        self.assertEqual(os.listdir(self.folder), ["report.json"])
        self.assertEqual(requirement(report, "QS-02")["reasons"], ["not selected"])

    def test_hostile_ones_fail_and_the_run_goes_on(self):
        for behaviour, word in [
            ("crash", "SIGSEGV"),
            ("abort", "SIGABRT"),
            ("exit", "exit"),
            ("quick-exit", "exit"),
            ("kill", "SIGKILL"),
            ("stack-overflow", "SIGSEGV"),
            ("throw", "exception"),
            ("hang", "hung"),
            ("close-descriptors", "descriptor"),
            ("replace-descriptors", "descriptor"),
        ]:
            with self.subTest(behaviour=behaviour):
                out, report = self.run_iut(1, hostile(behaviour))
                calls_come_back = requirement(report, "QS-13")
                self.assertEqual(calls_come_back["verdict"], "fail", out)
                self.assertIn(word, calls_come_back["findings"][0]["message"])
                self.assertIn("FAIL QS-13", out)
                self.assertEqual(report["errors"], [])

    def test_odd_ones_that_break_no_rule_pass(self):
        for behaviour in ["none", "chatter", "fork", "daemon", "threads"]:
            with self.subTest(behaviour=behaviour):
                library = self.path(behaviour + ".so")
                shutil.copy(hostile(behaviour), library)
                out, report = self.run_iut(0, library)
                self.assertNotIn("####", out)  # what it prints stays out of ours
                self.assertEqual(processes_naming(library), [])

    def test_an_operation_that_cannot_be_started_is_inconclusive(self):
        out, report = self.run_iut(3, hostile("no-begin-today"))
        self.assertEqual(requirement(report, "QS-01")["verdict"], "inconclusive")
        self.assertNotEqual(requirement(report, "QS-01")["reasons"], [])
        self.assertIn("INCONCLUSIVE", out)

    def test_the_last_words_are_shown(self):
        out, report = self.run_iut(1, hostile("last-words"))
        self.assertIn("printed", out)
        self.assertIn("output", requirement(report, "QS-13")["findings"][0])

    def test_a_saved_program_shows_the_finding_again(self):
        _, report = self.run_iut(1, hostile("crash"))
        words = shlex.split(requirement(report, "QS-13")["findings"][0]["reproduce"])
        self.assertEqual(words[:2], ["vdsconform", "replay"])
        history = self.path("history.jsonl")
        out, _ = self.expect(1, *words[1:], "--history", history)
        self.assertIn("step 1: query", out)
        self.assertIn("FAIL QS-13", out)
        out, _ = self.expect(1, "check", history)
        self.assertIn("FAIL QS-13", out)
        words[words.index("--iut") + 1] = REFERENCE
        self.assertIn("PASS", self.expect(0, *words[1:], "--repeat", "3")[0])
        self.assertEqual(len(glob.glob(self.path("vdsconform-findings/*.json"))), 1)

    def calls_seen_asleep(self, name):
        """Of 40 calls in a row, each of which sleeps."""
        program = self.write("program.json", json.dumps(
            {"vdsconform": "program/1", "steps": [{"do": "query"}] * 40}))
        history = self.path("history.jsonl")
        self.run_command("replay", program, "--iut", mutant(name), "--history", history)
        with open(history, encoding="utf-8") as lines:
            return sum("slept_in" in line for line in lines)

    def test_short_sleeps_are_seen_often(self):
        self.assertGreaterEqual(self.calls_seen_asleep("sleeps_100_us"), 5)
        self.assertGreaterEqual(self.calls_seen_asleep("waits_1_ms"), 20)

    def test_replay_refuses_what_is_no_program(self):
        for content in ["", "{", "[]", '{"steps":1}', "\x00"]:
            with self.subTest(content=content):
                program = self.write("program.json", content)
                self.refuses("replay", program, "--iut", REFERENCE, because="program.json: ")
        self.refuses("replay", self.path("none"), "--iut", REFERENCE, because="cannot be read")

    def test_known_failures(self):
        known = self.write("known", "# of old\nQS-13 it throws until 2.0\n")
        options = ["--known-failures", known]
        out, report = self.run_iut(0, hostile("throw"), *options, filter_="QS13.*")
        self.assertIn("KNOWN QS-13", out)
        finding = requirement(report, "QS-13")["findings"][0]
        self.assertEqual(finding["known"], "it throws until 2.0")
        self.assertEqual(report["known_failures"][0]["state"], "fails")
        out, report = self.run_iut(1, hostile("none"), *options, filter_="QS13*:RandomQS13.*")
        self.assertIn("no longer fails: remove the line", out)
        # A part of its cases proves nothing.
        self.run_iut(0, hostile("none"), *options)
        self.write("known", "QS-13/another-cause no\n")
        self.run_iut(1, hostile("throw"), *options)

    def test_bad_lists_of_known_failures(self):
        for content, reason in [
            ("\nQS-99 x\n", "known:2: no requirement is called QS-99"),
            ("QS-13\n", "known:1: QS-13 has no reason"),
        ]:
            known = self.write("known", content)
            self.refuses("run", "--iut", REFERENCE, "--known-failures", known, because=reason)
        self.refuses("check", "x", "--known-failures", self.path("no"), because="cannot be read")

    def test_shards_cover_every_case_once(self):
        pattern = "QS01.*:QS05.*"
        cases = []
        for shard in range(3):
            self.run_iut(0, REFERENCE, "--junit", self.path("junit.xml"), filter_=pattern,
                         GTEST_TOTAL_SHARDS="3", GTEST_SHARD_INDEX=str(shard))
            for case in ElementTree.parse(self.path("junit.xml")).iter("testcase"):
                cases.append(case.get("classname") + "." + case.get("name"))
        every = self.expect(0, "list", "--cases")[0].split()
        self.assertEqual(sorted(cases), sorted(c for c in every if c[:5] in ("QS01.", "QS05.")))

    def test_an_empty_shard_is_wrong_use(self):
        self.expect(2, "run", "--iut", REFERENCE, "--filter", ONE_CASE,
                    GTEST_TOTAL_SHARDS="2", GTEST_SHARD_INDEX="1")

    def test_the_same_seed_gives_the_same_report(self):
        def stable(value):
            if isinstance(value, list):
                return [stable(item) for item in value]
            if not isinstance(value, dict):
                return value
            times = ("seconds", "t0", "t1", "switches")
            return {key: stable(item) for key, item in value.items() if key not in times}

        pattern = "QS03.*Every*:" + ONE_CASE
        for library in [REFERENCE, hostile("throw")]:
            reports = []
            for _ in range(2):
                self.run_command("run", "--iut", library, "--quick", "--filter", pattern, "--seed",
                                 "7", "--json", self.path("report.json"))
                reports.append(stable(self.load("report.json")))
            self.assertEqual(reports[0]["seed"], 7)
            self.assertEqual(reports[0], reports[1])

    def test_the_seed_is_printed_and_reported(self):
        out, report = self.run_iut(0, REFERENCE)
        self.assertIn(f"seed {report['seed']}", out)

    def run_host(self, code, *arguments, filter_=ONE_CASE):
        host = os.path.join(os.path.dirname(os.path.abspath(__file__)), "host.py")
        command = shlex.join([sys.executable, "-B", host, *arguments])
        out, _ = self.expect(code, "run", "--host", command, "--quick", "--filter", filter_,
                             "--json", self.path("report.json"))
        report = self.load("report.json")
        self.assertEqual(report["iut"]["origin"], command)
        return out, report

    def test_a_foreign_host_is_tested_like_a_library(self):
        out, report = self.run_host(0)
        self.assertIn("PASS: model 1 conforms", out)
        self.assertEqual(report["iut"]["capabilities"], ["DRIVE", "ESTIMATE", "NOT_ESTIMATE"])
        _, report = self.run_host(1, "misprint")
        self.assertEqual(requirement(report, "QS-01")["verdict"], "fail")
        _, report = self.run_host(1, "die")
        finding = requirement(report, "QS-13")["findings"][0]
        self.assertIn("exit status 5", finding["message"])
        self.assertIn("step 1: query", finding["step"])
        words = shlex.split(finding["reproduce"])
        self.assertIn("FAIL QS-13", self.expect(1, *words[1:])[0])

    def test_what_a_foreign_host_cannot_do_is_inconclusive_or_not_applicable(self):
        _, report = self.run_host(3, filter_="QS15.CountsReferences")
        self.assertEqual(requirement(report, "QS-15")["verdict"], "inconclusive")
        self.assertIn("this host cannot", requirement(report, "QS-15")["reasons"][0])
        _, report = self.run_host(3, filter_="QS16.*")
        self.assertEqual(requirement(report, "QS-16")["verdict"], "not-applicable")
        self.assertIn("does not declare WAIT", requirement(report, "QS-16")["reasons"][0])

    def test_a_host_that_breaks_the_protocol_is_an_error_of_the_run(self):
        out, report = self.run_host(4, "babble")
        self.assertEqual(report["verdict"], "error")
        self.assertIn("good morning", report["errors"][0])
        self.assertIn("ERROR", out)

    def test_in_process(self):
        self.run_iut(0, REFERENCE, "--in-process")

    def test_the_path_does_not_matter(self):
        shutil.copy(REFERENCE, self.path("here.so"))
        self.run_iut(0, "./here.so")
        self.assertTrue(os.path.isabs(COMMAND))


if __name__ == "__main__":
    unittest.main()
