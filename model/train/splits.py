# SPDX-License-Identifier: MIT
"""Speaker-disjoint splits. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from corpora import Clip


@dataclass(frozen=True)
class Split:
    """Three disjoint sets of speakers."""

    train: frozenset[str]
    validation: frozenset[str]
    test: frozenset[str]

    def part(self, clips: Iterable[Clip], *names: str) -> list[Clip]:
        """The clips whose speaker is in any of the named sets."""
        speakers = frozenset().union(*(getattr(self, name) for name in names))
        return [clip for clip in clips if clip.speaker in speakers]


def folds(groups: list[list[str]]) -> list[Split]:
    """One split per group of speakers: the group is tested, the next one validates, the others train."""
    splits = []
    for i, test in enumerate(groups):
        validation = groups[(i + 1) % len(groups)]
        train = {speaker for group in groups for speaker in group} - set(test) - set(validation)
        splits.append(Split(frozenset(train), frozenset(validation), frozenset(test)))
    return splits


def ravdess_folds() -> list[Split]:
    """Five folds of four actors, two women and two men each: 1-4, 5-8, ..., 17-20."""
    return folds([[f"ravdess_{actor:02d}" for actor in range(first, first + 4)] for first in range(1, 20, 4)])


def speaker_folds(clips: Iterable[Clip], count: int) -> list[Split]:
    """`count` folds over the speakers of a corpus, dealt in order of sex and name so that each has women and men."""
    speakers = sorted({(clip.sex, clip.speaker) for clip in clips})
    if len(speakers) < 3 or not 3 <= count <= len(speakers):
        raise ValueError(f"{len(speakers)} speakers cannot make {count} folds")
    return folds([[speaker for _, speaker in speakers[i::count]] for i in range(count)])
