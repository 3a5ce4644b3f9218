# SPDX-License-Identifier: MIT
"""Cross-validation, the released model, and what is said about it: emovox-small.report.json and .md."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

import dataset
import evaluate
import export
import features
from corpora import LABELS, read_corpora
from evaluate import Predictions
from network import CHANNELS, HIDDEN, MELS, POOLED, STEM, Network
from splits import ravdess_folds, speaker_folds
from train import Pool, Settings, fit

VERSION = "0.1.0"
UNCERTAIN_BELOW = 0.3
NEMO_FOLDS = 3
CITATIONS = {"ravdess": "RAVDESS", "nemo": "nEMO", "cremad": "CREMA-D"}


def cached_fit(work: Path, name: str, pool: Pool, left_out, stem: Network, settings: Settings, seed: int) -> Network:
    """A network trained without the speakers left out, kept in the work folder."""
    path = work / "networks" / f"{name}.pt"
    if path.exists():
        network = Network(len(LABELS))
        network.load_state_dict(torch.load(path))
        return network.eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    network = fit(pool, pool.without(left_out), stem, settings, seed)
    torch.save(network.state_dict(), path)
    print(f"trained {name}", flush=True)
    return network


def concatenated(parts: list[Predictions]) -> Predictions:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def of(pool: Pool, speakers) -> np.ndarray:
    """Clips of the given speakers."""
    return np.flatnonzero(np.isin(pool.speakers, list(speakers)))


def judged(predictions: Predictions, labels: np.ndarray) -> dict:
    clips, finals, _ = evaluate.decide(predictions)
    return evaluate.scores(evaluate.confusion(labels[clips], finals))


def spread(values: list[float]) -> dict:
    """Mean and standard deviation over seeds."""
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return dict(mean=float(np.mean(values)), sd=deviation, values=[float(v) for v in values])


def by_group(matrices: dict[str, np.ndarray]) -> dict:
    return {name: evaluate.scores(matrix) for name, matrix in matrices.items()}


def release(arguments, settings: Settings, pool: Pool, stem: Network) -> None:
    work, clean, labels = arguments.work, pool.copies[0], pool.labels
    ravdess = np.flatnonzero(pool.corpora == "ravdess")
    folds = ravdess_folds()
    tuning_noise = of(pool, ["esc10_4"])

    # RAVDESS: every fold is tested once per seed, by a network that has heard none of its actors.
    runs: list[list[Predictions]] = []
    probe, speech, noise, augmented = [], [], [], []
    for seed in range(arguments.seeds):
        runs.append([])
        for number, fold in enumerate(folds):
            network = cached_fit(work, f"ravdess-{seed}-{number}", pool, fold.test, stem, settings, seed)
            runs[-1].append(evaluate.predict(network, clean, of(pool, fold.test)))
            if seed == 0:
                noise.append(evaluate.predict(network, clean, tuning_noise))
                augmented.append(evaluate.predict(network, pool.copies[1], of(pool, fold.test)))
                alone = evaluate.without_summary(network)
                probe.append(evaluate.predict(alone, clean, of(pool, fold.test)))
                speech.append(network)

    # nEMO: the same, three folds of its speakers.
    nemo_clips = [clip for clip in pool.clips if clip.corpus == "nemo"]
    nemo = []
    for number, fold in enumerate(speaker_folds(nemo_clips, NEMO_FOLDS) if nemo_clips else []):
        network = cached_fit(work, f"nemo-0-{number}", pool, fold.test, stem, settings, 0)
        nemo.append(evaluate.predict(network, clean, of(pool, fold.test)))

    # Calibration and speech gate are settled on these predictions for unseen speakers.
    calibration = [concatenated(runs[0])] + ([concatenated(nemo)] if nemo else [])
    temperature = evaluate.fit_temperature([p.logits for p in calibration], [labels[p.clips] for p in calibration])
    gate = evaluate.tune_gate([concatenated(p) for p in (runs[0], augmented, nemo) if p], noise)

    # The released network has heard everybody.
    network = cached_fit(work, "released-0", pool, [], stem, settings, 0)
    released = network.folded(temperature, gate["threshold"])
    trained_on = [CITATIONS.get(name, name) for name in arguments.training] + ["ESC-10 (noise)", "Whisper tiny.en"]
    path = arguments.output / "emovox-small.safetensors"
    export.save(path, released, export.metadata(VERSION, trained_on, gate["min_ratio"], UNCERTAIN_BELOW))
    quantized, _ = export.load(path)

    # What int8 costs: each fold of seed 0 once more, with its weights and the stem's as they would be released.
    ravdess_clips = [pool.clips[i] for i in ravdess]
    rough = dataset.make_copy(work / "cache", 0, ravdess_clips, arguments.emovox, quantized, tag="-int8")
    rough_labels = dataset.label_indices(ravdess_clips)
    speakers = np.array([clip.speaker for clip in ravdess_clips])
    int8 = [
        evaluate.predict(export.rounded(cv.folded()), rough, np.flatnonzero(np.isin(speakers, list(fold.test))))
        for cv, fold in zip(speech, folds, strict=True)
    ]

    report = dict(
        model=dict(name="small", version=VERSION, bytes=path.stat().st_size, **size(quantized)),
        settings=asdict(settings),
        ravdess=ravdess_report(runs, labels, pool),
        ravdess_probe=judged(concatenated(probe), labels),
        ravdess_int8=dict(float=judged(concatenated(runs[0]), labels), int8=judged(concatenated(int8), rough_labels)),
        temperature=temperature,
        speech_gate=dict(gate),
        unseen={},
    )
    if nemo:
        report["nemo"] = nemo_report(nemo, labels, pool, temperature)
    out_of_fold = concatenated(runs[0] + nemo)
    clips, _, means = evaluate.decide(out_of_fold, temperature)
    sequence_top = evaluate.softmax(out_of_fold.logits / temperature).max(axis=1)
    report["calibration"] = dict(
        ece_before=evaluate.calibration_error(evaluate.decide(out_of_fold)[2], labels[clips]),
        ece_after=evaluate.calibration_error(means, labels[clips]),
        uncertain=100 * float((sequence_top < UNCERTAIN_BELOW).mean()),
    )
    for corpus in arguments.unseen:
        unseen_clips = read_corpora(arguments.corpora, [corpus])
        if unseen_clips:
            unseen = dataset.make_copy(work / "cache", 0, unseen_clips, arguments.emovox, quantized, tag="-int8")
            predictions = evaluate.predict(quantized, unseen, np.arange(len(unseen_clips)))
            report["unseen"][corpus] = unseen_report(predictions, unseen_clips, gate["min_ratio"])
    report["speech_gate"]["passing"] = {
        "RAVDESS, unseen actors": evaluate.speech_pass_rate(concatenated(runs[0]), gate["min_ratio"], gate["threshold"])
    }
    passing = report["speech_gate"]["passing"]
    if nemo:
        passing["nEMO, unseen speakers"] = evaluate.speech_pass_rate(
            concatenated(nemo), gate["min_ratio"], gate["threshold"]
        )
    for corpus, result in report["unseen"].items():
        passing[f"{corpus.upper()}, unseen corpus"] = result["speech_pass_rate"]
    for name, chosen in (
        ("ESC-10 fold 4 (tuned on)", of(pool, ["esc10_4"])),
        ("ESC-10 fold 5 (unseen)", of(pool, ["esc10_5"])),
    ):
        if len(chosen):
            passing[name] = evaluate.speech_pass_rate(
                evaluate.predict(network, clean, chosen), gate["min_ratio"], gate["threshold"]
            )
    (arguments.output / "emovox-small.report.json").write_text(json.dumps(rounded(report), indent=2) + "\n")
    (arguments.output / "emovox-small.report.md").write_text(markdown(rounded(report)))


def rounded(value):
    if isinstance(value, dict):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return round(float(value), 4)
    return int(value) if isinstance(value, np.integer) else value


def size(network: Network) -> dict:
    """Weights, and multiply-adds per full sequence, layer by layer."""
    conv1 = features.SEQUENCE["frames"]
    conv2, steps = conv1 // 2, conv1 // 4
    layers = dict(
        conv1=conv1 * MELS * STEM * 3,
        conv2=conv2 * STEM * STEM * 3,
        conv3=steps * STEM * CHANNELS * 3,
        lstm=steps * 2 * 4 * HIDDEN * (CHANNELS + HIDDEN),
        attention=steps * 2 * HIDDEN,
        speech=steps * CHANNELS,
        head=POOLED * len(LABELS),
    )
    weights = sum(tensor.size for tensor in export.tensors(network).values())
    return dict(weights=weights, multiply_adds_per_sequence=dict(layers, total=sum(layers.values())))


def ravdess_report(runs: list[list[Predictions]], labels: np.ndarray, pool: Pool) -> dict:
    figures = [judged(concatenated(run), labels) for run in runs]
    total = np.zeros((len(LABELS), len(LABELS)), int)
    sexes: dict[str, np.ndarray] = {}
    errors: list[float] = []
    for run in runs:
        clips, finals, _ = evaluate.decide(concatenated(run))
        total += evaluate.confusion(labels[clips], finals)
        for sex in ("F", "M"):
            own = np.array([pool.clips[clip].sex == sex for clip in clips])
            sexes[sex] = sexes.get(sex, 0) + evaluate.confusion(labels[clips[own]], finals[own])
        probabilities, truth = [], []
        for number, test in enumerate(run):  # the temperature of a fold comes from the other folds
            others = concatenated([part for i, part in enumerate(run) if i != number])
            temperature = evaluate.fit_temperature([others.logits], [labels[others.clips]])
            clips, _, means = evaluate.decide(test, temperature)
            probabilities.append(means)
            truth.append(labels[clips])
        errors.append(evaluate.calibration_error(np.concatenate(probabilities), np.concatenate(truth)))
    return dict(
        {name: spread([f[name] for f in figures]) for name in ("uar", "accuracy", "macro_f1")},
        ece=spread(errors),
        folds=[[judged(part, labels)["uar"] for part in run] for run in runs],
        per_emotion=evaluate.per_emotion(total),
        per_sex=by_group(sexes),
        confusion=total.tolist(),
    )


def nemo_report(parts: list[Predictions], labels: np.ndarray, pool: Pool, temperature: float) -> dict:
    predictions = concatenated(parts)
    clips, finals, _ = evaluate.decide(predictions)
    matrix = evaluate.confusion(labels[clips], finals)
    present = np.unique(labels[clips])
    limited = replace(predictions, logits=np.where(np.isin(np.arange(len(LABELS)), present), predictions.logits, -1e4))
    speakers = {}
    for speaker in sorted(set(pool.speakers[clips])):
        own = pool.speakers[clips] == speaker
        speakers[speaker] = evaluate.confusion(labels[clips[own]], finals[own])
    return dict(
        evaluate.scores(matrix),
        uar_among_its_emotions=judged(limited, labels)["uar"],
        per_speaker=by_group(speakers),
        per_emotion=evaluate.per_emotion(matrix),
        confusion=matrix.tolist(),
    )


def unseen_report(predictions: Predictions, clips: list, min_ratio: float) -> dict:
    labels = dataset.label_indices(clips)
    chosen, finals, means = evaluate.decide(predictions)
    matrix = evaluate.confusion(labels[chosen], finals)
    speakers = {}
    for speaker in sorted({clip.speaker for clip in clips}):
        own = np.array([clips[i].speaker == speaker for i in chosen])
        speakers[speaker] = evaluate.confusion(labels[chosen[own]], finals[own])
    return dict(
        evaluate.scores(matrix),
        ece=evaluate.calibration_error(means, labels[chosen]),
        per_speaker=by_group(speakers),
        per_emotion=evaluate.per_emotion(matrix),
        confusion=matrix.tolist(),
        speech_pass_rate=evaluate.speech_pass_rate(predictions, min_ratio),
    )


def table(rows: list[list]) -> str:
    head, *body = [[f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def confusion_table(matrix: list[list[int]]) -> str:
    rows = [["", *LABELS]]
    for label, counts in zip(LABELS, matrix, strict=True):
        if sum(counts):
            rows.append([label, *(str(round(100 * count / sum(counts))) for count in counts)])
    return table(rows)


def markdown(report: dict) -> str:
    ravdess, model, gate = report["ravdess"], report["model"], report["speech_gate"]

    def with_spread(name: str) -> str:
        figure = ravdess[name]
        return f"{figure['mean']:.1f}" + (f" ± {figure['sd']:.1f}" if figure["sd"] is not None else "")

    seeds = len(ravdess["uar"]["values"])
    names = ["uar", "accuracy", "macro_f1"]
    titles = ["UAR", "accuracy", "macro-F1"]
    macs = model["multiply_adds_per_sequence"]
    text = f"""# emovox small {model["version"]}: report

