"""Deliberately broken engines, by name: the harness is worth something only if it catches each of them.

They are installed in the runner's children (see `nursery`), never by a hook in the engine. `scenarios` are those in which
the fault can show; `part` is the part of the harness that looks: kills, disk, damage, power or replies;
`damaged` the kind of file, and the way, that damage keeps to, `situation` the one in which it does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.faults.broken import delivering, keeping, planning

__all__ = ["BROKEN", "Broken"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One broken engine."""

    install: Callable[[], None]
    scenarios: tuple[str, ...] = ("full",)
    part: str = "kills"
    damaged: tuple[str, str] = ("", "")
    situation: str | None = None


BROKEN: dict[str, Broken] = {
    "the ledger before the delivery": Broken(install=delivering.ledger_before_delivery),
    "random ids": Broken(install=delivering.random_ids, scenarios=("faulty receiver",)),
    "429 is success": Broken(install=partial(delivering.status_is_success, 429), scenarios=("faulty receiver",)),
    "5xx is success": Broken(install=partial(delivering.status_is_success, 500, 503), scenarios=("faulty receiver",)),
    "400 is success": Broken(install=partial(delivering.status_is_success, 400), scenarios=("rejected",)),
    "half a reply is success": Broken(install=delivering.half_a_reply_is_success, scenarios=("faulty receiver",)),
    "answered before the reply": Broken(install=delivering.answered_before_the_reply),
    "a batch accepted because one row was": Broken(
        install=delivering.batch_accepted_because_one_row_was, scenarios=("rejected",)
    ),
    "rejected rows dropped": Broken(install=delivering.rejected_rows_dropped, scenarios=("rejected",)),
    "a reply that cannot be stored": Broken(install=delivering.replies_stored_as_they_are, part="replies"),
    "refusals prove everything": Broken(install=delivering.refusals_prove_everything, part="replies"),
    "rejected rows stop the others": Broken(install=delivering.rejected_rows_stop_the_others, scenarios=("rejected",)),
    "deletes before the rest": Broken(install=delivering.deletes_before_the_rest, scenarios=("deletes",)),
    "the file not cut back": Broken(install=delivering.file_not_cut_back, scenarios=("two destinations",)),
    "errors of the file ignored": Broken(
        install=delivering.errors_of_the_file_ignored, scenarios=("two destinations",), part="disk"
    ),
    "a pause is the end": Broken(install=delivering.pause_is_the_end, scenarios=("faulty receiver",)),
    "watermark too early": Broken(install=planning.watermark_too_early, scenarios=("incremental",)),
    "watermark from the host's clock": Broken(install=planning.watermark_from_the_host, scenarios=("incremental",)),
    "watermark after the query": Broken(install=planning.watermark_after_the_query, scenarios=("incremental",)),
    "removed from an empty result": Broken(install=planning.removed_from_nothing, scenarios=("emptied",)),
    "unchanged rows sent": Broken(install=planning.unchanged_rows_sent),
    "left behind by their id": Broken(install=planning.left_behind_by_id),
    "old versions left behind": Broken(install=planning.old_versions_left_behind, scenarios=("a, b, a, b",)),
    "left behind is removed": Broken(install=planning.left_behind_is_removed, scenarios=("deletes",)),
    "messageId without delivery": Broken(install=planning.ids_without_delivery, scenarios=("a, b, a, b",)),
    "the delivery before its plan": Broken(install=planning.delivery_before_its_plan),
    "planned again on resume": Broken(install=planning.replanned_on_resume),
    "no lock": Broken(install=planning.no_lock, scenarios=("at once",)),
    "no transactions": Broken(install=keeping.no_transactions),
    "the manifest after the delivery": Broken(install=keeping.manifest_after_the_delivery),
    "compaction loses deltas": Broken(install=keeping.compaction_loses_deltas),
    "replaced segments removed first": Broken(install=keeping.replaced_segments_removed_first),
    "open plans are garbage": Broken(install=keeping.open_plans_are_garbage),
    "nothing synced": Broken(install=keeping.nothing_synced, part="power"),
    "the store not synced": Broken(install=keeping.store_not_synced, part="power"),
    "the file not synced": Broken(install=delivering.file_not_synced, scenarios=("two destinations",), part="power"),
    "garbage kept": Broken(install=keeping.garbage_kept),
    "a missing segment is empty": Broken(
        install=keeping.missing_segment_is_empty, part="damage", damaged=("keys segment", "remove")
    ),
    "digests unchecked": Broken(install=keeping.digests_unchecked, part="damage", damaged=("", "flip")),
    "a damaged store begun again": Broken(
        install=keeping.damaged_store_begun_anew, part="damage", damaged=("store.sqlite", "rubbish")
    ),
    "a mixed store unchecked": Broken(
        install=keeping.mixed_store_unchecked,
        scenarios=("events", "full"),
        part="damage",
        damaged=("store.sqlite", "older"),
        situation="killed",
    ),
    "age unchecked": Broken(install=keeping.age_unchecked, part="damage", damaged=("store.sqlite", "older")),
    "a missing store begun again": Broken(
        install=keeping.missing_store_begun_anew, part="damage", damaged=("store.sqlite", "remove")
    ),
}
