"""Begins asynchronous work in a worker of a page or of the console; what is begun twice exclusively ends the first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from textual.dom import DOMNode

__all__ = ["begin"]


def begin(
    node: DOMNode, work: Callable[[], Awaitable[Any]], *, group: str = "default", exclusive: bool = False
) -> None:
    """Call `work` in a worker. Textual is given the function, so that a worker that never starts leaves no coroutine."""
    node.run_worker(cast("Any", work), group=group, exclusive=exclusive)
