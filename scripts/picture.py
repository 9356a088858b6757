"""Runs the demo for a while and takes a picture of the inspector in each colour scheme: picture.py FOLDER."""

import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

RULE = {
    "name": "nobody sees who types",
    "when": "event:typing from:client",
    "then": "drop",
}


def main(folder: Path):
    command = [".build/release/siphon", "demo", "--listen", "127.0.0.1:0", "--inspector", "127.0.0.1:0"]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        chat = re.search(r"http://\S+", demo.stdout.readline())[0]
        inspector = re.search(r"http://\S+", demo.stdout.readline())[0]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            take(browser, chat, inspector, folder)
            browser.close()
    finally:
        demo.terminate()
        demo.wait(5)


def take(browser, chat: str, inspector: str, folder: Path):
    guest = browser.new_page()
    guest.goto(chat)
    pages = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(viewport={"width": 1560, "height": 800}, device_scale_factor=1, color_scheme=scheme)
        page.goto(inspector)
        pages[scheme] = page
    pages["light"].evaluate(
        """rule => fetch("api/v1/rules", {method: "POST", body: JSON.stringify(rule),
           headers: {"Content-Type": "application/json"}})""",
        RULE,
    )
    guest.wait_for_timeout(20_000)
    guest.fill("#text", "Hello Bit, does it work with polling too?")
    guest.press("#text", "Enter")
    guest.wait_for_timeout(5_000)
    for scheme, page in pages.items():
        page.get_by_text("Hello Bit").first.click()
        page.wait_for_timeout(500)
        page.screenshot(path=folder / f"inspector-{scheme}.png")
        print(f"wrote {folder}/inspector-{scheme}.png")


main(Path(sys.argv[1]))
