"""Customer.io's semantic events: track calls with reserved names, which do something instead of being recorded.

Source: https://docs.customer.io/integrations/data-in/semantic-events/cio-journeys/ (the page) and
https://docs.customer.io/integrations/api/cdp/customerio/ (the API). The two name three of the events differently, so
both names are known here, and a refusal tells the other one. One that lacks what it needs does nothing, without a word:
such a row is refused before it is sent, by destinations that act on these events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.duckdb_helpers import quoted
from core.model import CallType

__all__ = ["SEMANTIC_EVENTS", "SemanticEvent", "unfit_sql"]

_USER = "userId"
_TOKEN = "context.device.token"  # noqa: S105 -- the name of a field
_DEVICE_TYPE = "context.device.type"
_OBJECT = "properties.objectId"


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticEvent:
    """One event: its `names` (the page's first, then the API's where that is another one), the places in the call that it
    `needs`, and the `values` that a place may have.
    """

    names: tuple[str, ...]
    needs: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


SEMANTIC_EVENTS: tuple[SemanticEvent, ...] = (
    SemanticEvent(
        names=("Device Added or Updated", "Device Created or Updated"),
        needs=(_USER, _TOKEN, _DEVICE_TYPE),
        values={_DEVICE_TYPE: ("ios", "android")},
    ),
    SemanticEvent(names=("Device Deleted",), needs=(_USER, _TOKEN)),
    SemanticEvent(names=("User Deleted",), needs=(_USER,)),
    SemanticEvent(names=("Suppress Person", "User Suppressed"), needs=(_USER,)),
    SemanticEvent(names=("Unsuppress Person", "User Unsuppressed"), needs=(_USER,)),
    SemanticEvent(names=("Object Deleted",), needs=(_OBJECT,)),
    SemanticEvent(names=("Relationship Deleted",), needs=(_USER, _OBJECT)),
    SemanticEvent(
        names=("Report Delivery Event",),
        needs=("properties.deliveryId", "properties.metric"),
        values={"properties.metric": ("delivered", "opened", "clicked", "converted")},
    ),
)
"""All of them. objectTypeId is 1 where an event about an object has none."""


def unfit_sql(call: CallType) -> str | None:
    """Return SQL over a column `call` (a call's JSON) that says what a semantic event lacks, or NULL; None where no call of
    this type can be one.
    """
    if call is not CallType.TRACK:
        return None
    cases = [f"WHEN {quoted(name)} THEN {_lacks(event, name)}" for event in SEMANTIC_EVENTS for name in event.names]
    names = "|".join(name for event in SEMANTIC_EVENTS for name in event.names)
    written = quoted(f'"event":"({names})"')
    # few calls are any of these: one look at the text (0.12 s for a million calls) saves reading its JSON (0.71 s)
    is_one = f"regexp_matches(call, {written})"
    return f"CASE WHEN {is_one} THEN CASE {_text('event')} {' '.join(cases)} END END"


def _lacks(event: SemanticEvent, name: str) -> str:
    """Say in SQL what an event of this name lacks."""
    other = "".join(f" (also known as {each})" for each in event.names if each != name)
    begin = f"the semantic event {name}{other} needs"
    whens = []
    for place in event.needs:
        found = f"coalesce(trim({_text(place)}), '')"
        if values := event.values.get(place):
            reason = f"{begin} {place} to be {' or '.join(values)}"
            whens.append(f"WHEN {found} NOT IN ({', '.join(map(quoted, values))}) THEN {quoted(reason)}")
        else:
            whens.append(f"WHEN {found} = '' THEN {quoted(f'{begin} a {place}')}")
    return f"CASE {' '.join(whens)} END"


def _text(place: str) -> str:
    """Return what stands in a place of the call, as text; NULL where there is nothing."""
    return f"json_extract_string(call, {quoted('$.' + place)})"
