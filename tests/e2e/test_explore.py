"""`explore`: what it finds, the code that it shows, and what it refuses."""

import ctypes
import errno
import glob
import json
import os
import re
import platform
import shutil
import struct
import unittest

from command import REFERENCE, CommandTest, mutant

TORN = mutant("torn_by_one_instruction")
CASE = "QS09Explored.SuccessFromTheStart"
# " -> 1139  mov dword ptr [rdi + 4], edx", or the bytes that it is made of.
ARROW = re.compile(r"^  -> ([0-9a-f]+)  \S.*$", re.MULTILINE)
CODE = re.compile(r"^  code     step \d was stopped before (\S+)\+0x([0-9a-f]+)(?: \((.*)\))?$", re.MULTILINE)


def explored(name):
    return os.path.join(os.environ["VDSCONFORM_EXPLORED"], name + ".so")


def deny_writable_code():
    """From here on no memory of this process and those that it starts becomes code that can be
    written: mprotect refuses it with EACCES, as under systemd's MemoryDenyWriteExecute."""
    load, equal, both, give = 0x20, 0x15, 0x54, 0x06  # BPF: LD|W|ABS, JMP|JEQ|K, ALU|AND|K, RET|K
    number, third_argument = 0, 32  # offsets in seccomp_data
    mprotect, write_and_execute = 10, 2 | 4
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EACCES
    program = b"".join(
        struct.pack("=HBBI", *instruction)
        for instruction in [
            (load, 0, 0, number),
            (equal, 0, 4, mprotect),
            (load, 0, 0, third_argument),
            (both, 0, 0, write_and_execute),
            (equal, 0, 1, write_and_execute),
            (give, 0, 0, refuse),
            (give, 0, 0, allow),
        ]
    )
    buffer = ctypes.create_string_buffer(program)
    filters = ctypes.create_string_buffer(
        struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer)))
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, seccomp, mode_filter = 38, 22, 2
    if libc.prctl(no_new_privileges, 1, 0, 0, 0) != 0 or libc.prctl(
            seccomp, mode_filter, filters, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no filter of system calls")
    code = libc.mmap
    code.restype = ctypes.c_void_p
    page = code(None, ctypes.c_size_t(4096), 1, 0x22, -1, 0)
    if libc.mprotect(ctypes.c_void_p(page), ctypes.c_size_t(4096), 7) != -1:
        raise OSError("the filter refuses nothing")


class Explore(CommandTest):
    def setUp(self):
        super().setUp()
        done = self.run_command("explore", "--iut", REFERENCE, "--filter", CASE)
        text = done.stdout.decode()
        if "not explored" in text:
            self.assertEqual(done.returncode, 3, text)
            self.skipTest(text.split("not explored", 1)[1].splitlines()[0])

    def the_code(self, out):
        """Module, offset and function of the stop that is shown, whose line has the arrow."""
        code = CODE.search(out)
        arrow = ARROW.search(out)
        self.assertTrue(code and arrow, out)
        self.assertEqual(arrow[1], code[2])
        return code[1], int(code[2], 16), code[3]

    def saved(self):
        return glob.glob(self.path("vdsconform-findings/*.json"))

    def test_a_right_one_passes(self):
        out, _ = self.expect(0, "explore", "--iut", REFERENCE)
        self.assertTrue(out.splitlines()[-1].startswith("PASS: "), out)
        self.assertRegex(out, r"explored [\d,]+ of [\d,]+ interleavings")
        self.assertIsNone(CODE.search(out))
        self.assertEqual(self.saved(), [])

    def test_a_torn_one_is_shown_at_the_instruction(self):
        out, _ = self.expect(1, "explore", "--iut", TORN, "--explore", "1")
        self.assertIn("FAIL QS-09", out)
        module, offset, _ = self.the_code(out)
        self.assertEqual(module, os.path.basename(TORN))
        self.assertGreater(offset, 0)
        # Instructions around it as well, or bytes and why.
        around = re.findall(r"^     [0-9a-f]+  \S.*$", out, re.MULTILINE)
        self.assertGreater(len(around), 0, out)

    def test_the_function_is_named_where_the_file_knows_it(self):
        out, _ = self.expect(1, "explore", "--iut", explored("writer"), "--filter", CASE)
        module, _, function = self.the_code(out)
        self.assertEqual(module, "writer.so")
        self.assertRegex(function, r"StoreTheHalves\+0x[0-9a-f]+$")
        out, _ = self.expect(1, "explore", "--iut", explored("writer-stripped"), "--filter", CASE)
        self.assertIsNone(self.the_code(out)[2])

    def test_a_saved_program_shows_the_same_place(self):
        library = explored("writer")
        out, _ = self.expect(1, "explore", "--iut", library, "--filter", CASE)
        place = self.the_code(out)
        (program,) = self.saved()
        for _ in range(5):
            out, _ = self.expect(1, "explore", program, "--iut", library)
            self.assertEqual(self.the_code(out), place)
            self.assertIn("FAIL QS-09", out)
        # Where nothing is wrong the program passes, or does not come there.
        done = self.run_command("explore", program, "--iut", explored("mutex"))
        self.assertIn(done.returncode, (0, 3), done.stdout.decode())

    def test_code_that_has_changed_is_not_shown(self):
        out, _ = self.expect(1, "explore", "--iut", explored("writer"), "--filter", CASE)
        offset = self.the_code(out)[1]
        (name,) = self.saved()
        program = self.load(name)
        preemption = program["schedule"]["preemptions"][0]
        for at, because in [
            (preemption["at"].replace(f"0x{offset:x}", f"0x{offset + 1:x}"), "was built anew"),
            (preemption["at"].replace("writer.so", "elsewhere.so"), "is not found"),
            ("../../writer.so+0x10", "is not known"),
            ("writer.so+0xfffffffffffffff", "has no code there"),
            ("\x1b[31mwriter.so", "is not known"),
        ]:
            with self.subTest(at=at):
                preemption["at"] = at
                changed = self.write("changed.json", json.dumps(program))
                out, _ = self.expect(1, "explore", changed, "--iut", explored("writer"))
                self.assertIn(because, out)
                self.assertIsNone(ARROW.search(out))
                self.assertNotIn("\x1b", out)

    @unittest.skipUnless(platform.machine() == "x86_64", "the filter is for this processor")
    def test_code_that_cannot_be_written_is_stepped_through(self):
        counts = re.compile(r"explored ([\d,]+) of ([\d,]+) interleavings")
        found = []
        for before in (None, deny_writable_code):
            out, _ = self.expect(1, "explore", "--iut", explored("writer"), "--filter", CASE,
                                 "--explore", "1", before=before)
            self.assertIn("FAIL QS-09", out)
            found.append((self.the_code(out), counts.search(out).groups()))
            out, _ = self.expect(0, "explore", "--iut", explored("mutex"), "--filter", CASE,
                                 "--explore", "1", before=before)
            found[-1] += counts.search(out).groups()
        self.assertEqual(found[0], found[1])

    def test_an_explored_program_shows_what_it_finds(self):
        program = self.write("explored.json", json.dumps({
            "vdsconform": "program/1",
            "schedule": {"kind": "explored", "preemptions": [{"step": 0}]},
            "steps": [{"do": "finish", "result": "0x80004005"}, {"thread": 1, "do": "query"}],
        }))
        out, _ = self.expect(1, "explore", program, "--iut", explored("writer"))
        self.assertRegex(self.the_code(out)[2], "StoreTheHalves")

    def test_a_library_of_any_name_is_found(self):
        library = self.path("a library (1).so")
        shutil.copy(explored("writer"), library)
        out, _ = self.expect(1, "explore", "--iut", library, "--filter", CASE)
        self.assertIn("FAIL QS-09", out)

    def test_wrong_use_is_refused(self):
        in_order = self.write("in-order.json", json.dumps(
            {"vdsconform": "program/1", "steps": [{"do": "query"}]}))
        iut = ("--iut", REFERENCE)
        for arguments, because in [
            ((), "give --iut LIB"),
            (("--host", "true"), "give --iut LIB"),
            ((*iut, "--explore", "off"), "--explore"),
            ((*iut, "--explore", "3"), "--explore"),
            ((in_order, *iut), "in-order.json: stops no thread"),
            ((in_order, *iut, "--filter", "QS09*"), "--filter"),
            ((in_order, *iut, "--explore", "1"), "--explore"),
            (("nowhere.json", *iut), "nowhere.json: cannot be read"),
            (("--iut", "nowhere.so"), "nowhere.so"),
            ((*iut, "--gtest_repeat=2"), "--gtest_repeat"),
        ]:
            with self.subTest(arguments=arguments):
                self.refuses("explore", *arguments, because=because)


class WhereThreadsCannotBeStopped(CommandTest):
    RACE = "QS09.OneStateWhileFinishingFromTheStart"

    def test_valgrind_is_named_and_finds_nothing_of_ours(self):
        valgrind = shutil.which("valgrind")
        self.assertIsNotNone(valgrind, "valgrind is not installed")
        out, err = self.expect(
            0, "run", "--quick", "--in-process", "--iut", REFERENCE, "--filter",
            f"{CASE}:{self.RACE}",
            under=(valgrind, "-q", "--error-exitcode=99"))
        self.assertIn("not explored, only raced: ", out)
        self.assertIn("valgrind", out)
        self.assertNotIn("stack used", out)
        self.assertNotIn("Invalid", err)


if __name__ == "__main__":
    unittest.main()
