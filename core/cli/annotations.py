"""Findings as GitHub's workflow commands: a pull request shows each at its line.

    ::error file=syncs/users.sql,line=3,endLine=3,col=7,endColumn=12,title=unknown-column::There is no column …

As docs.github.com/actions/reference/workflow-commands-for-github-actions describes it, and as the toolkit of GitHub itself escapes it:
%, CR and LF in messages and properties, and in properties also `:` and `,`. Columns are left out where a finding ends on another line:
the interface of annotations refuses them there. The file's path counts from the workspace, which is the repository's root.
"""

from __future__ import annotations

import os
from pathlib import Path

from core.control_chars import escape_control_chars
from core.model import Finding, Severity
from core.query.place import line_and_column

__all__ = ["annotation"]

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "notice"}


def annotation(file: Path, text: str, finding: Finding) -> str:
    """Return the line that tells a finding about a text."""
    end_line, end_column = line_and_column(text, finding.end)
    properties: dict[str, object] = {"file": _path(file), "line": finding.line, "endLine": end_line}
    if end_line == finding.line:
        properties |= {"col": finding.column, "endColumn": end_column}
    properties["title"] = finding.rule
    given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    how = " (backhaul lint --fix)" if finding.fix and finding.fix.certain else ""
    fix = f"\nFix: {finding.fix.label}{how}" if finding.fix else ""
    return f"::{_COMMANDS[finding.severity]} {given}::{_data(escape_control_chars(finding.message + fix, lines=True))}"


def _path(file: Path) -> str:
    """Return a path from the workspace, or from here; whole where it is in neither."""
    whole = file.absolute()
    for root in (os.environ.get("GITHUB_WORKSPACE"), str(Path.cwd())):
        if root and whole.is_relative_to(root):
            return whole.relative_to(root).as_posix()
    return whole.as_posix()


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
