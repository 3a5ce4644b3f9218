# SPDX-License-Identifier: MIT
"""What needs torch: folding, heads, people, judgement, the released file, figures.

python -m unittest discover -s model/train/tests_torch
"""

import json
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

torch.set_num_threads(1)  # small matrices

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import audio  # noqa: E402
import export  # noqa: E402
import features  # noqa: E402
import golden  # noqa: E402
import heads  # noqa: E402
import judgement  # noqa: E402
import population  # noqa: E402
import situations  # noqa: E402
from corpora import LABELS, Clip  # noqa: E402
from dataset import ORDINARY_LABEL, Pool  # noqa: E402
from network import Network, Sizes, log_probabilities  # noqa: E402

MODEL = Path(__file__).resolve().parents[2] / "emovox-small.safetensors"


def trained_network() -> Network:
    """Random weights, and normalisation that has seen something."""
    torch.manual_seed(0)
    network = Network(range(len(LABELS)), 5)
    network.train()
    for _ in range(20):
        network(network.stem(torch.randn(4, 100, 80))["conv2"])
    with torch.no_grad():
        network.conv3_norm.weight.uniform_(0.5, 2)
        network.conv3_norm.bias.uniform_(-1, 1)
    return network.eval()


class NetworkTest(unittest.TestCase):
    def test_shapes(self):
        network = Network([*range(8), 0], 5).eval()
        for frames in (1, 50, 61, 400):
            outputs = network.stem(torch.randn(2, frames, 80))
            outputs |= network(outputs["conv2"])
            steps2 = (frames - 1) // 2 + 1
            steps3 = (steps2 - 1) // 2 + 1
            self.assertEqual(outputs["conv1"].shape, (2, 384, frames))
            self.assertEqual(outputs["conv2"].shape, (2, 384, steps2))
            self.assertEqual(outputs["lstm"].shape, (2, steps3, 128))
            self.assertEqual(outputs["pooled"].shape, (2, 896))
            self.assertEqual(outputs["evidence"].shape, (2, 13))

    @torch.no_grad()
    def test_folding_changes_nothing_but_the_gate(self):
        network = trained_network()
        conv2 = network.stem(torch.randn(3, 120, 80))["conv2"]
        before, after = network(conv2), network.folded(0.5)(conv2)
        torch.testing.assert_close(after["lstm"], before["lstm"], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(after["evidence"], before["evidence"], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(after["speech"], before["speech"] - 0.5, atol=1e-5, rtol=1e-4)

    def test_a_mixture_sums_the_probabilities_of_its_components(self):
        logits = torch.tensor([[0.3, -1.0, 2.0]])
        probabilities = log_probabilities(logits, [0, 1, 1]).exp()[0]
        self.assertAlmostEqual(float(probabilities[1]), float(logits.softmax(1)[0, 1:].sum()), places=6)
        self.assertAlmostEqual(float(probabilities.sum()), 1, places=6)


class JudgementTest(unittest.TestCase):
    def setUp(self):
        self.people = golden.people()
        self.even = np.full(8, 1 / 8)

    def imagine(self, emotions, shift):
        """Evidence of somebody of that shift, without noise; a stranger's verdict that is mostly right."""
        emotions = np.array(emotions)
        logits = np.where(np.eye(8)[emotions] > 0, 0.0, -3.0)
        return np.concatenate([logits, self.people.means[emotions] + shift], axis=1)

    def test_a_voice_is_found_in_a_mixed_session(self):
        shift = np.array([0.5, -0.5, 1, -1, 1])
        known = judgement.learn(self.people, self.imagine(list(range(8)) * 4, shift), np.ones(32), self.even)
        certain = self.people.share * 32 * self.people.between
        np.testing.assert_allclose(known.shift, shift * certain / (1 + certain), atol=0.05)
        self.assertAlmostEqual(known.weight(self.people), 32 / 36)

    def test_one_mood_is_no_voice(self):
        known = judgement.learn(self.people, self.imagine([4] * 16, 0), np.ones(16), self.even)
        self.assertLess(np.abs(known.shift).max(), 0.1)

    def test_enrolled_speech_is_taken_for_ordinary(self):
        evidence = self.imagine([4] * 8, 0)
        allowed = np.tile(np.isin(np.arange(8), self.people.ordinary), (8, 1))
        free = judgement.learn(self.people, evidence, np.ones(8), self.even)
        enrolled = judgement.learn(self.people, evidence, np.ones(8), self.even, allowed)
        self.assertGreater(np.abs(enrolled.shift).max(), 5 * np.abs(free.shift).max())

    def test_nothing_heard_changes_nothing(self):
        evidence = self.imagine([0, 3], 0.3)
        nobody = judgement.learn(self.people, evidence[:0], np.ones(0), self.even)
        self.assertEqual(nobody.weight(self.people), 0)

    def test_prior_and_distance(self):
        evidence = self.imagine([0, 3], 0)
        logs = judgement.judge(self.people, evidence, self.even)
        np.testing.assert_allclose(np.exp(logs).sum(axis=1), 1)
        never = np.where(np.arange(8) == 3, 0, 1 / 7)
        self.assertEqual(np.exp(judgement.judge(self.people, evidence, never))[1, 3], 0)
        evidence[:, 8:] += 100
        self.assertLess(judgement.judge(self.people, evidence, self.even).max(), logs.max())


class PopulationTest(unittest.TestCase):
    """Made people: the fit finds how they were made, and the belief helps."""

    def setUp(self):
        rng = np.random.default_rng(0)
        people, each, size = 40, 24, 6
        means = rng.normal(size=(8, size)) * 2
        speakers = np.repeat(np.arange(people), each)
        labels = rng.integers(8, size=people * each)
        shifts = rng.normal(size=(people, size)) * [2, 1, 1, 0.5, 0.5, 0.1]
        u = means[labels] + shifts[speakers] + rng.normal(size=(people * each, size))
        logits = -0.5 * ((u[:, None] - means) ** 2 / (1 + np.square([2, 1, 1, 0.5, 0.5, 0.1]))).sum(axis=2)
        corpora = np.where(speakers < 30, "ravdess", "nemo")
        names = np.array([f"s{s}" for s in speakers])
        self.unheard = population.Unheard(2 * logits, np.arange(8), u, labels, corpora, names)
        self.settings = population.PopulationSettings(within=1.0, between=1.0)
        self.people, self.heat, self.white = population.fit_population(
            self.unheard, self.settings, heads.HeadSettings()
        )

    def test_it_is_white_within_and_diagonal_between(self):
        x = (self.unheard.u - self.white.mean) @ self.white.map
        rest = np.concatenate(
            [
                x[own] - x[own].mean(axis=0)
                for s in np.unique(self.unheard.speakers)
                for y in range(8)
                if len(own := np.flatnonzero((self.unheard.speakers == s) & (self.unheard.labels == y))) > 1
            ]
        )
        covariance = rest.T @ rest / len(rest)
        np.testing.assert_allclose(covariance / np.trace(covariance) * 6, np.eye(6), atol=0.25)
        self.assertGreater(self.people.between.max(), 1)
        self.assertGreater(self.heat, 1.4)  # the logits were twice too sure

    def test_the_belief_helps(self):
        x = (self.unheard.u - self.white.mean) @ self.white.map
        stranger = population.mixture(self.unheard.logits / self.heat, self.unheard.components)
        evidence, even = np.concatenate([stranger, x], axis=1), np.full(8, 1 / 8)
        right = {"stranger": [], "known": []}
        for speaker in np.unique(self.unheard.speakers):
            own = self.unheard.speakers == speaker
            known = judgement.learn(self.people, evidence[own], np.ones(own.sum()), even)
            for way, belief in (("stranger", None), ("known", known)):
                answers = judgement.judge(self.people, evidence[own], even, belief).argmax(axis=1)
                right[way].append((answers == self.unheard.labels[own]).mean())
        self.assertGreater(np.mean(right["known"]), np.mean(right["stranger"]) + 0.03)


class FileTest(unittest.TestCase):
    def saved(self, network, meta=None):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            people = golden.people()
            export.save(path, network, people, meta or export.metadata(network, people, "1.2.3", [], 0.1, 0.2))
            return export.load(path)

    @torch.no_grad()
    def test_round_trip(self):
        network = trained_network().folded()
        meta = export.metadata(network, golden.people(), "1.2.3", ["a", "b"], 0.1, 0.2)
        loaded, people, loaded_meta = self.saved(network, meta)
        self.assertEqual(json.loads(json.dumps(meta)), loaded_meta)
        for name in ("between", "means", "relative", "relative_bias", "everyday"):
            np.testing.assert_allclose(getattr(people, name), getattr(golden.people(), name), atol=1e-6)
        for name in ("share", "caution", "surprise", "ordinary"):
            self.assertEqual(getattr(people, name), getattr(golden.people(), name))
        conv2 = network.stem(torch.randn(3, 120, 80))["conv2"]
        expected, actual = network(conv2), loaded(conv2)
        torch.testing.assert_close(actual["evidence"], expected["evidence"], atol=0.02, rtol=0.02)

    @torch.no_grad()
    def test_round_trip_of_transformer_blocks(self):
        torch.manual_seed(0)
        sizes = Sizes(stem=32, blocks=2, heads=4, mlp=40, statistics=(0, 1, 2), channels=16, hidden=8)
        network = Network([*range(len(LABELS)), 0, 0, 5], 5, sizes=sizes).eval().folded()
        loaded, _, _ = self.saved(network)
        self.assertEqual(loaded.sizes, sizes)
        self.assertEqual(loaded.components, network.components)
        conv2 = network.stem(torch.randn(3, 120, 80))["conv2"]
        expected, actual = network(conv2), loaded(conv2)
        for name in ("pooled", "evidence", "intensity", "salience"):
            torch.testing.assert_close(actual[name], expected[name], atol=0.02, rtol=0.02)

    def test_quantization_error_is_half_a_step(self):
        weight = np.random.default_rng(0).normal(size=(5, 7, 3)).astype(np.float32)
        weight[2] = 0
        values, scale = export.quantize(weight)
        error = np.abs(values * scale[:, None, None] - weight).max(axis=(1, 2))
        self.assertTrue((error <= scale * 0.501).all())
        self.assertFalse(values[2].any())

    def test_released_file(self):
        data = MODEL.read_bytes()
        self.assertLessEqual(len(data), 900_000)
        size = int.from_bytes(data[:8], "little")
        self.assertEqual(size % 8, 0)
        header = json.loads(data[8 : 8 + size])
        meta = json.loads(header.pop("__metadata__")["emovox"])
        self.assertEqual(meta["format"], 5)
        self.assertEqual(meta["labels"], list(LABELS))
        offset = 0
        for tensor in header.values():  # in order, without holes, floats aligned
            width = {"F32": 4, "I8": 1}[tensor["dtype"]]
            self.assertEqual(tensor["data_offsets"], [offset, offset + width * int(np.prod(tensor["shape"]))])
            self.assertEqual(offset % width, 0)
            offset = tensor["data_offsets"][1]
        self.assertEqual(8 + size + offset, len(data))
        self.assertEqual(list(header)[-1], "checksum")
        self.assertEqual(int.from_bytes(data[-8:], "little"), export.fnv1a(data[:-8]))
        network, _, _ = export.load(MODEL)
        self.assertTrue(all(torch.isfinite(p).all() for p in network.parameters()))


class FeaturesTest(unittest.TestCase):
    def test_sequences(self):
        self.assertEqual(features.sequence_starts(120), [0])
        self.assertEqual(features.sequence_starts(400), [0])
        self.assertEqual(features.sequence_starts(449), [0])  # too little is new
        self.assertEqual(features.sequence_starts(450), [0, 50])
        self.assertEqual(features.sequence_starts(800), [0, 200, 400])
        self.assertEqual(features.sequence_starts(850), [0, 200, 400, 450])

    def test_level_does_not_matter(self):
        logmel = np.random.default_rng(0).uniform(-9, 2, (60, 80))
        np.testing.assert_allclose(features.normalize(logmel - 3), features.normalize(logmel), atol=1e-6)

    def test_colour_is_smooth_and_keeps_time(self):
        rng = np.random.default_rng(0)
        logmel = np.random.default_rng(1).uniform(-9, 2, (60, 80)).astype(np.float32)
        for _ in range(20):
            change = features.colour(np.zeros_like(logmel), rng)
            self.assertLess(np.abs(np.diff(change, axis=1)).max(), 0.4)
            self.assertGreater(np.abs(change).max(), 0)
            self.assertEqual(features.colour(logmel, rng).shape, logmel.shape)


def pool_of(embeddings, labels, corpora, speakers, intensities) -> Pool:
    """A clip per row."""
    clips = [Clip(Path(), c, s, "F", "en", "happy", i) for c, s, i in zip(corpora, speakers, intensities, strict=True)]
    rows, nothing = np.arange(len(labels)), np.zeros(len(labels), int)
    columns = dict(copy=nothing, start=nothing, length=nothing, first=nothing, first_step=nothing, steps=nothing)
    columns |= dict(labels=labels, corpora=corpora, speakers=speakers, folds=nothing)
    return Pool(clips, clip=rows, frames=[], speech_steps=[], **columns)


class HeadsTest(unittest.TestCase):
    """Two corpora of four speakers, each of whom shifts everything, and ordinary people."""

    def setUp(self):
        rng = np.random.default_rng(0)
        rows, size = 2000, 40
        speakers = rng.integers(10, size=rows)
        corpora = np.select([speakers < 4, speakers < 8], ["ravdess", "nemo"], "ordinary_library")
        labels = np.select(
            [speakers < 4, speakers < 8], [rng.integers(8, size=rows), rng.integers(6, size=rows)], ORDINARY_LABEL
        )
        means, shifts = rng.normal(size=(9, size)), rng.normal(size=(10, size))
        means[8] = means[0]
        strong = rng.integers(2, size=rows)
        embeddings = means[labels] + shifts[speakers] + 0.7 * rng.normal(size=(rows, size))
        embeddings[:, 0] += 2 * strong
        names = np.array([f"s{s}" for s in speakers])
        self.pool = pool_of(embeddings, labels, corpora, names, np.where(strong, "strong", "normal"))
        self.embeddings, self.strong, self.labels = embeddings.astype(np.float32), strong, labels
        settings = heads.HeadSettings(dimensions=40, whitened=30)
        self.heads = heads.fit_heads(self.pool, np.arange(rows), self.embeddings, 4, settings)

    def test_components(self):
        by_corpus, on_average = [*range(8), *range(6)], [*range(8)]
        self.assertEqual(sorted(self.heads.components), sorted([*by_corpus, 0, *on_average]))

    def test_emotions_are_told(self):
        logits, _ = self.heads.evidence(self.embeddings)
        answers = population.mixture(logits, self.heads.components).argmax(axis=1)
        acted = self.labels < 8
        self.assertGreater((answers[acted] == self.labels[acted]).mean(), 0.9)
        self.assertGreater((answers[~acted] <= 1).mean(), 0.95)  # nobody is angry in a library

    def test_u_tells_emotions_relative_to_the_speaker(self):
        _, u = self.heads.evidence(self.embeddings)
        np.testing.assert_allclose(u.mean(axis=1) - u.mean(), 0, atol=1e-2)
        acted = self.labels < 8
        for speaker in np.unique(self.pool.speakers):
            own = self.pool.speakers == speaker
            u[own] -= u[own].mean(axis=0)
        centres = np.stack([u[self.labels == y].mean(axis=0) for y in range(8)])
        nearest = ((u[acted][:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
        self.assertGreater((nearest == self.labels[acted]).mean(), 0.9)

    def test_intensity(self):
        values = self.embeddings @ self.heads.intensity + self.heads.intensity_bias
        strong, normal = values[self.strong == 1], values[self.strong == 0]
        self.assertGreater((strong[:, None] > normal).mean(), 0.8)

    def test_a_corpus_of_two_emotions_says_nothing_about_others(self):
        mask = heads.masks(np.array([2, 3, *range(8)]), np.array(["cremad"] * 2 + ["ravdess"] * 8))
        self.assertEqual(np.flatnonzero(mask[0]).tolist(), [2, 3])
        self.assertTrue(mask[2:].all())

    def test_row_weights(self):
        labels = np.array([0, 0, 1, 0, ORDINARY_LABEL, ORDINARY_LABEL, ORDINARY_LABEL])
        corpora = np.array(["ravdess"] * 3 + ["nemo", "a", "a", "b"])
        weights = heads.row_weights(labels, corpora, heads.HeadSettings(), 0.5)
        np.testing.assert_allclose(weights[:4], np.array([0.25, 0.25, 0.5, 1]) / 2, rtol=1e-6)
        self.assertAlmostEqual(float(weights[4:].sum()), 0.25, places=6)
        self.assertAlmostEqual(float(weights[4:6].sum() / weights[6]), 2**0.5, places=5)


class AudioTest(unittest.TestCase):
    def test_channels(self):
        rng = np.random.default_rng(0)
        tone = np.sin(np.arange(32000) / 5).astype(np.float32)
        tone[:16000] = 0
        room = np.zeros(400, np.float32)
        room[0], room[399] = 1, 0.2
        channels = audio.Channels([room], [rng.standard_normal(8000).astype(np.float32)])
        for _ in range(40):
            result = channels.vary(tone, rng)
            self.assertTrue(np.isfinite(result.samples).all())
            self.assertLessEqual(np.abs(result.samples).max(), 1.001)
            seconds = len(result.samples) / result.rate
            self.assertAlmostEqual(len(result.speech) * audio.STEP_SECONDS, seconds, delta=0.05)
            self.assertAlmostEqual(result.speech.sum() * audio.STEP_SECONDS, 16000 / result.rate, delta=0.1)

    def test_codecs_keep_time_and_level(self):
        rng = np.random.default_rng(0)
        tone = (0.01 * np.sin(np.arange(32000) / 20) * (1 + 0.1 * rng.standard_normal(32000))).astype(np.float32)
        for container, subtype, rate in audio.CODECS:
            decoded = audio.coded(tone, container, subtype, rate)
            self.assertEqual(len(decoded), len(tone))
            self.assertAlmostEqual(audio.power(decoded) / audio.power(tone), 1, delta=0.3, msg=subtype)

    def test_noise_has_the_level_asked_for(self):
        rng = np.random.default_rng(0)
        speech, noise = (rng.standard_normal(16000).astype(np.float32) for _ in range(2))
        added = audio.add_noise(speech, noise, 10, audio.power(speech)) - speech
        self.assertAlmostEqual(audio.power(speech) / audio.power(added), 10, delta=0.01)


class SituationsTest(unittest.TestCase):
    """Figures of answers that are made up."""

    def heard(self, emotion, answer, **probabilities):
        clip = Clip(Path(), "made", "s", "F", "en", emotion)
        given = dict.fromkeys(LABELS, 0.0) | probabilities
        return situations.Heard(clip, dict(emotion=answer, probabilities=given))

    def test_recall(self):
        heard = [self.heard("happy", "happy", happy=0.6, sad=0.4)] * 12
        heard += [self.heard("sad", "uncertain", happy=0.4, sad=0.3, angry=0.3)] * 6
        heard += [self.heard("sad", "angry", angry=0.7, sad=0.2, happy=0.1)] * 6  # anger is none of its emotions
        figures = situations.recall(heard)
        self.assertEqual(figures["recall"], dict(happy=100.0, sad=50.0))
        self.assertEqual((figures["uar_forced"], figures["uar_voted"]), (75.0, 50.0))

    def test_claims(self):
        answers = dict(angry=True, happy=True, neutral=False, calm=False, uncertain=False)
        answers |= {"no speech": False, "error": False}
        for answer, claims in answers.items():
            self.assertEqual(self.heard("ordinary", answer).claims, claims, answer)

    def test_calibration(self):
        heard = [self.heard("happy", "happy", happy=0.8, sad=0.2)] * 80 + [
            self.heard("sad", "happy", happy=0.8, sad=0.2)
        ] * 20
        figures = situations.calibration(heard)
        self.assertAlmostEqual(figures["error"], 0, places=6)
        self.assertAlmostEqual(figures["right_at_coverage"]["100"], 80)


if __name__ == "__main__":
    unittest.main()
