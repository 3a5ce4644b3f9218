# SPDX-License-Identifier: MIT
"""What is said about a model: emovox-MODEL.report.json and .md; all by the native tool (situations.py), but for seeds.

People of the training corpora are judged by the network that had not heard them, the corpora to choose by by the
released file.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

import audio
import corpora
import export
import groups
import situations
from dataset import CHOOSING
from heads import N
from judgement import judge, learn
from population import fit_population, mixture
from situations import Listener, Panel
from train import RELEASED, Training, networks

ACTED = ("ravdess", "nemo")  # whose left-out speakers are scored
TITLES = dict(
    ravdess="RAVDESS (English), left-out speakers",
    nemo="nEMO (Polish), left-out speakers",
    tess="TESS (English), never heard",
    ased="ASED (Amharic), never heard",
    turev="TurEV (Turkish, single words), never heard",
)
SEEDS = (0, 1, 2)
LEFT_OUT = dict(
    large="""Left-out people, acted or ordinary, were judged by one of three networks, the one that had not heard them
(nor, of six sources of ordinary speech, anything of the source).""",
    small="""Left-out people, acted or ordinary, were judged by one of three heads, the one that had not heard them
(nor, of six sources of ordinary speech, anything of the source). The network below, which learns no labels, has heard
everybody.""",
)


def left_out_panel(training: Training) -> Panel:
    fold_of = groups.folds(clip for clip in training.pool.clips if clip.emotion)
    panel = []
    for name, folds in networks().items():
        if name != RELEASED:
            listener = Listener(training.emovox, training.path("models", name).with_suffix(".safetensors"))
            own = [c for c in training.pool.clips if c.emotion and fold_of[c.corpus, c.speaker] in folds]
            panel.append((listener, own))
    return panel


def choosing_panel(training: Training, released: Path) -> Panel:
    clips = [clip for clip in corpora.read_table(training.root) if clip.corpus in CHOOSING]
    return [(Listener(training.emovox, released), clips)]


# ---- the same clips through other channels ----


def conditions(noises: list[np.ndarray], rooms: list[np.ndarray]) -> dict[str, Callable]:
    def noise(snr: float) -> Callable:
        def change(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
            loud = noises[rng.integers(len(noises))]
            loud = np.resize(np.roll(loud, int(rng.integers(len(loud)))), len(samples))
            return audio.add_noise(samples, loud, snr, audio.power(samples))

        return change

    def room(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return audio.fftconvolve(samples, rooms[rng.integers(len(rooms))])[: len(samples)].astype(np.float32)

    return {
        "as it is": lambda samples, rng: samples,
        "ESC-10 noise, 20 dB": noise(20),
        "ESC-10 noise, 10 dB": noise(10),
        "a room": room,
        "telephone band": lambda samples, rng: audio.telephone(samples),
        "GSM": lambda samples, rng: audio.coded(samples, "WAV", "GSM610", 8000),
    }


def through(panel: Panel, change: Callable, folder: Path) -> Panel:
    """The panel with its clips changed, in new files."""
    result = []
    for number, (listener, clips) in enumerate(panel):
        changed = []
        for i, clip in enumerate(clips):
            path = folder / f"{number}-{i}.wav"
            samples = change(audio.read(clip.path), np.random.default_rng([number, i]))
            audio.write(path, np.asarray(samples, np.float32))
            changed.append(replace(clip, path=path))
        result.append((Listener(listener.emovox, listener.model), changed))
    return result


def robustness(training: Training, panel: Panel) -> dict[str, dict[str, float]]:
    """RAVDESS, and ordinary speech of LibriSpeech and Speech Commands, through noises and rooms: ESC-10 fold 5 is not
    in training, the rooms are."""
    noises = [audio.read(clip.path) for clip in corpora.noises(training.root) if clip.speaker.endswith("5")]
    rooms = audio.Channels.read(corpora.rooms(training.root), []).rooms
    sources = ("ordinary_librispeech", "ordinary_speech_commands")
    some = [(who, [c for c in clips if c.corpus == "ravdess" or c.corpus in sources]) for who, clips in panel]
    figures = {}
    for title, change in conditions(noises, rooms).items():
        with tempfile.TemporaryDirectory() as folder:
            changed = through(some, change, Path(folder))
            quiet = situations.ordinary(changed)
            figures[title] = dict(
                ravdess=situations.recall(situations.clips(changed, "ravdess", "even"))["uar_forced"],
                claimed=quiet["claimed"],
                no_speech=quiet["no_speech"],
            )
        print(f"{title} is done", flush=True)
    return figures


# ---- figures ----


def of_corpus(panel: Panel, corpus: str) -> dict:
    heard = situations.clips(panel, corpus, "even")
    sexes = {s: [h for h in heard if h.clip.sex == s] for s in sorted({h.clip.sex for h in heard} - {""})}
    return dict(
        clips=situations.recall(heard),
        clips_everyday=situations.recall(situations.clips(panel, corpus, "everyday")),
        session=situations.recall(situations.session(panel, corpus, "even")),
        mood=situations.recall(situations.mood(panel, corpus, "even")),
        two_people=situations.recall(situations.pairs(panel, corpus, "even"), rare=1),
        everyday=situations.everyday(panel, corpus),
        calibration=situations.calibration(heard),
        by_sex={sex: situations.recall(some)["uar_forced"] for sex, some in sexes.items()},
    )


def float_model(training: Training, name: str, path: Path) -> None:
    """The file with weights that were not rounded."""
    network, people = training.complete(name), training.people[0]
    meta = export.metadata(network, people, "0", [], training.gate["min_ratio"], 0, training.model)
    export.write(path, export.tensors(network) | export.of_people(people), meta)


def rounding(training: Training) -> dict[str, float]:
    """UAR of strangers of RAVDESS by int8 and by float weights."""
    panel, figures = left_out_panel(training), {}
    with tempfile.TemporaryDirectory() as folder:
        floats = []
        for who, clips in panel:
            path = Path(folder) / who.model.name
            float_model(training, who.model.stem.split("-")[1], path)
            floats.append((Listener(who.emovox, path), clips))
        for title, some in (("int8", panel), ("float", floats)):
            figures[title] = situations.recall(situations.clips(some, "ravdess", "even"))["uar_forced"]
    return figures


def of_seeds(training: Training) -> dict[str, dict[str, float]]:
    """Strangers and whole sessions (UAR among all emotions, of segments) when the rows that principal components are
    taken of, and the sessions that the map for known speakers is fitted to, are drawn anew."""
    figures: dict[str, dict[str, float]] = {}
    for seed in SEEDS:
        recipe = training.recipe
        again = Training(training.model, training.others)
        again.recipe = replace(
            recipe, heads=replace(recipe.heads, seed=seed), population=replace(recipe.population, seed=seed)
        )
        unheard = again.unheard
        people, heat, white = fit_population(unheard, again.recipe.population, again.recipe.heads)
        x = (unheard.u - white.mean) @ white.map
        evidence = np.concatenate([mixture(unheard.logits / heat, unheard.components), x], axis=1)
        even = np.full(N, 1 / N)
        for corpus in ACTED:
            own = (unheard.corpora == corpus) & (unheard.labels < N)
            known = np.zeros(len(own), int)
            for speaker in np.unique(unheard.speakers[own]):
                rows = np.flatnonzero(own & (unheard.speakers == speaker))
                belief = learn(people, evidence[rows], np.ones(len(rows)), even)
                known[rows] = judge(people, evidence[rows], even, belief).argmax(axis=1)
            stranger = judge(people, evidence, even).argmax(axis=1)
            for way, answers in (("stranger", stranger), ("session", known)):
                labels = unheard.labels[own]
                uar = np.mean([(answers[own][labels == y] == y).mean() for y in np.unique(labels)])
                figures.setdefault(f"{corpus}, {way}", {})[str(seed)] = 100 * float(uar)
    return figures


def gate(training: Training, released: Path) -> dict[str, float]:
    listener = Listener(training.emovox, released)
    noise = corpora.noises(training.root)
    folds = {f"ESC-10 fold {k}": [c for c in noise if c.speaker.endswith(str(k))] for k in (4, 5)}
    rates = {title: situations.passing(listener, clips) for title, clips in folds.items()}
    people = [c for c in corpora.read_table(training.root) if c.corpus in CHOOSING]
    for some in situations.by(lambda clip: clip.corpus, people):
        rates[TITLES[some[0].corpus]] = situations.passing(listener, some)
    return rates


def write(training: Training, output: Path) -> None:
    name = f"emovox-{training.model}"
    released = output / f"{name}.safetensors"
    left_out, choosing = left_out_panel(training), choosing_panel(training, released)
    report = dict(model=dict(name=training.model, bytes=released.stat().st_size), recipe=asdict(training.recipe))
    report["ordinary"] = situations.ordinary(left_out)
    report["talker"] = situations.ordinary(left_out, talker=True)
    print("ordinary speech is done", flush=True)
    report["corpora"] = {}
    for panel, some in ((left_out, ACTED), (choosing, CHOOSING)):
        for corpus in some:
            report["corpora"][corpus] = of_corpus(panel, corpus)
            print(f"{corpus} is done", flush=True)
    report["robustness"] = robustness(training, left_out)
    report["gate"] = dict(training.gate, passing=gate(training, released))
    report["rounding"] = rounding(training)
    report["seeds"] = of_seeds(training)
    report = rounded(report)
    (output / f"{name}.report.json").write_text(json.dumps(report, separators=(",", ":"), allow_nan=False) + "\n")
    (output / f"{name}.report.md").write_text(markdown(report))


def rounded(value):
    if isinstance(value, dict):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return round(float(value), 3)
    return int(value) if isinstance(value, np.integer) else value


# ---- Markdown ----


def table(rows: list[list]) -> str:
    head, *body = [[f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *body]) + "\n"


def markdown(report: dict) -> str:
    name, rows = report["model"]["name"], report["corpora"]
    text = f"""# emovox {name}: report

