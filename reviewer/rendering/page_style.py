"""How the page looks, by day and by night. No font, no image, no script: the page is one file that loads nothing."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --paper: #ffffff; --ink: #1c2128; --soft: #5b6470; --edge: #d9dee5; --link: #0a58b9;
  --code: #eff1f4; --add: #e3f7e8; --add-no: #c3ebcd; --del: #ffecea; --del-no: #ffd3cf; --asked: #fff6d6;
  --blocker: #c62f2f; --warning: #9a6700; --note: #2764c5; --good: #1a7f37; --none: #6e7781;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1116; --paper: #161b22; --ink: #e2e7ed; --soft: #97a1ad; --edge: #30363d; --link: #6cb0ff;
    --code: #232a33; --add: #12301d; --add-no: #1a4427; --del: #3a1719; --del-no: #552023; --asked: #37300f;
    --blocker: #ff7b72; --warning: #e0a93a; --note: #79b8ff; --good: #57c46d; --none: #8b949e;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 28px 20px 60px; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 34px 0 10px; }
h3 { font-size: 12px; letter-spacing: .05em; text-transform: uppercase; color: var(--soft); margin: 20px 0 6px; }
p { margin: 0 0 8px; } ul, ol { margin: 0 0 8px; padding-left: 24px; } li { margin: 3px 0; }
code, pre, td.c { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
  font-size: 12.5px; }
code { background: var(--code); border-radius: 4px; padding: 1px 4px; overflow-wrap: anywhere; }
pre { background: var(--code); border-radius: 6px; padding: 10px 12px; margin: 6px 0 10px; overflow-x: auto;
  line-height: 1.5; }
pre code { background: none; padding: 0; font-size: inherit; overflow-wrap: normal; }
.soft { color: var(--soft); } .small { font-size: 13px; }
.panel { background: var(--paper); border: 1px solid var(--edge); border-radius: 10px; padding: 16px 20px; }
.top { border-left: 6px solid var(--none); margin-bottom: 16px; }
.top.blocker { border-left-color: var(--blocker); } .top.warning { border-left-color: var(--warning); }
.top.note { border-left-color: var(--note); } .top.good { border-left-color: var(--good); }
.panel > h3:first-child { margin-top: 0; } .response { margin-top: 16px; }
.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; margin-top: 16px; align-items: start; }
@media (max-width: 820px) { .columns { grid-template-columns: 1fr; } }
.tag { display: inline-block; border-radius: 20px; padding: 0 9px; font-size: 12px; font-weight: 600;
  color: var(--paper);
  background: var(--none); vertical-align: 1px; }
.tag.blocker { background: var(--blocker); } .tag.warning { background: var(--warning); }
.tag.note { background: var(--note); }
.file { background: var(--paper); border: 1px solid var(--edge); border-radius: 10px; margin: 0 0 18px;
  overflow: hidden; }
.file > summary, .file > header { padding: 9px 14px; border-bottom: 1px solid var(--edge); font-weight: 600;
  cursor: default; }
.file > summary { cursor: pointer; } .file:not([open]) > summary { border-bottom: 0; }
.file > p { padding: 10px 14px; margin: 0; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
col.n { width: 48px; } col.s { width: 20px; }
td { padding: 0; vertical-align: top; } td.n { text-align: right; padding: 0 8px; color: var(--soft);
  font-size: 12px; user-select: none; }
.matrix { table-layout: auto; width: auto; } .matrix th, .matrix td { padding: 3px 14px 3px 0; text-align: center; }
.matrix th:first-child, .matrix td:first-child { text-align: left; } .matrix th { font-size: 12px; }
td.s { text-align: center; color: var(--soft); user-select: none; }
td.c { white-space: pre-wrap; overflow-wrap: anywhere; padding-right: 12px; tab-size: 2; }
tr.add td { background: var(--add); } tr.add td.n { background: var(--add-no); }
tr.del td { background: var(--del); } tr.del td.n { background: var(--del-no); }
tr.asked td.c { box-shadow: inset 3px 0 0 var(--warning); padding-left: 7px; } td.c { padding-left: 7px; }
tr.gap td { background: var(--code); color: var(--soft); font-size: 12px; padding: 2px 14px; }
.card { border: 1px solid var(--edge); border-left: 4px solid var(--none); border-radius: 8px; margin: 10px 14px;
  padding: 11px 15px;
  background: var(--paper); max-width: 860px; font-size: 14px; scroll-margin-top: 20px; }
.card.blocker { border-left-color: var(--blocker); } .card.warning { border-left-color: var(--warning); }
.card.note { border-left-color: var(--note); } .card:target { background: var(--asked); }
.card h4 { margin: 0 0 6px; font-size: 15px; } .card p:last-child { margin-bottom: 0; }
.card blockquote { margin: 8px 0 6px; padding: 0 0 0 10px; border-left: 3px solid var(--edge); color: var(--soft); }
.change { margin: 8px 0; border: 1px solid var(--edge); border-radius: 6px; overflow: hidden; }
.change b { display: block; padding: 4px 10px; font-size: 12px; color: var(--soft);
  border-bottom: 1px solid var(--edge); }
.change pre { margin: 0; border-radius: 0; background: var(--add); }
.warn { border-left: 4px solid var(--warning); padding-left: 10px; }
footer { margin-top: 30px; color: var(--soft); font-size: 13px; }
"""
