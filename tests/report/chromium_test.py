#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""chromium_test.py REPORT.html CURVES [SCREENSHOT_FOLDER]: opens the report in headless Chromium, wide, narrow and printed.

Asserts: so many curves with paths, every image decodes, nothing in the console, no request but for the file, data: URLs and
an index's figures beside it, no page wider than its window, no text in a curve cut, on another or below 10 pixels.  A page with all these faults is looked at too,
so that the tests themselves are tested.  Exits with 77 when there is no Chromium.

By hand: sample_report OUT && tests/report/chromium_test.py OUT/report.html 4 OUT; by ctest: ctest -L report
"""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

PHONE = 390
VIEWS = ((1400, "screen"), (PHONE, "screen"), (718, "print"))  # A4 within 1 cm margins
SECONDS = 90
FACTS = """({
  curves: [...document.querySelectorAll('svg')].filter(s => s.querySelector('path') && s.getBoundingClientRect().height > 50).length,
  images: document.images.length + document.querySelectorAll('svg image').length,
  broken: [...document.images].filter(i => !i.complete || i.naturalWidth == 0).length,
  untold: [...document.images].filter(i => !i.alt).length,
  cut: [...document.querySelectorAll('svg text')].filter(t => {
    const box = t.closest('svg').getBoundingClientRect(), place = t.getBoundingClientRect();
    return place.left < box.left || place.right > box.right || place.top < box.top || place.bottom > box.bottom;
  }).map(t => t.textContent),
  over: [...document.querySelectorAll('svg')].flatMap(s => {
    const level = [...s.querySelectorAll('text')].filter(t => t.textContent.trim() && Math.abs(t.getScreenCTM().b) < 1e-6);
    const places = level.map(t => t.getBoundingClientRect());
    return level.filter((t, i) => places.some((p, j) => j < i && Math.min(p.right, places[i].right) - Math.max(p.left, places[i].left) > 2
      && Math.min(p.bottom, places[i].bottom) - Math.max(p.top, places[i].top) > p.height / 3)).map(t => t.textContent);
  }),
  letter: Math.min(99, ...[...document.querySelectorAll('svg text')].map(t =>
    parseFloat(getComputedStyle(t).fontSize) * Math.hypot(t.getScreenCTM().a, t.getScreenCTM().b))),
  width: document.documentElement.scrollWidth,
  outside: [...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll') && !e.closest('svg')
    && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80)),
  height: document.documentElement.scrollHeight})"""


class Browser:
    """Chromium spoken to in the DevTools protocol over two pipes: JSON messages that end in a zero byte."""

    def __init__(self, program, folder):
        down_read, down_write = os.pipe()
        up_read, up_write = os.pipe()

        def pipes():  # Chromium reads from 3 and writes to 4
            spare = [os.dup(down_read), os.dup(up_write)]
            spare = [os.dup(fd) if fd in (3, 4) else fd for fd in spare]
            for fd, place in zip(spare, (3, 4)):
                os.dup2(fd, place)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--remote-debugging-pipe", "--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars",
             f"--user-data-dir={folder}/profile", f"--log-net-log={folder}/net.json", "about:blank"],
            preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(down_read), os.close(up_write)
        self.write, self.read = os.fdopen(down_write, "wb", 0), os.fdopen(up_read, "rb", 0)
        self.buffer, self.number, self.session, self.events = b"", 0, None, []
        self.watchdog = threading.Timer(SECONDS, self.process.kill)
        self.watchdog.start()

    def message(self):
        while b"\0" not in self.buffer:
            piece = self.read.read(1 << 20)
            if not piece:
                sys.exit(f"Chromium ended, or took longer than {SECONDS} s")
            self.buffer += piece
        one, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(one)

    def call(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        self.write.write(json.dumps(request).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, event):
        while not any(e.get("method") == event for e in self.events):
            self.events.append(self.message())

    def close(self):
        self.session = None
        try:
            self.call("Browser.close")
            self.process.wait(20)
        finally:
            self.watchdog.cancel()
            self.process.kill()
            self.process.wait()


STRANGER = "http://nowhere.example/x.png"
FAULTY = f"""<!DOCTYPE html><meta name=viewport content='width=device-width, initial-scale=1'><main>
<svg viewBox='0 0 1000 100' width=100 height=10><text x=-20 y=50 font-size=15>small</text><text x=-20 y=50 font-size=15>over</text></svg>
<img src='{STRANGER}'><p style='width: 2000px'>wide</p></main><script>missing()</script>"""


def look(browser, report, curves, width, media="screen"):
    """Opens the report at `width` pixels, as on a screen or on paper; returns the faults found, the addresses asked for and the page's height."""
    browser.events = []
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
    browser.call("Emulation.setEmulatedMedia", media=media)
    browser.call("Page.navigate", url=report.as_uri())
    browser.wait_for("Page.loadEventFired")
    facts = browser.call("Runtime.evaluate", expression=FACTS, returnByValue=True)["result"]["value"]
    said = [e for e in browser.events
            if e.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")]
    asked = {e["params"]["request"]["url"] for e in browser.events if e.get("method") == "Network.requestWillBeSent"}
    own = [report.as_uri(), "data:"] + [report.parent.as_uri()] * (report.name == "index.html")
    strange = sorted(url for url in asked if not url.startswith(tuple(own)))
    wrong = {f"{curves} curves with paths": facts["curves"] != curves,
             "images that decode and have a text": not facts["images"] or facts["broken"] or facts["untold"],
             "nothing wider than the page": facts["width"] > width or facts["outside"],
             "whole texts in curves": facts["cut"],
             "no text in a curve on another": facts["over"],
             "letters of 10 pixels or more": media == "screen" and facts["letter"] < 10,
             "nothing in the console": said,
             "no request": strange}
    return {must: seen for must, seen in wrong.items() if seen}, facts


def screenshot(browser, width, height, path):
    picture = browser.call("Page.captureScreenshot", captureBeyondViewport=True,
                           clip={"x": 0, "y": 0, "width": width, "height": height, "scale": 1})
    path.write_bytes(base64.b64decode(picture["data"]))


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not program:
        print("skipped: no chromium (Debian package chromium)")
        sys.exit(77)
    report = pathlib.Path(sys.argv[1]).resolve(strict=True)
    curves = int(sys.argv[2])
    screenshots = pathlib.Path(sys.argv[3]) if len(sys.argv) == 4 else None
    if screenshots:
        screenshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(program, folder)
        try:
            target = browser.call("Target.createTarget", url="about:blank")["targetId"]
            browser.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                browser.call(f"{domain}.enable")
            for width, media in VIEWS:
                faults, facts = look(browser, report, curves, width, media)
                print(f"{width} px, {media}: {facts}")
                assert not faults, faults
                if screenshots:
                    screenshot(browser, width, facts["height"], screenshots / f"{report.stem}-{media}-{width}.png")
            pdf = base64.b64decode(browser.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])
            assert pdf.startswith(b"%PDF") and b"/Type /Page" in pdf, "a page printed"
            if screenshots:
                (screenshots / f"{report.stem}.pdf").write_bytes(pdf)
            faulty = pathlib.Path(folder, "faulty.html")
            faulty.write_text(FAULTY)
            faults, _ = look(browser, faulty, curves + 1, PHONE)
            assert len(faults) == 8, f"every fault of a faulty page is seen, not only {list(faults)}"
        finally:
            browser.close()
        # Chromium has errands of its own, which begin at no page: their initiator is "not an origin".
        log = json.loads(pathlib.Path(folder, "net.json").read_text())
        begun = [e["params"] for e in log["events"] if isinstance(e.get("params"), dict) and "initiator" in e["params"]]
        strange = {e["url"] for e in begun if e["initiator"] != "not an origin" and e["url"].split(":")[0] not in ("file", "data")}
        assert strange == {STRANGER}, f"no request in the network log but the faulty page's: {strange}"
    print("report: curves, images, console, requests and widths are as they must be")


if __name__ == "__main__":
    main()
