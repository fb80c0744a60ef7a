"""Sends one call with RudderStack's own Python client: `python send.py`, told by JSON on standard input as send.mjs is."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Any

from rudderstack import analytics

NAMES = {"userId": "user_id", "groupId": "group_id", "previousId": "previous_id"}


def dated(value: dict[str, Any]) -> Any:
    return datetime.fromisoformat(value["$date"]) if "$date" in value else value


def main() -> None:
    told = json.loads(sys.stdin.read(), object_hook=dated)
    call = told["call"]
    fields = {NAMES.get(name, name): value for name, value in told["fields"].items()}
    bag = {"identify": "traits", "group": "traits", "alias": None}.get(call, "properties")
    client = analytics.Client(told["key"], host=told["url"], sync_mode=True, on_error=print, gzip=True)
    getattr(client, call)(**fields, **({bag: told["bag"]} if bag else {}))


if __name__ == "__main__":
    main()
