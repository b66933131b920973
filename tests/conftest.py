import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from ruamel.yaml import YAML

from ctdspec.cli import main
from ctdspec.engine.run import run
from ctdspec.resources import shipped
from ctdspec.spec.component import kinds

# No example of a property may fail because the machine is busy, and every run has the same examples.
settings.register_profile(
    "ctdspec", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ctdspec")

ENGINE = Path(__file__).parent / "engine"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
TIMEOUT_S = 240.0
COMPLAINTS = (
    "Runtime.exceptionThrown",
    "Runtime.consoleAPICalled",
    "Log.entryAdded",
    "Network.loadingFailed",
)
# Chromium reads commands from file 3 and writes to file 4.
_AS_3_AND_4 = (
    "import os, sys; given = [os.dup(int(text)) for text in sys.argv[1:3]];"
    "[os.dup2(handle, number) for number, handle in enumerate(given, 3)];"
    "[os.set_inheritable(number, True) for number in (3, 4)]; os.execv(sys.argv[3], sys.argv[3:])"
)
CONTRAST = """
(() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (rgb) => {
    const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = rgb.map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const [r, g, b, a] = parse(getComputedStyle(at).backgroundColor);
      if (a === undefined || a > 0.99) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility() || node.closest("script")) continue;
    const ink = light(parse(getComputedStyle(node).color).slice(0, 3)), paper = light(behind(node));
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) found.push([walker.currentNode.textContent.trim().slice(0, 40), ratio]);
  }
  return found;
})()
"""


@pytest.fixture
def runs_out_of_memory(request: pytest.FixtureRequest) -> Callable[[str], bool]:
    """Run the file of the test as a program that bounds its memory, with a word of what it is to do there.

    It ends with `OUT_OF_MEMORY` of that file if the bound, which is Linux's, was reached.
    """
    if sys.platform != "linux":
        pytest.skip("the bound is Linux's")

    def runs_out(work: str) -> bool:
        command, env = [sys.executable, request.path, work], {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode in (0, request.module.OUT_OF_MEMORY), done.stderr
        return done.returncode != 0

    return runs_out


@pytest.fixture(scope="session")
def tiny_lorenz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of an analytic system without task. Read only."""
    return run(ENGINE / "tiny_lorenz.yaml", tmp_path_factory.mktemp("lorenz"))


@pytest.fixture(scope="session")
def tiny_forward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run whose test recordings end before their trials do. Read only."""
    return run(ENGINE / "tiny_forward.yaml", tmp_path_factory.mktemp("forward"))


@pytest.fixture(scope="session")
def tiny_3bff(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the shipped network, with few trials. Read only."""
    return run(ENGINE / "tiny_3bff.yaml", tmp_path_factory.mktemp("3bff"))


@pytest.fixture(scope="session")
def tiny_sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of two sessions with populations, selection, drift, sorting errors and lost neurons."""
    return run(ENGINE / "tiny_sessions.yaml", tmp_path_factory.mktemp("sessions"))


@pytest.fixture(scope="session")
def tiny_session(tiny_sessions: Path) -> Path:
    """The first of these sessions. Read only."""
    return tiny_sessions / "ses-day_1"


@pytest.fixture(scope="session")
def tiny_calcium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of fluorescence, which no method reads. Read only."""
    return run(ENGINE / "tiny_calcium.yaml", tmp_path_factory.mktemp("calcium"))


@pytest.fixture(scope="session")
def shipped_system() -> Callable[..., Any]:
    """Read a shipped system by the name of its file; keywords change its fields."""

    def read(name: str, **changes: Any) -> Any:
        fields = YAML(typ="safe", pure=True).load((shipped("specs") / "systems" / f"{name}.yaml").read_text())
        fields |= changes
        return kinds("system")[fields["kind"]].model_validate(fields)

    return read


@pytest.fixture
def ctdspec(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple]:
    """Run the command line in this process; gives exit code, stdout and stderr."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ctdspec", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capsys.readouterr()

    return call


def executable() -> str | None:
    """Give the path of a Chromium; None if there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One page of a headless Chromium, spoken to through its pipe: no package, no port, no network.

    What its console says, and what it fails to load, is kept in `complaints`."""

    def __init__(self, program: str, profile: Path) -> None:
        to_browser, ours_out = os.pipe()
        ours_in, from_browser = os.pipe()
        flags = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
            "--disable-dev-shm-usage", "--hide-scrollbars", f"--user-data-dir={profile}", "about:blank",
        ]  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AS_3_AND_4, str(to_browser), str(from_browser), program, *flags],
            pass_fds=[to_browser, from_browser],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._out, self._in, self._buffer = ours_out, ours_in, b""
        self._number, self._session, self._events = 0, "", []
        self.complaints: list[str] = []
        page = next(
            target for target in self._call("Target.getTargets")["targetInfos"] if target["type"] == "page"
        )
        attached = self._call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")

    def close(self) -> None:
        """End the browser."""
        os.close(self._out)
        os.close(self._in)
        self._process.kill()
        self._process.wait()

    def show(self, width: int, height: int = 900, dark: bool = False) -> None:
        """Set the size of the page in CSS pixels, and the scheme that the reader prefers."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self._call("Emulation.setDeviceMetricsOverride", **size)
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[feature])

    def open(self, path: Path) -> None:
        """Load a file, and wait for it."""
        self._events.clear()
        self._call("Page.navigate", url=path.resolve().as_uri())
        self._wait_for("Page.loadEventFired")
        self.eval("0")  # what was said before this answer has arrived, too

    def eval(self, script: str) -> Any:
        """Give the value of an expression in the page."""
        found = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise AssertionError(found["exceptionDetails"])
        return found["result"].get("value")

    def click(self, selector: str) -> None:
        """Click in the middle of an element with the mouse."""
        x, y = self._middle(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def _middle(self, selector: str) -> tuple[float, float]:
        """Bring an element into sight, and give where its middle is."""
        return self.eval(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});"
            " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )

    def press(self, key: str, text: str = "") -> None:
        """Press a key of the keyboard."""
        codes = {"Tab": 9, "Enter": 13, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39}
        about: dict[str, Any] = {"key": key, "code": key, "windowsVirtualKeyCode": codes.get(key, 0)}
        self._call("Input.dispatchKeyEvent", type="keyDown", **about, **({"text": text} if text else {}))
        self._call("Input.dispatchKeyEvent", type="keyUp", **about)

    def drag(self, selector: str, right: float, down: float) -> None:
        """Drag from the middle of an element with the mouse, by CSS pixels."""
        x, y = self._middle(selector)
        ways = (("Pressed", 0), ("Moved", 0.5), ("Moved", 1), ("Released", 1))
        for kind, share in ways:
            place = {"x": x + share * right, "y": y + share * down}
            self._call("Input.dispatchMouseEvent", type=f"mouse{kind}", **place, button="left", clickCount=1)

    def swipe(self, selector: str, right: float, down: float) -> None:
        """Drag from the middle of an element with a finger, by CSS pixels."""
        x, y = self._middle(selector)
        ways = [("Start", 0.0), *(("Move", step / 8) for step in range(1, 9)), ("End", None)]
        for kind, share in ways:
            points = [] if share is None else [{"x": x + share * right, "y": y + share * down}]
            self._call("Input.dispatchTouchEvent", type=f"touch{kind}", touchPoints=points)

    def pale_texts(self) -> list[tuple[str, float]]:
        """Give texts whose contrast is below 4.5 (WCAG 2.2, AA), and that contrast."""
        return self.eval(CONTRAST)

    def screenshot(self, path: Path) -> None:
        """Save a picture of the whole page."""
        shot = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _call(self, method: str, **parameters: Any) -> Mapping[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            found = self._receive()
            if found.get("id") == self._number:
                assert "error" not in found, (method, found["error"])
                return found["result"]

    def _wait_for(self, event: str) -> None:
        while event not in self._events:
            self._receive()

    def _receive(self) -> dict[str, Any]:
        end = time.monotonic() + TIMEOUT_S
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0.0, end - time.monotonic()))
            assert ready, "the browser is silent"
            read = os.read(self._in, 1 << 16)
            assert read, "the browser has ended"
            self._buffer += read
        line, self._buffer = self._buffer.split(b"\0", 1)
        found = json.loads(line)
        self._note(found)
        return found

    def _note(self, found: Mapping[str, Any]) -> None:
        method, about = found.get("method", ""), found.get("params", {})
        self._events.append(method)
        if method in COMPLAINTS:
            self.complaints.append(json.dumps(about)[:4000])
        if method == "Network.requestWillBeSent":
            url = about["request"]["url"]
            if not url.startswith(("file:", "data:", "about:")):
                self.complaints.append(f"asks the network for {url}")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser, where there is one."""
    program = executable()
    if program is None:
        pytest.skip(f"no {NAMES[0]} on PATH: pages are not looked at")
    opened = Browser(program, tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()
