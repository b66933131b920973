"""A headless Chromium, spoken to through its pipe: no package, no port, no network."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ctdspec.engine.leaderboard import leaderboard
from ctdspec.metrics.catalogue import METRICS
from ctdspec.results.result import Answered, Result, ScoreRecord, Warned, write_result
from ctdspec.results.scorecard import scorecards

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
TIMEOUT_S = 60.0
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


def executable() -> str | None:
    """Give the path of a Chromium; None if there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One page. What its console says, and what it fails to load, is kept in `complaints`."""

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
        x, y = self.eval(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});"
            " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str, text: str = "") -> None:
        """Press a key of the keyboard."""
        about: dict[str, Any] = {"key": key, "code": key}
        about["windowsVirtualKeyCode"] = {"Tab": 9, "Enter": 13, "ArrowRight": 39}[key]
        self._call("Input.dispatchKeyEvent", type="keyDown", **about, **({"text": text} if text else {}))
        self._call("Input.dispatchKeyEvent", type="keyUp", **about)

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


def _row(metric: str, value: float, resamples: np.ndarray) -> ScoreRecord:
    low, high = np.percentile(resamples, [2.5, 97.5])
    higher = METRICS[metric].direction == "higher"
    ceiling, chance = (1.0, -0.5) if higher else (0.0, 1.5)
    return ScoreRecord(
        metric=metric, version=1, method="smoothing", split="test", value=value,
        low=float(low), high=float(high),
        ceiling=ceiling, chance=chance, normalised=(value - chance) / (ceiling - chance), n_trials=25,
        n_bootstrap=len(resamples), note="",
    )  # fmt: skip


@pytest.fixture(scope="session")
def result() -> Result:
    """A scored answer of track S that brings no inputs."""
    rng, cards = np.random.default_rng(0), scorecards("S")
    metrics = [metric for card in cards.values() for metric in card.metrics]
    missing = [metric for metric in metrics if "inputs" in METRICS[metric].needs]
    draws = {metric: 0.5 + 0.03 * rng.standard_normal(400) for metric in metrics if metric not in missing}
    return Result(
        answered=Answered(
            benchmark="tiny_3bff", title="A title of a benchmark", dataset="d" * 64, private=False,
            recipe="e" * 64, n_trials=25, n_bins=150, bin_s=0.01, n_neurons=20, n_held_out=5,
        ),
        method="smoothing", track="S", given_inputs=False, parameters={"width_s": 0.1, "grid": [1, 2]},
        submission="f" * 64, profile="submission",
        warnings=[Warned(code="SUB-VAL-005", place="test/rates_hz")],
        partial=True, missing=missing, scores=[_row(name, 0.5, values) for name, values in draws.items()],
        resamples={name: values.tolist() for name, values in draws.items()},
        versions={"python": "3"}, platform={"system": "one"},
    )  # fmt: skip


def changed(result: Result, method: str, shift: float, without: str = "", **about: Any) -> Result:
    """Give a made-up method whose headlines are higher by `shift`, without metrics that need something."""
    scores, resamples = [], {}
    for row in result.scores:
        if without in METRICS[row.metric].needs:
            continue
        by = shift if row.metric in ("rate_r2", "state_score") else 0.0
        moved = {name: getattr(row, name) + by for name in ("value", "low", "high")}
        scores.append(row.model_copy(update={"method": method, **moved}))
        resamples[row.metric] = [value + by for value in result.resamples[row.metric]]
    digest = f"{sum(map(ord, method)):064x}"
    update = {"method": method, "scores": scores, "resamples": resamples, "submission": digest, **about}
    return result.model_copy(update=update)


@pytest.fixture(scope="session")
def results(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of scored answers: two that tie, better and worse ones, one that was given inputs."""
    folder = tmp_path_factory.mktemp("results")
    made = [
        result,
        changed(result, "better", 0.2),
        changed(result, "as_good", 0.0),
        changed(result, "was_given_inputs", 0.1, given_inputs=True, partial=False, missing=[]),
        changed(result, "one_of_a_name_that_takes_very_much_room", -0.3, parameters={"<script>": "<b>&"}),
        changed(result, "rates_only", -0.1, without="states", track="R", partial=False, missing=[]),
    ]
    for number, one in enumerate(made):
        write_result(folder / f"{number}.json", one)
    (folder / "leaderboard.yaml").write_text(
        "title: A title\nsubmit: Send it to a@b.example.\n"
        "corrections: [{date: 2026-11-01, text: Scored again.}]\n"
    )
    return folder


@pytest.fixture(scope="session")
def site(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a leaderboard. Read only."""
    return leaderboard(results, tmp_path_factory.mktemp("site") / "site").parent


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser, where there is one."""
    program = executable()
    if program is None:
        pytest.skip(f"no {NAMES[0]} on PATH: pages are not looked at")
    opened = Browser(program, tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()
