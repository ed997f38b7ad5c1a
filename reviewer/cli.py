"""The commands. Each imports what it needs when it is called, so that `--help` is quick."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from reviewer.core.errors import ReviewerError, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

DONE, USAGE, STOPPED = 0, 2, 130
"""Exit statuses of every command: done; bad usage or configuration; Ctrl-C. `review` has two more."""


class _Parser(argparse.ArgumentParser):
    """Says one line about bad usage, not the whole usage."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; see {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status. What the user can mend is one line on stderr and status 2."""
    try:
        status = _run(_parser(), arguments)
        sys.stdout.flush()
    except ReviewerError as error:
        print("reviewer: " + "; ".join(str(error).split("\n")), file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:  # `reviewer rules | head`: what nobody reads need not be written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    return status


def _run(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> int:
    parsed = parser.parse_args(arguments)
    command: Callable[[argparse.Namespace], int] | None = getattr(parsed, "command", None)
    if command is None:
        parser.print_help()
        return USAGE
    return command(parsed)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="reviewer", description="Reviews pull requests of TypeScript backends.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    serve = commands.add_parser("serve", help="the webhook service")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=int, help="port to listen on (default: PORT, or 3000)")
    serve.set_defaults(command=_serve)

    worker = commands.add_parser("worker", help="the review engine without HTTP, for more machines on one PostgreSQL")
    worker.set_defaults(command=_worker)

    _add_review(commands.add_parser("review", help="the same review on a local git repository; nothing is posted"))

    persona = commands.add_parser("persona", help="look at a persona")
    check = persona.add_subparsers(metavar="ACTION", required=True).add_parser(
        "check", help="compile it and print what it says"
    )
    check.add_argument("file", metavar="FILE")
    check.add_argument("--team", metavar="FILE", help="team file (default: REVIEWER_TEAM, or personas/team.yml)")
    check.set_defaults(command=_persona_check)

    rules = commands.add_parser("rules", help="list the rules, or explain one")
    rules.add_argument("slug", nargs="?", metavar="SLUG")
    rules.set_defaults(command=_rules)

    actions = commands.add_parser("config", help="look at a repository's configuration").add_subparsers(
        metavar="ACTION", required=True
    )
    read = actions.add_parser("check", help="print what it would put in force, or every mistake in it")
    read.add_argument("file", metavar="FILE")
    read.set_defaults(command=_config_check)
    actions.add_parser("schema", help="print its JSON Schema, for editors").set_defaults(command=_config_schema)

    setup = commands.add_parser("setup", help="register the GitHub App from app.yml")
    setup.add_argument("--env", default=".env", metavar="FILE", help="where its credentials go (default: %(default)s)")
    setup.add_argument("--port", type=int, default=0, help="port of the page to open (default: any that is free)")
    setup.set_defaults(command=_setup)

    _add_replay(commands)

    doctor = commands.add_parser("doctor", help="check settings, credentials, tools and database")
    doctor.set_defaults(command=_doctor)
    return parser


def _add_review(review: argparse.ArgumentParser) -> None:
    review.add_argument("--repo", default=".", metavar="DIR", help="the repository (default: this folder)")
    review.add_argument(
        "--base", metavar="REV", help="where the change begins (default: merge base with the default branch)"
    )
    review.add_argument("--head", default="HEAD", metavar="REV", help="what is reviewed; WORKTREE for uncommitted work")
    review.add_argument("--persona", metavar="FILE", help="persona file, or a name under personas/")
    review.add_argument("--config", metavar="FILE", help="repository configuration (default: none)")
    review.add_argument("--rules-only", action="store_true", help="do not ask the model")
    review.add_argument("--format", default="terminal", choices=("terminal", "json", "sarif", "markdown", "html"))
    review.add_argument("--output", metavar="FILE", help="write there instead of to the terminal")
    review.add_argument("--fail-on", default="never", choices=("blocker", "warning", "note", "never"))
    review.add_argument("--record", metavar="FILE", help="write there all that the review was made of, for `replay`")
    review.set_defaults(command=_review)


def _add_replay(commands: argparse._SubParsersAction[_Parser]) -> None:
    replay = commands.add_parser("replay", help="rebuild a recorded review, byte for byte and without a network")
    replay.add_argument("bundle", metavar="BUNDLE", help="a file that was recorded")
    replay.add_argument("--persona", metavar="FILE", help="show what another persona changes: a file, or a name")
    replay.set_defaults(command=_replay)

    back = commands.add_parser("backtest", help="compare recorded reviews with what another persona makes of them")
    back.add_argument("--persona", metavar="FILE", required=True, help="the other persona: a file, or a name")
    back.add_argument("--last", metavar="N", type=int, default=20, help="how many of them (default: %(default)s)")
    back.add_argument("--bundles", metavar="DIR", help="where they lie (default: REVIEWER_BUNDLES)")
    back.add_argument("--format", default="table", choices=("table", "json"))
    back.set_defaults(command=_backtest)


def _serve(parsed: argparse.Namespace) -> int:
    gc.disable()  # imports make objects that stay; looking at them meanwhile costs 0.25 s. `serve` switches it on again
    from reviewer.app import serve
    from reviewer.settings import from_environment

    settings = from_environment()
    port = settings.port if parsed.port is None else parsed.port
    serve(settings, parsed.host, port, lambda text: print(text, file=sys.stderr, flush=True))
    return DONE


def _worker(_: argparse.Namespace) -> int:
    from reviewer.app import worker
    from reviewer.settings import from_environment

    worker(from_environment())
    return DONE


def _review(parsed: argparse.Namespace) -> int:
    gc.disable()  # as `_serve` does
    from reviewer.command_review import LocalRequest, run_review

    gc.enable()
    return run_review(LocalRequest.read(parsed))


def _replay(parsed: argparse.Namespace) -> int:
    from pathlib import Path

    from reviewer.command_replay import replay

    return replay(Path(parsed.bundle), parsed.persona, _print)


def _backtest(parsed: argparse.Namespace) -> int:
    from pathlib import Path

    from reviewer.command_replay import BacktestRequest, backtest
    from reviewer.settings import from_environment

    folder = Path(parsed.bundles) if parsed.bundles else from_environment().bundles
    if folder is None:
        raise UserError("REVIEWER_BUNDLES is not set, so no review was recorded; give --bundles a folder")
    if parsed.last < 1:
        raise UserError("--last is a number from 1 upwards")
    return backtest(BacktestRequest(parsed.persona, parsed.last, folder, parsed.format == "json"), _print)


def _print(text: str) -> None:
    """To a terminal of any encoding."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))


def _persona_check(parsed: argparse.Namespace) -> int:
    from pathlib import Path

    from reviewer.core.persona import compile_persona
    from reviewer.core.persona_report import describe
    from reviewer.core.team import load_team
    from reviewer.operator_plan import read_text, shown
    from reviewer.settings import from_environment

    path = Path(parsed.file)
    team_path = Path(parsed.team) if parsed.team else from_environment().team_file
    persona = compile_persona(read_text(path), shown(path))
    print(describe(persona, load_team(read_text(team_path), shown(team_path))), end="")
    return DONE


def _config_check(parsed: argparse.Namespace) -> int:
    from pathlib import Path

    from reviewer.core.config_reading import ConfigurationError, read_config
    from reviewer.core.configuration import CONFIG_PATH, make_plan
    from reviewer.core.in_force import in_force
    from reviewer.local.beside import files_beside
    from reviewer.operator_plan import operator_plan, operator_stock, read_text
    from reviewer.settings import from_environment

    stock, text = operator_stock(), read_text(Path(parsed.file))
    try:
        read_config(text, parsed.file, stock.rules)
    except ConfigurationError as error:
        for problem in error.problems:
            print(f"reviewer: {problem}", file=sys.stderr)
        return USAGE
    operator = operator_plan(from_environment())
    plan = make_plan(operator, {**files_beside(Path(parsed.file)), CONFIG_PATH: text}, stock=stock)
    mistakes = plan.notes[len(operator.notes) :]
    if plan.gaps:
        raise UserError(mistakes[0])
    for said in mistakes:
        print(f"reviewer: {said}", file=sys.stderr)
    for one in in_force(plan):
        print(f"{one.name}: {one.value} ({one.source})")
    return USAGE if mistakes else DONE


def _config_schema(_: argparse.Namespace) -> int:
    import json

    from reviewer.core.repository_config import json_schema

    print(json.dumps(json_schema(), indent=2))
    return DONE


def _rules(parsed: argparse.Namespace) -> int:
    from reviewer.rules import all_rules

    rules = all_rules()
    if parsed.slug is None:
        for rule in rules:
            print(f"{rule.slug:<40} {rule.concern.value:<11} {rule.severity.value:<8} {rule.title}")
        return DONE
    found = next((rule for rule in rules if rule.slug == parsed.slug), None)
    if found is None:
        print(f"reviewer: no rule is called {parsed.slug!r}; `reviewer rules` lists them", file=sys.stderr)
        return USAGE
    print(f"{found.slug} ({found.concern.value}, {found.severity.value})\n\n{found.page.strip()}")
    for reference in found.references:
        print(f"\n{reference.title}: {reference.url}", end="")
    print()
    return DONE


def _setup(parsed: argparse.Namespace) -> int:
    import asyncio
    from pathlib import Path

    from reviewer.github.registration import Wish, environment, register
    from reviewer.operator_plan import read_text
    from reviewer.settings import PERSONAS, from_environment

    settings = from_environment()
    if settings.is_set_up:
        raise UserError("APP_ID is set: this service has its App; unset the credentials to register another")
    file = Path(parsed.env)
    wish = Wish(read_text(PERSONAS.parent / "app.yml"), settings.github_api_url, parsed.port)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # now: the secrets come only once
    except OSError as error:
        raise UserError(f"{str(file)!r} cannot be made ({error.strerror}); give --env another path") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as target:
        try:
            told = asyncio.run(
                register(wish, lambda page: print(f"Open {page} in a browser on this machine.", flush=True))
            )
        except BaseException:
            file.unlink()
            raise
        target.write(environment(told, settings.github_api_url))
    print(_next(file, told.page))
    return DONE


def _next(file: Path, page: str) -> str:
    return (
        f"The App is registered; its credentials are in {file}, which only you can read.\n"
        f"1. Install it: {page}\n"
        f"2. Start: set -a; . {file.absolute()}; set +a; reviewer serve\n"
        "3. `reviewer doctor` checks what you have set."
    )


def _doctor(_: argparse.Namespace) -> int:
    from reviewer.doctor import examine
    from reviewer.settings import from_environment

    return examine(from_environment(), print)
