"""Pictures of every tab of a running page, at the widths of a desk and of a phone.

python tests/e2e/screenshots.py http://127.0.0.1:7860/ docs/images     # what the README shows
"""

import sys
import time
from pathlib import Path

from chromium import Chromium

TABS = ("speak", "script", "batch", "history", "voices", "companion", "system")
LABELS = ("合成", "剧本", "批量", "历史", "音色", "陪伴", "系统")
WIDTHS = (1280, 390)
TEXT = "他颤抖着打开门，发现里面空无一人。终于，他在人群里看见了那张熟悉的脸。"


def take_all(window: Chromium, address: str, width: int, folder: Path) -> list[Path]:
    """One picture per tab; fails where a tab is wider than the window."""
    folder.mkdir(parents=True, exist_ok=True)
    window.call("Emulation.setDeviceMetricsOverride", width=width, height=1100, deviceScaleFactor=1, mobile=width < 600)
    window.open(f"{address}?__lang=zh")
    window.wait_for("!!document.querySelector('#tts-status .tts-ready')", 120)
    box = "document.querySelector('#tts-text textarea')"
    window.wait_for(f"!!{box}")
    window.evaluate(f"{box}.focus(); {box}.select()")
    window.type(TEXT)
    time.sleep(0.5)
    window.evaluate("document.querySelector('#tts-generate').click()")
    window.wait_for("!!document.querySelector('#tts-details .tts-words')", 120)
    window.wait_for("!!document.querySelector('#tts-player audio[src]')", 120)
    pictures = []
    for number, name in enumerate(TABS):
        window.evaluate(_open_tab(number))
        shown = "document.querySelector('#tts-tabs [role=tab][aria-selected=true]')?.innerText.trim()"
        window.wait_for(f"['{LABELS[number]}', undefined].includes({shown})")  # none: it stands in the menu
        time.sleep(1.5)
        excess = window.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert excess <= 0, f"{name} is {excess} pixels wider than {width}"
        pictures.append(folder / f"{name}_{width}.png")
        window.screenshot(pictures[-1])
    return pictures


def _open_tab(number: int) -> str:
    """On a narrow window the last tabs stand in a menu."""
    return f"""(() => {{
        const named = (list) => [...list].find((button) => button.innerText.trim() === '{LABELS[number]}');
        const tabs = document.querySelector('#tts-tabs');
        const hidden = () => named(tabs.querySelectorAll('.overflow-dropdown button'));
        (named(tabs.querySelectorAll('[role=tab]')) ?? hidden()).click();
    }})()"""


if __name__ == "__main__":
    for size in WIDTHS:
        browser = Chromium()
        take_all(browser, sys.argv[1], size, Path(sys.argv[2]))
        browser.close()
