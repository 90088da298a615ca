"""The licences of a first start."""

from solidata_api.domain.datasets import Dataset
from solidata_api.domain.vocabularies import SEED


def test_the_licences_of_the_contract_are_seeded() -> None:
    wanted = [
        "etalab-2.0",
        "ODbL-1.0",
        "CC-BY-4.0",
        "CC-BY-SA-4.0",
        "CC0-1.0",
        "PDDL-1.0",
        "ODC-By-1.0",
        "notspecified",
    ]
    assert set(wanted) <= {licence.id for licence in SEED}


def test_no_licence_is_seeded_twice() -> None:
    assert len({licence.id for licence in SEED}) == len(SEED)


def test_the_licence_of_what_says_none_is_seeded() -> None:
    (default,) = (one.default for one in Dataset.__dataclass_fields__.values() if one.name == "licence")
    assert default in {licence.id for licence in SEED}
