"""Runs the real command in a folder of the test's own; what the end to end tests share."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

COMMAND = os.environ["VDSCONFORM"]
REFERENCE = os.environ["VDSCONFORM_REFERENCE"]
SOURCE = os.environ["VDSCONFORM_SOURCE"]
# A bound on a broken command, not a measure of speed.
LIMIT_S = 120

# Cases that run in order and take no time.
ONE_CASE = "QS01.StoresOperationPendingBeforeAnyProgress"


def hostile(behaviour):
    return os.path.join(os.environ["VDSCONFORM_HOSTILE"], behaviour + ".so")


def mutant(name):
    return os.path.join(os.environ["VDSCONFORM_MUTANTS"], f"libmutant_{name}.so")


class CommandTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="vdsconform-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        mode = "wb" if isinstance(content, bytes) else "w"
        with open(self.path(name), mode) as file:
            file.write(content)
        return self.path(name)

    def environment(self, **changes):
        """The environment without what would change the command's conduct."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GTEST_", "RC_")) and name not in ("NO_COLOR", "TERM")
        }
        kept.update(changes)
        return kept

    def run_command(self, *arguments, stdin="", before=None, under=(), **environment):
        """`before` is called in the new process, before the command is; `under` is the command that
        runs it."""
        return subprocess.run(
            [*under, COMMAND, *arguments],
            cwd=self.folder,
            env=self.environment(**environment),
            preexec_fn=before,
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )

    def expect(self, code, *arguments, **more):
        """Runs the command, which must end with `code`; its standard output and error."""
        done = self.run_command(*arguments, **more)
        out = done.stdout.decode("utf-8", "strict")
        err = done.stderr.decode("utf-8", "strict")
        self.assertEqual(done.returncode, code, f"{arguments}\n{out}\n{err}")
        return out, err

    def refuses(self, *arguments, because, **more):
        """Wrong use: exit code 2, the reason on standard error, nothing on standard output."""
        out, err = self.expect(2, *arguments, **more)
        self.assertTrue(err.startswith("vdsconform: "), err)
        self.assertIn(because, err)
        self.assertEqual(out, "")

    def load(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return json.load(file)

    def leftovers(self):
        """Scratch files in the test's folder."""
        return [name for name in os.listdir(self.folder) if name.endswith(".tmp")]


def processes_naming(text):
    """The processes whose command line holds `text`."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if text.encode() in file.read():
                    found.append(int(name))
        except OSError:
            continue  # it has ended
    return found


def requirement(report, identifier):
    for entry in report["requirements"] + report["advisories"]:
        if entry["id"] == identifier:
            return entry
    raise AssertionError(f"{identifier} is not in the report")
