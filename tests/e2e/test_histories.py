"""`check`: verdicts on histories, and what is said of files that are none."""

import os
import unittest

from command import CommandTest

HEADER = '{"vdsconform":"history/1"}\n'
BEGIN = '{"op":0,"thread":0,"call":"begin","estimable":true,"driven":true,"t0":0,"t1":1}\n'
PENDING = (
    '{"op":0,"thread":1,"call":"QueryStatus","t0":10,"t1":11,'
    '"ret":"0x00000000","hr":"0x80042409","percent":0}\n'
)
MISPRINT = PENDING.replace("0x80042409", "0x00042409")
FINISH = '{"op":0,"thread":0,"call":"finish","result":"0x00000000","t0":20,"t1":21}\n'
FINISHED = (
    '{"op":0,"thread":1,"call":"QueryStatus","t0":30,"t1":31,'
    '"ret":"0x00000000","hr":"0x00000000","percent":100}\n'
)
GOOD = HEADER + BEGIN + PENDING + FINISH + FINISHED


class Histories(CommandTest):
    def test_verdicts(self):
        good = self.write("good", GOOD)
        out, _ = self.expect(0, "check", good)
        self.assertTrue(out.splitlines()[-1].startswith("PASS: "), out)
        bad = self.write("bad", GOOD.replace(PENDING, MISPRINT))
        out, _ = self.expect(1, "check", bad)
        self.assertIn("FAIL QS-01", out)
        self.assertIn("QS-08 null outputs", out)
        self.assertIn("the history does not exercise it", out)

    def test_standard_input(self):
        self.expect(0, "check", "-", stdin=GOOD)
        out, _ = self.expect(1, "check", "-", stdin=GOOD.replace(PENDING, MISPRINT))
        self.assertIn("vdsconform check -\n", out)
        self.refuses("check", "-", stdin="nonsense\n", because="standard input:1: ")

    def test_a_last_line_without_its_newline_counts(self):
        self.expect(1, "check", "-", stdin=(HEADER + BEGIN + MISPRINT)[:-1])

    def test_nothing_exercised_is_inconclusive(self):
        out, _ = self.expect(3, "check", "-", stdin=HEADER)
        self.assertIn("nothing was observed", out)

    def test_malformed_and_cut_off_histories(self):
        for content, reason in [
            ("", "bad: "),
            ("\n", "bad:"),
            (GOOD[len(HEADER):], "bad:1: "),
            (HEADER.replace("history/1", "history/9"), "bad:1: "),
            (GOOD + "x\n", "bad:6: "),
            (GOOD[:-20], "bad:5: "),
            (GOOD.replace('"percent":0', '"percent":-1'), "bad:3: "),
            (GOOD.replace('"percent":0', '"percent":"many"'), "bad:3: "),
            (GOOD.replace('"QueryStatus"', '"Ask"', 1), "bad:3: "),
            (GOOD.replace('"t1":21', '"t1":19'), "bad:4: "),
            (HEADER + PENDING + BEGIN, "bad:3: "),
            (GOOD.encode() + b"\xff\xfe\n", "bad:6: "),
            (b"\0" * 100, "bad:1: "),
        ]:
            with self.subTest(content=content):
                path = self.write("bad", content)
                self.refuses("check", path, "--json", self.path("report.json"), because=reason)
                self.assertEqual(self.leftovers(), [])

    def test_files_that_cannot_be_read(self):
        self.refuses("check", self.path("none"), because="none: cannot be read: No such file")
        self.refuses("check", self.folder, because=self.folder)

    def test_profiles_rule_differently(self):
        percent_after_failure = (
            HEADER
            + BEGIN
            + FINISH.replace("0x00000000", "0x80004005")
            + FINISHED.replace('"hr":"0x00000000","percent":100', '"hr":"0x80004005","percent":0')
        )
        self.assertIn("FAIL QS-04", self.expect(1, "check", "-", stdin=percent_after_failure)[0])
        self.expect(0, "check", "-", "--profile", "ms-vds", stdin=percent_after_failure)

    def test_advisories_fail_only_if_strict(self):
        with_ret = GOOD.replace('"ret":"0x00000000","hr":"0x80042409"',
                                '"ret":"0x80042409","hr":"0x80042409"')
        self.assertIn("QA-01", self.expect(0, "check", "-", stdin=with_ret)[0])
        self.assertIn("FAIL QA-01", self.expect(1, "check", "-", "--strict", stdin=with_ret)[0])

    def test_packed_histories_are_judged_alike(self):
        for content, code in [(GOOD, 0), (GOOD.replace(PENDING, MISPRINT), 1), (HEADER, 3)]:
            with self.subTest(code=code):
                packed = self.path("packed")
                self.expect(0, "convert", self.write("lines", content), packed)
                lines_out, _ = self.expect(code, "check", "--json", self.path("a"), self.path("lines"))
                packed_out, _ = self.expect(code, "check", "--json", self.path("b"), packed)
                self.assertIn("check " + packed if code == 1 else "vdsconform", packed_out)
                self.assertEqual(self.load("a")["requirements"][0]["verdict"],
                                 self.load("b")["requirements"][0]["verdict"])
                self.assertEqual(packed_out.count("FAIL"), lines_out.count("FAIL"))
                with open(packed, "rb") as file:
                    self.expect(code, "check", "-", stdin=file.read())

    def test_packing_and_unpacking(self):
        lines = self.write("lines", GOOD)
        self.expect(0, "convert", lines, self.path("packed"))
        with open(self.path("packed"), "rb") as file:
            packed = file.read()
        self.assertTrue(packed.startswith(b"\x89VDSH\r\n\x01"))
        self.assertLess(len(packed) * 4, len(GOOD))
        self.expect(0, "convert", self.path("packed"), self.path("again"))
        out, _ = self.expect(0, "convert", "-", "-", stdin=packed)
        with open(self.path("again"), encoding="utf-8") as file:
            self.assertEqual(file.read(), out)
        self.assertEqual(out.count("\n"), GOOD.count("\n"))
        # The form that is asked for, also if it is the input's own.
        self.assertEqual(self.expect(0, "convert", "-", "-", "--to", "json", stdin=out)[0], out)
        self.expect(0, "convert", self.path("packed"), self.path("same"), "--to", "binary")
        with open(self.path("same"), "rb") as file:
            self.assertEqual(file.read(), packed)

    def test_broken_packed_histories(self):
        self.expect(0, "convert", self.write("lines", GOOD), self.path("packed"))
        with open(self.path("packed"), "rb") as file:
            packed = file.read()
        bad = self.write("bad", packed[:-1])
        self.refuses("check", bad, because=f"bad: byte {len(packed) - 1}: the input ends inside")
        self.refuses("check", "-", stdin=packed[:7] + b"\x07", because="input: byte 7: ")
        # Nothing is written for an input that is wrong, and nothing is left behind.
        self.refuses("convert", bad, self.path("out"), because="bad: byte ")
        self.refuses("convert", self.path("none"), self.path("out"), because="none: cannot be read")
        self.refuses("convert", self.write("text", GOOD + "x\n"), self.path("out"),
                     because="text:6: ")
        self.refuses("convert", bad, self.path("no/such/folder"), because="cannot be written")
        self.refuses("convert", bad, because="OUTPUT")
        self.assertEqual(sorted(os.listdir(self.folder)), ["bad", "lines", "packed", "text"])
        _, err = self.expect(4, "convert", self.path("lines"), "/dev/full")
        self.assertIn("/dev/full: cannot be written: No space left on device", err)


if __name__ == "__main__":
    unittest.main()
