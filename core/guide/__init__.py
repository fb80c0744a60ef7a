"""The user's guide: one page a topic, in Markdown, shipped with the package.

`README.md` lists the topics in the order in which to read them, for whoever looks at the repository; it is what says which topics
there are. The first line of a page is its title, its second paragraph the sentence that says what it is for.

Read by `backhaul guide`, the console's `:guide` and tests/test_documents.py. Nothing is imported that takes time.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
from dataclasses import dataclass

from core.errors import UsageError
from core.plugins import nearest

__all__ = ["Page", "page", "pages"]

_LISTED = re.compile(r"^- \[([a-z-]+)\]\(\1\.md\)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: `topic` is its name, `summary` the sentence that says what it is for, `text` all of it as Markdown."""

    topic: str
    title: str
    summary: str
    text: str


@functools.cache
def pages() -> tuple[Page, ...]:
    """Return all pages, in the order in which to read them."""
    return tuple(_read(topic) for topic in _LISTED.findall(_text("README")))


def page(topic: str) -> Page:
    """Return the page of a topic. Raises UsageError where there is none, with the nearest name."""
    known = {each.topic: each for each in pages()}
    if topic not in known:
        raise UsageError(
            f"There is no guide topic {topic[:60]!r}.{nearest(topic, list(known))}",
            remedy="`backhaul guide` lists the topics.",
        )
    return known[topic]


def _read(topic: str) -> Page:
    text = _text(topic)
    title, summary = text.split("\n\n", 2)[:2]
    return Page(topic=topic, title=title.removeprefix("# "), summary=" ".join(summary.split()), text=text)


def _text(name: str) -> str:
    return (importlib.resources.files(__name__) / f"{name}.md").read_text("utf-8")
