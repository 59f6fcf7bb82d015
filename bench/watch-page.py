#!/usr/bin/env python3
"""How the page of runs answers when they are long: four runs of 100,000 steps, made up, in Chromium.

Prints how many points the page holds, milliseconds to draw each chart anew, and the times between
frames while the loss is zoomed and pointed at.

    bench/watch-page.py [CHROMIUM]     /usr/bin/chromium unless told otherwise

Needs the package playwright, but no browser of its own.
"""

import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

from playwright.sync_api import sync_playwright

STEPS = 100_000
HOME = pathlib.Path(__file__).resolve().parent.parent


def write(run, offset):
    run.mkdir()
    (run / "config.yaml").write_text("task: text\nmax-steps: 120000\n")
    noise = random.Random(offset)
    with open(run / "metrics.jsonl", "w") as lines:
        for step in range(1, STEPS + 1):
            loss = 1.6 + offset / 20 + 2.6 * math.exp(-step / 9000) + noise.gauss(0, 0.06)
            spike = 20 if noise.random() < 1e-4 else 0
            line = {
                "step": step,
                "split": "train",
                "loss": loss,
                "learningRate": 1e-3 * (0.5 + 0.5 * math.cos(math.pi * step / 120000)),
                "gradientNorm": abs(noise.gauss(1.2, 0.3)) + spike,
                "trace": noise.lognormvariate(3, 0.5),
                "metricScale": 1 / (1 + noise.lognormvariate(-2, 0.5)),
                "tokens": 768 * step,
                "seconds": round(0.04 * step, 4),
            }
            lines.write(json.dumps(line) + "\n")


def measure(page, url):
    page.goto(url)
    page.wait_for_timeout(3000)
    points = "[...runs.values()].flatMap(r => Object.values(r.curves)).reduce((n, c) => n + c.length, 0)"
    print("points on the page:", page.evaluate(points))
    draw = "charts.map(c => { const t = performance.now(); c.update(); return performance.now() - t; })"
    page.evaluate(draw)
    print("a chart drawn anew, ms:", [round(t) for t in page.evaluate(draw)])
    page.wait_for_timeout(500)
    page.evaluate("window.gaps = []; (function next(last) { requestAnimationFrame(now => { gaps.push(now - last); next(now); }); })(performance.now())")
    box = page.query_selector(".plot").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 120)
    for turn in range(20):
        page.mouse.wheel(0, -100 if turn < 10 else 100)
        page.wait_for_timeout(50)
    for place in range(30):
        page.mouse.move(box["x"] + 100 + 10 * place, box["y"] + 120)
        page.wait_for_timeout(30)
    gaps = sorted(page.evaluate("gaps"))
    print("between frames, ms: median %.0f, 99 %% %.0f, worst %.0f" % (gaps[len(gaps) // 2], gaps[int(0.99 * len(gaps))], gaps[-1]))


with tempfile.TemporaryDirectory() as work, sync_playwright() as driver:
    runs = [pathlib.Path(work) / f"run-{i}" for i in range(4)]
    for i, run in enumerate(runs):
        write(run, i)
    html = pathlib.Path(work) / "page.html"
    subprocess.run([HOME / "pullback", "report", "--out", html, *runs], check=True)
    chromium = sys.argv[1] if len(sys.argv) > 1 else "/usr/bin/chromium"
    browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    measure(browser.new_context(viewport={"width": 1200, "height": 900}).new_page(), html.as_uri())
    browser.close()
