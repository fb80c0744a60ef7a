"""A stand-in for BigQuery: bqemulator's SQL behind a login that verifies, jobs that run and can be cancelled, published errors.

The server runs in an environment of its own (`tests.servers.environments`), the tests talk to it through `stand_in`:

    serve.py     the routes of BigQuery's REST service that its driver uses, Google's token endpoint, `/_control` for the tests
    accounts.py  who may log in, with what, and what is told to who may not
    jobs.py      jobs: dry runs that run nothing, limits, what ends a job; the emulator runs the rest
    vendor.py    DuckDB's, sqlglot's and the emulator's errors in BigQuery's reasons and words
    stand_in.py  what the tests know of it; runs in their own environment, as `tests.servers.stand_in` does, which starts it
"""