Written by `model/train/train.py`; the same figures, and more digits, are in `emovox-small.report.json`. All in
percent. UAR is unweighted average recall: the mean over emotions of the share that is recognised.

## Protocol

No speaker is in both training and test, and nothing is adapted to a test speaker. A clip is decided as the engine
decides a recording: one vote per sequence of 4 s, the majority wins. Every clip is forced to an emotion: the speech
gate and `uncertain` are reported on their own.

- **RAVDESS**: five folds of four actors (1-4, 5-8, ..., 17-20), {seeds} {"seed" if seeds == 1 else "seeds"}; ± is the
  standard deviation over seeds. Training: the other sixteen actors, nEMO, CREMA-D (happy and sad). Settings were
  chosen on validation actors (those of the next fold, which then were not trained on) and kept for all folds; README.md
  tells of two that were chosen later.
- **nEMO**: {NEMO_FOLDS} folds of its speakers, the others and RAVDESS and CREMA-D in training, one seed.
- **Unseen corpus**: the released file (int8), which has heard no clip of it.
- **Calibration**: RAVDESS with the temperature of a fold fitted on the four others. The released temperature
  ({report["temperature"]:.3f}) is fitted on the predictions for the unseen speakers of both cross-validations.

## RAVDESS, eight emotions, unseen actors

