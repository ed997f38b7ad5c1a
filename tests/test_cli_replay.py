"""`reviewer review --record`, `reviewer replay` and `reviewer backtest`, as somebody at a keyboard has them."""

from __future__ import annotations

import gzip
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from reviewer.bundles import Bundles
from reviewer.cli import main
from reviewer.core.bundle import decode, encode
from reviewer.core.bundle_seal import SEAL, sealed
from tests.local.folder import Folder

ROOT = Path(__file__).resolve().parent.parent
BACKEND = (ROOT / "personas" / "backend.chatmode.md").read_text(encoding="utf-8")

BASE: dict[str, str | bytes | None] = {"src/orders.ts": "export const one = 1;\n"}
HEAD: dict[str, str | bytes | None] = {
    "src/orders.ts": """\
export const one = 1;
export async function search(database: Database, name: string): Promise<unknown> {
  debugger;
  return database.query(`SELECT * FROM orders WHERE name = '${name}'`);
}
"""
}

WITHOUT_NETWORK = """\
import sys

def refuse(event, arguments):
    if event.startswith("socket."):
        raise SystemExit("it asked the network: " + event)

sys.addaudithook(refuse)
from reviewer.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded review of a local repository."""
    folder = tmp_path_factory.mktemp("recorded")
    shop = Folder(folder / "shop")
    shop.commit(BASE)
    shop.git("checkout", "--quiet", "-b", "search")
    shop.commit(HEAD)
    path = folder / "search.json.gz"
    asked = ["review", "--repo", str(shop.path), "--record", str(path), "--format", "json"]
    asked += ["--output", str(folder / "search.json")]
    assert main(asked) == 0
    return path


@pytest.fixture
def lenient(tmp_path: Path) -> Path:
    """A persona that routes what is about the database to nobody and escalates nothing."""
    path = tmp_path / "lenient.chatmode.md"
    kept = [line for line in BACKEND.split("\n") if not line.startswith(("- Route ", "- Escalate ", "name:"))]
    path.write_text("\n".join(kept).replace("---\n", "---\nname: lenient\n", 1), encoding="utf-8")
    return path


