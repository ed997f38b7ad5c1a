"""The plan: operator limits, repository configuration and persona, merged once per review. Below it nobody asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reviewer.core.repository_config import RepositoryConfig

if TYPE_CHECKING:
    from reviewer.core.concern import Severity
    from reviewer.core.coverage import Gap
    from reviewer.core.instructions import Instructions
    from reviewer.core.own_rules import OwnRule
    from reviewer.core.persona import Persona
    from reviewer.core.team import Team

CHECK_NAME_PREFIX = "reviewer / "
"""The check run's name is this and the persona's name (contract)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The operator's limits. Bytes are of one file; a file above is named as not reviewed.

    512 KB a file: a 5 MB one-liner cost oxlint 19 s and 393 MB; no hand-written source comes near.
    10 inline comments: more than a reader follows; the rest is in the summary, nothing is lost.
    0.75 confidence: below it three of ten findings judged by hand were not worth a reader's time.
    """

    comments_max: int = 10
    confidence_min: float = 0.75
    file_bytes_max: int = 512 * 1024
    files_max: int = 3_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What one review goes by. `notes` are sentences for the reader about configuration (errors, stand-in defaults).

    `model` names the model that will be asked, None for a rules-only review and `rules_only` then says why.
    `gate` is the least severity that fails the check run, None when the repository has not switched gating on.
    `own_rules` are the repository owner's, in ast-grep's format.
    `ignored` are path patterns (glob) whose files count as reviewed by nobody, by their owner's wish, and say so.
    `config` is what the repository's owner set, and `origins` say where: `gate` → `.github/reviewer.yml, line 3`.
    `gaps` are what a configuration that cannot be used keeps from the review; `proposals` are sentences about what the
    pull request would change in the configuration. `instructions` are what the owner wrote for whoever works on files.
    `others` are the personas that review beside the first (`several`).
    """

    persona: Persona
    team: Team
    limits: Limits = Limits()
    gate: Severity | None = None
    model: str | None = None
    rules_only: str | None = None
    ignored: tuple[str, ...] = ()
    own_rules: tuple[OwnRule, ...] = ()
    web_url: str = "https://github.com"
    notes: tuple[str, ...] = ()
    config: RepositoryConfig = field(default_factory=RepositoryConfig)
    origins: Mapping[str, str] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    proposals: tuple[str, ...] = ()
    instructions: tuple[Instructions, ...] = ()
    others: tuple[Persona, ...] = ()

    @property
    def personas(self) -> tuple[Persona, ...]:
        """Everybody who reviews: the persona that shapes the summary first, then the others."""
        return (self.persona, *self.others)

    @property
    def persona_names(self) -> str:
        """Their names, for readers."""
        return ", ".join(persona.name for persona in self.personas)

    @property
    def check_name(self) -> str:
        """The name of the check run."""
        return CHECK_NAME_PREFIX + self.persona.name
