"""The process of JAX: `peer.py THREADS`. Speaks the protocol of harness/protocol.ts on its standard input and output."""

import json
import sys
import time

import jax
import numpy as np

from kernels import kernels


def read_inputs(files):
    arrays = {}
    for f in files:
        data = np.fromfile(f["file"], dtype="<f4").reshape(f["shape"])
        arrays[f["name"]] = jax.device_put(data)
    return arrays


class Worker:
    def __init__(self):
        self.run = None

    def prepare(self, request):
        make = kernels[request["kernel"]]
        self.run, answers = make(read_inputs(request["inputs"]), request["parameters"])
        start = time.perf_counter()
        values = [np.asarray(x, dtype="<f4") for x in answers()]
        seconds = time.perf_counter() - start
        for k, value in enumerate(values):
            value.tofile(f"{request['answers']}{k}.f32")
        return {"kind": "prepared", "answers": len(values), "seconds": seconds}

    def time(self, request):
        start = time.perf_counter()
        self.run(request["runs"])
        return {"kind": "time", "seconds": time.perf_counter() - start}

    def respond(self, request):
        return self.prepare(request) if request["kind"] == "prepare" else self.time(request)


def say(reply):
    print(json.dumps(reply), flush=True)


def main():
    worker = Worker()
    say({"kind": "hello", "version": jax.__version__, "threads": int(sys.argv[1])})
    for line in sys.stdin:
        try:
            say(worker.respond(json.loads(line)))
        except Exception as error:  # reported to the harness, which goes on with the next row
            say({"kind": "error", "message": f"{type(error).__name__}: {error}"})


main()
