"""The picture of the README: what a pull request looks like after a review. Run `python -m tests.picture`.

Needs chromium on the PATH and a colour emoji font (the project itself does not). The markdown is that of the golden
files, rendered by GitHub's own parser; the frame around it is drawn here, after GitHub's.
Writes docs/images/review.png; with `--page`, also a picture of the page to out/.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from html import escape
from pathlib import Path

import cmarkgfm
from cmarkgfm.cmark import Options

from reviewer.core.review import Placed
from reviewer.rendering.page import page
from reviewer.rendering.publication import publish_plan
from tests.rendering.sample import FIRST, sample_change, sample_review

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "review.png"
SIZE = (940, 2700)
SECURITY = "security_sql_from_strings"

STYLE = """
body { margin: 0; background: #fff; color: #1f2328;
  font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial,
  "DejaVu Sans", sans-serif; }
main { width: 900px; margin: 18px auto 0; }
.box { border: 1px solid #d1d9e0; border-radius: 6px; margin: 0 0 18px; overflow: hidden; }
.head { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; color: #59636e; }
.head b { color: #1f2328; } .bot { border: 1px solid #d1d9e0; border-radius: 20px; padding: 0 7px;
  font-size: 12px; margin-left: 4px; }
.body { padding: 14px 16px; } .body > :first-child { margin-top: 0; } .body > :last-child { margin-bottom: 0; }
h3 { font-size: 20px; margin: 20px 0 12px; } h4 { font-size: 16px; margin: 20px 0 8px; }
p, ul, ol, blockquote, pre { margin: 0 0 12px; }
ul, ol { padding-left: 2em; } li + li { margin-top: 3px; } li > p { margin-top: 8px; }
blockquote { padding: 0 1em; color: #59636e; border-left: .25em solid #d1d9e0; } blockquote p { margin: 0; }
code { background: #eff1f3; border-radius: 6px; padding: .2em .4em;
  font: 12px ui-monospace, "DejaVu Sans Mono", monospace; }
pre { background: #f6f8fa; border-radius: 6px; padding: 12px; } pre code { background: none; padding: 0; }
a { color: #0969da; text-decoration: none; } a.mention { color: #1f2328; font-weight: 600; }
details { margin-bottom: 12px; } summary { cursor: pointer; }
.file { background: #f6f8fa; padding: 8px 16px; border-bottom: 1px solid #d1d9e0;
  font: 12px ui-monospace, "DejaVu Sans Mono", monospace; }
table { border-collapse: collapse; width: 100%; font: 12px/20px ui-monospace, "DejaVu Sans Mono", monospace; }
td.n { width: 44px; text-align: right; padding: 0 10px; color: #59636e; } td.c { white-space: pre; }
tr.add td { background: #dafbe1; } tr.add td.n { background: #aceebb; }
.thread { border: 1px solid #d1d9e0; border-radius: 6px; margin: 10px 16px;
  font: 14px/1.5 -apple-system, "Noto Sans", "DejaVu Sans", sans-serif; }
.suggested { border: 1px solid #d1d9e0; border-radius: 6px; margin: 0 0 12px; overflow: hidden; }
.suggested span { display: block; background: #f6f8fa; padding: 4px 10px; border-bottom: 1px solid #d1d9e0;
  font-size: 12px; color: #59636e; }
.suggested code { display: block; border-radius: 0; padding: 2px 10px; white-space: pre; }
.old { background: #ffebe9; } .new { background: #dafbe1; }
"""


def document() -> str:
    """One comment in the diff and the summary, as a page."""
    review = sample_review()
    posted = publish_plan(review, notice=FIRST, handle="bot")
    if posted.review is None or posted.summary is None:
        raise SystemExit("the sample has nothing to show")
    item = next(item for item in review.inline if item.finding.rule == SECURITY)
    body = next(one.body for one in posted.review.comments if one.fingerprint == item.finding.fingerprint)
    return "".join(
        (
            f"<!doctype html><meta charset='utf-8'><style>{STYLE}</style><main>",
            _thread(item, rendered(body)),
            _comment(rendered(posted.summary.body), "commented"),
            "</main>",
        )
    )


def rendered(markdown: str) -> str:
    """Markdown as GitHub shows it: line ends break, mentions stand out, suggestions are drawn as changes."""
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_HARDBREAKS
    html: str = cmarkgfm.github_flavored_markdown_to_html(markdown, options=options)
    return re.sub(r"(?<=[ >])@([a-z][a-z-]+)(?![^<]*</code>)", r"<a class='mention'>@\1</a>", html)


def _comment(body: str, verb: str) -> str:
    head = f"<div class='head'><b>reviewer</b><span class='bot'>bot</span> {verb} 2 minutes ago</div>"
    return f"<div class='box'>{head}<div class='body'>{body}</div></div>"


def _thread(item: Placed, body: str) -> str:
    file = sample_change().file(item.finding.path)
    if file is None or item.anchor is None:
        raise SystemExit("the sample's finding is in no file")
    lines = (file.head or "").split("\n")
    rows = "".join(
        f"<tr class='add'><td class='n'>{number}</td><td class='c'>+ {escape(lines[number - 1])}</td></tr>"
        for number in range(item.anchor.first - 1, item.anchor.last + 1)
    )
    old = escape(lines[item.anchor.first - 1])
    drawn = re.sub(
        r'<pre lang="suggestion"><code>(.*?)\n</code></pre>',
        lambda found: (
            f"<div class='suggested'><span>Suggested change</span><code class='old'>- {old}</code>"
            f"<code class='new'>+ {found[1]}</code></div>"
        ),
        body,
        flags=re.DOTALL,
    )
    head = "<div class='head'><b>reviewer</b><span class='bot'>bot</span> 2 minutes ago</div>"
    table = f"<table>{rows}</table><div class='thread'>{head}<div class='body'>{drawn}</div></div>"
    return f"<div class='box'><div class='file'>{escape(file.path)}</div>{table}</div>"


def photograph(html: str, target: Path, size: tuple[int, int]) -> None:
    """A picture of a page, by chromium, which is given an empty profile and no network to use."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("chromium is needed to draw the picture; install it, or leave the picture as it is")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(html, encoding="utf-8")
        flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-lcd-text"
        more = (
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            f"--user-data-dir={folder}/profile",
        )
        place = (f"--screenshot={target}", f"--window-size={size[0]},{size[1]}", source.as_uri())
        subprocess.run([chromium, *flags.split(), *more, *place], check=True, capture_output=True, timeout=120)
    target.write_bytes(smaller(target.read_bytes()))


def smaller(png: bytes) -> bytes:
    """The same picture (8 bits a channel, not interlaced) in its 256 most frequent colours: a third of the bytes."""
    width, height, pixels = _pixels(png)
    counts = Counter(pixels)
    palette = [colour for colour, _ in counts.most_common(256)]
    index = {colour: _nearest(colour, palette) for colour in counts}
    rows = (bytes(index[one] for one in pixels[row * width : (row + 1) * width]) for row in range(height))
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", bytes(channel for colour in palette for channel in colour)), (b"IDAT", data))
    return png[:8] + b"".join(_chunk(kind, body) for kind, body in (*chunks, (b"IEND", b"")))


def _pixels(png: bytes) -> tuple[int, int, list[tuple[int, int, int]]]:
    """Width, height and colours, row by row, with the filters of PNG (RFC 2083, 6) undone."""
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    depth = 4 if kind == 6 else 3
    packed, at = b"", 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        packed += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += length + 12
    raw, stride, above = zlib.decompress(packed), width * depth, bytearray(width * depth)
    pixels: list[tuple[int, int, int]] = []
    for start in range(0, height * (stride + 1), stride + 1):
        above = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), above, depth)
        pixels += zip(above[0::depth], above[1::depth], above[2::depth], strict=True)
    return width, height, pixels


def _unfiltered(method: int, row: bytearray, above: bytearray, depth: int) -> bytearray:
    for at in range(len(row) if method else 0):
        left = row[at - depth] if at >= depth else 0
        corner = above[at - depth] if at >= depth else 0
        guess = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[method]
        row[at] = (row[at] + guess) & 255
    return row


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda one: abs(guess - one))


def _nearest(colour: tuple[int, int, int], palette: list[tuple[int, int, int]]) -> int:
    return min(range(len(palette)), key=lambda at: sum((a - b) ** 2 for a, b in zip(colour, palette[at], strict=True)))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def main() -> None:
    """Draw the picture again."""
    photograph(document(), PICTURE, SIZE)
    if "--page" in sys.argv:
        photograph(page(sample_review(), sample_change()), ROOT / "out" / "page.png", (1200, 2400))


if __name__ == "__main__":
    main()
