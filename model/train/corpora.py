# SPDX-License-Identifier: MIT
"""Reads speech by a table, and makes such a table of corpora in their official layouts. Standard library only.

    python model/train/corpora.py FOLDER > FOLDER/manifest.tsv

A table (manifest.tsv, tab-separated, in the folder of the corpora) has a line per clip: path (relative to it), corpus,
speaker, sex (F, M or empty), language, emotion (one of LABELS, or `ordinary`: nobody acted, nobody labelled it), and
intensity if known. That is also how to bring speech of your own. More columns do no harm; lines with other emotions are
passed over.

File names carry everything in RAVDESS, CREMA-D, TESS, nEMO and EmoDB, so any folder nesting is accepted; IEMOCAP
keeps its labels in EmoEvaluation files.
"""

from __future__ import annotations

import csv
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

LABELS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
ORDINARY = "ordinary"  # stands for neutral or calm
TABLE = "manifest.tsv"
COLUMNS = ("path", "corpus", "speaker", "sex", "language", "emotion", "intensity")
EXTENSIONS = (".wav", ".flac", ".opus", ".mp3", ".ogg")


@dataclass(frozen=True)
class Clip:
    """One recording of one emotion, of ordinary speech, or of noise (emotion "")."""

    path: Path
    corpus: str
    speaker: str  # unique over all corpora, e.g. "ravdess_01"
    sex: str  # "F", "M" or "" where the corpus does not say
    language: str
    emotion: str
    intensity: str = "unspecified"


def audio_files(folder: Path) -> Iterator[Path]:
    """All audio files below a folder, sorted, each base name once (some copies of RAVDESS hold everything twice)."""
    seen = set()
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in EXTENSIONS and not path.name.startswith(".") and path.stem not in seen:
            seen.add(path.stem)
            yield path


RAVDESS_EMOTIONS = dict(zip((f"{i:02d}" for i in range(1, 9)), LABELS, strict=True))


def read_ravdess(folder: Path) -> Iterator[Clip]:
    """03-01-EMOTION-INTENSITY-SENTENCE-REPETITION-ACTOR: audio only (03), speech (01); even actors are women."""
    for path in audio_files(folder):
        match = re.fullmatch(r"03-01-(\d\d)-(\d\d)-\d\d-\d\d-(\d\d)", path.stem)
        if match and match[1] in RAVDESS_EMOTIONS:
            sex = "M" if int(match[3]) % 2 else "F"
            intensity = {"01": "normal", "02": "strong"}.get(match[2], "unspecified")
            yield Clip(path, "ravdess", f"ravdess_{match[3]}", sex, "en", RAVDESS_EMOTIONS[match[1]], intensity)


CREMAD_EMOTIONS = {
    "NEU": "neutral",
    "HAP": "happy",
    "SAD": "sad",
    "ANG": "angry",
    "FEA": "fearful",
    "DIS": "disgust",
}
CREMAD_INTENSITIES = {"LO": "low", "MD": "medium", "HI": "high"}


def read_cremad(folder: Path) -> Iterator[Clip]:
    """ACTOR_SENTENCE_EMOTION_INTENSITY; the actors' sex is in VideoDemographics.csv."""
    sexes = {}
    for table in sorted(folder.rglob("VideoDemographics.csv")):
        with table.open(newline="", encoding="utf-8") as rows:
            sexes = {row["ActorID"]: row["Sex"][:1].upper() for row in csv.DictReader(rows)}
    for path in audio_files(folder):
        match = re.fullmatch(r"(\d{4})_[A-Z]{3}_([A-Z]{3})_([A-Z]{1,2})", path.stem)
        if match and match[2] in CREMAD_EMOTIONS:
            intensity = CREMAD_INTENSITIES.get(match[3], "unspecified")
            emotion = CREMAD_EMOTIONS[match[2]]
            yield Clip(path, "cremad", f"cremad_{match[1]}", sexes.get(match[1], ""), "en", emotion, intensity)