Written by `model/train/train.py --model {name}`; more is in `emovox-{name}.report.json`. All in percent, by the native
tool.

    {situations.__doc__.split("*Forced*", 1)[0].split("does.", 1)[1].strip()}

*Forced*{situations.__doc__.split("*Forced*", 1)[1].strip()} UAR is unweighted average recall: the mean over emotions
of the share that is recognised. For scale: CREMA-D's listeners recover the intended one of six emotions from the voice
alone 40.9 % of the time (Cao et al. 2014).

{LEFT_OUT[name]} Sets to choose by were judged by the released file; nothing was
trained on them, but settings were chosen by them.

## Ordinary speech

"""
    head = ["source", "clips", "claimed", "no speech", "claimed, by person"]
    people = report["talker"]["by_source"]
    sources = report["ordinary"]["by_source"]
    lines = [
        [s, v["clips"], v["claimed"], v["no_speech"], people[s]["claimed"] if s in people else "-"]
        for s, v in sources.items()
    ]
    mean = report["ordinary"]
    lines.append(["mean of sources", mean["clips"], mean["claimed"], mean["no_speech"], report["talker"]["claimed"]])
    text += table([head, *lines]) + "\n## Everyday sessions\n\n"
    head = ["", "sessions", "false alarms", "hits", "given any emotion"]
    lines = [
        [TITLES[c], e["sessions"], e["false_alarms"], e["hits"], e["detected"]]
        for c, e in ((c, r["everyday"]) for c, r in rows.items())
        if e["sessions"]
    ]
    text += table([head, *lines]) + "\n## Acted emotions, UAR\n\nForced / voted.\n\n"
    ways = dict(
        clips="clips, even", clips_everyday="clips, everyday", session="session", mood="mood", two_people="two people"
    )
    both = lambda r: f"{r['uar_forced']:.1f} / {r['uar_voted']:.1f}"  # noqa: E731
    text += table([["", *ways.values()], *([TITLES[c], *(both(r[w]) for w in ways)] for c, r in rows.items())])
    text += """
