"""The shape of the code: no import leads in a circle, and no class of ours stands on a tower of others.

Imports within functions and those for type hints count: whoever reads a module has to know what it names. (The layers are a contract of
import-linter, in pyproject.toml.)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PUBLISHED = frozenset(
    {
        "ActionApp",
        "Actor",
        "Page",
        "Dialog",
        "Canvas",
        "Table",
        "Sheet",
        "Form",
        "Pane",
        "Step",
        "BackhaulError",
        "WarehouseError",
    }
)
"""Bases that are there to be inherited from; one class of ours may stand between one of them and a class."""

TOWERS = frozenset({"Editor", "Offering", "Doing", "Keeping", "Beginning", "Completing"})
"""Pages that are still to become compositions of controllers. Names may only be taken out."""


@cache
def trees() -> Mapping[str, ast.Module]:
    """Return the syntax tree of each module of core and tui, by its dotted name."""
    found = {}
    for top in ("core", "tui"):
        for file in sorted((ROOT / top).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = ast.parse(file.read_text("utf-8"))
    return found


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the modules of ours that a module imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in trees() else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_no_import_leads_in_a_circle() -> None:
    graph = {
        name: {each for each in imported(tree) if each in trees() and each != name} for name, tree in trees().items()
    }
    assert len(graph) > 500
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(f"imports in a circle: {' -> '.join(error.args[1])}") from None


def classes() -> dict[str, list[str]]:
    """Return the bases of each class of ours that are ours, by `module:Name`."""
    defined = {
        f"{module}:{node.name}": node
        for module, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {}
    for name, node in defined.items():
        module = name.partition(":")[0]
        known = {key.partition(":")[2]: key for key in defined if key.startswith(f"{module}:")}
        for each in ast.walk(trees()[module]):
            if isinstance(each, ast.ImportFrom) and each.module:
                known |= {alias.asname or alias.name: f"{each.module}:{alias.name}" for alias in each.names}
        bases = (known.get(ast.unparse(base).split("[")[0], "") for base in node.bases)
        found[name] = [base for base in bases if base in defined]
    return found


def test_a_class_of_ours_stands_on_one_class_of_ours_at_most() -> None:
    bases = classes()

    def depth(name: str) -> int:
        """Return how many classes of ours stand between a class and a published base, or what is not ours."""
        ours = [base for base in bases[name] if base.partition(":")[2] not in PUBLISHED]
        return max((1 + depth(base) for base in ours), default=0)

    tall = {name.partition(":")[2] for name in bases if depth(name) > 1 or len(bases[name]) > 1}
    assert tall - TOWERS == set()
    assert tall == TOWERS, "take the names that are no tower any more out of TOWERS"
