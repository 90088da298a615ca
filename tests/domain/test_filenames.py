"""Names of files, as they are shown."""

from __future__ import annotations

from solidata_api.domain.filenames import plain_name


def test_a_file_name_is_its_last_part_without_control_characters() -> None:
    assert plain_name("..\\..\\C:\\a\r\nb.csv") == "ab.csv"
    assert plain_name("/") == "table"
