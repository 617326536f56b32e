"""A run that is stopped reports what it has and leaves nothing behind."""

import os
import shutil
import signal
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

import jsonschema

from command import COMMAND, LIMIT_S, REFERENCE, CommandTest, hostile, processes_naming
from test_reports import SCHEMA



class Interrupt(CommandTest):
    def start(self, library, *more):
        # A copy, so that its host can be told from others.
        self.library = self.path("iut.so")
        shutil.copy(library, self.library)
        return subprocess.Popen(
            [COMMAND, "run", "--iut", self.library, "--quick", "--json", "report.json", "--junit",
             "report.xml", *more],
            cwd=self.folder, env=self.environment(), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def stop(self, process, until, number):
        """Waits for a line that holds `until`, sends the signal, and returns the last lines."""
        for line in process.stdout:
            if until in line:
                break
        else:
            self.fail(process.stderr.read())
        process.send_signal(number)
        out, err = process.communicate(timeout=LIMIT_S)
        return out + err

    def test_one_signal_stops_and_reports(self):
        for number in [signal.SIGINT, signal.SIGTERM]:
            with self.subTest(number=number):
                process = self.start(REFERENCE, "--gtest_repeat=-1", "--filter",
                                     "QS01.*:QS05.*:RandomQS13.*")
                out = self.stop(process, "[", number)
                self.assertEqual(process.returncode, 3, out)
                self.assertIn("(interrupted)", out)
                report = self.load("report.json")
                jsonschema.validate(report, SCHEMA)
                self.assertTrue(report["interrupted"])
                self.assertEqual(report["verdict"], "inconclusive")
                self.assertEqual(report["errors"], [])
                ElementTree.parse(self.path("report.xml"))
                self.assertEqual(self.leftovers(), [])
                self.assertEqual(processes_naming(self.library), [])

    def test_what_was_found_before_counts(self):
        process = self.start(hostile("throw"), "--gtest_repeat=-1", "--filter", "QS01.*")
        out = self.stop(process, "FAIL QS-13", signal.SIGINT)
        self.assertEqual(process.returncode, 1, out)
        report = self.load("report.json")
        self.assertTrue(report["interrupted"])
        self.assertEqual(report["verdict"], "fail")

    def test_a_hanging_call_does_not_hold_it_up(self):
        # Its patience is an hour: only the signal can end this in time.
        process = self.start(hostile("hang"), "--filter", "QS01.*", "--hang-ms", "3600000",
                             "--rest-ms", "3600000")
        out = self.stop(process, "profile", signal.SIGINT)
        self.assertEqual(process.returncode, 3, out)
        self.assertEqual(processes_naming(self.library), [])

    def test_two_signals_end_it_at_once(self):
        process = self.start(REFERENCE, "--gtest_repeat=-1", "--filter", "QS01.*")
        for line in process.stdout:
            if "[" in line:
                break
        # Stopped, it cannot act on the first before the second is there.
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=LIMIT_S)
        self.assertIn(process.returncode, (128 + signal.SIGINT, 128 + signal.SIGTERM))
        self.assertFalse(os.path.exists(self.path("report.json")))
        self.assertEqual(self.leftovers(), [])


if __name__ == "__main__":
    unittest.main()
