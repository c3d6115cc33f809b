"""A page in a real browser watches by the lines that `docs/gateway.md` shows, with its key in a header."""

import json
import os
import queue
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.builders import message, receipt, register, report
from tests.running import RunningGateway, RunningServer, Tenant

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MANUAL = (Path(__file__).parents[2] / "docs" / "gateway.md").read_text()

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")

PAGE = """<!doctype html><title>Watching</title><ol></ol><script type="module">
{lines}
const list = document.querySelector("ol");
for await (const {{ event, data }} of watch({url}, {key})) {{
  if (event !== "change") continue;
  const line = document.createElement("li");
  line.textContent = `${{data.message_id}} ${{data.state}}`;
  list.append(line);
  await fetch("/shown", {{ method: "POST", body: list.innerText }});
}}
</script>"""


class PageServer(ThreadingHTTPServer):
    """Serves one page, and hears from it what it shows."""

    daemon_threads = True

    def __init__(self) -> None:
        self.page = ""
        self.shown: queue.Queue[str] = queue.Queue()
        super().__init__(("127.0.0.1", 0), _Request)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def await_shown(self, last: str) -> list[str]:
        """Wait until the last line of what the page shows is a certain one, and return all lines."""
        while True:
            lines = self.shown.get(timeout=40).split("\n")
            if lines[-1] == last:
                return lines


class _Request(BaseHTTPRequestHandler):
    server: PageServer

    def do_GET(self) -> None:
        self._answer(self.server.page if self.path == "/" else "")

    def do_POST(self) -> None:
        self.server.shown.put(self.rfile.read(int(self.headers["content-length"])).decode())
        self._answer("")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the library's name
        """Nobody reads it."""

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture
def pages() -> Iterator[PageServer]:
    server = PageServer()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def browse(tmp_path: Path) -> Iterator[Any]:
    """Let a test open a URL in a browser without a window, whose whole family ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def open_url(url: str) -> None:
        assert BROWSER is not None
        options = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
        ]
        command = [BROWSER, *options, "--no-proxy-server", f"--user-data-dir={tmp_path}/profile", url]
        quiet = subprocess.DEVNULL
        started.append(subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True))

    yield open_url
    for process in started:
        os.killpg(process.pid, 9)
        process.wait(10)


def test_a_page_of_another_origin_shows_states_as_they_come_and_outlives_the_gateway(
    pages: PageServer, browse: Any, server: RunningServer, tenant: Tenant
) -> None:
    lines = re.search(r"```js\n(.*?)```", MANUAL, re.DOTALL)
    assert lines is not None
    gateway = RunningGateway(server.address)
    url = json.dumps(f"{gateway.url}/v1/watch?start=oldest")
    pages.page = PAGE.format(lines=lines[1], url=url, key=json.dumps(tenant.key))
    register(tenant.client, message("m1"))
    browse(pages.url)
    assert pages.await_shown("m1 QUEUED") == ["m1 QUEUED"]
    report(tenant.client, receipt("m1", "SENT", 1))
    assert pages.await_shown("m1 SENT") == ["m1 QUEUED", "m1 SENT"]
    gateway.kill()
    report(tenant.client, receipt("m1", "DELIVERED", 2))
    again = RunningGateway(server.address, "--listen", gateway.url.removeprefix("http://"))
    try:
        assert pages.await_shown("m1 DELIVERED") == ["m1 QUEUED", "m1 SENT", "m1 DELIVERED"]
    finally:
        again.terminate()