def test_a_recorded_review_comes_out_the_same(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(bundle)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("shop at ")
    assert "Rebuilt byte for byte: " in said
    assert "the summary, the check run with" in said


def test_the_bundle_s_review_is_the_json_that_was_printed(bundle: Path) -> None:
    assert decode(bundle.read_bytes()).review == json.loads((bundle.parent / "search.json").read_text("utf-8"))


def test_only_its_owner_may_read_a_recorded_file(bundle: Path) -> None:
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o600
    assert [path.name for path in bundle.parent.iterdir() if path.name.startswith(".")] == []


def test_a_replay_asks_no_network(bundle: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_NETWORK, "replay", str(bundle), "--persona", "backend"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={"PATH": os.defpath})
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing changes: the same findings, owners and conclusion." in done.stdout


def test_a_review_that_comes_out_otherwise_is_1_and_shows_where(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = decode(bundle.read_bytes())
    assert kept.inputs is not None
    text = kept.model_dump_json().replace("debugger", "Debugger")  # what it is made of, and what was posted …
    other = type(kept).model_validate_json(text).model_copy(update={"inputs": kept.inputs})  # … which is as it was
    path = tmp_path / "other.json.gz"
    path.write_bytes(encode(other))
    assert main(["replay", str(path)]) == 1
    said = capsys.readouterr().out
    assert "It does not come out as it was recorded." in said
    assert "the summary\n  line " in said
    assert "  - " in said
    assert "Debugger" in said


def test_a_bundle_that_was_edited_is_refused_in_one_line(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read = json.loads(gzip.decompress(bundle.read_bytes()))
    read["inputs"]["change"]["files"][0]["hunks"][0]["lines"][-1] = "+// all is well"
    path = tmp_path / "edited.json.gz"
    path.write_bytes(gzip.compress(json.dumps(read).encode()))
    assert main(["replay", str(path)]) == 2
    assert "it was changed after it was recorded" in capsys.readouterr().err


def test_rules_that_changed_since_are_named(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read = json.loads(gzip.decompress(bundle.read_bytes()))
    read["made"]["rules"]["data_lost_update"] = "0" * 12
    read["made"]["rules"]["lint_of_old"] = "0" * 12
    read["published"]["check"]["title"] = "Something else"
    path = tmp_path / "old.json.gz"
    read.pop(SEAL)
    path.write_bytes(gzip.compress(sealed(read)))
    assert main(["replay", str(path)]) == 1
    assert "Rules that have changed since: data_lost_update and lint_of_old." in capsys.readouterr().out


def test_another_persona_shows_who_would_be_asked(
    bundle: Path, lenient: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(bundle), "--persona", str(lenient)]) == 0
    said = capsys.readouterr().out
    assert "Under lenient (lenient.chatmode.md, " in said
    changed = [line for line in said.split("\n") if line.startswith("~ ")]
    assert changed
    assert all("owner " in line for line in changed)
    assert "asked: The author, Example Security Lead (Security Lead) (was: Damilare" in said


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"hello", "it is no recorded review: it is not gzip data"),
        (gzip.compress(b"{}"), "it does not say that it is one"),
        (gzip.compress(b'{"format": "reviewer.bundle/2"}'), "it is of the format 'reviewer.bundle/2'"),
        (gzip.compress(b" " * 40_000_000), "it unpacks to more than 32 MB"),
        (None, "it cannot be read (No such file or directory)"),
    ],
    ids=["no gzip", "no format", "another format", "too large", "no file"],
)
def test_what_is_no_bundle_is_2_and_one_line(
    tmp_path: Path, data: bytes | None, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.json.gz"
    if data is not None:
        path.write_bytes(data)
    assert main(["replay", str(path)]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert why in said.err


def test_a_bundle_that_is_cut_off_is_2(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cut.json.gz"
    path.write_bytes(bundle.read_bytes()[:-20])
    assert main(["replay", str(path)]) == 2
    assert "cut off" in capsys.readouterr().err


def test_a_bundle_without_its_inputs_says_what_cannot_be_rebuilt(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = gzip.decompress(bundle.read_bytes())
    path = tmp_path / "small.json.gz"
    path.write_bytes(encode(decode(bundle.read_bytes()), len(whole) - 1))
    assert main(["replay", str(path)]) == 2
    said = capsys.readouterr()
    assert "Left out when it was recorded, being over the bound: inputs (" in said.out
    assert "nothing of it can be rebuilt" in said.err


def test_an_unknown_persona_is_told_with_those_there_are(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(bundle), "--persona", "nobody"]) == 2
    assert "there is no persona 'nobody'; give a file, or one of: backend" in capsys.readouterr().err


def test_a_file_that_cannot_be_recorded_into_is_told_before_the_review(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["review", "--repo", str(tmp_path), "--record", str(tmp_path / "no" / "x.json.gz")]) == 2
    said = capsys.readouterr().err
    assert "there is no such folder" in said
    assert "--record" in said


# -------------------------------------------------------------------------------------------------- backtest


@pytest.fixture
def folder(bundle: Path, tmp_path: Path) -> Path:
    """A service's folder with three reviews, the newest of them broken."""
    kept = Bundles.ready(tmp_path / "bundles")
    for at, data in enumerate((bundle.read_bytes(), bundle.read_bytes(), b"broken")):
        path = kept.write(7, f"7/8#{at}", data)
        os.utime(path, (1_000 + at, 1_000 + at))
    return kept.folder


def test_a_backtest_is_a_table_with_sums_and_what_was_not_compared(
    folder: Path, lenient: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", "--persona", str(lenient), "--bundles", str(folder)]) == 3
    said = capsys.readouterr().out
    head, *rows = said.split("\n")[2:5]
    assert head.split() == ["review", "findings", "gained", "lost", "changed", "conclusion", "asked", "tokens"]
    assert all(row.startswith("shop ") and "The author, Example Security Lead" in row for row in rows)
    assert "2 reviews: no findings gained, 0 lost, " in said
    assert "The author would be asked in 2 reviews" in said
    assert "Not compared: " in said
    assert "it is not gzip data" in said


def test_only_the_last_so_many_are_looked_at(folder: Path, lenient: Path, capsys: pytest.CaptureFixture[str]) -> None:
    newest = Bundles(folder).newest(1)[0]
    newest.unlink()
    asked = ["backtest", "--persona", str(lenient), "--bundles", str(folder), "--format", "json"]
    assert main([*asked, "--last", "1"]) == 0
    assert len(json.loads(capsys.readouterr().out)["reviews"]) == 1
    assert main(asked) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "reviewer.backtest/1"
    assert [one["asked"]["after"] for one in told["reviews"]] == [
        ["The author", "Example Security Lead (Security Lead)"]
    ] * 2
    assert told["not_compared"] == []
    first = told["reviews"][0]
    assert first["gained"] == first["lost"] == []
    assert {one["owner"] for one in first["changed"]} == {"author"}
    assert first["has_drifted"] is False
    assert told["usage"] == {"model_calls": 0, "prompt_tokens": 0, "completion_tokens": 0, "cost": 0.0}


def test_bundles_under_names_of_their_own_are_found(
    bundle: Path, lenient: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", "--persona", str(lenient), "--bundles", str(bundle.parent)]) == 0
    assert "1 review: " in capsys.readouterr().out


def test_a_backtest_of_nothing_says_so(tmp_path: Path, lenient: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["backtest", "--persona", str(lenient)]
    assert main(asked) == 2
    assert "REVIEWER_BUNDLES is not set" in capsys.readouterr().err
    assert main([*asked, "--bundles", str(tmp_path / "none")]) == 2
    assert "is no folder" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main([*asked, "--bundles", str(tmp_path / "empty")]) == 2
    assert "holds no recorded review" in capsys.readouterr().err
    assert main([*asked, "--bundles", str(tmp_path), "--last", "0"]) == 2
    assert "from 1 upwards" in capsys.readouterr().err
