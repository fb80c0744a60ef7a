"""Plug-ins: listed without being imported, found by name, and each a file that keeps to its protocol."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from core import destinations, plugins, warehouses
from core.errors import ProjectError

ROOT = Path(__file__).parents[2]
PACKAGES = [(warehouses, "source"), (destinations, "destination")]


@pytest.mark.parametrize(("package", "what"), PACKAGES)
def test_the_names_are_those_of_the_files(package: ModuleType, what: str) -> None:
    folder = Path(package.__path__[0])
    there = [file.stem for file in folder.iterdir() if file.suffix == ".py" or (file / "__init__.py").exists()]
    files = sorted(name for name in there if not name.startswith("_") and name != "base")
    assert list(plugins.names(package)) == files
    assert files


@pytest.mark.parametrize(("package", "what"), PACKAGES)
def test_listing_imports_none_of_them(package: ModuleType, what: str) -> None:
    name = package.__name__
    code = f"import sys, {name}; names = {name}.types(); print([n for n in names if f'{name}.{{n}}' in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("package", "what"), PACKAGES)
def test_each_has_a_plugin_with_frozen_settings_that_hold_no_secret(package: ModuleType, what: str) -> None:
    for name in plugins.names(package):
        plugin = plugins.load(package, name, what=what)
        assert plugin.__name__ == "Plugin"
        assert plugin.__module__ == f"{package.__name__}.{name}"
        assert plugin.__doc__
        assert dataclasses.is_dataclass(plugin.Settings)
        assert plugin.Settings.__dataclass_params__.frozen
        fields = {field.name for field in dataclasses.fields(plugin.Settings)}
        assert not fields & set(plugin.secrets)
        assert not [field for field in fields if "password" in field or "secret" in field or "token" in field]


@pytest.mark.parametrize(("package", "what"), PACKAGES)
@pytest.mark.parametrize("name", ["base", "_arrow", "__init__", "", "nothing", "../x", "types"])
def test_what_is_no_plugin_is_refused_with_the_known_ones(package: ModuleType, what: str, name: str) -> None:
    with pytest.raises(ProjectError) as caught:
        plugins.load(package, name, what=what)
    assert caught.value.message.startswith(f"There is no {what} of type {name!r}.")
    assert caught.value.remedy == f"Known types: {', '.join(plugins.names(package))}."


def test_the_nearest_known_name_is_given_and_none_where_none_is_near() -> None:
    assert plugins.nearest("postgrs", ("duckdb", "postgres")) == " Did you mean 'postgres'?"
    assert plugins.nearest("xyz", ("duckdb", "postgres")) == ""
    assert plugins.nearest("x", ()) == ""


def test_a_new_file_is_a_new_plugin_and_nothing_else_is_needed(tmp_path: Path) -> None:
    package = tmp_path / "added"
    package.mkdir()
    for name in ("__init__", "base", "_helper"):
        (package / f"{name}.py").write_text("")
    (package / "paper.py").write_text("class Plugin:\n    pass\n")
    code = "import added; from core import plugins; print(plugins.names(added), plugins.load(added, 'paper', what='x').__name__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "('paper',) Plugin"
