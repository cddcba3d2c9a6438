"""A real browser, driven by its own protocol: Debian's chromium, headless, through one WebSocket."""

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

__all__ = ["CHROMIUM", "KEYS", "Browser", "opened"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_PATIENCE = 60.0  # seconds; a busy machine starts a browser in ten

KEYS = {"ArrowRight": 39, "ArrowLeft": 37, "Home": 36, "End": 35, "Enter": 13, "Tab": 9}


class Browser:
    """One tab. What it said on its console and asked of any host is kept."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self.socket = socket
        self.number = 0
        self.complaints: list[str] = []
        self.requests: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result; events that come meanwhile are kept."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                assert "error" not in message, message
                return message["result"]
            self._note(message)

    def open(self, page: Path) -> None:
        """Load a page and wait until it says that it is ready."""
        self.call("Page.navigate", url=page.as_uri())
        self.wait_for("document.documentElement?.dataset.ready === 'yes'")

    def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression, awaited."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait_for(self, condition: str) -> None:
        self._until(lambda: self.run(condition), condition)

    def press(self, key: str, times: int = 1) -> None:
        """Press a key as a person would."""
        for _ in range(times):
            text = {"text": "\r"} if key == "Enter" else {}
            pressed = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
            self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **pressed, **text)
            self.call("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def show(self, width: int, height: int = 900, scheme: str = "light", mobile: bool = False, media: str = "") -> None:
        """Look at the page on a screen of this size, in this colour scheme."""
        size = {"width": width, "height": height, "deviceScaleFactor": 2 if mobile else 1, "mobile": mobile}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.call("Emulation.setTouchEmulationEnabled", enabled=mobile)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)
        self.run("new Promise(done => requestAnimationFrame(() => setTimeout(done, 300)))")

    def picture(self, path: Path, whole: bool = True) -> bytes:
        """Save a picture of the page and return its bytes."""
        taken = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        data = base64.b64decode(taken["data"])
        path.write_bytes(data)
        return data

    def _note(self, message: dict[str, Any]) -> None:
        method, told = message.get("method"), message.get("params", {})
        if method == "Runtime.consoleAPICalled" and told["type"] in {"error", "warning", "assert"}:
            self.complaints.append(json.dumps(told["args"]))
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["exceptionDetails"]))
        elif method == "Log.entryAdded" and told["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(told["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"][:200])

    @staticmethod
    def _until(holds: Callable[[], Any], what: str) -> None:
        end = time.monotonic() + _PATIENCE
        while not holds():
            assert time.monotonic() < end, f"waited in vain for {what}"
            time.sleep(0.05)


@contextmanager
def opened(folder: Path) -> Iterator[Browser]:
    """Start a browser whose profile lies in `folder`, and end it."""
    assert CHROMIUM is not None, "please install chromium"
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # it refuses root with one
    options = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run"]
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"]
    ports = ["--remote-debugging-port=0", "--remote-allow-origins=*", f"--user-data-dir={folder}"]
    command = [CHROMIUM, *options, *quiet, *sandbox, *ports, "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port_file = folder / "DevToolsActivePort"
        Browser._until(lambda: port_file.exists() and port_file.read_text().count("\n"), "the browser")
        socket = websocket.create_connection(_tab(int(port_file.read_text().split()[0])), timeout=_PATIENCE)
        try:
            browser = Browser(socket)
            yield browser
            browser.call("Browser.close")  # it puts its profile in order, and then goes
            process.wait(_PATIENCE)
        finally:
            socket.close()
    finally:
        process.kill()
        process.wait(_PATIENCE)


def _tab(port: int) -> str:
    """Return the address of the browser's tab."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    connection.request("GET", "/json/list")
    tabs = json.loads(connection.getresponse().read())
    connection.close()
    return next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