| UAR | accuracy | macro-F1 | calibration error |
| --- | --- | --- | --- |
| **{with_spread("uar")}** | {with_spread("accuracy")} | {with_spread("macro_f1")} | {with_spread("ece")} |

Chance is 12.5. For scale, humans: CREMA-D's listeners recover the intended one of six emotions from the voice alone
40.9 % of the time (Cao et al. 2014); RAVDESS was validated by 247 raters (Livingstone & Russo 2018).

UAR by fold, seed 0: {", ".join(f"{value:.1f}" for value in ravdess["folds"][0])}. The linear map on the statistics of
the stem alone, without the LSTM's part (seed 0): {report["ravdess_probe"]["uar"]:.1f}. Weights rounded to int8, seed 0:
{report["ravdess_int8"]["int8"]["uar"]:.1f} against {report["ravdess_int8"]["float"]["uar"]:.1f} in float.

"""
    rows = [["emotion", "recall", "precision", "F1"]]
    rows += [[e, v["recall"], v["precision"], v["f1"]] for e, v in ravdess["per_emotion"].items()]
    text += table(rows) + "\n"
    rows = [["sex", *titles], *([s, *(v[n] for n in names)] for s, v in ravdess["per_sex"].items())]
    text += table(rows) + "\nRow: intended emotion; column: answer; % of the row, all seeds.\n\n"
    text += confusion_table(ravdess["confusion"])
    if "nemo" in report:
        nemo = report["nemo"]
        text += "\n## nEMO (Polish), six emotions, unseen speakers\n\n"
        rows = [["speaker", *titles], *([s, *(v[n] for n in names)] for s, v in nemo["per_speaker"].items())]
        text += table([*rows, ["all", *(nemo[n] for n in names)]])
        text += f"""
