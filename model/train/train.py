# SPDX-License-Identifier: MIT
"""From a table of speech to a released model and its report:

    python model/train/train.py --model large --corpora ... --pretrained ...
    python model/train/train.py --model small ...      (afterwards: large is its teacher)

Everybody is left out once (groups.py): for each group of folds there is a network that has not heard it, and one that
has heard everybody and is released. What people in general are like (population.py), the temperature and the speech
gate are settled on what each network says of those that it has not heard. Everything on the way is kept in the work
folder.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

import dataset
import encoder
import export
import groups
from corpora import corpora_root
from dataset import NOISE, Pool
from encoder import Settings
from heads import Heads, HeadSettings, N, fit_heads
from judgement import Population
from network import LARGE, SMALL, Network, Sizes
from population import PopulationSettings, Unheard, Whitening, fit_population

VERSION = "0.3.0"
UNCERTAIN_BELOW = 0.25
CITATIONS = dict(
    ravdess="RAVDESS",
    nemo="nEMO",
    cremad="CREMA-D",
    emotiontts="emotiontts_open_db",
    emospeech="Indian EmoSpeech Command Dataset",
    ordinary_librispeech="LibriSpeech",
    ordinary_speech_commands="Speech Commands",
    ordinary_picovoice_s2i="Picovoice speech-to-intent",
    ordinary_picovoice_wake="Picovoice wake words",
    ordinary_arabic_commands="Arabic Speech Commands",
    ordinary_precise_community="Mycroft Precise community data",
    ordinary_bd4sk_kurdish="BD-4SK (Kurdish)",
    ordinary_ham_radio="ham radio samples",
)
SPEECH_TO_PASS = 99.0  # percent of what people said
THRESHOLDS = np.arange(-4.0, 5.1, 0.5)  # on a step's logit of speech
MIN_RATIOS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
RELEASED = "released"


@dataclass(frozen=True)
class Recipe:
    sizes: Sizes
    encoder: Settings
    heads: HeadSettings = field(default_factory=HeadSettings)
    population: PopulationSettings = field(default_factory=PopulationSettings)
    copies: int = 4  # of every clip: as it is, and through other channels
    fitted: int = 2  # of them, that the heads see
    encoded: int = 10000  # rows whose encoding is kept for the LSTM's lessons


RECIPES = dict(
    large=Recipe(LARGE, Settings()),
    small=Recipe(
        SMALL,
        Settings(lessons=14, stem_rate=2e-4),
        HeadSettings(penalty=3e-3, discriminant=0.3, ordinary=0.3),
        PopulationSettings(expected=0.4),
    ),
)


def networks() -> dict[str, tuple[int, ...]]:
    """The names of the networks, and the folds that each has not heard."""
    return {RELEASED: ()} | {"without" + "".join(map(str, folds)): folds for folds in groups.GROUPS}


class Training:
    """Everything that is made on the way to one model, made when it is asked for and kept on disk."""

    def __init__(self, model: str, arguments: argparse.Namespace):
        self.model, self.recipe = model, RECIPES[model]
        self.root, self.pretrained, self.work = arguments.corpora, arguments.pretrained, arguments.work
        self.emovox = arguments.emovox
        self.tool = arguments.emovox.with_name("emovox-embed")
        self.seed = arguments.seed
        self.others = arguments

    @cached_property
    def pool(self) -> Pool:
        clips = dataset.training_clips(self.root)
        through = dataset.channels(self.root)
        return dataset.load_pool(self.work / "copies", clips, self.recipe.copies, self.emovox, through)

    @cached_property
    def teacher(self) -> Training:
        return Training("large", self.others)

    def path(self, kind: str, name: str) -> Path:
        folder = self.work / kind
        folder.mkdir(parents=True, exist_ok=True)
        seed = f"-{self.seed}" if self.seed and kind != "frozen" else ""
        return folder / f"{self.model}-{name}{seed}"

    def start(self) -> Network:
        torch.manual_seed(self.seed)
        network = Network(range(N), 0, 0.2, self.recipe.sizes)
        dataset.load_encoder(network, self.pretrained)
        return network

    def keep(self, path: Path, make) -> np.ndarray:
        """An array on disk, made if it is not there."""
        file = path.with_suffix(".npy")
        if not file.exists():
            print(f"making {file.relative_to(self.work)}", flush=True)
            np.save(file, make())
        return np.load(file, mmap_mode="r")

    # ---- networks ----

    @property
    def frozen(self) -> np.ndarray:
        """Embeddings of all rows by Whisper's encoder as it is."""
        rows = np.arange(len(self.pool))
        return self.keep(self.path("frozen", "all"), lambda: encoder.embed(self.tool, self.start(), self.pool, rows))

    def tuned(self, name: str) -> Network:
        """Step 1 of encoder.py; small has no blocks to tune."""
        network = self.start()
        if not self.recipe.sizes.blocks:
            return network
        path = self.path("tuned", name).with_suffix(".pt")
        if not path.exists():
            frozen = self.frozen[: int((self.pool.copy <= 1).sum())]
            print(f"tuning {path.stem}", flush=True)
            network = encoder.tune(network, self.pool, frozen, networks()[name], self.recipe.encoder, self.seed)
            torch.save(network.state_dict(), path)
        network.load_state_dict(torch.load(path))
        return network

    def own(self, name: str) -> str:
        """Small learns no labels, only what networks of large that had not heard a speaker say of that speaker: one
        network does for all, and only its heads leave people out."""
        return name if self.recipe.sizes.blocks else RELEASED

    @cached_property
    def taught(self) -> Network:
        """Step 2 of it, on the encoder that has heard everybody. It learns no labels, so the other encoders of large
        get the same LSTM."""
        network = self.start()
        path = self.path("networks", RELEASED).with_suffix(".pt")
        if not path.exists():
            network, settings = self.tuned(RELEASED), self.recipe.encoder
            print(f"teaching {path.stem}", flush=True)
            encoded, lessons = None, self.lessons()
            if self.recipe.sizes.blocks:
                rng = np.random.default_rng(self.seed)
                free = np.flatnonzero(encoder.training_rows(self.pool, ()) & (self.pool.labels >= NOISE))
                rows = np.sort(rng.choice(free, min(self.recipe.encoded, len(free)), replace=False))
                results = encoder.run_engine(self.tool, network, self.pool, rows, "--encoded")
                width = self.recipe.sizes.stem
                encoded = {row: x.reshape(-1, width).astype(np.float16) for row, x in zip(rows, results, strict=True)}
            network = encoder.teach(network, self.pool, lessons, encoded, settings, self.seed)
            torch.save(network.state_dict(), path)
        network.load_state_dict(torch.load(path))
        return network.eval()

    def network(self, name: str) -> Network:
        """Without heads."""
        if self.own(name) == RELEASED:
            return self.taught
        network, taught = self.tuned(name), self.taught.state_dict()
        state = network.state_dict()
        state |= {key: taught[key] for key in state if not key.startswith(("conv1", "conv2.", "blocks"))}
        network.load_state_dict(state)
        return network.eval()

    def lessons(self) -> np.ndarray:
        """Of large: what the last two blocks of Whisper say. Of small: what large says, its last blocks and its
        evidence, the latter by networks that had not heard the speaker."""
        settings = self.recipe.encoder
        free = self.pool.labels >= 0
        if self.model == "large":
            width = 2 * self.recipe.sizes.stem
            return encoder.lessons_from(self.frozen[:, 3 * width : 5 * width], self.pool, free, settings.lesson)
        width, seen = 2 * LARGE.stem, len(self.fitted)
        statistics = self.teacher.embeddings(RELEASED)[:, 3 * width : 5 * width]
        general = encoder.lessons_from(statistics, self.pool, free[:seen], settings.lesson)
        evidence = self.teacher.unheard_evidence()
        evidence = (evidence - evidence[free[:seen]].mean(axis=0)) / (evidence[free[:seen]].std(axis=0) + 1e-3)
        evidence = encoder.as_it_was(0.5 * evidence, self.pool)
        return np.concatenate([general, evidence], axis=1).astype(np.float32)

    # ---- heads ----

    @cached_property
    def fitted(self) -> np.ndarray:
        """The rows that the heads see: the first ones."""
        return np.flatnonzero(self.pool.copy < self.recipe.fitted)

    def embeddings(self, name: str) -> np.ndarray:
        """Of these rows, by the engine."""
        return self.keep(
            self.path("embeddings", self.own(name)),
            lambda: encoder.embed(self.tool, self.network(name), self.pool, self.fitted),
        )

    def heads(self, name: str) -> Heads:
        rows = self.fitted[encoder.training_rows(self.pool, networks()[name])[self.fitted]]
        return fit_heads(self.pool, rows, self.embeddings(name)[rows], 2 * self.recipe.sizes.hidden, self.recipe.heads)

    @cached_property
    def all_heads(self) -> dict[str, Heads]:
        return {name: self.heads(name) for name in networks()}

    def unheard_evidence(self) -> np.ndarray:
        """Logits and u of these rows, each by a network that has not heard its fold."""
        parts = None
        for name, left_out in networks().items():
            if name == RELEASED:
                continue
            own = np.flatnonzero(np.isin(self.pool.folds[self.fitted], left_out))
            values = np.concatenate(self.all_heads[name].evidence(self.embeddings(name)[own]), axis=1)
            parts = np.zeros((len(self.fitted), values.shape[1]), np.float32) if parts is None else parts
            parts[own] = values
        return parts

    @cached_property
    def unheard(self) -> Unheard:
        """Of the clips as they are."""
        own = np.flatnonzero((self.pool.copy == 0) & (self.pool.labels >= 0))
        values, components = self.unheard_evidence()[own].astype(float), self.all_heads[RELEASED].components
        count = len(components)
        facts = self.pool.labels[own], self.pool.corpora[own], self.pool.speakers[own]
        return Unheard(values[:, :count], components, values[:, count:], *facts)

    @cached_property
    def people(self) -> tuple[Population, float, Whitening]:
        return fit_population(self.unheard, self.recipe.population, self.recipe.heads)

    # ---- the file ----

    @cached_property
    def gate(self) -> dict[str, float]:
        """The threshold and the share of steps that stop most noise among those that let nearly all speech pass, of
        people that the network has not heard."""
        ratios = {}
        for kind in ("speech", "noise"):
            found = []
            for name, left_out in networks().items():
                if name == RELEASED:
                    continue
                fold = np.isin(self.pool.folds, left_out) & (self.pool.copy == 0)
                spoken = self.pool.labels >= 0
                own = (
                    fold & spoken
                    if kind == "speech"
                    else (self.pool.corpora == "esc10") & (self.pool.folds == 3) & (self.pool.copy == 0)
                )
                rows = np.flatnonzero(own)
                rows = rows if kind == "noise" else np.random.default_rng(0).permutation(rows)[:800]
                logits = encoder.run_engine(self.tool, self.network(name), self.pool, rows, "--speech")
                found += [[(steps > t).mean() for t in THRESHOLDS] for steps in logits]
            ratios[kind] = np.array(found)

        def passing(kind: str, t: int, ratio: float) -> float:
            return 100 * float((ratios[kind][:, t] >= ratio).mean())

        settings = [(t, ratio) for t in range(len(THRESHOLDS)) for ratio in MIN_RATIOS]
        enough = [s for s in settings if passing("speech", *s) >= SPEECH_TO_PASS]
        t, ratio = min(enough, key=lambda s: passing("noise", *s))
        shares = dict(speech_passing=passing("speech", t, ratio), noise_passing=passing("noise", t, ratio))
        return dict(threshold=float(THRESHOLDS[t]), min_ratio=ratio, **shares)

    def complete(self, name: str) -> Network:
        """With heads, calibrated, as it is released."""
        people, heat, white = self.people
        heads, network = self.all_heads[name], self.network(name).folded(self.gate["threshold"])
        result = Network(heads.components.tolist(), people.dimensions, 0.0, self.recipe.sizes)
        result.conv3_norm = network.conv3_norm
        theirs, own = network.state_dict(), result.state_dict()
        result.load_state_dict({key: own[key] if "head" in key or "intensity" in key else theirs[key] for key in own})
        rows = [heads.stranger / heat, white.map.T @ heads.adapted]
        bias = [heads.bias / heat, -white.mean @ white.map]
        with torch.no_grad():
            result.head.weight.copy_(torch.from_numpy(np.concatenate(rows)))
            result.head.bias.copy_(torch.from_numpy(np.concatenate(bias)))
            result.intensity.weight.copy_(torch.from_numpy(heads.intensity[None]))
            result.intensity.bias.fill_(heads.intensity_bias)
        return result.eval()

    def export(self, name: str, path: Path) -> None:
        trained_on = sorted({clip.corpus for clip in self.pool.clips if clip.emotion})
        trained_on = [CITATIONS.get(c, c) for c in trained_on] + ["ESC-10 (noise)", "Whisper tiny.en"]
        meta = (VERSION, trained_on, self.gate["min_ratio"], UNCERTAIN_BELOW, self.model)
        network, people = self.complete(name), self.people[0]
        export.save(path, network, people, export.metadata(network, people, *meta))
        print(f"{path}: {path.stat().st_size} bytes", flush=True)


