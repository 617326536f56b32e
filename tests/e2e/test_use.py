"""How the command is used, and what it says to who uses it wrongly."""

import json
import unittest

from command import ONE_CASE, REFERENCE, CommandTest, hostile


class Use(CommandTest):
    def test_help_and_version_are_no_errors(self):
        self.assertIn("vdsconform 0.", self.expect(0, "--version")[0])
        for arguments in [["--help"], ["run", "--help"], ["check", "--help"]]:
            self.assertIn("--help", self.expect(0, *arguments)[0])
        self.assertNotIn("protocol-fd", self.expect(0, "--help")[0])

    def test_bad_command_lines(self):
        iut = ["run", "--iut", REFERENCE]
        self.refuses(because="subcommand is required")
        self.refuses("jump", because="there is no command jump")
        self.refuses("run", because="Give --iut LIB or --host COMMAND")
        self.refuses(*iut, "--host", "true", because="exclude each other")
        self.refuses(*iut, "--fast", because="--fast")
        self.refuses(*iut, "stray", because="stray")
        self.refuses(*iut, "--profile", "vista", because="--profile")
        self.refuses(*iut, "--seed", "-1", because="--seed: expected a whole number")
        self.refuses(*iut, "--seed", str(2**64), because="--seed: expected a whole number")
        self.refuses(*iut, "--param", "novalue", because="expected KEY=VALUE")
        self.refuses(*iut, "--rest-ms", "0", because="--rest-ms")
        self.refuses("check", "x", "--gtest_filter=*", because="belong to `run`")
        self.refuses("replay", "p.json", because="Give --iut LIB")
        self.refuses("explain", because="ID")

    def test_unknown_googletest_flags_are_wrong_use(self):
        out, err = self.expect(2, "run", "--iut", REFERENCE, "--gtest_nonsense=1")
        self.assertIn("--gtest_nonsense=1", err)

    def test_libraries_that_cannot_be_tested(self):
        garbage = self.write("garbage.so", "no library\n")
        for library, reason in [
            (self.path("missing.so"), "missing.so"),
            (garbage, "garbage.so"),
            (self.folder, self.folder),
            (hostile("no-export"), "vdsconform_iut"),
            (hostile("null-export"), "null-export.so"),
            (hostile("wrong-abi"), "wrong-abi.so"),
            (hostile("small-size"), "small-size.so"),
            (hostile("no-plan"), "ESTIMATE"),
            (hostile("crash-at-load"), "SIGSEGV"),
            (hostile("exit-at-load"), "exit"),
        ]:
            with self.subTest(library=library):
                self.refuses("run", "--iut", library, "--filter", ONE_CASE, because=reason)

    def test_hosts_that_cannot_be_used(self):
        for command, reason in [
            ("/nonexistent/host", "/nonexistent/host"),
            ("true", "true"),
            ("echo nonsense", "nonsense"),
        ]:
            with self.subTest(command=command):
                self.refuses("run", "--host", command, "--filter", ONE_CASE, because=reason)

    def test_reports_that_cannot_be_written_are_said_first(self):
        for option in ["--json", "--junit", "--sarif", "--html"]:
            for place in [self.path("none/report"), self.folder]:
                with self.subTest(option=option, place=place):
                    self.refuses(
                        "run", "--iut", REFERENCE, option, place, because="cannot be written"
                    )

    def test_no_case_selected_is_wrong_use(self):
        run = ["run", "--iut", REFERENCE, "--quick"]
        for more in [
            [*run, "--filter", "Nothing.*"],
            [*run, "--gtest_filter=Nothing.*"],
            ["run", "--gtest_list_tests", "--filter", "Nothing.*"],
            ["list", "--cases", "--gtest_filter=Nothing.*"],
        ]:
            with self.subTest(more=more):
                self.assertIn("no case was selected", self.expect(2, *more)[1])

    def test_list(self):
        out, _ = self.expect(0, "list")
        self.assertIn("QS-09  one snapshot", out)
        catalogue = json.loads(self.expect(0, "list", "--json")[0])
        self.assertEqual(len(catalogue["requirements"]), 26)
        cases = self.expect(0, "list", "--cases")[0].split()
        self.assertIn(ONE_CASE, cases)
        self.assertEqual(len(cases), len(set(cases)))
        listed = self.expect(0, "run", "--gtest_list_tests", "--filter", ONE_CASE)[0].split()
        self.assertEqual(".".join(part.strip(".") for part in listed), ONE_CASE)

    def test_every_requirement_can_be_explained(self):
        catalogue = json.loads(self.expect(0, "list", "--json")[0])
        for entry in catalogue["requirements"]:
            out, _ = self.expect(0, "explain", entry["id"].lower())
            for word in [entry["id"], entry["name"], "Rule", "Source", "tested", "fix"]:
                self.assertIn(word, out)
        for entry in catalogue["interpretations"]:
            self.assertIn(entry["about"], self.expect(0, "explain", entry["id"])[0])
        self.assertIn("Contradiction C5:", self.expect(0, "explain", "QS-05")[0])
        self.refuses("explain", "QS-90", because="QS-90; closest: QS-")
        self.refuses("explain", "QS9", because="QS-09")


if __name__ == "__main__":
    unittest.main()
