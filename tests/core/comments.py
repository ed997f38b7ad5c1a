"""Comments as people write them, made from a seed: markdown of known shape, and the commands in it that count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

NAME = "bot"
VERBS = (
    "review",
    "full review",
    "summary",
    "explain 4f5461d1",
    "dismiss 4f5461d1 it is meant so",
    "resolve",
    "ask why so?",
    "pause",
    "resume",
    "ignore",
    "config",
    "help",
)
PROSE = (
    "Thanks, that reads well.",
    "Please have a look at `findAll()` first, then at `create`.",
    "The type `Promise<Order[]>` is what the service returns.",
    "See [the guide](https://example.com/guide) and [the issue](https://example.com/issues/7).",
    "I would keep Map<string, Order> here.",
    "**Important:** a < b is not the same as b > a.",
    "cc @alice, @octo/backend",
    "It costs 5 % more, doesn't it?",
    "Done in 4f5461d189 - see #12.",
    "*Nothing* else; __really__ nothing.",
    "a_b_c, snake_case and 2 * 3 * 4",
    "Use `@bot review` to have it reviewed again.",
    "as in [@bot review](https://example.com)",
    "please @bot review this one",
    "\\@bot review",
    "**@bot review**",
    "https://example.com/?q=@bot review",
    "`` `@bot review` ``",
)


@dataclass(frozen=True, slots=True)
class Made:
    """A piece of markdown, and the command lines in it that stand for themselves."""

    text: str
    commands: tuple[str, ...] = ()


def comment(random: Random) -> Made:
    """One comment: some blocks with blank lines between them."""
    blocks = [random.choice(BLOCKS)(random) for _ in range(random.randint(1, 6))]
    text = ("\n" * random.randint(2, 3)).join(block.text for block in blocks)
    if random.random() < 0.2:
        text = text.replace("\n", "\r\n")
    return Made(text, tuple(command for block in blocks for command in block.commands))


def _command(random: Random) -> str:
    name = random.choice((NAME, NAME, "Bot", "octo-reviewer"))
    return f"@{name} {random.choice(VERBS)}"


def _prose(random: Random) -> list[str]:
    return random.choices(PROSE, k=random.randint(1, 3))


def _silent(random: Random) -> list[str]:
    """Lines with a command among them, for a block in which it is text."""
    rows = [*_prose(random), _command(random)]
    random.shuffle(rows)
    return rows


def _paragraph(random: Random) -> Made:
    return Made("\n".join(_prose(random)))


def _alone(random: Random) -> Made:
    asked = _command(random)
    return Made(asked + random.choice(("", "", "  ", "\t")), (asked,))


def _amid(random: Random) -> Made:
    """A command among the lines of a paragraph."""
    rows, asked = _prose(random), _command(random)
    at = random.randint(0, len(rows))
    return Made("\n".join((*rows[:at], asked, *rows[at:])), (asked,))


def _fenced(random: Random) -> Made:
    fence = random.choice(("```", "~~~", "````"))
    info = random.choice(("", "ts", " diff"))
    rows = _silent(random)
    rows.insert(random.randint(0, len(rows)), "")
    return Made("\n".join((fence + info, *rows, fence)))


def _indented(random: Random) -> Made:
    return Made("\n".join("    " + row for row in _silent(random)))


def _quote(random: Random) -> Made:
    mark = random.choice(("> ", ">", "> > "))
    return Made("\n".join(mark + row for row in _silent(random)))


def _mail(random: Random) -> Made:
    """An answer by mail: the quote continues without a mark."""
    return Made(f"On Monday, Ada wrote:\n> old text\n{_command(random)}")


def _list(random: Random) -> Made:
    mark = random.choice(("- ", "* ", "+ ", "1. ", "2) ", "- [ ] "))
    rows = [mark + row for row in _silent(random)]
    if random.random() < 0.5:
        rows += ["", " " * len(mark) + _command(random)]
    return Made("\n".join(rows))


def _heading(random: Random) -> Made:
    asked = _command(random)
    return Made(random.choice((f"# {asked}", f"### {asked} ###", f"{asked}\n===", f"{asked}\n---")))


def _table(random: Random) -> Made:
    return Made(f"| what | how |\n| --- | :-: |\n| {_command(random)} | b |\n| {_command(random)} | d |")


def _hidden(random: Random) -> Made:
    rows = "\n".join(_silent(random))
    return Made(
        random.choice((f"<!--\n{rows}\n-->", f"<!-- {_command(random)} -->", f"<!--\n\n{_command(random)}\n\n-->"))
    )


def _folded(random: Random) -> Made:
    return Made(f"<details>\n<summary>More</summary>\n\n{_command(random)}\n\n</details>")


def _html(random: Random) -> Made:
    tag = random.choice(("div", "p", "table", "blockquote"))
    return Made(f"<{tag}>\n{_command(random)}\n</{tag}>")


def _code_span(random: Random) -> Made:
    return Made(random.choice((f"`{_command(random)}`", f"`begun\n{_command(random)}\nended`")))


def _link(random: Random) -> Made:
    return Made(f"[see\n{_command(random)}\nthere](https://example.com)")


def _rule(random: Random) -> Made:
    return Made(random.choice(("---", "***", "- - -")))


BLOCKS: tuple[Callable[[Random], Made], ...] = (
    _paragraph,
    _paragraph,
    _alone,
    _alone,
    _amid,
    _amid,
    _fenced,
    _indented,
    _quote,
    _mail,
    _list,
    _heading,
    _table,
    _hidden,
    _folded,
    _html,
    _code_span,
    _link,
    _rule,
)
