"""The command line refuses what can't work and says what is missing."""

import pytest

from solidata_api import cli


def test_production_without_its_settings_is_refused_naming_each(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SECRET_KEY", "FRONT_URL", "MAIL_SERVER"):
        monkeypatch.delenv(name, raising=False)
    assert cli.main(["--mode=production"]) == 2
    said = capsys.readouterr().err
    assert all(name in said for name in ("SECRET_KEY", "FRONT_URL", "MAIL_SERVER"))


def test_an_option_before_the_command_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--port=-1", "run"]) == 2
    assert "PORT is -1" in capsys.readouterr().err


def test_an_unknown_mode_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--mode=fast"])
    assert ended.value.code == 2
    assert "invalid choice: 'fast'" in capsys.readouterr().err


def test_demo_needs_to_know_where_the_service_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["demo"])
    assert "--base-url" in capsys.readouterr().err
