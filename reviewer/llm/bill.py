"""What requests to the model cost, counted as they are made: also those that led to no answer."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Bill:
    """The requests of one question over all models and tries. Counts are the server's.

    `unreported` are prompt tokens of requests that a server may have worked on without saying what they cost (cut by
    the clock, broken off, no usage): our own estimate, for ceilings only. `by_model` has prompt and completion tokens
    of each model, the unreported among the former, as models have different prices.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    unreported: int = 0
    by_model: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, model: str, prompt: int, completion: int) -> None:
        """A request that the server counted."""
        self.prompt_tokens += prompt
        self.completion_tokens += completion
        self._note(model, prompt, completion)

    def guess(self, model: str, prompt: int) -> None:
        """A request whose cost nobody told."""
        self.unreported += prompt
        self._note(model, prompt, 0)

    @property
    def spent(self) -> int:
        """Tokens that count against a ceiling."""
        return self.prompt_tokens + self.completion_tokens + self.unreported

    def _note(self, model: str, prompt: int, completion: int) -> None:
        before = self.by_model.get(model, (0, 0))
        self.by_model[model] = (before[0] + prompt, before[1] + completion)
