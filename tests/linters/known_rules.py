"""Write `reviewer/linters/known_rules.json` for the installed oxlint: `python -m tests.linters.known_rules`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from reviewer.linters.runner import installed

FILE = Path(__file__).parents[2] / "reviewer" / "linters" / "known_rules.json"
SCOPES = ("eslint", "typescript", "unicorn", "promise", "node")


def known() -> list[str]:
    """Rules of the installed oxlint that need no types, sorted."""
    said = subprocess.run([installed("oxlint"), "--rules", "-f", "json"], capture_output=True, check=True, env={})
    rows = json.loads(said.stdout)
    return sorted(f"{row['scope']}/{row['value']}" for row in rows if not row["type_aware"] and row["scope"] in SCOPES)


if __name__ == "__main__":
    FILE.write_text(json.dumps(known(), indent=0) + "\n", encoding="utf-8")
