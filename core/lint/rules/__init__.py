"""One file a rule: its docstring is the rule's page, `SEVERITY` its usual severity, `check` finds. `DIALECTS`
says where it applies, if not everywhere.

A file `column_folded.py` is the rule `column-folded`. Adding a rule is adding its file here and its cases in
tests/core/lint/cases; nothing is registered anywhere.
"""
