"""Runs the usual web service under uvicorn, with two workers, and tells when it answers."""

import os
import sys
import threading
import time
import urllib.error
import urllib.request

import uvicorn

from bench.process import free_address
from bench.rivals.serving import tell

WORKERS = 2

_PAUSE = 0.05


def main() -> None:
    """Serve the database that is named, until the process is ended."""
    os.environ["BENCH_DATABASE"] = sys.argv[1]
    port = int(free_address().rpartition(":")[2])
    threading.Thread(target=_watch, args=(port,), daemon=True).start()
    uvicorn.run(
        "bench.rivals.orm_app:app",
        port=port,
        workers=WORKERS,
        log_level="warning",
        access_log=False,
        # A worker whose threads are all busy is slow to say that it lives, and would be replaced.
        timeout_worker_healthcheck=60,
        timeout_keep_alive=60,
    )


def _watch(port: int) -> None:
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/docs").close()
        except urllib.error.URLError:
            time.sleep(_PAUSE)
        else:
            tell(f"127.0.0.1:{port}")
            return


if __name__ == "__main__":
    main()
