"""A host of the process protocol that owes nothing to ours: a model of a conforming
implementation, of which an argument makes a faulty one. It takes steps in order, one thread only.
"""

import json
import os
import sys
import time

PENDING = "0x80042409"
fault = sys.argv[1] if len(sys.argv) > 1 else ""


def say(**document):
    print(json.dumps(document), flush=True)


class Operation:
    def __init__(self, estimable):
        self.estimable = estimable
        self.result = None
        self.percent = 0

    def query(self):
        pending = "0x00042409" if fault == "misprint" else PENDING
        if self.result is None:
            return {"hr": pending, "percent": self.percent if self.estimable else 0}
        return {"hr": self.result, "percent": 100}


def call(name, op, **fields):
    now = time.monotonic_ns()
    say(op=op, thread=0, call=name, t0=now, t1=time.monotonic_ns(), **fields)


def perform(step, number, operations):
    op = step.get("op", 0)
    operation = operations[op]
    action = step["do"]
    if action == "query":
        for _ in range(step.get("repeat", 1)):
            say(vdsconform="at", thread=0, step=number, call="QueryStatus")
            if fault == "die":
                os._exit(5)
            call("QueryStatus", op, step=number, ret="0x00000000", **operation.query())
            say(vdsconform="at", thread=0)
    elif action == "progress":
        operation.percent = step.get("percent", 0)
        call("progress", op, step=number, percent=operation.percent)
    elif action == "finish":
        operation.result = step.get("result", "0x00000000")
        call("finish", op, step=number, result=operation.result)
    else:
        return False
    return True


def run(program):
    if fault == "babble":
        print("good morning", flush=True)
        return
    print("nobody reads this as the protocol", file=sys.stderr)
    say(vdsconform="history/1")
    operations = [Operation(plan.get("estimable", True)) for plan in program.get("operations", [{}])]
    for op, operation in enumerate(operations):
        call("begin", op, estimable=operation.estimable, driven=True)
    for number, step in enumerate(program["steps"]):
        if not perform(step, number, operations):
            say(vdsconform="done", inconclusive="this host cannot " + step["do"])
            return
    say(vdsconform="done")


say(
    vdsconform="host/1",
    iut={"name": "model", "version": "1", "capabilities": ["DRIVE", "ESTIMATE", "NOT_ESTIMATE"]},
)
for line in sys.stdin:
    request = json.loads(line)
    if request["vdsconform"].startswith("program/"):
        run(request)
