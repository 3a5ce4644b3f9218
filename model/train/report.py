# SPDX-License-Identifier: MIT
"""The released file, and what is said about it: emovox-MODEL.report.json and .md."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import soundfile

import audio
import dataset
import evaluate
import export
import features
import native
from corpora import LABELS, read_corpora
from evaluate import Heard, Predictions
from heads import INTENSITIES, fit_heads
from network import MELS, Network, Sizes
from train import SIZES, Pool, Settings, frozen_statistics, left_out, make, start, with_heads

VERSION = "0.2.0"
UNCERTAIN_BELOW = 0.25
CITATIONS = {"ravdess": "RAVDESS", "nemo": "nEMO", "cremad": "CREMA-D"}
CURVE = (0, 1, 2, 4, 8, 16, 32)  # other clips of the speaker that have been heard
ENROLLED = (1, 2, 4)  # neutral clips


# ---- other recordings of the same clips ----


def with_noise(snr: float, noises: list[np.ndarray]) -> Callable:
    def change(samples: np.ndarray, rng: np.random.Generator):
        noise = noises[rng.integers(len(noises))]
        noise = np.resize(np.roll(noise, int(rng.integers(len(noise)))), len(samples))
        factor = np.sqrt(audio.power(samples) / audio.power(noise) * 10 ** (-snr / 10))
        return samples + noise * np.float32(factor), audio.RATE

    return change


def at_level(decibel: float) -> Callable:
    def change(samples: np.ndarray, rng):
        return (samples * 10 ** (decibel / 20) / (np.abs(samples).max() + 1e-9)).astype(np.float32), audio.RATE

    return change


def coded(container: str, subtype: str) -> Callable:
    def change(samples: np.ndarray, rng):
        file = io.BytesIO()
        soundfile.write(file, samples, audio.RATE, format=container, subtype=subtype)
        file.seek(0)
        decoded, rate = soundfile.read(file, dtype="float32")
        return decoded, rate

    return change


def conditions(noises: list[np.ndarray]) -> dict[str, Callable]:
    return {
        "ESC-10 noise, 20 dB": with_noise(20, noises),
        "ESC-10 noise, 10 dB": with_noise(10, noises),
        "ESC-10 noise, 5 dB": with_noise(5, noises),
        "reverberation, 0.2 to 0.8 s": lambda samples, rng: (audio.reverberate(samples, rng), audio.RATE),
        "level, peak at -50 dBFS": at_level(-50),
        "level, peak at 0 dBFS": at_level(0),
        "telephone band": lambda samples, rng: (audio.telephone(samples), audio.RATE),
        "MP3": coded("MP3", "MPEG_LAYER_III"),
        "Opus": coded("OGG", "OPUS"),
        "speed -10 %": lambda samples, rng: (samples, round(audio.RATE * 0.9)),
        "speed +10 %": lambda samples, rng: (samples, round(audio.RATE * 1.1)),
    }


# ---- figures ----


def of(pool: Pool, corpus: str, speakers) -> np.ndarray:
    """Clips of the given speakers of a corpus."""
    clips = [i for i, c in enumerate(pool.clips) if c.corpus == corpus and c.speaker in speakers]
    return np.array(clips, int)


class Tested:
    """Predictions for clips that the network has not heard, with the verdicts of each way to use it."""

    def __init__(self, network: Network, predictions: Predictions, clips: list):
        self.network, self.predictions, self.clips = network, predictions, clips
        self.labels = dataset.label_indices(clips)
        self.speakers = np.array([clip.speaker for clip in clips])[predictions.clips]
        self.heard = evaluate.after_the_others(network, predictions, self.speakers)
        self.plain = evaluate.logits(network, predictions)
        self.adapted = evaluate.logits(network, predictions, self.heard)

    def tempered(self, plain: float, adapted: float) -> Tested:
        return Tested(self.network.tempered(plain, adapted), self.predictions.tempered(plain, adapted), self.clips)


def fit_temperatures(corpora: list[list[Tested]]) -> tuple[float, float]:
    """Of the two heads, on all parts of each corpus."""
    truth = [np.concatenate([part.labels[part.predictions.clips] for part in tested]) for tested in corpora]
    components = corpora[0][0].network.components
    plain = [np.concatenate([part.predictions.components for part in tested]) for tested in corpora]
    adapted = [
        np.concatenate([evaluate.relative(part.network, part.predictions, part.heard)[0] for part in tested])
        for tested in corpora
    ]
    return evaluate.fit_temperature(plain, truth, components), evaluate.fit_temperature(adapted, truth, components)


def judged(tested: list[Tested], way: str = "plain"):
    """Truth, answer and mean probabilities of every clip, and the clips."""
    truth, answers, means, clips = [], [], [], []
    for part in tested:
        chosen, finals, probabilities = evaluate.decide(part.predictions.clips, getattr(part, way))
        truth.append(part.labels[chosen])
        answers.append(finals)
        means.append(probabilities)
        clips += [part.clips[i] for i in chosen]
    return np.concatenate(truth), np.concatenate(answers), np.concatenate(means), clips


def figures(tested: list[Tested], way: str) -> dict:
    truth, answers, means, clips = judged(tested, way)
    matrix = evaluate.confusion(truth, answers)
    groups: dict[str, dict] = dict(per_sex={}, per_speaker={})
    for name, key in (("per_sex", "sex"), ("per_speaker", "speaker")):
        values = np.array([getattr(clip, key) for clip in clips])
        for value in np.unique(values):
            own = values == value
            groups[name][str(value)] = evaluate.scores(evaluate.confusion(truth[own], answers[own]))
    present = np.unique(truth)
    among = present[means[:, present].argmax(axis=1)]
    return dict(
        evaluate.scores(matrix),
        uar_among_its_emotions=evaluate.scores(evaluate.confusion(truth, among))["uar"],
        ece=evaluate.calibration_error(means, truth),
        folds=[evaluate.scores(evaluate.confusion(*judged([part], way)[:2]))["uar"] for part in tested],
        **groups,
        per_emotion=evaluate.per_emotion(matrix),
        confusion=matrix.tolist(),
    )


def sessions(tested: list[Tested], count: int, rng: np.random.Generator, same_emotion: bool = False) -> dict:
    """UAR when `count` other clips of the speaker, drawn at random, have been heard before each."""
    truth, answers, seconds = [], [], []
    for part in tested:
        predictions, added = part.predictions, evaluate.contributions(part.network, part.predictions)
        clips, position = np.unique(predictions.clips, return_inverse=True)
        speakers = np.array([part.clips[i].speaker for i in clips])
        heard = Heard.nothing(len(clips), predictions.adapted.shape[1])
        for i, clip in enumerate(clips):
            others = speakers == speakers[i]
            if same_emotion:
                others &= part.labels[clips] == part.labels[clip]
            others = np.setdiff1d(np.flatnonzero(others), i)
            chosen = np.isin(position, rng.choice(others, min(count, len(others)), replace=False))
            for name in ("seconds", "squares", "sum", "scatter"):
                getattr(heard, name)[i] = getattr(added, name)[chosen].sum(axis=0)
        seconds.append(heard.seconds.mean())
        state = Heard(*(getattr(heard, name)[position] for name in ("seconds", "squares", "sum", "scatter")))
        chosen, finals, _ = evaluate.decide(predictions.clips, evaluate.logits(part.network, predictions, state))
        truth.append(part.labels[chosen])
        answers.append(finals)
    uar = evaluate.scores(evaluate.confusion(np.concatenate(truth), np.concatenate(answers)))["uar"]
    return dict(clips=count, seconds=float(np.mean(seconds)), uar=uar)


def enrolled(tested: list[Tested], count: int, rng: np.random.Generator) -> dict:
    """UAR on the other clips when `count` neutral ones have been enrolled as ordinary speech; without them too."""
    truth, before, after = [], [], []
    for part in tested:
        predictions, network = part.predictions, part.network
        ordinary = network.ordinary.numpy()
        for speaker in np.unique(part.speakers):
            own = np.flatnonzero(part.speakers == speaker)
            neutral = np.unique(predictions.clips[own][part.labels[predictions.clips[own]] == 0])
            used = rng.choice(neutral, min(count, len(neutral)), replace=False)
            known = own[np.isin(predictions.clips[own], used)]
            seconds = predictions.seconds[known]
            offset = (seconds[:, None] * (predictions.adapted[known] - ordinary)).sum(axis=0)
            rest = np.setdiff1d(own, known)
            others, nothing = predictions[rest], Heard.nothing(len(rest), len(ordinary))
            state = (seconds.sum(), offset)
            for answers, logits in (
                (before, evaluate.logits(network, others)),
                (after, evaluate.logits(network, others, nothing, state)),
            ):
                chosen, finals, _ = evaluate.decide(others.clips, logits)
                answers.append(finals)
            truth.append(part.labels[chosen])

    def uar(answers: list[np.ndarray]) -> float:
        return evaluate.scores(evaluate.confusion(np.concatenate(truth), np.concatenate(answers)))["uar"]

    return dict(clips=count, before=uar(before), after=uar(after))


def adaptation(tested: list[Tested]) -> dict:
    rng = np.random.default_rng(0)
    return dict(
        curve=[sessions(tested, count, rng) for count in CURVE],
        one_emotion=[sessions(tested, count, rng, same_emotion=True) for count in (0, 4, 16)],
        enrolled=[enrolled(tested, count, rng) for count in ENROLLED],
    )


def intensity_figures(tested: list[Tested]) -> dict:
    """How often the stronger of two clips of different intensity gets the higher figure (area under the ROC curve)."""
    rank = {}
    for part in tested:
        for clip in np.unique(part.predictions.clips):
            name = part.clips[clip].intensity
            if name in INTENSITIES:
                mean = float(part.predictions.intensity[part.predictions.clips == clip].mean())
                rank.setdefault(part.clips[clip].corpus, []).append((INTENSITIES[name], mean))
    result = {}
    for corpus, pairs in rank.items():
        target, value = np.array(pairs).T
        weak, strong = value[target == target.min()], value[target == target.max()]
        if len(weak) and len(strong) and target.min() < target.max():
            wins = (strong[:, None] > weak).mean() + (strong[:, None] == weak).mean() / 2
            result[corpus] = dict(clips=len(pairs), auc=100 * float(wins))
    return result


def crowd(tested: list[Tested], root: Path) -> dict:
    """CREMA-D's happy and sad clips by what most listeners heard in the voice alone: intended, or not."""
    votes = {}
    for path in sorted(root.rglob("summaryTable.csv")):
        with path.open(newline="", encoding="utf-8") as rows:
            votes |= {row["FileName"]: row["VoiceVote"] for row in csv.DictReader(rows)}
    truth, _, means, clips = judged(tested)
    pair = np.array([LABELS.index("happy"), LABELS.index("sad")])
    answers = pair[means[:, pair].argmax(axis=1)]
    heard = np.array([votes.get(clip.path.stem, "") for clip in clips])
    letters = np.array([label[0].upper() for label in LABELS])
    agree = heard == letters[truth]
    groups = {"all": np.ones(len(truth), bool), "the crowd agrees": agree, "the crowd hears another": ~agree}
    return {
        name: dict(clips=int(own.sum()), uar=evaluate.scores(evaluate.confusion(truth[own], answers[own]))["uar"])
        for name, own in groups.items()
        if own.any()
    }


