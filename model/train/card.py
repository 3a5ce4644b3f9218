# SPDX-License-Identifier: MIT
"""Writes the figures of the reports into README.md and model/README.md, between the marks <!-- figures --> and
<!-- /figures -->.

    python model/train/card.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
MODELS = ("small", "large")


def table(head: list[str], rows: list[list]) -> str:
    lines = [head, ["---"] * len(head), *([f"{c:.1f}" if isinstance(c, float) else c for c in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def accuracy(reports: list[dict]) -> str:
    """UAR in percent."""
    rows = [
        ("RAVDESS (English), eight emotions", lambda r: r["corpora"]["ravdess"]),
        ("nEMO (Polish), six emotions", lambda r: r["corpora"]["nemo"]),
        ("RAVDESS, by a network that never heard it", lambda r: r["left_out"]["ravdess"]),
        ("nEMO, by a network that never heard Polish", lambda r: r["left_out"]["nemo"]),
        ("TESS (English), seven emotions, never heard", lambda r: r["unseen"]["tess"]),
    ]
    body = [[title, *(of(r)[way]["uar"] for r in reports for way in ("plain", "adapted"))] for title, of in rows]
    return table(["", *(name for model in MODELS for name in (model, f"{model}, adapted"))], body)


def conduct(reports: list[dict]) -> str:
    """In percent."""

    def ravdess(report: dict) -> dict:
        return report["corpora"]["ravdess"]["plain"]

    rows = [
        ("RAVDESS, women / men", lambda r: " / ".join(f"{ravdess(r)['per_sex'][s]['uar']:.1f}" for s in "FM")),
        ("RAVDESS in ESC-10 noise at 20 dB", lambda r: r["robustness"]["ESC-10 noise, 20 dB"]["plain"]),
        ("RAVDESS in ESC-10 noise at 10 dB", lambda r: r["robustness"]["ESC-10 noise, 10 dB"]["plain"]),
        ("calibration error, RAVDESS", lambda r: ravdess(r)["ece"]),
        ("calibration error, nEMO", lambda r: r["corpora"]["nemo"]["plain"]["ece"]),
        ("calibration error, TESS", lambda r: r["unseen"]["tess"]["plain"]["ece"]),
        ("speech of unseen RAVDESS actors that passes as speech", passing("RAVDESS")),
        ("unseen ESC-10 noise that passes as speech", passing("ESC-10 fold 5")),
        (
            "strong told from normal intensity, RAVDESS (area under the curve)",
            lambda r: r["intensity"]["ravdess"]["auc"],
        ),
    ]
    return table(["", *MODELS], [[title, *map(of, reports)] for title, of in rows])


def passing(title: str):
    return lambda report: next(
        rate for name, rate in report["speech_gate"]["passing"].items() if name.startswith(title)
    )


def main() -> None:
    reports = [json.loads((REPOSITORY / f"model/emovox-{model}.report.json").read_text()) for model in MODELS]
    figures = accuracy(reports) + "\n" + conduct(reports)
    for name in ("README.md", "model/README.md"):
        path = REPOSITORY / name
        text, count = re.subn(
            r"(?<=<!-- figures -->\n).*(?=<!-- /figures -->)", f"\n{figures}\n", path.read_text(), flags=re.DOTALL
        )
        assert count == 1, f"{name}: no marks"
        path.write_text(text)


if __name__ == "__main__":
    main()
