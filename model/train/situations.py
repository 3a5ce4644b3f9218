# SPDX-License-Identifier: MIT
"""The situations that people bring, as the native tool judges them, and how well it does.

    clips     every clip is a stranger's
    session   all clips of a speaker, in any order, are one session
    mood      up to 8 clips of one speaker and one emotion are a session
    everyday  9 neutral clips and 3 of one emotion of one speaker are a session
    ordinary  clips of ordinary speech, each a stranger's
    talker    all ordinary clips of a speaker are one session

*Forced*: the highest mean probability among the corpus' own emotions. *Voted*: the final emotion. *Claimed*: the final
emotion is neither neutral nor calm nor uncertain. *False alarms*: the same of neutral clips; *hits*: emotional clips
that are named rightly. All in percent.
"""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from corpora import LABELS, ORDINARY, Clip

QUIET = ("neutral", "calm", "uncertain")
SILENT = ("no speech", "error")
RARE = 12  # emotions of a corpus with fewer clips are left out


@dataclass(frozen=True)
class Listener:
    """The native tool with one model. It hears each clip once, and judges what it has heard in any light."""

    emovox: Path
    model: Path
    heard: dict[Path, str] = field(default_factory=dict, compare=False)  # JSON lines with evidence

    def run(self, *arguments: str | Path, lines: str = "") -> list[str]:
        command = [self.emovox, *arguments]
        done = subprocess.run(command, input=lines, capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{done.args}: {done.stderr}")
        return done.stdout.splitlines()

    def hear(self, clips: list[Clip]) -> None:
        new = [clip.path for clip in clips if clip.path not in self.heard]
        for first in range(0, len(new), 200):
            paths = new[first : first + 200]
            lines = self.run("analyze", "--json", "--evidence", "--model", self.model, *paths)
            self.heard.update(zip(paths, lines, strict=True))

    def analyze(self, clips: list[Clip], session: bool, prior: str) -> list[dict]:
        """One JSON object per clip, in order: strangers', or those of one speaker."""
        self.hear(clips)
        lines = "\n".join(self.heard[clip.path] for clip in clips)
        way = ["--same-speaker"] * session
        results = self.run("judge", "--json", "--model", self.model, "--prior", prior, *way, "-", lines=lines)
        if len(results) != len(clips):
            raise RuntimeError(f"{len(results)} results for {len(clips)} clips")
        return [json.loads(line) for line in results]


@dataclass
class Heard:
    """A clip and what was said of it."""

    clip: Clip
    result: dict

    @property
    def answer(self) -> str:
        return self.result.get("emotion", "error")

    @property
    def claims(self) -> bool:
        return self.answer not in QUIET + SILENT

    def forced(self, emotions: list[str]) -> str | None:
        """None where there is no speech."""
        probabilities = self.result.get("probabilities", {})
        return max(emotions, key=lambda e: probabilities[e]) if any(probabilities.values()) else None


# Who listens to clips of one fold or another, and which clips there are for each.
Panel = list[tuple[Listener, list[Clip]]]


def percent(values: Iterable[bool]) -> float:
    values = list(values)
    return 100 * sum(values) / max(len(values), 1)


def by(key: Callable[[Clip], object], clips: Iterable[Clip]) -> list[list[Clip]]:
    groups: dict[object, list[Clip]] = {}
    for clip in clips:
        groups.setdefault(key(clip), []).append(clip)
    return [groups[k] for k in sorted(groups)]


def person(clip: Clip) -> tuple[str, str]:
    return clip.corpus, clip.speaker


def common_emotions(clips: Iterable[Clip], rare: int = RARE) -> list[str]:
    emotions = [clip.emotion for clip in clips]
    return [e for e in LABELS if emotions.count(e) >= rare]


def recall(heard: list[Heard], rare: int = RARE) -> dict[str, float]:
    """UAR of one corpus, and what goes with it; emotions with fewer clips than `rare` are left out."""
    emotions = common_emotions((h.clip for h in heard), rare)
    found = {e: [h for h in heard if h.clip.emotion == e] for e in emotions}
    forced = {e: percent(h.forced(emotions) == e for h in of) for e, of in found.items()}
    voted = {e: percent(h.answer == e for h in of) for e, of in found.items()}
    return dict(
        clips=sum(map(len, found.values())),
        uar_forced=float(np.mean(list(forced.values()))),
        uar_voted=float(np.mean(list(voted.values()))),
        recall=forced,
    )


def listen(panel: Panel, groups_of: Callable[[list[Clip]], list[list[Clip]]], session: bool, prior: str) -> list[Heard]:
    """Every group is one session, or its clips are strangers'; shuffled with a fixed seed."""
    rng, heard = random.Random(7), []
    for listener, clips in panel:
        for group in groups_of(clips):
            rng.shuffle(group)
            results = listener.analyze(group, session, prior)
            heard += [Heard(clip, result) for clip, result in zip(group, results, strict=True)]
    return heard


def acted(panel: Panel, corpus: str) -> Panel:
    every = [clip for _, clips in panel for clip in clips if clip.corpus == corpus]
    emotions = common_emotions(every)
    return [(who, [c for c in clips if c.corpus == corpus and c.emotion in emotions]) for who, clips in panel]


def clips(panel: Panel, corpus: str, prior: str) -> list[Heard]:
    return listen(acted(panel, corpus), lambda clips: [clips] if clips else [], False, prior)


def session(panel: Panel, corpus: str, prior: str) -> list[Heard]:
    return listen(acted(panel, corpus), lambda clips: by(person, clips), True, prior)


def mood(panel: Panel, corpus: str, prior: str) -> list[Heard]:
    def groups_of(clips: list[Clip]) -> list[list[Clip]]:
        moods = by(lambda clip: (clip.speaker, clip.emotion), clips)
        return [group[i : i + 8] for group in moods for i in range(0, len(group), 8)]

    return listen(acted(panel, corpus), groups_of, True, prior)


def pairs(panel: Panel, corpus: str, prior: str) -> list[Heard]:
    """Two speakers in what is taken for a session of one: 16 clips of each."""

    def groups_of(clips: list[Clip]) -> list[list[Clip]]:
        rng = random.Random(3)
        people = by(person, clips)
        return [
            rng.sample(one, min(16, len(one))) + rng.sample(other, min(16, len(other)))
            for one, other in zip(people[::2], people[1::2], strict=False)
        ]

    return listen(acted(panel, corpus), groups_of, True, prior)


def everyday(panel: Panel, corpus: str) -> dict[str, float]:
    rng, alarms, hits, detected, sessions = random.Random(7), [], [], [], 0
    for listener, some in acted(panel, corpus):
        for speaker in by(person, some):
            quiet = [clip for clip in speaker if clip.emotion == "neutral"]
            for emotion in common_emotions(clip for _, clips in panel for clip in clips if clip.corpus == corpus):
                moved = [clip for clip in speaker if clip.emotion == emotion]
                if emotion in QUIET or len(quiet) < 4 or len(moved) < 2:
                    continue
                group = rng.sample(quiet, min(9, len(quiet))) + rng.sample(moved, min(3, len(moved)))
                rng.shuffle(group)
                sessions += 1
                for clip, result in zip(group, listener.analyze(group, True, "everyday"), strict=True):
                    heard = Heard(clip, result)
                    if clip.emotion == "neutral":
                        alarms.append(heard.claims)
                    else:
                        hits.append(heard.answer == emotion)
                        detected.append(heard.claims)
    figures = dict(false_alarms=percent(alarms), hits=percent(hits), detected=percent(detected))
    return dict(sessions=sessions, **figures)


def ordinary(panel: Panel, talker: bool = False) -> dict:
    """By source of ordinary speech: claimed, no speech; and the means of the sources."""

    def groups_of(some: list[Clip]) -> list[list[Clip]]:
        quiet = [clip for clip in some if clip.emotion == ORDINARY]
        return [g for g in by(person, quiet) if len(g) >= 4] if talker else [quiet] if quiet else []

    sources: dict[str, list[Heard]] = {}
    for h in listen(panel, groups_of, talker, "everyday"):
        sources.setdefault(h.clip.corpus, []).append(h)
    by_source = {}
    for source, heard in sorted(sources.items()):
        spoken = [h for h in heard if h.answer not in SILENT]
        no_speech = 100 * (1 - len(spoken) / len(heard))
        by_source[source] = dict(clips=len(heard), claimed=percent(h.claims for h in spoken), no_speech=no_speech)
    means = {key: float(np.mean([s[key] for s in by_source.values()])) for key in ("claimed", "no_speech")}
    return dict(means, clips=sum(s["clips"] for s in by_source.values()), by_source=by_source)


def calibration(heard: list[Heard], bins: int = 15) -> dict:
    """Expected calibration error of the forced answers' probabilities among the corpus' own emotions, and risk against
    coverage: how often the surest answers are right."""
    emotions = common_emotions(h.clip for h in heard)
    sure, right = [], []
    for h in heard:
        answer = h.forced(emotions)
        if h.clip.emotion in emotions and answer:
            probabilities = h.result["probabilities"]
            sure.append(probabilities[answer] / sum(probabilities[e] for e in emotions))
            right.append(answer == h.clip.emotion)
    sure, right = np.array(sure), np.array(right)
    bin_of = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [abs(right[bin_of == b].sum() - sure[bin_of == b].sum()) for b in range(bins)]
    surest = right[np.argsort(-sure)]
    coverage = {str(c): 100 * float(surest[: max(1, round(len(surest) * c / 100))].mean()) for c in (100, 75, 50, 25)}
    return dict(error=100 * float(sum(gaps)) / len(right), right_at_coverage=coverage)


def passing(listener: Listener, clips: list[Clip]) -> float:
    """Share of clips that count as speech."""
    results = listener.analyze(clips, False, "everyday")
    return percent(r.get("emotion", "no speech") != "no speech" for r in results)
