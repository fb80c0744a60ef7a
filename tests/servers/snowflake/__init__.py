"""A stand-in for Snowflake: fakesnow's SQL behind a login that verifies, asynchronous queries, chunks and published errors.

The server runs in an environment of its own (`tests.servers.environments`), the tests talk to it through `stand_in`:

    serve.py     the routes of Snowflake's REST service that its driver uses, and `/_control` for the tests
    accounts.py  who may log in, with what, and what is told to who may not
    engine.py    statements: fakesnow, fixed where it differs from Snowflake and that is cheap
    vendor.py    DuckDB's and sqlglot's errors in Snowflake's codes and words
    wire.py      Arrow in the form in which Snowflake sends it
    stand_in.py  what the tests know of it; runs in their own environment, as `tests.servers.stand_in` does, which starts it
"""
