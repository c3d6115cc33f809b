"""A disk that is soon full, and can be given room: a small file system, or a limit of pages."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Protocol

from tests.faults.capped_server import PAGES
from tests.running import Process, RunningServer


class SmallDisk(Protocol):
    """Where a server runs out of room."""

    def serve(self) -> RunningServer:
        """Start a server."""

    def grow(self, server: RunningServer) -> RunningServer:
        """Make room, and return the server that has it."""

    def remove(self) -> None:
        """Give back what the disk takes."""


class SmallFileSystem:
    """A file system in memory: the server stays, and finds room when it grows."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self._directory = directory
        self._mount("size=1m")

    @staticmethod
    def possible(directory: Path) -> bool:
        """Tell whether this machine lets tests mount one."""
        try:
            SmallFileSystem(directory).remove()
        except (OSError, subprocess.CalledProcessError):
            return False
        return True

    def serve(self) -> RunningServer:
        return RunningServer(self._directory / "data")

    def grow(self, server: RunningServer) -> RunningServer:
        self._mount("remount,size=64m")
        return server

    def remove(self) -> None:
        subprocess.run(["umount", self._directory], check=True, capture_output=True)
        self._directory.rmdir()

    def _mount(self, options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "small", str(self._directory)]
        subprocess.run(command, check=True, capture_output=True)


class FewPages:
    """A limit that SQLite keeps, and reports as a full disk: a server without it takes over."""

    def __init__(self, directory: Path) -> None:
        self._data = directory

    def serve(self) -> RunningServer:
        return _CappedServer(self._data, pages=100)

    def grow(self, server: RunningServer) -> RunningServer:
        assert server.terminate() == 0
        return RunningServer(self._data)

    def remove(self) -> None:
        pass


class _CappedServer(RunningServer):
    def __init__(self, data: Path, pages: int) -> None:
        os.environ[PAGES] = str(pages)
        command = [sys.executable, "-m", "tests.faults.capped_server", "--data", str(data)]
        Process.__init__(self, [*command, "--listen", "127.0.0.1:0", "--log-format", "json"], "serving")
        del os.environ[PAGES]
        self.data = data
        self.address = self.logged("serving")["address"]
        self.database = data / "messagestatus.db"
        self.admin_key = (data / "admin.key").read_text().strip()
