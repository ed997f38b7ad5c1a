"""Texts as an attacker would write them, for the properties of everything that is published."""

from __future__ import annotations

from hypothesis import strategies as st

PIECES = [
    *("@mallory", "@octo/team", "#12", "octo/shop#3", "GH-7", "gh-8", "a@b.co", "&#64;eve", "&commat;eve", "\\@eve"),
    *("http://evil.example", "https://github.com/o/r/pull/1", "www.evil.example", "ftp://x.y", "mailto:a@b.co"),
    *("![i](http://e.x/p.png)", "[l](http://e.x)", "[l]: http://e.x", "<http://e.x>", "[^1]", "[^1]: note", "*@eve*"),
    *("<script>", "<!-- reviewer:summary -->", "<details>", "<b", "<?x", "<![CDATA[", "&lt;", "&", "<", ">", "_@eve_"),
    *("`", "``", "```", "````", "```ts", "```suggestion", "````mermaid", "~~~", "~~~~x", " ``` ", "`@mallory`"),
    *("\n", "\n\n", "\r\n", "\r", " ", "  ", "    ", "\t", "\u2028", "\x0b", "\x00", "\u200b", "\u202e", "\ud800"),
    *("- ", "* ", "+ ", "1. ", "12) ", "> ", "# ", "## ", "---", "===", ":-:", "|", "| a | b |", "|-|-|", ":--", "\\"),
    *("/approve", "/lgtm\n", "bors r+", "@bors r+", "@dependabot rebase", "$x$", "$$", "$`x`$", "~~s~~", "*", "**"),
    *(
        "word",
        "CreateOrder",
        "a_b_c",
        "`code`",
        "é",
        "🔴",
        ".",
        "\U000e0041",
        "_",
        "!",
        "<img src=x>",
        "\\\n",
        "`` ` ``",
    ),
]

HOSTILE = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=24).map("".join)
