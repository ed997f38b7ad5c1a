"""The picture of the README: what a pull request looks like after a review. Run `python -m tests.picture`.

Needs chromium on the PATH (the project itself does not). The markdown is the golden files', rendered by GitHub's own parser;
the frame around it is drawn here, after GitHub's. Writes docs/images/review.png, and with `--page` the page beside it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

import cmarkgfm
from cmarkgfm.cmark import Options

from reviewer.core.review import Placed
from reviewer.rendering.page import page
from reviewer.rendering.publication import publish_plan
from tests.rendering.sample import sample_change, sample_review

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "review.png"
SIZE = (1240, 2240)
SECURITY = "security_sql_from_strings"

STYLE = """
body { margin: 0; background: #fff; color: #1f2328; font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial,
  "DejaVu Sans", sans-serif; }
main { width: 900px; margin: 26px auto 0; }
.box { border: 1px solid #d1d9e0; border-radius: 6px; margin: 0 0 18px; overflow: hidden; }
.head { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; color: #59636e; }
.head b { color: #1f2328; } .bot { border: 1px solid #d1d9e0; border-radius: 20px; padding: 0 7px; font-size: 12px; margin-left: 4px; }
.body { padding: 14px 16px; } .body > :first-child { margin-top: 0; } .body > :last-child { margin-bottom: 0; }
h3 { font-size: 20px; margin: 20px 0 12px; } h4 { font-size: 16px; margin: 20px 0 8px; } p, ul, ol, blockquote, pre { margin: 0 0 12px; }
ul, ol { padding-left: 2em; } li + li { margin-top: 3px; } li > p { margin-top: 8px; }
blockquote { padding: 0 1em; color: #59636e; border-left: .25em solid #d1d9e0; } blockquote p { margin: 0; }
code { background: #eff1f3; border-radius: 6px; padding: .2em .4em; font: 12px ui-monospace, "DejaVu Sans Mono", monospace; }
pre { background: #f6f8fa; border-radius: 6px; padding: 12px; } pre code { background: none; padding: 0; }
a { color: #0969da; text-decoration: none; } a.mention { color: #1f2328; font-weight: 600; }
details { margin-bottom: 12px; } summary { cursor: pointer; }
.file { background: #f6f8fa; padding: 8px 16px; border-bottom: 1px solid #d1d9e0; font: 12px ui-monospace, "DejaVu Sans Mono", monospace; }
table { border-collapse: collapse; width: 100%; font: 12px/20px ui-monospace, "DejaVu Sans Mono", monospace; }
td.n { width: 44px; text-align: right; padding: 0 10px; color: #59636e; } td.c { white-space: pre; }
tr.add td { background: #dafbe1; } tr.add td.n { background: #aceebb; }
.thread { border: 1px solid #d1d9e0; border-radius: 6px; margin: 10px 16px; font: 14px/1.5 -apple-system, "Noto Sans", "DejaVu Sans", sans-serif; }
.suggested { border: 1px solid #d1d9e0; border-radius: 6px; margin: 0 0 12px; overflow: hidden; }
.suggested span { display: block; background: #f6f8fa; padding: 4px 10px; border-bottom: 1px solid #d1d9e0; font-size: 12px; color: #59636e; }
.suggested code { display: block; border-radius: 0; padding: 2px 10px; white-space: pre; } .old { background: #ffebe9; } .new { background: #dafbe1; }
"""


def document() -> str:
    """The conversation and one comment in the diff, as a page."""
    review = sample_review()
    posted = publish_plan(review, tag_lead=True, handle="bot")
    if posted.review is None or posted.summary is None:
        raise SystemExit("the sample has nothing to show")
    item = next(item for item in review.inline if item.finding.rule == SECURITY)
    body = next(one.body for one in posted.review.comments if one.fingerprint == item.finding.fingerprint)
    return "".join(
        (
            f"<!doctype html><meta charset='utf-8'><style>{STYLE}</style><main>",
            _comment(rendered(posted.summary.body), "commented"),
            _thread(item, rendered(body)),
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
        flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
        more = (
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            f"--user-data-dir={folder}/profile",
        )
        place = (f"--screenshot={target}", f"--window-size={size[0]},{size[1]}", source.as_uri())
        subprocess.run([chromium, *flags.split(), *more, *place], check=True, capture_output=True, timeout=120)


def main() -> None:
    """Draw the picture again."""
    photograph(document(), PICTURE, SIZE)
    if "--page" in sys.argv:
        photograph(page(sample_review(), sample_change()), PICTURE.with_name("page.png"), (1200, 2400))


if __name__ == "__main__":
    main()