def size(network: Network) -> dict:
    """Weights, and multiply-adds per full sequence, layer by layer."""
    s: Sizes = network.sizes
    conv1 = features.SEQUENCE["frames"]
    frames, steps = conv1 // 2, conv1 // 4
    block = frames * (4 * s.stem**2 + 2 * s.stem * s.mlp) + 2 * frames**2 * s.stem
    layers = dict(
        stem=conv1 * MELS * s.stem * 3 + frames * s.stem * s.stem * 3,
        blocks=s.blocks * block,
        conv3=steps * s.stem * s.channels * 3,
        lstm=steps * 2 * 4 * s.hidden * (s.channels + s.hidden),
        heads=s.pooled * (2 * len(network.components) + 1),
    )
    weights = sum(tensor.size for tensor in export.tensors(network).values())
    return dict(weights=weights, multiply_adds_per_sequence=dict(layers, total=sum(layers.values())))


def calibration_curve(means: np.ndarray, truth: np.ndarray) -> list[dict]:
    confidence, right = means.max(axis=1), means.argmax(axis=1) == truth
    bins = np.minimum((confidence * 10).astype(int), 9)
    return [
        dict(confidence=float(confidence[bins == b].mean()), right=float(right[bins == b].mean()), clips=int(n))
        for b, n in enumerate(np.bincount(bins, minlength=10))
        if n
    ]


