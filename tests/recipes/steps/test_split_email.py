"""`split_email`: the parts of addresses of mail."""

from __future__ import annotations

import pytest

from solidata_api.domain.errors import RecipeMisfit
from solidata_api.recipes.addresses import email_parts
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "split_email", "column": "a", "into": {"local": "l", "domain": "d"}},
        {"op": "split_email", "column": "a", "into": {"domain": "d"}, "on_error": "reject_row"},
    ],
    {"a": "string"},
    texts=["mairie@lyon.fr", "A@B.FR", "x@bücher.example", "a@b", "@", "a@b.fr;c@d.fr"],
    idempotent=True,
)


def test_the_local_part_stays_as_it_stands_and_the_domain_is_lower_case() -> None:
    step = {"op": "split_email", "column": "a", "into": {"local": "l", "domain": "d"}}
    result = applied(step, {"a": ["Jean.Dupont+x@Mairie-Lyon.FR", None, " a@lyon.fr "]})
    assert content(result)["l"] == ["Jean.Dupont+x", None, "a"]
    assert content(result)["d"] == ["mairie-lyon.fr", None, "lyon.fr"]
    assert content(result)["a"][2] == " a@lyon.fr "
    assert result.table.schema["d"].sources == {("s", "a")}


@pytest.mark.parametrize("domain", ["bücher.example", "xn--bcher-kva.example", "BÜCHER.example"])
def test_domains_are_as_people_read_them(domain: str) -> None:
    assert email_parts(f"a@{domain}")["domain"] == "bücher.example"


def test_sharp_s_is_a_letter_of_its_own() -> None:
    assert email_parts("a@faß.de")["domain"] == "faß.de"


@pytest.mark.parametrize(
    "text",
    ["n/a", "a@lyon", "a@localhost", "@lyon.fr", "a@", "a b@lyon.fr", "a@lyon..fr", "a@[192.0.2.1]", "mailto:a@lyon.fr",
     "Jean <a@lyon.fr>", "a@lyon.fr; b@lyon.fr", "a@lyon.invalid", "a@lyon.fr/b", "a@@lyon.fr"],
)  # fmt: skip
def test_what_is_no_address_is_a_reject_and_stays(text: str) -> None:
    result = applied({"op": "split_email", "column": "a", "into": {"domain": "d"}}, {"a": [text]})
    assert content(result) == {"a": [text], "d": [None]}
    assert result.report.rejects_count == 1
    assert result.report.rejects[0]["reason"]


def test_no_network_is_asked() -> None:
    # An address of documentation, whose domain no server knows.
    assert email_parts("a@nowhere.example")["domain"] == "nowhere.example"


def test_the_column_itself_is_not_written_and_decides_where_rows_are_rejected() -> None:
    with pytest.raises(RecipeMisfit, match="does not read"):
        parse([{"op": "split_email", "column": "a", "into": {"domain": "a"}}])
    step = parse([{"op": "split_email", "column": "a", "into": {"domain": "d"}, "on_error": "fail"}])[0]
    assert list(step.deciding(table({"a": []}).schema, ())) == ["a"]
