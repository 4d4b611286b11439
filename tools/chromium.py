"""Print where Chromium is, or say how to get it and exit with 1.

Looks at the variable CHROMIUM first, then on the path, then where macOS keeps its applications.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find_chromium() -> str | None:
    """Return the path of a Chromium or Chrome, or None."""
    named = os.environ.get("CHROMIUM", "")
    found = (shutil.which(name) for name in (named, *NAMES) if name)
    return next((path for path in found if path), None) or next(
        (path for path in APPLICATIONS if Path(path).exists()), None
    )


def main() -> int:
    """Report the browser found."""
    path = find_chromium()
    if path is None:
        print(
            "The browser tests need Chromium and found none. Debian: apt install chromium; "
            "macOS: brew install --cask chromium; or set CHROMIUM to its path.",
            file=sys.stderr,
        )
        return 1
    print(f"Chromium: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
