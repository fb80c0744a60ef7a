"""The rule for users whom no read-only session holds back: refused, by `check` and by each session, unless the source's file allows them.

Each warehouse says who they are; what follows from it is said here, once.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import LoginError
from core.model import Step

__all__ = ["ALLOWS", "Power"]

ALLOWS = "allow_superuser = true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What a user may do that no session of ours keeps him from (`what`, a sentence), and how to make a better one (`remedy`)."""

    what: str
    remedy: str

    def step(self, *, is_allowed: bool) -> Step:
        """Return the step of `check`."""
        if is_allowed:
            detail = f"{self.what}; the source's file says {ALLOWS}"
            return Step(name="role", passed=True, detail=detail, remedy=self.remedy)
        return Step(name="role", passed=False, detail=self.what, remedy=self._remedy)

    def refusal(self, where: str) -> LoginError:
        """Return the error of a session."""
        return LoginError(f"The query is not run: {self.what}.", where=where, remedy=self._remedy)

    @property
    def _remedy(self) -> str:
        return f"If you want that, write into the source's file: {ALLOWS}. Better: {self.remedy}"