TESS_EMOTIONS = {
    "neutral": "neutral",
    "happy": "happy",
    "sad": "sad",
    "angry": "angry",
    "fear": "fearful",
    "disgust": "disgust",
    "ps": "surprised",
}


def read_tess(folder: Path) -> Iterator[Clip]:
    """SPEAKER_WORD_EMOTION, two women (one file of the official set writes OA for OAF)."""
    for path in audio_files(folder):
        match = re.fullmatch(r"(OA|YA)F?_[a-z]+_([a-z]+)", path.stem)
        if match and match[2] in TESS_EMOTIONS:
            yield Clip(path, "tess", f"tess_{match[1]}F", "F", "en", TESS_EMOTIONS[match[2]])


NEMO_EMOTIONS = {
    "neutral": "neutral",
    "happiness": "happy",
    "sadness": "sad",
    "anger": "angry",
    "fear": "fearful",
    "surprised": "surprised",
}
NEMO_SEXES = dict(EB0="F", IC0="F", KD0="F", KS0="M", MK0="F", MP0="M", SM0="M")


def read_nemo(folder: Path) -> Iterator[Clip]:
    """SPEAKER_EMOTION_NUMBER; data.tsv, where present, names every speaker's sex."""
    sexes = dict(NEMO_SEXES)
    for table in sorted(folder.rglob("data.tsv")):
        with table.open(newline="", encoding="utf-8") as rows:
            sexes |= {row["speaker_id"]: row["gender"][:1].upper() for row in csv.DictReader(rows, delimiter="\t")}
    for path in audio_files(folder):
        match = re.fullmatch(r"([A-Z]{2}\d)_([a-z]+)_\d+", path.stem)
        if match and match[2] in NEMO_EMOTIONS:
            speaker = match[1]
            yield Clip(path, "nemo", f"nemo_{speaker}", sexes.get(speaker, ""), "pl", NEMO_EMOTIONS[match[2]])


EMODB_EMOTIONS = dict(N="neutral", F="happy", T="sad", W="angry", A="fearful", E="disgust")
EMODB_MEN = {"03", "10", "11", "12", "15"}


def read_emodb(folder: Path) -> Iterator[Clip]:
    """SPEAKER(2) TEXT(3) EMOTION(1) VERSION, German initials; boredom (L) has no label here."""
    for path in audio_files(folder):
        match = re.fullmatch(r"(\d\d)[ab]\d\d([A-Z])[a-z]?", path.stem)
        if match and match[2] in EMODB_EMOTIONS:
            sex = "M" if match[1] in EMODB_MEN else "F"
            yield Clip(path, "emodb", f"emodb_{match[1]}", sex, "de", EMODB_EMOTIONS[match[2]])


IEMOCAP_EMOTIONS = dict(
    neu="neutral",
    hap="happy",
    exc="happy",  # merged with happy, as is customary
    sad="sad",
    ang="angry",
    fea="fearful",
    dis="disgust",
    sur="surprised",
)
IEMOCAP_LINE = re.compile(r"\[[\d.]+ - [\d.]+\]\t((Ses\d\d)[FM]\w*_([FM])\d+)\t([a-z]+)\t")


def read_iemocap(folder: Path) -> Iterator[Clip]:
    """SessionN/dialog/EmoEvaluation/DIALOG.txt labels SessionN/sentences/wav/DIALOG/UTTERANCE."""
    for table in sorted(folder.rglob("EmoEvaluation/*.txt")):
        if table.name.startswith("."):
            continue
        sentences = table.parents[2] / "sentences" / "wav" / table.stem
        recordings = {path.stem: path for path in audio_files(sentences)}
        for line in table.read_text(encoding="utf-8", errors="replace").splitlines():
            match = IEMOCAP_LINE.match(line)
            if match and match[4] in IEMOCAP_EMOTIONS and match[1] in recordings:
                speaker = f"iemocap_{match[2]}{match[3]}"
                path, emotion = recordings[match[1]], IEMOCAP_EMOTIONS[match[4]]
                yield Clip(path, "iemocap", speaker, match[3], "en", emotion)


