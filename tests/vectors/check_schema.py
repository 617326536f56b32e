#!/usr/bin/env python3
"""Checks every line of every vector against the schema of histories.

usage: check_schema.py SCHEMA FOLDER

Needs jsonschema (Debian: python3-jsonschema). Also checks that the schema can fail at all: lines
that are wrong on purpose must be refused.
"""

import json
import pathlib
import sys

import jsonschema

WRONG_LINES = (
    {"op": 0, "thread": 0, "call": "QueryStatus", "t0": 1, "t1": 2, "hr": "0x80042409"},
    {"op": 0, "thread": 0, "call": "query", "t0": 1, "t1": 2},
    {"op": 0, "thread": 0, "call": "progress", "percent": 101, "t0": 1, "t1": 2},
    {"op": 0, "thread": 0, "call": "finish", "result": 0, "t0": 1, "t1": 2},
    {"op": -1, "thread": 0, "call": "begin", "t0": 1, "t1": 2},
    {"vdsconform": "history/2"},
)


def problems(validator, path):
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            yield f"{path}:{number}: not JSON: {error}"
            continue
        if ("vdsconform" in value) != (number == 1):
            yield f"{path}:{number}: the header stands in the first line, and only there"
        for error in validator.iter_errors(value):
            yield f"{path}:{number}: {error.message}"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    schema = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    validator_class = jsonschema.validators.validator_for(schema)
    validator_class.check_schema(schema)
    validator = validator_class(schema)
    found = [f"not refused: {json.dumps(line)}" for line in WRONG_LINES if validator.is_valid(line)]
    files = sorted(pathlib.Path(sys.argv[2]).glob("*/*.jsonl"))
    if not files:
        found.append(f"no vectors in {sys.argv[2]}")
    for path in files:
        found.extend(problems(validator, path))
    for problem in found:
        print(problem)
    print(f"{len(files)} vectors, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
