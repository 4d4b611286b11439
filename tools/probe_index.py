"""Warn when an extra package index named in a requirements file cannot be reached.

    python tools/probe_index.py requirements.txt

pip skips such an index without a word; on Linux the price is PyTorch's CUDA build, several
gigabytes.  The exit code is 0 either way.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from pathlib import Path

OPTION = "--extra-index-url "


def extra_indexes(requirements: Path) -> list[str]:
    """Return the addresses of the extra indexes that a requirements file names."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix(OPTION).strip() for line in lines if line.startswith(OPTION)]


def trouble(address: str, seconds: float = 5.0) -> str | None:
    """Return why an address does not answer within a time limit, or None when it does."""
    try:
        urllib.request.urlopen(f"{address}/torch/", timeout=seconds).close()
    except urllib.error.HTTPError as error:
        return str(error)
    except OSError as error:
        return str(getattr(error, "reason", error))
    return None


def main(requirements: str) -> None:
    """Report every extra index that does not answer."""
    for address in extra_indexes(Path(requirements)):
        if why := trouble(address):
            print(
                f"warning: {address} does not answer ({why}); pip goes on without it. "
                "On Linux torch may then arrive as its CUDA build, several gigabytes.",
                file=sys.stderr,
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
