"""An issued key in a file that is not code: an `.env`, a workflow, a compose file, a note.

Known by its beginning and length alone (`AKIA…`, `ghp_…`, a private key's first line), so it says little and is right.
The code itself is looked at by `security_secret_in_code`.

Bad::

    AWS_ACCESS_KEY_ID=AKIAQ7ZW3K5D2J9XTLMB

Good::

    AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.finding import Finding, Reference
from reviewer.core.issued_keys import holds_issued_key
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_test
from reviewer.rules._report import at, report
from reviewer.rules._text import written_lines

_EXAMPLES: Final = ("example", "sample", "template", "dist")
"""Words in the names of files that show how a configuration looks."""


def inspect(project: Project) -> Iterator[Finding]:
    """Added lines of files that are no code and no tests. What is found is never quoted."""
    for file, number, text in written_lines(project):
        name = file.path.lower().rsplit("/", 1)[-1]
        if file.is_typescript or is_test(file.path) or any(word in name for word in _EXAMPLES):
            continue
        if not holds_issued_key(text):
            continue
        message = (
            "This looks like a real key. Everybody with access to the repository has it, also after it is removed. "
            "Replace the key, and keep the new one out of the repository."
        )
        yield report(RULE, at(file.path, number), message, symbol=text[:24].split("=")[0], quoted="")


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
