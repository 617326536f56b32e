#!/usr/bin/env python3
"""The files that other people's fleets read say what those expect and what the project does.

Needs PyYAML (Debian: python3-yaml).
"""

import pathlib
import re
import shlex
import unittest

import yaml

SOURCE = pathlib.Path(__file__).resolve().parents[2]

# What the platforms know of. OSS-Fuzz: "Setting up a new project"; ClusterFuzzLite: "GitHub Actions".
SANITIZERS = {"address", "undefined", "memory"}
ENGINES = {"libfuzzer", "afl", "honggfuzz", "centipede"}
ARCHITECTURES = {"x86_64", "i386"}
MODES = {"code-change", "batch", "prune", "coverage"}
ACTION_INPUTS = {
    "build_fuzzers": {"language", "github-token", "sanitizer", "storage-repo",
                      "storage-repo-branch", "storage-repo-branch-coverage", "upload-build",
                      "bad-build-check"},
    "run_fuzzers": {"github-token", "fuzz-seconds", "mode", "sanitizer", "storage-repo",
                    "storage-repo-branch", "storage-repo-branch-coverage", "output-sarif",
                    "parallel-fuzzing", "language"},
}


def load(path):
    return yaml.safe_load((SOURCE / path).read_text(encoding="utf-8"))


def names(entries):
    """The names in a list whose entries are names or have a name as their only key."""
    return {next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries}


def workflows():
    return sorted((SOURCE / ".github/workflows").glob("*.yml"))


def steps(workflow):
    for job in load(workflow)["jobs"].values():
        yield from job["steps"]


class Configuration(unittest.TestCase):
    def test_oss_fuzz_project(self):
        project = load("fuzz/oss-fuzz/project.yaml")
        for field in ("homepage", "main_repo", "primary_contact"):
            self.assertIsInstance(project[field], str, field)
        self.assertEqual(project["language"], "c++")
        self.assertLessEqual(names(project["sanitizers"]), SANITIZERS)
        self.assertLessEqual(set(project["fuzzing_engines"]), ENGINES)
        self.assertLessEqual(set(project["architectures"]), ARCHITECTURES)

    def test_clusterfuzzlite_project(self):
        self.assertEqual(load(".clusterfuzzlite/project.yaml"), {"language": "c++"})

    def test_dockerfiles_copy_what_there_is(self):
        for folder in ("fuzz/oss-fuzz", ".clusterfuzzlite"):
            text = (SOURCE / folder / "Dockerfile").read_text(encoding="utf-8")
            self.assertRegex(text, r"(?m)^FROM gcr\.io/oss-fuzz-base/base-builder(:v1)?$")
            scripts = re.findall(r"(?:\$SRC/vdsconform/|COPY )(\S*build\.sh)", text)
            self.assertEqual(scripts, [f"{folder}/build.sh"])
        for script in ("fuzz/oss-fuzz/build.sh", ".clusterfuzzlite/build.sh"):
            self.assertTrue((SOURCE / script).stat().st_mode & 0o111, script)
        thin = (SOURCE / ".clusterfuzzlite/build.sh").read_text(encoding="utf-8")
        self.assertIn("$SRC/vdsconform/fuzz/oss-fuzz/build.sh", thin)

    def test_workflows_have_steps_and_limits(self):
        self.assertTrue(workflows())
        for path in workflows():
            workflow = load(path)
            self.assertIn(True, workflow, f"{path}: no 'on', which YAML 1.1 reads as true")
            self.assertIn("permissions", workflow, path)
            for name, job in workflow["jobs"].items():
                self.assertIn("timeout-minutes", job, f"{path}: {name}")
                for step in job["steps"]:
                    self.assertEqual(("uses" in step) + ("run" in step), 1, f"{path}: {step}")

    def test_workflows_run_what_there_is(self):
        usage = re.findall(r"(?m)^  ([a-z]+)\b", (SOURCE / "dev").read_text(encoding="utf-8"))
        for path in workflows():
            for step in steps(path):
                for word in re.findall(r"\./dev ([a-z]+)", step.get("run", "")):
                    self.assertIn(word, usage, path)
                for script in shlex.split(step.get("run", "")):
                    if script.startswith((".ci/", "fuzz/")):
                        self.assertTrue((SOURCE / script).exists(), f"{path}: {script}")

    def test_clusterfuzzlite_actions_get_inputs_they_have(self):
        used = set()
        for path in workflows():
            for step in steps(path):
                action = re.fullmatch(r"google/clusterfuzzlite/actions/(\w+)@v1",
                                      step.get("uses", ""))
                if not action:
                    continue
                used.add(action[1])
                self.assertLessEqual(set(step["with"]), ACTION_INPUTS[action[1]], path)
                mode = step["with"].get("mode", "batch")
                self.assertTrue(mode in MODES or mode.startswith("${{"), mode)
        self.assertEqual(used, set(ACTION_INPUTS))


if __name__ == "__main__":
    unittest.main()
