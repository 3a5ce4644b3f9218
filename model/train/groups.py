# SPDX-License-Identifier: MIT
"""Who is left out together. Splits are by speaker, always; ordinary people too, and some of their sources whole, since
an unseen source (another room, microphone and codec) is harder than an unseen person. Standard library only."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from corpora import Clip

FOLDS = 5
# One network is made without each group of folds, and one without nobody: that is the one which is released.
GROUPS = ((0, 1), (2, 3), (4,))
# Corpora that are on one side of a split, whole: they name no speakers, or have one microphone.
WHOLE = dict(
    ordinary_picovoice_s2i=0,
    ordinary_picovoice_wake=1,
    ordinary_bd4sk_kurdish=1,
    ordinary_ham_radio=2,
    ordinary_arabic_commands=3,
    ordinary_precise_community=4,
)


def folds(clips: Iterable[Clip]) -> dict[tuple[str, str], int]:
    """The fold of each (corpus, speaker). Up to 20 speakers of a corpus are dealt in order of their names, more by a
    hash of it."""
    people: dict[str, set[str]] = {}
    for clip in clips:
        people.setdefault(clip.corpus, set()).add(clip.speaker)
    result = {}
    for corpus, speakers in people.items():
        for i, speaker in enumerate(sorted(speakers)):
            if corpus in WHOLE:
                fold = WHOLE[corpus]
            elif len(speakers) < 10:
                fold = i % FOLDS
            elif len(speakers) <= 20:
                fold = i * FOLDS // len(speakers)
            else:
                fold = zlib.crc32(speaker.encode()) % FOLDS
            result[corpus, speaker] = fold
    return result