def read_esc10(folder: Path) -> Iterator[Clip]:
    """FOLD-ID-TAKE of ESC-10 (and FOLD-ID-TAKE-CLASS of ESC-50); the recording's id plays the speaker."""
    for path in audio_files(folder):
        match = re.fullmatch(r"(\d)-(\d+)-[A-Z](-\d+)?", path.stem)
        if match:
            yield Clip(path, "esc10", f"esc10_{match[1]}", "", "", "")


# Reader and folder name of each corpus; names are compared in lower case, letters and digits only.
READERS = {
    "ravdess": (read_ravdess, r"ravdess.*|audiospeechactors.*"),
    "cremad": (read_cremad, r"cremad.*"),
    "iemocap": (read_iemocap, r"iemocap.*"),
    "tess": (read_tess, r"tess.*|torontoemotionalspeechset.*"),
    "nemo": (read_nemo, r"nemo.*"),
    "emodb": (read_emodb, r"emodb.*|berlin.*"),
    "esc10": (read_esc10, r"(noise)?esc(10|50).*"),
}


def corpora_root(argument: str | None = None) -> Path:
    """The folder that holds the corpora: the argument, else EMOVOX_CORPORA, else ../shared/corpora."""
    repository = Path(__file__).resolve().parents[2]
    return Path(argument or os.environ.get("EMOVOX_CORPORA") or repository.parent / "shared" / "corpora")


def read_layouts(root: Path, names: list[str] | None = None) -> list[Clip]:
    """All clips of the named corpora (default: all) below `root` in their official layouts; says which are absent."""
    folders = [path for path in sorted(root.iterdir()) if path.is_dir()] if root.is_dir() else []
    clips = []
    for name in names or READERS:
        reader, pattern = READERS[name]
        found = []
        for folder in folders:
            if re.fullmatch(pattern, re.sub(r"[^a-z0-9]", "", folder.name.lower())):
                found += reader(folder)
        if not found:
            print(f"{name}: not found in {root}, skipped", file=sys.stderr)
        clips += found
    return clips


def read_table(root: Path) -> list[Clip]:
    """The clips that the table in `root` lists, in its order."""
    path = root / TABLE
    if not path.is_file():
        raise SystemExit(
            f"{path} is not there. It lists the clips to train on; for corpora in their official layouts,\n"
            f"  python model/train/corpora.py {root} > {path}\nwrites it."
        )
    with path.open(newline="", encoding="utf-8") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        absent = [name for name in COLUMNS[:6] if name not in (rows.fieldnames or [])]
        if absent:
            raise SystemExit(
                f"{path} has no column {', '.join(absent)}; it needs {', '.join(COLUMNS[:6])}, tab-separated."
            )
        return [
            Clip(root / row["path"], *(row[name] for name in COLUMNS[1:6]), row.get("intensity") or "unspecified")
            for row in rows
            if row["emotion"] in (*LABELS, ORDINARY)
        ]


def write_table(root: Path, clips: list[Clip], file: TextIO) -> None:
    table = csv.writer(file, delimiter="\t", lineterminator="\n")
    table.writerow(COLUMNS)
    for clip in clips:
        path = clip.path.relative_to(root).as_posix()
        table.writerow([path, clip.corpus, clip.speaker, clip.sex, clip.language, clip.emotion, clip.intensity])


def noises(root: Path) -> list[Clip]:
    """The environmental sounds of ESC-10 or ESC-50 below `root`."""
    return read_layouts(root, ["esc10"])


def rooms(root: Path) -> list[Path]:
    """Room impulse responses: the audio files of the folder `rir`."""
    return list(audio_files(root / "rir"))


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        raise SystemExit(__doc__)
    folder = Path(sys.argv[1])
    speech = [name for name in READERS if name != "esc10"]
    write_table(folder, read_layouts(folder, speech), sys.stdout)
