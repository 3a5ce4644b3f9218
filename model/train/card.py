# SPDX-License-Identifier: MIT
"""Writes the figures of the reports into README.md and model/README.md, between the marks <!-- figures --> and
<!-- /figures -->.

    python model/train/card.py
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
MODELS = ("small", "large")
NAMES = dict(
    ravdess="RAVDESS (English, left-out actors)",
    nemo="nEMO (Polish, left-out speakers)",
    tess="TESS (English, never heard)",
    ased="ASED (Amharic, never heard)",
    turev="TurEV (Turkish words, never heard)",
)


def table(head: list[str], rows: list[list]) -> str:
    lines = [head, ["---"] * len(head), *([f"{c:.1f}" if isinstance(c, float) else c for c in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def of_both(reports: list[dict], rows: list[tuple[str, Callable]]) -> str:
    return table(["", *MODELS], [[title, *(of(report) for report in reports)] for title, of in rows])


def ordinary(reports: list[dict]) -> str:
    def sessions(corpus: str) -> Callable:
        return lambda r: "{false_alarms:.1f} / {hits:.1f}".format(**r["corpora"][corpus]["everyday"])

    sources = len(reports[0]["ordinary"]["by_source"])
    rows = [
        (f"ordinary speech, {sources} sources: an emotion is claimed", lambda r: r["ordinary"]["claimed"]),
        ("the same people, each judged as one speaker", lambda r: r["talker"]["claimed"]),
        ("taken for no speech", lambda r: r["ordinary"]["no_speech"]),
    ]
    rows += [
        (f"9 neutral clips and 3 of one emotion, {NAMES[c]}: false alarms / hits", sessions(c))
        for c in ("nemo", "ravdess", "ased", "tess")
    ]
    return of_both(reports, rows)


def acted(reports: list[dict]) -> str:
    ways = dict(
        clips=("clips", "uar_forced"), session=("session", "uar_forced"), everyday=("clips_everyday", "uar_voted")
    )
    head = ["UAR", *(f"{model}: {way}" for model in MODELS for way in ("even", "even, session", "everyday, as shown"))]
    rows = [
        [name, *(r["corpora"][corpus][way][key] for r in reports for way, key in ways.values())]
        for corpus, name in NAMES.items()
    ]
    return table(head, rows)


def conduct(reports: list[dict]) -> str:
    rows = [
        ("RAVDESS, women / men", lambda r: "{F:.1f} / {M:.1f}".format(**r["corpora"]["ravdess"]["by_sex"])),
        ("RAVDESS in ESC-10 noise at 10 dB", lambda r: r["robustness"]["ESC-10 noise, 10 dB"]["ravdess"]),
        ("RAVDESS over a telephone band", lambda r: r["robustness"]["telephone band"]["ravdess"]),
        ("calibration error, RAVDESS", lambda r: r["corpora"]["ravdess"]["calibration"]["error"]),
        ("calibration error, TESS", lambda r: r["corpora"]["tess"]["calibration"]["error"]),
        ("unseen ESC-10 noise that passes as speech", lambda r: r["gate"]["passing"]["ESC-10 fold 5"]),
    ]
    return of_both(reports, rows)


def main() -> None:
    reports = [json.loads((REPOSITORY / f"model/emovox-{model}.report.json").read_text()) for model in MODELS]
    figures = "\n".join(part(reports) for part in (ordinary, acted, conduct))
    for name in ("README.md", "model/README.md"):
        path = REPOSITORY / name
        marks = r"(?<=<!-- figures -->\n).*(?=<!-- /figures -->)"
        text, count = re.subn(marks, lambda _: f"\n{figures}\n", path.read_text(), flags=re.DOTALL)
        assert count == 1, f"{name}: no marks"
        path.write_text(text)


if __name__ == "__main__":
    main()