The answer may be any of the eight emotions; among nEMO's own six, UAR is {nemo["uar_among_its_emotions"]:.1f}.

"""
        text += confusion_table(nemo["confusion"])
    for corpus, unseen in report["unseen"].items():
        text += f"\n## {corpus.upper()}, never trained on\n\n"
        rows = [["speaker", *titles], *([s, *(v[n] for n in names)] for s, v in unseen["per_speaker"].items())]
        text += table([*rows, ["all", *(unseen[n] for n in names)]])
        text += f"\nCalibration error {unseen['ece']:.1f}.\n\n" + confusion_table(unseen["confusion"])
    text += f"""
## Calibration

Over the unseen speakers of RAVDESS and nEMO, the calibration error falls from {report["calibration"]["ece_before"]:.1f}
to {report["calibration"]["ece_after"]:.1f} with the released temperature. Of their sequences,
{report["calibration"]["uncertain"]:.1f} % would vote `uncertain` (a top probability below {UNCERTAIN_BELOW}).

## Speech gate

Share of clips with at least one sequence taken for speech. The threshold of a step (logit {gate["threshold"]}, folded
into `speech.bias`) and `min_ratio` ({gate["min_ratio"]}) let {evaluate.SPEECH_TO_PASS:.0f} % of the clips of unseen
speakers pass, clean and augmented, and as little as possible of ESC-10 fold 4; folds 1-3 are in training.

"""
    text += table([["clips", "pass"], *([name, rate] for name, rate in gate["passing"].items())])
    text += f"""
## Size

{model["bytes"]} bytes, {model["weights"]} weights, {macs["total"] / 1e6:.0f} million multiply-adds per 4 s sequence
(conv1 {macs["conv1"] / 1e6:.0f}, conv2 {macs["conv2"] / 1e6:.0f}, conv3 {macs["conv3"] / 1e6:.0f},
LSTM {macs["lstm"] / 1e6:.0f}).
"""
    return text