def release(arguments, settings: Settings, pool: Pool) -> None:
    name, work, root = arguments.model, arguments.work, arguments.corpora
    sizes, all_names = SIZES[name], left_out(pool)
    folds = {k: v for k, v in all_names.items() if k.startswith("fold")}
    networks = {fold: export.quantized(make(fold, pool, settings, arguments)) for fold in folds}
    clean = pool.copies[0]

    def cross(corpus: str, change: Callable[[str, Network], Network] = lambda fold, network: network, copy_=None):
        """Every fold's network on its test speakers of a corpus."""
        parts = []
        for fold, network in networks.items():
            chosen, changed = of(pool, corpus, folds[fold]), change(fold, network)
            source = copy_ or clean
            parts.append(Tested(changed, evaluate.predict(changed, source, chosen), pool.clips))
        return parts

    corpora = [corpus for corpus in ("ravdess", "nemo", "cremad") if any(c.corpus == corpus for c in pool.clips)]
    tested = {corpus: cross(corpus) for corpus in corpora}
    print("cross-validation is done", flush=True)

    # Calibration and speech gate are settled on these predictions for unseen speakers: that of the released network on
    # all of them, that of a fold's on those of the other folds.
    voiced = [corpus for corpus in corpora if corpus != "cremad"]
    temperatures = fit_temperatures([tested[corpus] for corpus in voiced])
    of_fold = {
        fold: fit_temperatures([tested[corpus][:i] + tested[corpus][i + 1 :] for corpus in voiced])
        for i, fold in enumerate(folds)
    }
    networks = {fold: network.tempered(*of_fold[fold]) for fold, network in networks.items()}
    for corpus, parts in tested.items():
        tested[corpus] = [part.tempered(*of_fold[fold]) for fold, part in zip(folds, parts, strict=True)]
    augmented = cross("ravdess", copy_=pool.copies[1])
    noise = [evaluate.predict(network, clean, of(pool, "esc10", ["esc10_4"])) for network in networks.values()]
    speech = [joined(part) for part in (*tested.values(), augmented)]
    gate = evaluate.tune_gate(speech, noise)

    # The released network has heard everybody.
    network = make("released", pool, settings, arguments)
    released = network.tempered(*temperatures).folded(gate["threshold"])
    trained_on = [CITATIONS.get(c, c) for c in arguments.training] + ["ESC-10 (noise)", "Whisper tiny.en"]
    path = arguments.output / f"emovox-{name}.safetensors"
    meta = export.metadata(released, VERSION, trained_on, gate["min_ratio"], UNCERTAIN_BELOW, name)
    export.save(path, released, meta)
    quantized, _ = export.load(path)

    report = dict(
        model=dict(name=name, version=VERSION, bytes=path.stat().st_size, **size(quantized)),
        settings=asdict(settings),
        temperatures=dict(zip(("plain", "adapted"), temperatures, strict=True)),
        corpora={corpus: {way: figures(tested[corpus], way) for way in ("plain", "adapted")} for corpus in corpora},
        adaptation={corpus: adaptation(tested[corpus]) for corpus in voiced},
        intensity=intensity_figures([part for parts in tested.values() for part in parts]),
    )
    report["calibration"] = {}
    for corpus in voiced:
        truth, _, means, _ = judged(tested[corpus])
        report["calibration"][CITATIONS.get(corpus, corpus)] = calibration_curve(means, truth)
    print("adaptation is done", flush=True)
    if "cremad" in corpora:
        report["crowd"] = crowd(tested["cremad"], root)

    # What each part brings: all on RAVDESS, the same folds.
    frozen = frozen_statistics(pool, arguments)

    def probe(fold: str, network: Network) -> Network:
        """The same heads on the encoder as Whisper left it, without an LSTM."""
        count = 2 * sizes.stem * (sizes.blocks + 1)
        known = np.isin(pool.voiced, pool.without(folds[fold]))
        statistics = frozen[known][:, :count].astype(np.float32)
        padded = np.concatenate([statistics, np.zeros((len(statistics), 2 * sizes.hidden), np.float32)], axis=1)
        heads = fit_heads(padded, 2 * sizes.hidden, pool.facts[pool.voiced[known]], settings.heads)
        frozen_network = with_heads(start(sizes, settings, arguments.pretrained), heads, settings.heads)
        return frozen_network.tempered(*of_fold[fold])

    parts = {
        "frozen encoder, no LSTM, the same heads": cross("ravdess", probe),
        "tuned, float": cross(
            "ravdess", lambda fold, _: make(fold, pool, settings, arguments).tempered(*of_fold[fold])
        ),
        "tuned, int8 as released": tested["ravdess"],
    }
    report["parts"] = {
        title: {way: evaluate.scores(evaluate.confusion(*judged(p, way)[:2]))["uar"] for way in ("plain", "adapted")}
        for title, p in parts.items()
    }
    float_answers, int8_answers = (judged(parts[title])[1] for title in list(parts)[1:])
    report["int8_same_answer"] = 100 * float((float_answers == int8_answers).mean())
    report["engine"] = {}
    for corpus in voiced:
        by_fold = [
            (network, [pool.clips[i] for i in of(pool, corpus, folds[fold])]) for fold, network in networks.items()
        ]
        report["engine"][corpus] = native.agreement(arguments.emovox, by_fold, gate, UNCERTAIN_BELOW)
    print("parts are done", flush=True)

    report["left_out"] = {}
    for corpus in corpora:
        stranger = make(f"without_{corpus}", pool, settings, arguments).tempered(*temperatures)
        part = Tested(
            stranger, evaluate.predict(stranger, clean, of(pool, corpus, all_names[f"without_{corpus}"])), pool.clips
        )
        report["left_out"][corpus] = {way: figures([part], way) for way in ("plain", "adapted")}
    print("left-out corpora are done", flush=True)

    report["unseen"] = {}
    for corpus in arguments.unseen:
        clips = dataset.without_rare_emotions(read_corpora(root, [corpus]))
        if clips:
            unseen = dataset.make_copy(work / "cache", 0, clips, arguments.emovox)
            part = Tested(quantized, evaluate.predict(quantized, unseen, np.arange(len(clips))), clips)
            speech_rate = evaluate.speech_pass_rate(part.predictions, gate["min_ratio"])
            ways = {way: figures([part], way) for way in ("plain", "adapted")}
            report["unseen"][corpus] = dict(ways, speech_pass_rate=speech_rate, adaptation=adaptation([part]))

    report["robustness"] = {}
    test_noise = [audio.read(c.path) for c in read_corpora(root, ["esc10"]) if c.speaker == "esc10_5"]
    ravdess = [clip for clip in pool.clips if clip.corpus == "ravdess"]
    for title, change in conditions(test_noise).items():
        tag = "-" + "".join(c if c.isalnum() or c in "+-" else "_" for c in title)
        copy_ = dataset.make_copy(work / "cache", 0, ravdess, arguments.emovox, change=change, tag=tag)
        parts = []
        for fold, network_ in networks.items():
            chosen = np.array([i for i, clip in enumerate(ravdess) if clip.speaker in folds[fold]])
            parts.append(Tested(network_, evaluate.predict(network_, copy_, chosen), ravdess))
        report["robustness"][title] = {
            way: evaluate.scores(evaluate.confusion(*judged(parts, way)[:2]))["uar"] for way in ("plain", "adapted")
        }
        print(f"{title} is done", flush=True)

    passing = {
        f"{CITATIONS.get(corpus, corpus)}, unseen speakers": evaluate.speech_pass_rate(
            joined(tested[corpus]), gate["min_ratio"], gate["threshold"]
        )
        for corpus in corpora
    }
    passing |= {f"{c.upper()}, unseen corpus": r["speech_pass_rate"] for c, r in report["unseen"].items()}
    for fold, title in (("esc10_4", "ESC-10 fold 4 (tuned on)"), ("esc10_5", "ESC-10 fold 5 (unseen)")):
        predictions = evaluate.predict(network, clean, of(pool, "esc10", [fold]))
        passing[title] = evaluate.speech_pass_rate(predictions, gate["min_ratio"], gate["threshold"])
    report["speech_gate"] = dict(gate, passing=passing)
    (arguments.output / f"emovox-{name}.report.json").write_text(json.dumps(rounded(report), indent=1) + "\n")
    (arguments.output / f"emovox-{name}.report.md").write_text(markdown(rounded(report)))


