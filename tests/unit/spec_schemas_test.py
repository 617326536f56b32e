"""Checks the JSON Schemas of spec/ against documents that are valid and ones that are not.

Usage: spec_schemas_test.py ROOT [--history FILE] [--program FILE] [--report FILE]

Without options: that each schema is a valid schema, and that the history's accepts and refuses the
same lines as the reader does, from the reader's own fixtures, and Programs and reports written
here. With an option: that FILE conforms to that schema, line by line for histories and Programs.
"""

import copy
import functools
import json
import pathlib
import sys
import unittest

import jsonschema


@functools.lru_cache
def validator(root, name):
    schema = json.loads((root / "spec" / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


PROGRAM = {
    "vdsconform": "program/1",
    "name": "all fields",
    "operations": [{"estimable": True}, {}],
    "schedule": {
        "kind": "preempted", "rounds": 100, "budget": 1000, "traps": 500, "seed": 7,
        "preemptions": [
            {
                "step": 1, "instruction": 17, "beyond": 3, "iut_thread": True,
                "at": "libmine.so+0x1139",
            },
        ],
    },
    "measure": False,
    "steps": [
        {
            "thread": 0, "op": 1, "do": "query", "repeat": 1, "null": "hr", "outputs": "stack",
            "hr_offset": 0, "percent_offset": 60,
            "percent": 40, "result": "0x00000000", "iid": "IVdsAsync",
        },
        {"do": "finish", "result": "E_FAIL"},
    ],
}

REPORT = {
    "schema": "vdsconform/report/1",
    "iut": {"name": "n", "version": "1", "capabilities": ["DRIVE"], "origin": "libn.so"},
    "profile": "win32",
    "seed": 1,
    "verdict": "fail",
    "requirements": [
        {
            "id": "QS-01", "name": "pending result", "verdict": "fail", "observations": 3,
            "reasons": [],
            "findings": [
                {
                    "cause": "c", "message": "m", "case": "", "step": "", "source": "W32",
                    "reproduce": "", "count": 1, "programs": 1, "seconds": 0.25,
                }
            ],
        }
    ],
    "advisories": [
        {
            "id": "QA-01", "name": "n", "verdict": "not-applicable", "observations": 0,
            "reasons": ["why"], "findings": [],
        }
    ],
    "programs": 1,
    "events": 2,
    "seconds": 0.5,
    "interrupted": False,
    "strict": False,
    "known_failures": [{"id": "QS-01/c", "reason": "r"}],
    "errors": [],
}


def changed(document, path, value):
    """A copy of `document` with `value` at `path`; without the field if `value` is None."""
    copied = copy.deepcopy(document)
    at = copied
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return copied


class SchemasTest(unittest.TestCase):
    root = pathlib.Path()

    def check(self, name, document, accepted):
        errors = [error.message for error in validator(self.root, name).iter_errors(document)]
        self.assertEqual(not errors, accepted, f"{document}\n{errors}")

    def fixture(self, name):
        return (self.root / "tests" / "unit" / "fixtures" / name).read_text().splitlines()

    def test_history_accepts_what_the_reader_reads(self):
        self.check("history", {"vdsconform": "history/1"}, True)
        for line in self.fixture("history_good_lines.jsonl"):
            self.check("history", json.loads(line), True)

    def test_history_refuses_what_the_reader_refuses(self):
        self.check("history", {"vdsconform": "history/2"}, False)
        for row in self.fixture("history_bad_lines.tsv"):
            self.check("history", json.loads(row.split("\t")[0]), False)

    def test_history_accepts_the_vectors(self):
        vectors = sorted((self.root / "spec" / "vectors").glob("*/*.jsonl"))
        self.assertTrue(vectors)
        for vector in vectors:
            check_file(self.root, "history", vector)

    def test_program(self):
        self.check("program", PROGRAM, True)
        self.check("program", {"vdsconform": "program/1", "steps": []}, True)
        step = ["steps", 0]
        for path, value in [
            (["vdsconform"], "program/2"),
            (["vdsconform"], None),
            (["steps"], None),
            (["operations"], []),
            (["operations"], [{}] * 9),
            (["operations", 0, "estimable"], 1),
            (["schedule", "kind"], "parallel"),
            (["schedule", "rounds"], 0),
            (["schedule", "rounds"], 10_000_001),
            (["schedule", "budget"], 0),
            (["schedule", "traps"], 0),
            (["schedule", "preemptions"], [{}] * 3),
            (["schedule", "preemptions", 0, "step"], -1),
            (["schedule", "preemptions", 0, "instruction"], "17"),
            (["schedule", "preemptions", 0, "iut_thread"], 1),
            (["schedule", "preemptions", 0, "at"], 17),
            (["measure"], "no"),
            (step + ["do"], "sleep"),
            (step + ["do"], None),
            (step + ["thread"], 8),
            (step + ["op"], -1),
            (step + ["repeat"], 1_000_001),
            (step + ["null"], "none"),
            (step + ["outputs"], "register"),
            (step + ["percent"], 101),
            (step + ["result"], 0),
            (step + ["result"], "0x123456789"),
            (step + ["result"], "VDS_E_OPERATION_PENDING"),
            (step + ["iid"], "IDispatch"),
        ]:
            self.check("program", changed(PROGRAM, path, value), False)

    def test_report(self):
        self.check("report", REPORT, True)
        row = ["requirements", 0]
        for path, value in [(["schema"], "vdsconform/report/2")] + [
            ([field], None) for field in REPORT
        ] + [
            (["iut", "capabilities"], ["FLY"]),
            (["profile"], "win64"),
            (["verdict"], "not-applicable"),
            (["seed"], -1),
            (row + ["id"], "QA-01"),
            (row + ["findings"], []),
            (row + ["verdict"], "maybe"),
            (row + ["findings", 0, "count"], 0),
            (row + ["findings", 0, "source"], None),
            (row + ["findings", 0, "programs"], -1),
            (row + ["findings", 0, "seconds"], "1 s"),
            (["advisories", 0, "id"], "QS-01"),
            (["advisories", 0, "verdict"], "pass"),
            (["known_failures", 0, "reason"], ""),
        ]:
            self.check("report", changed(REPORT, path, value), False)


def check_file(root, name, path):
    """Exits with a message if the file does not conform."""
    text = pathlib.Path(path).read_text()
    documents = [text] if name == "report" else text.splitlines()
    if not documents:
        sys.exit(f"{path}: there is nothing in it")
    for number, document in enumerate(documents, 1):
        for error in validator(root, name).iter_errors(json.loads(document)):
            sys.exit(f"{path}:{number}: {error.json_path}: {error.message}")


if __name__ == "__main__":
    SchemasTest.root = pathlib.Path(sys.argv[1])
    if len(sys.argv) == 2:
        unittest.main(argv=sys.argv[:1])
    for option, path in zip(sys.argv[2::2], sys.argv[3::2]):
        check_file(SchemasTest.root, option.removeprefix("--"), path)