*Two people*: 16 clips of each of two speakers, judged as if they were one. It is the price of a recording that adapts
to itself where more than one person speaks; *session* is the gain where there is one. Hence recordings adapt to a
speaker only where one is named.

## How sure it is

Calibration error of the forced answers, and how many of the surest answers are right (even prior).

"""
    head = ["", "calibration error", "all", "surest 75 %", "surest 50 %", "surest 25 %"]
    calibrated = [
        [TITLES[c], r["calibration"]["error"], *r["calibration"]["right_at_coverage"].values()] for c, r in rows.items()
    ]
    text += table([head, *calibrated])
    text += "\n## By sex\n\nClips, even prior, forced.\n\n"
    text += table(
        [
            ["", "women", "men"],
            *([TITLES[c], r["by_sex"].get("F", "-"), r["by_sex"].get("M", "-")] for c, r in rows.items()),
        ]
    )
    text += """
## Through other channels

RAVDESS, forced, even prior; and what is claimed of LibriSpeech and Speech Commands. Left-out people; the noises are not
in training, the rooms are.

"""
    head = ["", "RAVDESS", "claimed", "no speech"]
    text += table([head, *([t, *r.values()] for t, r in report["robustness"].items())])
    gate_ = report["gate"]
    text += f"""
## Speech gate

A segment is speech if the logit of at least {100 * gate_["min_ratio"]:.0f} % of its steps is above
{gate_["threshold"]}: settled so that {gate_["speech_passing"]:.1f} % of segments of left-out people pass, and as
little as possible of ESC-10 fold 4
({gate_["noise_passing"]:.1f} % of its segments). Clips that pass:

"""
    text += table([["", "pass"], *map(list, gate_["passing"].items())])
    rounding_ = report["rounding"]
    text += f"""
## Rounding and chance

Weights of 8 bits: RAVDESS {rounding_["int8"]:.1f}, as floats {rounding_["float"]:.1f} (strangers, forced). The heads
are optima of convex problems; drawn anew are the rows behind their principal components and the sessions behind the map
for known speakers (UAR of segments, any of eight answers):

"""
    text += table([["", *(f"seed {s}" for s in SEEDS)], *([t, *v.values()] for t, v in report["seeds"].items())])
    return text + f"\n{report['model']['bytes']} bytes.\n"
