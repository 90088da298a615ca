"""Kinds of errors: they travel between processes whole, and come back from a job document."""

from __future__ import annotations

import pickle

import pytest

from solidata_api.domain import errors
from solidata_api.domain.errors import Fault, Invalid, SolidataError, kind_named

KINDS = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, SolidataError)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_travels_between_processes_whole(kind: type[SolidataError]) -> None:
    sent = kind("what happened", [Fault("/a", "why")], retry_after=3)
    got = pickle.loads(pickle.dumps(sent))
    assert type(got) is kind
    assert (str(got), got.detail, got.faults, got.retry_after) == ("what happened", sent.detail, sent.faults, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_comes_back_by_its_kinds_name(kind: type[SolidataError]) -> None:
    error = kind_named(kind.kind, "what happened", [{"pointer": "/a", "message": "why"}])
    assert type(error) is kind
    assert error.faults == (Fault("/a", "why"),)


def test_no_two_kinds_have_one_name() -> None:
    assert len({kind.kind for kind in KINDS}) == len(KINDS)


def test_an_unknown_kind_comes_back_as_the_root() -> None:
    assert type(kind_named("never-heard-of", "what happened")) is SolidataError


def test_faults_may_come_from_a_generator() -> None:
    assert Invalid("x", (Fault(str(n), "") for n in range(2))).faults == (Fault("0", ""), Fault("1", ""))
