"""A finding: one place where one rule, or the model, has something to say."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from reviewer.core.anchor import Span
from reviewer.core.concern import Concern, Origin, Severity
from reviewer.core.verification import Verification


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Replacement text for exactly these lines of the head file. Shown only after it was applied and parsed."""

    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A page that explains the finding. `url` is on our allow-list; never from a model or a pull request."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What is said about which lines.

    `title` is a plain clause without a full stop; `message` says what goes wrong and, in its last sentence, how to
    mend it, in markdown text that the renderer still escapes. `symbol` is the enclosing class, function or route;
    `quoted` the code it speaks of (both go into the fingerprint). `span` None: about the change as a whole.
    `related` lists further names this one finding covers (the untested routes, say). `confidence` is 0 to 1.
    """

    rule: str
    concern: Concern
    severity: Severity
    span: Span | None
    title: str
    message: str
    confidence: float = 1.0
    origin: Origin = Origin.CODE
    symbol: str = ""
    quoted: str = ""
    suggestion: Suggestion | None = None
    references: tuple[Reference, ...] = ()
    persona_rule: str = ""
    serves: str = ""
    """The id of the persona's line that the rule watches over, if it is not the first of its concern."""
    persona: str = ""
    """The name of the persona whose finding it is, where several review; "" where one does."""
    owner: str = "author"
    owner_reason: str = ""
    question: str | None = None
    """What the rule could not decide, to be asked as a follow-up question; None when it is sure."""
    late: bool = False
    """New on lines that have not changed since they were reviewed, by our doing, not the author's: it gates nothing."""
    verification: Verification = Verification.NEEDLESS
    """Whether a second question to the model held what the first one said."""

    @property
    def path(self) -> str:
        """The file it speaks of, "" for the change as a whole."""
        return self.span.path if self.span else ""

    @property
    def rank(self) -> tuple[int, int, float, str, int]:
        """Sorts findings, gravest first: severity, concern, confidence, then where they stand."""
        first = self.span.first if self.span else 0
        return (self.severity.rank, self.concern.rank, -self.confidence, self.path, first)

    @property
    def fingerprint(self) -> str:
        """Stable id: rule, path, symbol and code with blanks folded; never line numbers, so it survives other edits."""
        code = " ".join(self.quoted.split())
        text = "\x00".join((self.rule, self.path, self.symbol, code))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def with_origin(self, origin: Origin) -> Finding:
        """The same finding, said by somebody else too."""
        return replace(self, origin=origin)
