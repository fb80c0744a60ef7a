"""The example queries of the documents that define the system, as an analyst would paste them, on Snowflake."""

from __future__ import annotations

import pytest

from core.lint import Context, apply_fixes, lint
from core.model import CallType, Severity

TIMESTAMP = "last-sync-time-as-timestamp"

# call, query, the rules that find something, whether the fixes make it free of errors
EXAMPLES = [
    (
        "identify",
        'SELECT ID AS "id", EMAIL AS "email", PRIMARY_PHONE AS "phone"\nFROM people\nWHERE LAST_UPDATED >= {{last_sync_time}}',
        {TIMESTAMP},
        True,
    ),
    (
        "identify",
        (
            "SELECT\n  ID AS \"userId\",\n  IFF(IS_ACTIVE, 'true', 'false') AS \"is_active\"\nFROM\n  users\nWHERE\n"
            "  LAST_UPDATED >= {{last_sync_time}}"
        ),
        {TIMESTAMP},
        True,
    ),
    (
        "identify",
        (
            "SELECT ID AS userId, EMAIL AS email, MSISDN AS phone, FNAME AS first_name, LNAME AS last_name\nFROM users\n"
            "WHERE TIMESTAMP >= {{last_sync_time}}"
        ),
        {TIMESTAMP, "column-folded"},
        True,
    ),
    (
        "identify",
        (
            'SELECT\n  COALESCE(CAST(USER_ID AS VARCHAR), EMAIL) AS "userId",\n  EMAIL AS "email",\n  FIRST_NAME AS "first_name",\n'
            '  LAST_NAME AS "last_name"\nFROM users\nWHERE LAST_UPDATED >= {{last_sync_time}}'
        ),
        {TIMESTAMP},
        True,
    ),
    (
        "identify",
        (
            'SELECT\n  CASE\n    WHEN USER_ID IS NOT NULL THEN CAST(USER_ID AS VARCHAR)\n    ELSE EMAIL\n  END AS "userId",\n'
            '  EMAIL AS "email",\n  FIRST_NAME AS "first_name",\n  LAST_NAME AS "last_name"\nFROM users\n'
            "WHERE LAST_UPDATED >= {{last_sync_time}}"
        ),
        {TIMESTAMP},
        True,
    ),
    (
        "track",
        (
            "SELECT id AS USERID As userId, EVENT_NAME AS event, PRODUCTS AS products, TOTAL_PRICE AS value\nFROM events\n"
            "WHERE TIMESTAMP > {{last_sync_time}}"
        ),
        {"syntax-error"},
        False,
    ),
    (
        "group",
        (
            "SELECT COMPANYID AS groupId, OBJECT_TYPE_ID AS objectTypeId, COMPANYNAME as company_name, EMPLOYEES AS employees, "
            "PERSONID AS userId\nFROM companies\nWHERE LAST_UPDATED >= {{last_sync_time}}"
        ),
        {TIMESTAMP, "column-folded"},
        True,
    ),
    (
        "group",
        (
            'SELECT COMPANYID AS "groupId", OBJECTTYPEID AS "objectTypeId", \n    COMPANYNAME AS "companyname", EMPLOYEES AS '
            '"employees", \n    PERSONID AS "userId",\n    OBJECT_CONSTRUCT(\n        \'is_manager\', IS_MANAGER,\n'
            "        'role', ROLE,\n        'start_date', START_DATE\n    ) AS \"relationshipAttributes\"\nFROM companies\n"
            "WHERE LAST_UPDATED >= {{last_sync_time}}"
        ),
        {TIMESTAMP},
        True,
    ),
    (
        "page",
        (
            "SELECT ID AS userId, METATITLE AS name, URL AS url, TIME_ON_PAGE AS time_on_page\nFROM pages\n"
            "WHERE TIMESTAMP > {{last_sync_time}}"
        ),
        {TIMESTAMP, "column-folded"},
        True,
    ),
    (
        "screen",
        (
            "SELECT ID AS userId, SCREEN_NAME AS name, SESSION_STARTED AS session_started\nFROM screens\n"
            "WHERE TIMESTAMP > {{last_sync_time}}"
        ),
        {TIMESTAMP, "column-folded"},
        True,
    ),
    (
        "alias",
        "SELECT ID AS userId, OLD_ID AS previousId\nFROM user_resolution\nWHERE TIMESTAMP >= {{last_sync_time}}",
        {TIMESTAMP, "column-folded"},
        True,
    ),
    (
        "identify",
        (
            "SELECT id AS userId, email_address AS email, fname, lname, msisdn AS phone\nFROM users\n"
            "WHERE last_updated >= {{last_sync_time}}"
        ),
        {TIMESTAMP, "column-folded"},
        True,
    ),
    (
        "track",
        (
            "SELECT id AS userId, event_name AS name, products, total_price AS value\nFROM events\n"
            "WHERE timestamp > {{last_sync_time}}"
        ),
        {TIMESTAMP, "column-folded", "missing-required-column"},
        False,
    ),
    (
        "group",
        (
            "SELECT companyId AS groupId, companyname, employees, personId AS userId\nFROM companies\n"
            "WHERE last_updated >= {{last_sync_time}}"
        ),
        {TIMESTAMP, "column-folded"},
        True,
    ),
    (
        "page",
        "SELECT id AS userId, metatitle as name, url, time_on_page\nFROM pages\nWHERE timestamp > {{last_sync_time}}",
        {TIMESTAMP, "column-folded"},
        True,
    ),
    (
        "screen",
        "SELECT id AS userId, screen_name as name, session_started\nFROM screens\nWHERE timestamp > {{last_sync_time}}",
        {TIMESTAMP, "column-folded"},
        True,
    ),
    (
        "alias",
        "SELECT id AS userId, old_id as previousId\nFROM user_resolution\nWHERE timestamp >= {{last_sync_time}}",
        {TIMESTAMP, "column-folded"},
        True,
    ),
    (
        "identify",
        (
            "    select external_id_c as user_id,\n    lead_score_c,\n    lead_age_c,\n    lead_status\n    -- …more properties\n"
            "    from salesforce.leads\n"
        ),
        {"column-folded", "last-sync-time-missing"},
        True,
    ),
    (
        "identify",
        (
            "    select distinct u.external_id as user_id, true as has_open_ticket\n    from zendesk.tickets t\n"
            "    join zendesk.users u\n    on u.id = t.requester_id\n    where t.status in ('pending','open','hold','new')\n"
        ),
        {"column-folded", "last-sync-time-missing"},
        True,
    ),
]


@pytest.mark.parametrize(("call", "text", "expected", "mendable"), EXAMPLES)
def test_an_example_of_the_documents_gives_exactly_these_findings(
    call: str, text: str, expected: set[str], mendable: bool
) -> None:
    context = Context(dialect="snowflake", call=CallType(call))
    found = lint(text, context)
    assert {one.rule for one in found} == expected
    left = lint(apply_fixes(text, found), context)
    assert all(one.severity is not Severity.ERROR for one in left) is mendable


@pytest.mark.parametrize("example", EXAMPLES[-2:])
def test_the_examples_in_snake_case_need_nothing_but_a_bound_on_postgres(
    example: tuple[str, str, set[str], bool],
) -> None:
    found = lint(example[1], Context(dialect="postgres", call=CallType.IDENTIFY))
    assert [one.rule for one in found] == ["last-sync-time-missing"]


def test_the_double_alias_of_the_documents_is_explained_at_its_place() -> None:
    text = EXAMPLES[5][1]
    (found,) = lint(text, Context(dialect="snowflake", call=CallType.TRACK))
    assert (found.line, found.column) == (1, 21)
    assert found.message == "A column has one name only: USERID or userId, not both."
