"""The process of NumPy, with whatever BLAS it was built with: `peer.py THREADS`. Knows linear algebra only; see harness/protocol.ts."""

import json
import sys
import time

import numpy as np

kernels = {
    "cholesky": lambda a: [np.linalg.cholesky(a["a"])],
    "qr": lambda a: list(np.linalg.qr(a["a"])),
    "eigh": lambda a: list(np.linalg.eigh(a["a"]))[::-1],
    "svd": lambda a: list(np.linalg.svd(a["a"])),
}


def read_inputs(files):
    return {f["name"]: np.fromfile(f["file"], dtype="<f4").reshape(f["shape"]) for f in files}


class Worker:
    def __init__(self):
        self.call = None

    def prepare(self, request):
        kernel = kernels.get(request["kernel"])
        if kernel is None:
            return {"kind": "missing", "reason": "compared in linear algebra only"}
        inputs = read_inputs(request["inputs"])
        self.call = lambda: kernel(inputs)
        start = time.perf_counter()
        values = self.call()
        seconds = time.perf_counter() - start
        for k, value in enumerate(values):
            value.astype("<f4").tofile(f"{request['answers']}{k}.f32")
        return {"kind": "prepared", "answers": len(values), "seconds": seconds}

    def time(self, request):
        start = time.perf_counter()
        for _ in range(request["runs"]):
            self.call()
        return {"kind": "time", "seconds": time.perf_counter() - start}

    def respond(self, request):
        return self.prepare(request) if request["kind"] == "prepare" else self.time(request)


def say(reply):
    print(json.dumps(reply), flush=True)


worker = Worker()
say({"kind": "hello", "version": np.__version__, "threads": int(sys.argv[1])})
for line in sys.stdin:
    try:
        say(worker.respond(json.loads(line)))
    except Exception as error:  # reported to the harness, which goes on with the next row
        say({"kind": "error", "message": f"{type(error).__name__}: {error}"})
