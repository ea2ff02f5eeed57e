"""The process in which one peer does one job: a line with "go" has it do the next chunk, and it answers with the CPU seconds that took."""

import gc
import importlib
import json
import sys

from benchmarks.measuring import cpu
from benchmarks.peers.job import Peer, Place


def main() -> None:
    """Arguments: the module of the peer, W1 or W2, the number of chunks, their size, all open cases, then the fields of its `Place`."""
    name, job, chunks, size, cases, *place = sys.argv[1:]
    gc.set_threshold(50_000)    # as `makegood` does; the peers gain by it too
    peer: Peer = importlib.import_module(f"benchmarks.peers.{name}").Peer(Place(*place))
    ids = peer.open(max(int(cases), int(chunks) * int(size)))
    parts = [ids[n * int(size):(n + 1) * int(size)] for n in range(int(chunks))]
    print("ready", flush=True)
    for part, _ in zip(parts, sys.stdin, strict=False):
        if job == "W2":
            peer.fall_due(part)
        seconds = cpu(lambda part=part: peer.act(part) if job == "W1" else peer.remind(len(part)))  # type: ignore[misc]
        print(json.dumps(seconds), flush=True)
    sys.stdout.flush()
    import os

    os._exit(0)     # without waiting for threads that some peers leave behind


if __name__ == "__main__":
    main()
