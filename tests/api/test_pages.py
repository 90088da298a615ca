"""The pages that mails lead to: what they carry, in which language, and what keeps a token from leaking."""

from __future__ import annotations

import re
from typing import Any

import pytest

from solidata_api.api import access
from solidata_api.api.page_words import LANGUAGES, words_in
from solidata_api.domain.mails import TEMPLATES

PAGES = ("confirm", "reset", "email", "invitation")


def test_every_mailed_link_has_its_page(client: Any) -> None:
    assert {template.page for template in TEMPLATES.values() if template.page} == set(PAGES)
    assert [client.get(f"/{page}?token=x").status_code for page in PAGES] == [200] * 4


@pytest.mark.parametrize("page", PAGES)
def test_a_page_never_holds_its_token_and_nothing_passes_it_on(client: Any, page: str) -> None:
    answer = client.get(f"/{page}?token=t0ken")
    assert b"t0ken" not in answer.data
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_its_own_scripts_only(client: Any, page: str) -> None:
    first, second = client.get(f"/{page}"), client.get(f"/{page}")
    policy = first.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-([\w-]+)'", policy)[1]
    html = first.get_data(as_text=True)
    for directive in ("default-src 'none'", "connect-src 'self'", "form-action 'none'", "base-uri 'none'"):
        assert directive in policy
    assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
    opened = re.findall(r"<(?:script|style)\b([^>]*)>", html)
    assert len(opened) >= 3
    assert [tag for tag in opened if f'nonce="{nonce}"' not in tag and "application/json" not in tag] == []
    # Neither handlers nor styles in attributes, which the policy would refuse; nothing from elsewhere.
    assert not re.search(r"<[^>]+\s(on\w+|style|src|href)=", html)
    assert nonce not in second.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("accepted", "lang"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.5", "en"),
        ("de", "en"),
        ("", "en"),
        ("de,fr;q=0.5", "fr"),
    ],
)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_speaks_the_language_of_its_reader(client: Any, page: str, accepted: str, lang: str) -> None:
    answer = client.get(f"/{page}", headers={"Accept-Language": accepted})
    assert f'<html lang="{lang}">' in answer.get_data(as_text=True)
    assert answer.headers["Content-Language"] == lang
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize("page", PAGES)
def test_every_input_has_its_label_and_the_outcome_is_announced(client: Any, page: str) -> None:
    html = client.get(f"/{page}").get_data(as_text=True)
    inputs = re.findall(r'<input id="([\w-]+)"', html)
    labelled = re.findall(r'<label for="([\w-]+)"', html) + re.findall(
        r'<label class="tick"><input id="([\w-]+)"', html
    )
    assert sorted(inputs) == sorted(labelled)
    assert 'role="status"' in html
    assert html.count("<h1>") == 1
    described = re.findall(r'aria-describedby="([\w-]+)"', html)
    assert [name for name in described if f'id="{name}"' not in html] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_posts_to_operations_that_exist(client: Any, page: str) -> None:
    html = client.get(f"/{page}").get_data(as_text=True)
    paths = re.findall(r'data-path="([^"]+)"', html)
    assert len(paths) == (0 if page == "invitation" else 1)
    assert [path for path in paths if access.operation("POST", path) is None] == []


def test_both_languages_say_the_same_things() -> None:
    english, french = (words_in(lang) for lang in LANGUAGES)
    assert english.keys() == french.keys()
    assert english["faults"].keys() <= french["faults"].keys()
    assert english["problems"].keys() <= french["problems"].keys()