def joined(tested: list[Tested]) -> Predictions:
    """Clips of one copy, which the folds divide between them."""
    fields = Predictions.__dataclass_fields__
    return Predictions(
        *(
            np.concatenate([getattr(part.predictions, f) for part in tested])
            if f in ("clips", "speech_ratios", "intensity", "seconds")
            else np.empty(0)
            for f in fields
        )
    )


def rounded(value):
    if isinstance(value, dict):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return round(float(value), 4)
    return int(value) if isinstance(value, np.integer) else value


# ---- Markdown ----


def table(rows: list[list]) -> str:
    head, *body = [[f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def confusion_table(matrix: list[list[int]]) -> str:
    rows = [["", *LABELS]]
    for label, counts in zip(LABELS, matrix, strict=True):
        if sum(counts):
            rows.append([label, *(str(round(100 * count / sum(counts))) for count in counts)])
    return "Row: intended emotion; column: answer; % of the row.\n\n" + table(rows)


def both_ways(ways: dict, key: str, title: str) -> str:
    rows = [[title, "UAR", "accuracy", "macro-F1", "UAR, adapted"]]
    for name, plain in ways["plain"][key].items():
        rows.append([name, plain["uar"], plain["accuracy"], plain["macro_f1"], ways["adapted"][key][name]["uar"]])
    return table(rows)


def adaptation_tables(result: dict) -> str:
    curve = [["other clips heard", *(str(p["clips"]) for p in result["curve"])]]
    curve.append(["seconds of the speaker", *(p["seconds"] for p in result["curve"])])
    curve.append(["UAR", *(p["uar"] for p in result["curve"])])
    skewed = [["other clips heard, all of the same emotion", *(str(p["clips"]) for p in result["one_emotion"])]]
    skewed.append(["UAR", *(p["uar"] for p in result["one_emotion"])])
    neutral = [["neutral clips enrolled", *(str(p["clips"]) for p in result["enrolled"])]]
    neutral.append(["UAR on the rest, not enrolled", *(p["before"] for p in result["enrolled"])])
    neutral.append(["UAR on the rest, enrolled", *(p["after"] for p in result["enrolled"])])
    return "\n".join(table(rows) for rows in (curve, skewed, neutral))


TITLES = dict(
    ravdess="RAVDESS, eight emotions", nemo="nEMO (Polish), six emotions", cremad="CREMA-D, happy and sad only"
)


def markdown(report: dict) -> str:
    model, gate = report["model"], report["speech_gate"]
    macs, name = model["multiply_adds_per_sequence"], model["name"]
    text = f"""# emovox {name} {model["version"]}: report

Written by `model/train/train.py --model {name}`; the same figures, and more, are in `emovox-{name}.report.json`. All in
percent. UAR is unweighted average recall: the mean over emotions of the share that is recognised. For scale: CREMA-D's
listeners recover the intended one of six emotions from the voice alone 40.9 % of the time (Cao et al. 2014).

## Protocol

Five networks, each trained without four RAVDESS actors (1-4, 5-8, ..., 17-20) and a fifth of the speakers of the other
corpora, and tested on these. One seed: no GPU was to be had. A clip is decided as the engine decides a recording: one
vote per sequence of 4 s, the majority wins, any of the eight emotions may be the answer. Every clip is forced to an
emotion: the speech gate and `uncertain` are reported on their own. *Adapted*: the engine's adaptation after all other
clips of the same speaker, without their labels.

| | UAR | UAR, adapted | accuracy | macro-F1 | calibration error |
| --- | --- | --- | --- | --- | --- |
"""
    for corpus, ways in report["corpora"].items():
        p = ways["plain"]
        text += (
            f"| {TITLES.get(corpus, corpus)} | **{p['uar']:.1f}** | **{ways['adapted']['uar']:.1f}** | "
            f"{p['accuracy']:.1f} | {p['macro_f1']:.1f} | {p['ece']:.1f} |\n"
        )
    for corpus, ways in report["unseen"].items():
        p = ways["plain"]
        text += (
            f"| {corpus.upper()}, never trained on, released file | **{p['uar']:.1f}** | "
            f"**{ways['adapted']['uar']:.1f}** | {p['accuracy']:.1f} | {p['macro_f1']:.1f} | {p['ece']:.1f} |\n"
        )
    rows = [["RAVDESS, the same folds", "UAR", "UAR, adapted"]]
    rows += [[title, p["plain"], p["adapted"]] for title, p in report["parts"].items()]
    text += "\n" + table(rows)
    text += (
        f"\nThe int8 file gives the answer of the float network to {report['int8_same_answer']:.1f} % of these clips.\n"
    )
    text += "\nThe C engine, which rounds inputs of layers to 8 bits, beside PyTorch in float32, on the same clips:\n\n"
    rows = [["", "clips", "answer of PyTorch", "largest difference", "UAR", "UAR, uncertain and no speech being wrong"]]
    for corpus, p in report["engine"].items():
        largest = f"{p['largest_difference']:.3f}"
        rows.append([TITLES[corpus], str(p["clips"]), p["same_answer"], largest, p["uar"], p["uar_as_shown"]])
    text += table(rows)
    rows = [["corpus that another network has not heard", "UAR", "among its own emotions", "UAR, adapted"]]
    for corpus, ways in report["left_out"].items():
        plain = ways["plain"]
        rows.append([TITLES[corpus], plain["uar"], plain["uar_among_its_emotions"], ways["adapted"]["uar"]])
    text += "\n" + table(rows)
    for corpus, ways in {**report["corpora"], **report["unseen"]}.items():
        text += f"\n## {TITLES.get(corpus, corpus.upper())}\n\n"
        plain = ways["plain"]
        if "folds" in plain and len(plain["folds"]) > 1:
            text += f"UAR by fold: {', '.join(f'{v:.1f}' for v in plain['folds'])}. "
        text += f"Among the corpus' own emotions: {plain['uar_among_its_emotions']:.1f}.\n\n"
        rows = [["emotion", "recall", "precision", "F1", "recall, adapted"]]
        adapted = ways["adapted"]["per_emotion"]
        rows += [
            [e, v["recall"], v["precision"], v["f1"], adapted[e]["recall"]] for e, v in plain["per_emotion"].items()
        ]
        text += table(rows) + "\n" + both_ways(ways, "per_sex", "sex")
        if len(plain["per_speaker"]) < 30:
            text += "\n" + both_ways(ways, "per_speaker", "speaker")
        text += "\n" + confusion_table(plain["confusion"])
    if "crowd" in report:
        text += "\nCREMA-D, told apart as happy or sad, by what its listeners heard in the voice alone:\n\n"
        rows = [["clips", "count", "UAR"], *([n, v["clips"], v["uar"]] for n, v in report["crowd"].items())]
        text += table(rows)
    text += "\n## Adaptation to the speaker\n"
    everywhere = report["adaptation"] | {c: r["adaptation"] for c, r in report["unseen"].items()}
    for corpus, result in everywhere.items():
        text += f"\n{TITLES.get(corpus, corpus.upper())}:\n\n" + adaptation_tables(result)
    text += "\n## Robustness: RAVDESS, the same folds\n\n"
    clean = report["corpora"]["ravdess"]
    rows = [["condition", "UAR", "UAR, adapted"], ["clean", clean["plain"]["uar"], clean["adapted"]["uar"]]]
    rows += [[title, p["plain"], p["adapted"]] for title, p in report["robustness"].items()]
    text += table(rows)
    text += "\n## Intensity\n\nArea under the ROC curve, strong against normal (CREMA-D: high against low):\n\n"
    text += table([["corpus", "clips", "AUC"], *([c, v["clips"], v["auc"]] for c, v in report["intensity"].items())])
    text += f"""
## Calibration

Each head is divided by a temperature ({report["temperatures"]["plain"]:.2f} and, for known speakers,
{report["temperatures"]["adapted"]:.2f}) of least Brier score on the predictions for the unseen speakers of RAVDESS and
nEMO. Those of a fold's network come from the other folds.

"""
    for corpus, curve in report["calibration"].items():
        rows = [[f"{corpus}: mean confidence", *(100 * p["confidence"] for p in curve)]]
        rows += [["right", *(100 * p["right"] for p in curve)], ["clips", *(str(p["clips"]) for p in curve)]]
        text += table(rows) + "\n"
    text += f"""## Speech gate

Share of clips with at least one sequence taken for speech. The threshold of a step (logit {gate["threshold"]}, folded
into `speech.bias`) and `min_ratio` ({gate["min_ratio"]}) let {evaluate.SPEECH_TO_PASS:.1f} % of the clips of unseen
speakers pass, clean and augmented, and as little as possible of ESC-10 fold 4; folds 1-3 are in training.

"""
    text += table([["clips", "pass"], *([title, rate] for title, rate in gate["passing"].items())])
    text += f"""
## Size

{model["bytes"]} bytes, {model["weights"]} weights, {macs["total"] / 1e6:.0f} million multiply-adds per 4 s sequence
(stem {macs["stem"] / 1e6:.0f}, blocks {macs["blocks"] / 1e6:.0f}, conv3 {macs["conv3"] / 1e6:.0f},
LSTM {macs["lstm"] / 1e6:.0f}).
"""
    return text
