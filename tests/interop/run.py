"""Runs every check against a `hansa server` and says how each went: `run.py FOLDER [WORD]`."""

import os
import sys
import time
import traceback

import acceptor
import dialer
import wire
from world import Server


def checks(module):
    return [
        (f"{module.__name__}.{name}", check)
        for name, check in vars(module).items()
        if name.startswith("check_")
    ]


def main(folder, word=""):
    server = Server(folder)
    failed = 0
    try:
        watch = acceptor.HeartbeatWatch(server)
        every = checks(acceptor) + checks(dialer)
        every.append(("acceptor.check_heartbeats_come_every_15_seconds", watch.finish))
        for name, check in every:
            if word not in name:
                continue
            began = time.monotonic()
            try:
                check(server)
                outcome = "ok"
            except Exception:
                failed += 1
                outcome = "FAILED"
                traceback.print_exc(file=sys.stdout)
            print(f"{outcome:6} {time.monotonic() - began:6.2f} s  {name}", flush=True)
    finally:
        server.close()
    print(f"interop: {len(every)} checks, {failed} failed")
    if failed:
        print(server.log.read_text())
    return 1 if failed else 0


if __name__ == "__main__":
    status = main(*sys.argv[1:])
    sys.stdout.flush()
    wire.discard()
    # conversations that a check left open hold threads, which an ordinary exit would wait for
    os._exit(status)
