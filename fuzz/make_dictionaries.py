#!/usr/bin/env python3
"""Writes the dictionaries of the fuzz targets, from the tables and schemas of the project.

usage: make_dictionaries.py [--check]

With --check nothing is written: exit code 1 if a dictionary is not what would be written.
"""

import json
import pathlib
import re
import sys

FUZZ = pathlib.Path(__file__).resolve().parent
ROOT = FUZZ.parent


def codes():
    """The names and values of spec/codes.tsv, each value once."""
    rows = [line.split("\t") for line in (ROOT / "spec/codes.tsv").read_text().splitlines()]
    return {int(value, 16): name for name, value in reversed(rows)}


def schema_words(name):
    """The names of a schema's fields, and the texts and names that it allows."""
    fields, values = set(), set()

    def walk(node):
        if isinstance(node, list):
            for part in node:
                walk(part)
        elif isinstance(node, dict):
            fields.update(node.get("properties", {}))
            for allowed in [*node.get("enum", []), node.get("const")]:
                if isinstance(allowed, str):
                    values.add(allowed)
            for part in node.values():
                walk(part)

    walk(json.loads((ROOT / "spec" / f"{name}.schema.json").read_text()))
    return fields, values


def quoted(content):
    """An entry of a dictionary, which both libFuzzer and AFL++ read."""
    escaped = ""
    for byte in content:
        if byte in b'"\\':
            escaped += "\\" + chr(byte)
        else:
            escaped += chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02X}"
    return f'"{escaped}"'


def json_entries(*schemas, more=()):
    fields, values = set(), set(more)
    for schema in schemas:
        for into, found in zip((fields, values), schema_words(schema)):
            into |= found
    return ([f'"{field}":'.encode() for field in sorted(fields)]
            + [f'"{value}"'.encode() for value in sorted(values)]
            + [b"true", b"false", b"null", b"4294967295", b"9223372036854775807"]
            + [f'"0x{value:08X}"'.encode() for value in sorted(codes())])


def strings_of(source, pattern):
    return sorted(set(re.findall(pattern, (ROOT / source).read_text())))


def entries():
    """Each dictionary's entries."""
    binary_codes = [value.to_bytes(4, "little") for value in sorted(codes())]
    requirements = [row["id"] for row in
                    json.loads((ROOT / "spec/catalogue.json").read_text())["requirements"]]
    # What the protocol's documents are called, and their fields.
    protocol = strings_of("harness/protocol.cpp", r'"([a-z_]+(?:/1)?)"')
    options = strings_of("harness/options.cpp", r'"(--[a-z-]+)"')
    commands = strings_of("harness/options.cpp", r'add_subcommand\(\s*"([a-z]+)"')
    keys = strings_of("reference/disk_clean_parameters.cpp", r'key == "([a-z]+)"')
    return {
        "fuzz_history": json_entries("history"),
        "fuzz_history_binary": [b"\x89VDSH\r\n\x01"] + binary_codes,
        "fuzz_known_failures": [f"{identity} ".encode() for identity in requirements]
                               + [f"{identity}/".encode() for identity in requirements],
        "fuzz_options": [f"{word}\n".encode() for word in commands + options]
                        + [b"--gtest_filter=", b"win32", b"ms-vds", b"key=value"],
        "fuzz_parameters": [f"{key}=".encode() for key in keys]
                           + [b"yes", b"no", b"512", b"64M", b"G", b"K", b"18446744073709551615"],
        "fuzz_program": json_entries("program"),
        "fuzz_protocol": json_entries("history", "program", more=protocol),
    }


def text_of(target, content):
    lines = [f"# Words of {target}'s inputs. Written by make_dictionaries.py: change that instead."]
    return "\n".join(lines + [quoted(entry) for entry in content]) + "\n"


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    stale = 0
    for target, content in entries().items():
        path = FUZZ / "dictionaries" / f"{target}.dict"
        text = text_of(target, content)
        if not sys.argv[1:]:
            path.write_text(text)
        elif not path.is_file() or path.read_text() != text:
            print(f"{path} is not current: run fuzz/make_dictionaries.py", file=sys.stderr)
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