def parser() -> argparse.ArgumentParser:
    repository = Path(__file__).resolve().parents[2]
    result = argparse.ArgumentParser(description="Trains, evaluates and writes a model.")
    result.add_argument("--model", choices=RECIPES, default="large", help="small learns from large: train that first")
    result.add_argument("--corpora", type=corpora_root, default=corpora_root(), help="or EMOVOX_CORPORA")
    result.add_argument(
        "--pretrained", type=dataset.pretrained_root, default=dataset.pretrained_root(), help="or EMOVOX_PRETRAINED"
    )
    result.add_argument("--emovox", type=Path, default=repository / "build/native/emovox", help="the native tool")
    result.add_argument("--work", type=Path, default=repository / "build/train", help="caches and results")
    result.add_argument("--output", type=Path, default=repository / "model")
    result.add_argument("--seed", type=int, default=0, help="of everything that is random in training")
    result.add_argument("--only", nargs="+", help="make these networks and stop, e.g. without01: for parallel runs")
    result.add_argument("--threads", type=int, default=1)
    return result


def check(arguments: argparse.Namespace) -> None:
    """Says what is missing before hours of work, not after them."""
    tool = arguments.emovox.with_name("emovox-embed")
    for path, remedy in (
        (arguments.corpora, "name the folder of the corpora: --corpora or EMOVOX_CORPORA"),
        (arguments.pretrained / "whisper-tiny-en-encoder.safetensors", "name its folder: --pretrained"),
        (arguments.emovox, "build it: cmake --preset native && cmake --build --preset native"),
        (tool, "build it: cmake --preset native && cmake --build --preset native"),
    ):
        if not path.exists():
            raise SystemExit(f"{path} is not there; {remedy}")
    taught = Training("large", arguments).path("embeddings", RELEASED).with_suffix(".npy")
    if arguments.model == "small" and not taught.exists():
        raise SystemExit("small learns from large: run this with --model large first, with the same --work")


def main() -> None:
    arguments = parser().parse_args()
    torch.set_num_threads(arguments.threads)
    check(arguments)
    training = Training(arguments.model, arguments)
    for name in arguments.only or networks():
        training.embeddings(name)
    if arguments.only:
        return
    training.export(RELEASED, arguments.output / f"emovox-{arguments.model}.safetensors")
    for name in networks():
        if name != RELEASED:
            training.export(name, training.path("models", name).with_suffix(".safetensors"))
    from report import write  # which imports this module

    write(training, arguments.output)


if __name__ == "__main__":
    main()
