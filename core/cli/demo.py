"""`backhaul demo`: a small company to try everything on."""

from __future__ import annotations

from pathlib import Path

import click

from core.cli.output import fail, json_option, print_json, say

__all__ = ["demo"]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("backhaul-demo"))
@click.option("--headless", is_flag=True, help="Run its syncs and print what was delivered.")
@json_option
def demo(folder: Path, *, headless: bool, as_json: bool) -> None:
    """Make a demo project in FOLDER (backhaul-demo): a DuckDB warehouse, nine syncs, a local file as destination."""
    from core import demo as company
    from core import project as projects

    made = company.make(folder)
    found = projects.load(folder.absolute())
    if not as_json:
        say(
            f"{'Made' if made else 'Found'} the demo in {folder}: {len(found.syncs)} syncs, warehouse.duckdb, delivered/",
            sign="ok",
        )
    if headless:
        from core.cli.run import run_all

        enabled = [sync for sync in found.syncs.values() if sync.enabled]
        results = run_all(found, enabled, brief=True, as_json=as_json)
        _summary(results, as_json=as_json)
        fail(0 if all(result["state"] == "succeeded" for result in results) else 1)
    if as_json:
        print_json({"folder": str(folder), "made": made, "syncs": sorted(found.syncs)})
        return
    say(f"Next: cd {folder} && backhaul run    (or `backhaul lint`, `backhaul preview users`, `backhaul plan users`)")


def _summary(results: list[dict[str, object]], *, as_json: bool) -> None:
    """Say how many calls of which types were delivered."""
    calls: dict[str, int] = {}
    for result in results:
        calls[str(result["call"])] = calls.get(str(result["call"]), 0) + int(str(result["acknowledged"]))
    total = sum(calls.values())
    if as_json:
        print_json({"delivered": total, "calls": calls, "runs": results})
        return
    kinds = ", ".join(f"{number:,} {call}" for call, number in sorted(calls.items()))
    say(f"Delivered {total:,} calls: {kinds}.", sign="ok")
