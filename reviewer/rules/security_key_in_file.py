"""An issued key in a file that is not code: an `.env`, a workflow, a compose file, a note.

Known by its beginning and length (`AKIA…`, `ghp_…`, a private key's first line), as an address with a password in it,
or as what a secret's name is set to in the `.env` of a service, so it says little and is right.
The code itself is looked at by `security_secret_in_code`.

Bad::

    AWS_ACCESS_KEY_ID=AKIAQ7ZW3K5D2J9XTLMB

Good::

    AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reviewer.core.change import ChangedFile
from reviewer.core.concern import Concern, Severity
from reviewer.core.finding import Finding, Reference
from reviewer.core.issued_keys import holds_issued_key
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_test
from reviewer.rules._auth_secrets import holds_password, looks_secret, names_secret
from reviewer.rules._report import at, report
from reviewer.rules._text import written_lines

_ENVIRONMENTS: Final = frozenset((".env", ".env.production", ".env.prod", ".env.staging"))
"""Files that a service is run with; those for tests and for one's own machine hold what everybody may know."""

_EXAMPLES: Final = ("example", "sample", "template", "dist")
"""Words in the names of files that show how a configuration looks."""


def inspect(project: Project) -> Iterator[Finding]:
    """Added lines of files that are no code and no tests. What is found is never quoted."""
    for file, number, text in written_lines(project, _may_hold):
        name = _name(file)
        if not holds_issued_key(text) and not _holds_address(text) and not (name in _ENVIRONMENTS and _is_set(text)):
            continue
        message = (
            "This looks like a real key. Everybody with access to the repository has it, also after it is removed. "
            "Replace the key, and keep the new one out of the repository."
        )
        yield report(RULE, at(file.path, number), message, symbol=text.split("=")[0].split(":")[0][:24], quoted="")


def _may_hold(file: ChangedFile) -> bool:
    return not (file.is_typescript or is_test(file.path) or any(word in _name(file) for word in _EXAMPLES))


def _name(file: ChangedFile) -> str:
    return file.path.lower().rsplit("/", 1)[-1]


def _holds_address(line: str) -> bool:
    """Whether a line holds an address with a password in it: `postgres://shop:…@db.shop.test/shop`."""
    if "://" not in line:
        return False
    words = line.replace('"', " ").replace("'", " ").replace("`", " ").replace("(", " ").split()
    parts = (word.partition("=")[2] if "=" in word.partition("://")[0] else word for word in words)
    return any(holds_password(part) for part in parts if "://" in part)


def _is_set(line: str) -> bool:
    """Whether a line of an environment file gives a secret its value."""
    name, _, value = line.strip().removeprefix("export ").partition("=")
    plain = value.strip().strip("\"'")
    return names_secret(name.strip()) and looks_secret(name.strip(), plain)


RULE = Rule(
    slug="security_key_in_file",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="An issued key stands in a file",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: secrets management",
            "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)
