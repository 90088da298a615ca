"""Rows of datasets as builds read them: under the corrections that people made. For workers: reading imports pandas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from solidata_api.backends import Backends
from solidata_api.domain.corrections import Laid, stamp_of
from solidata_api.domain.datasets import Version

if TYPE_CHECKING:
    from solidata_api.recipes.references import Keeps
    from solidata_api.recipes.rows.overlay import Overlay
    from solidata_api.tables.versions import VersionWriter


class Corrected:
    """The corrections of each dataset that a run reads: of now, as they are when it is first read, or those under which
    a version was `built`. A `previewing` run keeps in memory what it read of references."""

    def __init__(self, backends: Backends, built: Version | None = None, *, previewing: bool = False) -> None:
        self._backends = backends
        self._built = built
        self._previewing = previewing
        self._corrections: dict[str, list[Laid]] = {}
        self._overlays: dict[str, tuple[Version, Overlay]] = {}

    def frames(self, version: Version) -> Callable[[Sequence[str]], Iterator[Any]]:
        """What gives the rows of a version, by the keys of the columns wanted."""

        def read(keys: Sequence[str]) -> Iterator[Any]:
            return self.laid(version, self._backends.tables.frames(version, list(keys)), keys)

        return read

    def spread(
        self, version: Version, rows: int, looked_at: int | None = None
    ) -> Callable[[Sequence[str]], Iterator[Any]]:
        """The same of only so many rows, spread over all of the version; see `tables.spread`."""

        def read(keys: Sequence[str]) -> Iterator[Any]:
            found = self._backends.tables.spread(version, list(keys), rows, looked_at)
            return self.laid(version, found, keys)

        return read

    def laid(self, version: Version, frames: Iterator[Any], keys: Sequence[str]) -> Iterator[Any]:
        """Frames of rows of a version with these columns as corrected."""
        overlay = self._overlay(version)
        return overlay.over(frames, keys) if overlay else frames

    def keeps(self, version: Version) -> Keeps | None:
        """What keeps rows of a version, as corrected, from one preview to the next; None in other runs."""
        if not self._previewing:
            return None
        content = self._content(version)
        return lambda asked, make: self._backends.tables.kept_rows.get((content, asked), make)

    def values(self, version: Version, key: str) -> frozenset[str]:
        """Every value of a column as canonical text, blanks aside."""
        if not self._previewing:
            return self._values(version, key)
        asked = (self._content(version), "values", key)
        return frozenset(self._backends.tables.kept_rows.texts(asked, lambda: self._values(version, key)))

    def _content(self, version: Version) -> tuple[str, str]:
        """What never changes: a version, and the corrections over it, of which there may be thousands."""
        return version.id, stamp_of((one.id, one.value) for one in self.over(version))

    def _values(self, version: Version, key: str) -> frozenset[str]:
        from solidata_api.frames.canonical import text_of

        if all(one.column != key for one in self.of(version.dataset_id)):
            return frozenset(self._backends.tables.values(version, key))
        kind = next(column.type for column in version.columns if column.key == key)
        frames = self.frames(version)([key])
        return frozenset(text for frame in frames for text in text_of(frame[key], kind).dropna().unique())

    def take(self, dataset_ids: Iterable[str]) -> None:
        """Hold on to the corrections of these datasets as they are now, be their rows read or not."""
        for dataset_id in dataset_ids:
            self.of(dataset_id)

    def holds_any(self, dataset_ids: Iterable[str]) -> bool:
        """Whether there are corrections of any of these datasets."""
        return any(self.of(dataset_id) for dataset_id in dataset_ids)

    def stamp(self, dataset_id: str) -> str:
        """What `CorrectionStore.stamp` answers while the corrections of a dataset are these."""
        return stamp_of((one.id, one.value) for one in self.of(dataset_id))

    def told(self, *, every: bool = False) -> list[dict[str, Any]]:
        """Of each version with corrections: how many there are, were applied, and hold of nothing any more; of the
        columns that were read, or of `every` one."""
        return [
            {"dataset_id": version.dataset_id, "version": version.n, **overlay.told(every=every)}
            for version, overlay in self._overlays.values()
        ]

    def pin(self, writer: VersionWriter) -> None:
        """Keep with a version the corrections that it was built under."""
        for dataset_id, corrections in sorted(self._corrections.items()):
            writer.add_corrections([{"dataset_id": dataset_id, **one._asdict()} for one in sorted(corrections)])

    def _overlay(self, version: Version) -> Overlay | None:
        from solidata_api.recipes.rows.overlay import Overlay

        if version.id not in self._overlays and (corrections := self.over(version)):
            kinds = {column.key: column.type for column in version.columns}
            self._overlays[version.id] = (version, Overlay(corrections, kinds))
        return self._overlays[version.id][1] if version.id in self._overlays else None

    def over(self, version: Version) -> list[Laid]:
        """The corrections to lay over a version: those that a recipe run on the dataset read are in its rows already,
        as that recipe left them."""
        corrections = self.of(version.dataset_id)
        if not corrections or not version.correction_parts:
            return corrections
        told = self._backends.tables.corrections(version)
        there = {(one["id"], one["value"]) for one in told if one["dataset_id"] == version.dataset_id}
        return [one for one in corrections if (one.id, one.value) not in there]

    def of(self, dataset_id: str) -> list[Laid]:
        """The corrections of a dataset."""
        if self._built is not None and not self._corrections:
            for one in self._backends.tables.corrections(self._built):
                self._corrections.setdefault(one.pop("dataset_id"), []).append(Laid(**one))
        if dataset_id not in self._corrections:
            found = [] if self._built else self._backends.corrections.all_by(dataset_id=dataset_id)
            self._corrections[dataset_id] = [one.laid for one in found]
        return self._corrections[dataset_id]


def outlook(backends: Backends, version: Version) -> dict[str, Any] | None:
    """How many of a dataset's corrections hold of a new version of it, and which do not any more; None without any."""
    corrected = Corrected(backends)
    if not corrected.holds_any([version.dataset_id]):
        return None
    for _ in corrected.frames(version)([]):
        pass
    told = corrected.told(every=True)
    return {name: told[0][name] for name in ("count", "lost")} if told else None
