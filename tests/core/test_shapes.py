"""Classes that several threads meet at once are read by one of them: in msgspec alone, the process ends by a segmentation fault."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import msgspec
import pytest

from core.decoding import convert, decode

THREADS = """
import dataclasses, sys, threading
from collections.abc import Mapping
from typing import Any, Literal
from core.decoding import convert

sys.setswitchinterval(1e-6)
for number in range(100):
    inner = dataclasses.make_dataclass(f"Inner{number}", [(f"x{n}", Literal["a", "b"] | int, "a") for n in range(5)])
    fields = [("inner", inner), *((f"f{n}", Mapping[str, Any] | None, None) for n in range(10))]
    outer = dataclasses.make_dataclass(f"Outer{number}", fields)
    together, made = threading.Barrier(4), []

    def work(shape, values):
        together.wait()
        made.append(convert(values, shape))

    each = [(outer, {"inner": {"x1": "b"}, "f3": {"a": 1}}), (inner, {"x1": "b"})] * 2
    threads = [threading.Thread(target=work, args=args) for args in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
"""


@dataclass(frozen=True)
class Inner:
    count: int


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner | None = None


def test_threads_that_meet_a_class_at_once_all_get_theirs() -> None:
    done = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_values_and_json_become_what_they_are_said_to_be() -> None:
    assert convert({"name": "a", "inner": {"count": 2}}, Outer) == Outer("a", Inner(2))
    assert decode(b'{"name":"a"}', Outer) == Outer("a")


def test_others_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"inner.count"):
        convert({"name": "a", "inner": {"count": "2"}}, Outer)
    with pytest.raises(msgspec.DecodeError):
        decode(b'{"name":', Outer)
