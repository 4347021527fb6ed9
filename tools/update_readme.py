"""Write the keyboard tables of README.md and README.ja.md from the table of commands.

python tools/update_readme.py           writes them
python tools/update_readme.py --check   says whether they are up to date; exit status 1 if not
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from visualizer.core.system.paths import assets  # noqa: E402
from visualizer.ui.i18n import read_ts  # noqa: E402
from visualizer.widgets.commands import COMMANDS  # noqa: E402

BEGIN, END = "<!-- keys: begin -->", "<!-- keys: end -->"
HEADERS = {"en": ("Key", "What it does"), "ja": ("キー", "はたらき")}
FILES = {"en": ROOT / "README.md", "ja": ROOT / "README.ja.md"}
ARROWS = {"Up": "↑", "Down": "↓", "Left": "←", "Right": "→"}


def table(language: str) -> str:
    """The Markdown table of all commands that have a key."""
    japanese = read_ts(assets() / "i18n" / "ja.ts") if language == "ja" else {}
    lines = ["| {} | {} |".format(*HEADERS[language]), "|---|---|"]
    for command in (command for command in COMMANDS if command.keys):
        keys = " / ".join(f"<kbd>{ARROWS.get(key, key)}</kbd>" for key in command.keys)
        text = japanese.get((command.context, command.text), command.text).rstrip("…")
        lines.append(f"| {keys} | {text} |")
    return "\n".join(lines)


def updated(text: str, language: str) -> str:
    """A README with its table replaced."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(language)}\n{END}{after}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    stale = []
    for language, path in FILES.items():
        old = path.read_text(encoding="utf-8")
        new = updated(old, language)
        if new != old:
            stale.append(path.name)
            if not asked.check:
                path.write_text(new, encoding="utf-8")
    if asked.check and stale:
        print(f"{', '.join(stale)}: run python tools/update_readme.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
