"""Runs a module as a process that is told to stop when its parent dies: `tethered.py PARENT MODULE ...`.

It is started by its path, so that a gateway's process loads nothing of the server.
"""

import ctypes
import os
import runpy
import signal
import sys

_PR_SET_PDEATHSIG = 1  # of <linux/prctl.h>


def tether(parent: int) -> None:
    """Ask the kernel for SIGTERM when the parent dies; exit if it has died already.

    Where there is no such call, as outside Linux, a process outlives a parent that is killed.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(1)


if __name__ == "__main__":
    _, process, module, *arguments = sys.argv
    tether(int(process))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
