"""Terminals, pipes and colours."""

import os
import pty
import subprocess
import unittest

from command import COMMAND, LIMIT_S, ONE_CASE, REFERENCE, CommandTest, hostile

ARGUMENTS = ["run", "--iut", hostile("throw"), "--quick", "--filter", ONE_CASE]


class Terminal(CommandTest):
    def on_a_terminal(self, **environment):
        ours, theirs = pty.openpty()
        with subprocess.Popen([COMMAND, *ARGUMENTS], cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=theirs, stderr=theirs,
                              env=self.environment(**environment)) as process:
            os.close(theirs)
            output = b""
            try:
                while chunk := os.read(ours, 65536):
                    output += chunk
            except OSError:
                pass  # how Linux says that the other end is closed
            os.close(ours)
            self.assertEqual(process.wait(LIMIT_S), 1)
        return output.decode()

    def test_a_terminal_gets_colours_and_a_live_line(self):
        output = self.on_a_terminal(TERM="xterm")
        self.assertIn("\x1b[1;31mFAIL\x1b[0m", output)
        self.assertIn("\r\x1b[Kcase 1 of 1", output)
        self.assertNotIn("[1/1]", output)

    def test_no_color_takes_the_colours_away(self):
        output = self.on_a_terminal(TERM="xterm", NO_COLOR="1")
        self.assertIn("FAIL QS-13", output)
        self.assertNotIn("\x1b[1;31m", output)
        self.assertIn("\x1b[1;31m", self.on_a_terminal(TERM="xterm", NO_COLOR=""))

    def test_a_dumb_terminal_and_a_pipe_get_plain_lines(self):
        self.assertNotIn("\x1b", self.on_a_terminal(TERM="dumb"))
        out, _ = self.expect(1, *ARGUMENTS, TERM="xterm")
        self.assertNotIn("\x1b", out)
        self.assertIn("[1/1]", out)

    def test_a_full_disk_for_standard_output_is_no_success(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [COMMAND, "run", "--iut", REFERENCE, "--quick", "--filter", ONE_CASE],
                cwd=self.folder, env=self.environment(), stdout=full, stderr=subprocess.PIPE,
                timeout=LIMIT_S, check=False)
        self.assertEqual(done.returncode, 4)
        self.assertIn(b"standard output cannot be written", done.stderr)


if __name__ == "__main__":
    unittest.main()
