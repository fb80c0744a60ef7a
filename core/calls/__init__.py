"""What a row becomes: the six call types and their fields, the mapper, and the canonical form.

`fields` is pure and knows no library (lint uses it too). `mapper` decides where each column goes (`shape`), `writing` and
`faults` give the SQL of the call and of why there is none, `canonical` that of each value; all vectorised in DuckDB. One
mapper serves preview, plan and delivery alike, so what is previewed is what is sent.
"""
