#!/usr/bin/env python3
"""The promises about `vdsconform check`: a history of a million events takes less than 2 s of
processor time and less than 64 MB of memory, and twice the events take at most 2.1 times as long.

Processor time, not time on the wall, and the best of several runs, so that a busy machine does not
change the answer. Exits with 1 if a promise is broken.
"""

import argparse
import os
import subprocess
import sys
import tempfile

MAX_SECONDS = 2.0
MAX_BYTES = 64 * 1000 * 1000
MAX_RATIO = 2.1


def check(command, history):
    """One `vdsconform check`: its processor seconds and its largest resident set in bytes."""
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen([command, "check", history], stdout=output,
                                 stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            output.seek(0)
            sys.exit(f"check of a conforming history ended with exit code {child.returncode}:\n"
                     f"{output.read().decode(errors='replace')}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def best(command, history, repeat):
    runs = [check(command, history) for _ in range(repeat)]
    return min(seconds for seconds, _ in runs), max(size for _, size in runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vdsconform", required=True, help="the command")
    parser.add_argument("--generate", required=True, help="the generate_history program")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=7, help="runs, of which the best counts (7)")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="vdsconform-benchmark-") as directory:
        results = []
        for factor in (1, 2):
            events = arguments.events * factor
            history = os.path.join(directory, f"history-{factor}.jsonl")
            subprocess.run([arguments.generate, str(events), history], check=True)
            seconds, size = best(arguments.vdsconform, history, arguments.repeat)
            results.append((seconds, size))
            print(f"{events} events: {seconds:.2f} s of processor time, "
                  f"{events / max(seconds, 1e-9) / 1e6:.2f} million events/s, "
                  f"{size / 1e6:.1f} MB")
    (seconds, size), (twice_seconds, twice_size) = results
    ratio = twice_seconds / seconds
    print(f"twice the events take {ratio:.2f} times as long")
    broken = []
    if seconds >= MAX_SECONDS:
        broken.append(f"{seconds:.2f} s of processor time, promised: less than {MAX_SECONDS} s")
    if max(size, twice_size) >= MAX_BYTES:
        broken.append(f"{max(size, twice_size) / 1e6:.1f} MB, promised: less than "
                      f"{MAX_BYTES / 1e6:.0f} MB")
    if ratio > MAX_RATIO:
        broken.append(f"a ratio of {ratio:.2f}, promised: at most {MAX_RATIO}")
    for promise in broken:
        print(f"broken promise: {promise}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
