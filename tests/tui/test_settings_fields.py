"""The form of a connection has what its type declares, and gives it back as the file wants it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.destinations import destination_type, types
from core.project import destination_of
from tui.settings_fields import settings_fields, typed_values


@pytest.mark.parametrize("name", types())
def test_every_type_of_destination_makes_a_form_that_comes_back_as_it_was(name: str) -> None:
    plugin = destination_type(name)
    fields = {field.name: field for field in settings_fields(plugin)}
    texts = {field: shown.value for field, shown in fields.items()}
    if "url" in fields and fields["url"].placeholder == "needed":
        texts["url"] = "https://acme.example"
    values = typed_values(plugin, texts)
    made = destination_of(Path("destinations/x.toml"), {"type": name, **values})
    again = {field.name: field.value for field in settings_fields(plugin, made.settings)}
    assert typed_values(plugin, again) == values
    assert {f"secret-{secret}" for secret in plugin.secrets} <= set(fields)


@pytest.mark.parametrize("name", ["rudderstack", "jitsu", "webhook"])
def test_an_address_that_is_needed_is_asked_for_first(name: str) -> None:
    plugin = destination_type(name)
    fields = settings_fields(plugin)
    assert (fields[0].name, fields[0].placeholder) == ("url", "needed")
    with pytest.raises(ValueError, match="url: this is needed"):
        typed_values(plugin, {field.name: field.value for field in fields})


def test_a_list_is_typed_with_semicolons() -> None:
    plugin = destination_type("webhook")
    values = typed_values(plugin, {"url": "https://x.example", "headers": "X-A: 1; X-B: 2, 3 ;"})
    assert values["headers"] == ["X-A: 1", "X-B: 2, 3"]
    made = destination_of(Path("destinations/x.toml"), {"type": "webhook", **values})
    shown = {field.name: field.value for field in settings_fields(plugin, made.settings)}
    assert shown["headers"] == "X-A: 1; X-B: 2, 3"
    assert settings_fields(plugin)[0].value == ""
