"""Every report format, of failing and passing runs and checks."""

import html.parser
import json
import os
import stat
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

import jsonschema

from command import (
    COMMAND,
    LIMIT_S,
    ONE_CASE,
    REFERENCE,
    SOURCE,
    CommandTest,
    hostile,
    requirement,
)

with open(os.path.join(SOURCE, "spec", "report.schema.json"), encoding="utf-8") as schema:
    SCHEMA = json.load(schema)


class Page(html.parser.HTMLParser):
    """Checks that elements nest and that nothing comes from elsewhere."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.problems = []
        self.text = ""

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)
        for name, value in attributes:
            if name in ("src", "href") or "://" in (value or ""):
                self.problems.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}>")

    def handle_data(self, data):
        self.text += data


class Reports(CommandTest):
    FORMATS = ["json", "junit", "sarif", "html"]

    def all_formats(self):
        options = []
        for name in self.FORMATS:
            options += ["--" + name, self.path("report." + name)]
        return options

    def check_all(self, failed):
        report = self.load("report.json")
        jsonschema.validate(report, SCHEMA)
        self.assertEqual(report["verdict"] == "fail", failed)

        root = ElementTree.parse(self.path("report.junit")).getroot()
        failures = list(root.iter("failure"))
        self.assertEqual(bool(failures), failed)
        for failure in failures:
            self.assertIn("QS-13 calls come back", failure.text)

        sarif = self.load("report.sarif")
        self.assertEqual(sarif["version"], "2.1.0")
        run = sarif["runs"][0]
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        levels = [result["level"] for result in run["results"]]
        self.assertEqual("error" in levels, failed)
        for result in run["results"]:
            self.assertEqual(rules[result["ruleIndex"]], result["ruleId"])
            self.assertTrue(result["message"]["text"])
            self.assertTrue(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])

        page = Page()
        with open(self.path("report.html"), encoding="utf-8") as file:
            page.feed(file.read())
        self.assertEqual((page.open, page.problems), ([], []))
        self.assertIn("FAIL" if failed else "PASS", page.text)
        self.assertEqual(self.leftovers(), [])
        return report

    def test_of_runs(self):
        for library, code in [(REFERENCE, 0), (hostile("throw"), 1)]:
            with self.subTest(library=library):
                self.expect(code, "run", "--iut", library, "--quick", "--filter", ONE_CASE,
                            *self.all_formats())
                report = self.check_all(failed=code == 1)
                self.assertEqual(report["iut"]["origin"], library)
                for row in report["requirements"]:
                    for finding in row["findings"]:
                        self.assertIn(finding["programs"], range(1, report["programs"] + 1))
                        self.assertTrue(0 < finding["seconds"] <= report["seconds"])

    def test_of_checks(self):
        self.expect(1, "run", "--iut", hostile("throw"), "--quick", "--filter", ONE_CASE)
        program = os.path.join("vdsconform-findings",
                               os.listdir(self.path("vdsconform-findings"))[0])
        for library, code in [(REFERENCE, 0), (hostile("throw"), 1)]:
            with self.subTest(library=library):
                self.expect(code, "replay", program, "--iut", library, "--history", "history")
                self.expect(code, "check", "history", *self.all_formats())
                report = self.check_all(failed=code == 1)
                self.assertEqual(report["iut"]["origin"], "history")
                root = ElementTree.parse(self.path("report.junit")).getroot()
                self.assertEqual(root.get("tests"), str(len(report["requirements"])))

    def test_both_profiles_validate(self):
        for profile, count in [("win32", 18), ("ms-vds", 20)]:
            self.expect(0, "run", "--iut", REFERENCE, "--filter", ONE_CASE, "--profile", profile,
                        "--json", self.path("report.json"))
            report = self.load("report.json")
            jsonschema.validate(report, SCHEMA)
            self.assertEqual(len(report["requirements"]), count)

    def test_a_report_of_other_requirements_findings_fails_in_junit_too(self):
        self.expect(1, "run", "--iut", hostile("throw"), "--filter", ONE_CASE, "--junit",
                    self.path("junit.xml"), "--json", self.path("report.json"))
        root = ElementTree.parse(self.path("junit.xml")).getroot()
        self.assertEqual(requirement(self.load("report.json"), "QS-13")["verdict"], "fail")
        failures = [failure.text for failure in root.iter("failure")]
        self.assertEqual(len(failures), 1)
        self.assertIn("QS-13 calls come back", failures[0])

    def test_what_breaks_later_is_the_suites_failure(self):
        for option in ["--" + name for name in self.FORMATS]:
            with self.subTest(option=option):
                out, err = self.expect(4, "run", "--iut", REFERENCE, "--filter", ONE_CASE, option,
                                       "/dev/full")
                self.assertIn("/dev/full: cannot be written: No space left on device", err)
                self.assertIn("PASS", out)

    def test_a_full_disk_leaves_no_half_report(self):
        # GoogleTest itself would not notice.
        limit = "ulimit -f 1; trap '' XFSZ; exec \"$0\" \"$@\""
        done = subprocess.run(
            ["bash", "-c", limit, COMMAND, "run", "--iut", REFERENCE, "--quick", "--filter",
             "QS01.*:QS05.*:QS03.*", "--junit", self.path("report.junit")],
            cwd=self.folder, env=self.environment(), capture_output=True, timeout=LIMIT_S,
            check=False)
        self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
        self.assertIn(b"report.junit: cannot be written", done.stderr)
        self.assertEqual(os.listdir(self.folder), [])

    def test_two_reports_need_two_files(self):
        self.refuses("check", "x", "--json", "same", "--html", "./same", because="two reports")

    def test_a_report_replaces_the_old_one_and_may_be_read(self):
        old = self.write("report.json", "old")
        self.expect(0, "run", "--iut", REFERENCE, "--filter", ONE_CASE, "--json", old)
        self.assertEqual(self.load("report.json")["verdict"], "pass")
        self.assertTrue(os.stat(old).st_mode & stat.S_IRUSR)

    def test_programs_that_cannot_be_saved_are_the_suites_failure_but_no_pass(self):
        blocked = self.write("file", "")
        out, _ = self.expect(1, "run", "--iut", hostile("throw"), "--filter", ONE_CASE,
                             "--artifacts", os.path.join(blocked, "folder"))
        self.assertIn("cannot be made", out)
        self.assertIn("again    vdsconform run --iut", out)


if __name__ == "__main__":
    unittest.main()
