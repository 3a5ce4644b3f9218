# SPDX-License-Identifier: MIT
"""What needs torch: folding, speakers, the released file, figures.

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
import evaluate  # noqa: E402
import export  # noqa: E402
import features  # noqa: E402
import heads  # noqa: E402
from corpora import LABELS  # noqa: E402
from network import Network, Sizes, Speaker, log_probabilities  # noqa: E402

MODEL = Path(__file__).resolve().parents[2] / "emovox-small.safetensors"


def trained_network() -> Network:
    """Random weights, and normalisation that has seen something."""
    torch.manual_seed(0)
    network = Network(len(LABELS))
    network.train()
    for _ in range(20):
        network(network.stem(torch.randn(4, 100, 80))["conv2"])
    with torch.no_grad():
        network.conv3_norm.weight.uniform_(0.5, 2)
        network.conv3_norm.bias.uniform_(-1, 1)
    return network.eval()


class NetworkTest(unittest.TestCase):
    def test_shapes(self):
        network = Network(8).eval()
        for frames in (1, 50, 61, 400):
            outputs = network.stem(torch.randn(2, frames, 80))
            outputs |= network(outputs["conv2"])
            steps2 = (frames - 1) // 2 + 1
            steps3 = (steps2 - 1) // 2 + 1
            self.assertEqual(outputs["conv1"].shape, (2, 384, frames))
            self.assertEqual(outputs["conv2"].shape, (2, 384, steps2))
            self.assertEqual(outputs["lstm"].shape, (2, steps3, 128))
            self.assertEqual(outputs["pooled"].shape, (2, 896))
            self.assertEqual(outputs["logits"].shape, (2, 8))

    @torch.no_grad()
    def test_folding_changes_nothing_but_calibration(self):
        network = trained_network()
        conv2 = network.stem(torch.randn(3, 120, 80))["conv2"]
        before, after = network(conv2), network.tempered(2.0, 1.0).folded(0.5)(conv2)
        torch.testing.assert_close(after["lstm"], before["lstm"], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(after["logits"], (before["logits"] / 2).log_softmax(dim=1), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(after["speech"], before["speech"] - 0.5, atol=1e-5, rtol=1e-4)


class SpeakerTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.network = Network(2, sizes=Sizes(stem=8, channels=4, hidden=2), components=[0, 1, 1]).eval()
        self.network.prior_seconds, self.network.within, self.network.between = 6.0, 1.0, 2.0
        self.speaker = Speaker(self.network)

    def test_a_mixture_sums_the_probabilities_of_its_components(self):
        logits = torch.tensor([[0.3, -1.0, 2.0]])
        probabilities = log_probabilities(logits, [0, 1, 1]).exp()[0]
        self.assertAlmostEqual(float(probabilities[1]), float(logits.softmax(1)[0, 1:].sum()), places=6)
        self.assertAlmostEqual(float(probabilities.sum()), 1, places=6)

    def test_without_speech_nothing_is_adapted(self):
        logits = torch.tensor([0.3, -1.0, 2.0])
        expected = log_probabilities(logits[None].double(), [0, 1, 1])[0]
        torch.testing.assert_close(self.speaker.logits(logits, torch.randn(3)), expected)
        self.assertEqual(self.speaker.weight, 0)
        self.speaker.heard([5.0, 1.0, 1.0], 4.0)  # one segment says nothing about variety
        torch.testing.assert_close(self.speaker.logits(logits, torch.randn(3)), expected)

    def test_what_was_heard_counts_as_far_as_it_is_diverse(self):
        for value in (0.0, 2.0):
            self.speaker.heard([value, 1.0, value], 3.0)
        self.assertAlmostEqual(self.speaker.diversity, 1)  # the unbiased variance is 4, less 1, over 2
        self.assertAlmostEqual(self.speaker.weight, 0.5)  # six seconds against the prior's
        for value in (0.2, 1.8):
            self.speaker.heard([value, 1.0, value], 3.0)
        self.assertAlmostEqual(self.speaker.diversity, (2 * 0.82 * 4 / 3 - 1) / 2)
        same = Speaker(self.network)
        for _ in range(9):
            same.heard([2.0, 1.0, 0.0], 3.0)
        self.assertEqual(same.weight, 0)

    def test_enrolled_speech_counts_in_full_and_moves_the_origin(self):
        self.network.ordinary.copy_(torch.tensor([1.0, 0.0, 0.0]))
        speaker = Speaker(self.network)
        speaker.enroll([4.0, 1.0, -1.0], 6.0)
        self.assertEqual(speaker.weight, 0.5)
        components, adapted = torch.zeros(3), torch.tensor([4.0, 1.0, -1.0])
        moved = torch.tensor([1.0, 0.0, 0.0]) + self.network.adapted.bias  # ordinary speech, as training knows it
        both = [log_probabilities(x[None].double(), [0, 1, 1])[0] for x in (components, moved)]
        torch.testing.assert_close(speaker.logits(components, adapted), (both[0] + both[1]) / 2)


class FileTest(unittest.TestCase):
    def saved(self, network, meta=None):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            export.save(path, network, meta or export.metadata(network, "1.2.3", [], 0.1, 0.2))
            return export.load(path)

    @torch.no_grad()
    def test_round_trip(self):
        network = trained_network().folded()
        meta = export.metadata(network, "1.2.3", ["a", "b"], 0.1, 0.2)
        loaded, loaded_meta = self.saved(network, meta)
        self.assertEqual(json.loads(json.dumps(meta)), loaded_meta)
        conv2 = network.stem(torch.randn(3, 120, 80))["conv2"]
        expected, actual = network(conv2), loaded(conv2)
        torch.testing.assert_close(actual["logits"], expected["logits"], atol=0.02, rtol=0.02)

    @torch.no_grad()
    def test_round_trip_of_transformer_blocks(self):
        torch.manual_seed(0)
        sizes = Sizes(stem=32, blocks=2, heads=4, mlp=40, statistics=(0, 1, 2), channels=16, hidden=8)
        components = [*range(len(LABELS)), 0, 0, 5]
        network = Network(len(LABELS), sizes=sizes, components=components).eval().folded()
        network.prior_seconds, network.within, network.between = 9.0, 0.3, 2.5
        network.ordinary.normal_()
        loaded, _ = self.saved(network)
        self.assertEqual(loaded.sizes, sizes)
        for name in ("components", *export.ADAPTATION):
            self.assertEqual(getattr(loaded, name), getattr(network, name))
        torch.testing.assert_close(loaded.ordinary, network.ordinary)
        torch.testing.assert_close(loaded.adapted.bias, network.adapted.bias)
        conv2 = network.stem(torch.randn(3, 120, 80))["conv2"]
        expected, actual = network(conv2), loaded(conv2)
        for name in ("pooled", "components", "adapted", "logits", "intensity", "salience"):
            torch.testing.assert_close(actual[name], expected[name], atol=0.02, rtol=0.02)

    @torch.no_grad()
    def test_quantized_is_what_the_file_holds(self):
        network = trained_network()
        expected, _ = self.saved(export.quantized(network).folded())
        actual, _ = self.saved(network.folded())
        for name, value in expected.state_dict().items():  # but for values between two steps
            close = torch.isclose(actual.state_dict()[name], value, atol=1e-5)
            self.assertGreater(close.float().mean(), 0.999, name)

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
        self.assertEqual(meta["format"], 4)
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
        network, _ = export.load(MODEL)
        self.assertTrue(all(torch.isfinite(p).all() for p in network.parameters()))


class FeaturesTest(unittest.TestCase):
    def test_sequences(self):
        self.assertEqual(features.sequence_starts(120), [0])
        self.assertEqual(features.sequence_starts(400), [0])
        self.assertEqual(features.sequence_starts(401), [0, 1])
        self.assertEqual(features.sequence_starts(800), [0, 200, 400])
        self.assertEqual(features.sequence_starts(850), [0, 200, 400, 450])

    def test_level_does_not_matter(self):
        logmel = np.random.default_rng(0).uniform(-9, 2, (60, 80))
        np.testing.assert_allclose(features.normalize(logmel - 3), features.normalize(logmel), atol=1e-6)
        self.assertTrue(features.is_audible(logmel - 7.9))
        self.assertFalse(features.is_audible(np.full((60, 80), -14.0)))

    def test_colour_is_smooth_and_keeps_time(self):
        rng = np.random.default_rng(0)
        logmel = np.random.default_rng(1).uniform(-9, 2, (60, 80)).astype(np.float32)
        for _ in range(20):
            change = features.colour(np.zeros_like(logmel), rng)
            self.assertLess(np.abs(np.diff(change, axis=1)).max(), 0.4)
            self.assertGreater(np.abs(change).max(), 0)
            self.assertEqual(features.colour(logmel, rng).shape, logmel.shape)


class HeadsTest(unittest.TestCase):
    """Two corpora of four speakers, each of whom shifts everything."""

    def setUp(self):
        rng = np.random.default_rng(0)
        rows, size = 1600, 40
        speakers = rng.integers(8, size=rows)
        corpora = np.where(speakers < 4, "ravdess", "nemo")
        labels = np.where(speakers < 4, rng.integers(8, size=rows), rng.integers(6, size=rows))
        means, shifts = rng.normal(size=(8, size)), 2 * rng.normal(size=(8, size))
        strong = rng.integers(2, size=rows)
        embeddings = means[labels] + shifts[speakers] + 0.7 * rng.normal(size=(rows, size))
        embeddings[:, 0] += 2 * strong
        self.facts = heads.Facts(
            labels, corpora, np.array([f"s{s}" for s in speakers]), np.where(strong, "strong", "normal")
        )
        self.embeddings, self.strong = embeddings.astype(np.float32), strong
        settings = heads.HeadSettings(dimensions=40, whitened=30)
        self.heads = heads.fit_heads(self.embeddings, 4, self.facts, settings)

    def test_components(self):
        self.assertEqual(sorted(self.heads.components), sorted([*range(8), *range(6)]))

    def test_emotions_are_told_relative_to_the_speaker(self):
        u = self.embeddings @ self.heads.adapted.T
        for speaker in np.unique(self.facts.speakers):
            own = self.facts.speakers == speaker
            u[own] -= u[own].mean(axis=0)
        logits = evaluate.log_probabilities(u + self.heads.adapted_bias, self.heads.components.tolist())
        self.assertGreater((logits.argmax(axis=1) == self.facts.labels).mean(), 0.9)

    def test_variance_of_a_speaker(self):
        u = self.embeddings[self.facts.speakers == "s0"] @ self.heads.adapted.T
        share = (u.var(axis=0).sum() - self.heads.within) / self.heads.between
        self.assertTrue(0.5 < share < 2, share)

    def test_intensity(self):
        values = self.embeddings @ self.heads.intensity + self.heads.intensity_bias
        strong, normal = values[self.strong == 1], values[self.strong == 0]
        self.assertGreater((strong[:, None] > normal).mean(), 0.8)

    def test_a_corpus_of_two_emotions_says_nothing_about_others(self):
        mask = heads.masks(np.array([2, 3, *range(8)]), np.array(["cremad"] * 2 + ["ravdess"] * 8))
        self.assertEqual(np.flatnonzero(mask[0]).tolist(), [2, 3])
        self.assertTrue(mask[2:].all())

    def test_shares(self):
        shares = heads.shares(np.array([0, 0, 1, 0]), np.array(["ravdess"] * 3 + ["nemo"]), (("ravdess", 1.0),))
        np.testing.assert_allclose(shares, np.array([0.25, 0.25, 0.5, 0.3]) / 1.3, rtol=1e-6)


class AudioTest(unittest.TestCase):
    def test_augmentation(self):
        rng = np.random.default_rng(0)
        tone = np.sin(np.arange(32000) / 5).astype(np.float32)
        tone[:16000] = 0
        noise = [rng.standard_normal(8000).astype(np.float32)]
        for _ in range(30):
            result = audio.augment(tone, noise, rng)
            self.assertTrue(np.isfinite(result.samples).all())
            self.assertLessEqual(np.abs(result.samples).max(), 1.001)
            seconds = len(result.samples) / result.rate
            self.assertAlmostEqual(len(result.speech) * audio.STEP_SECONDS, seconds, delta=0.05)
            self.assertAlmostEqual(result.speech.sum() * audio.STEP_SECONDS, 16000 / result.rate, delta=0.1)


class FiguresTest(unittest.TestCase):
    def test_scores(self):
        truth, guess = np.array([0, 0, 0, 2]), np.array([0, 0, 2, 2])
        figures = evaluate.scores(evaluate.confusion(truth, guess))
        self.assertAlmostEqual(figures["uar"], 100 * (2 / 3 + 1) / 2)
        self.assertAlmostEqual(figures["accuracy"], 75)
        self.assertAlmostEqual(figures["macro_f1"], 100 * (0.8 + 2 / 3) / 2)

    def test_majority_and_ties(self):
        def logits(*probabilities):
            return np.log(np.array(probabilities) + 1e-9)

        sequences = logits([0.4, 0.3, 0.3], [0.4, 0.3, 0.3], [0, 0, 1], [0.9, 0.1, 0], [0.4, 0.6, 0])
        found, finals, means = evaluate.decide(np.array([3, 3, 3, 5, 5]), sequences)
        self.assertEqual(found.tolist(), [3, 5])
        self.assertEqual(finals.tolist(), [0, 0])  # two votes to one; a tie, and 1.3 against 0.7
        np.testing.assert_allclose(means[1], [0.65, 0.35, 0], atol=1e-6)

    def test_whole_sessions_are_judged_as_the_speaker_does(self):
        torch.manual_seed(0)
        components = [*range(len(LABELS)), 0, 3]
        network = Network(len(LABELS), components=components).eval()
        network.ordinary.normal_()
        network.within, network.between = 4.0, 20.0
        rng = np.random.default_rng(0)
        clips, speakers = np.array([0, 0, 1, 2, 3, 4]), np.array(["a"] * 4 + ["b"] * 2)
        values = rng.normal(size=(2, 6, len(components))).astype(np.float32)
        rest = np.zeros(6, np.float32)
        seconds = np.array([4, 1, 3, 2, 4, 4.0])
        predictions = evaluate.Predictions(clips, *values, seconds, rest, rest[:, None])
        state = evaluate.after_the_others(network, predictions, speakers)
        enrolled = (2.0, 2.0 * (values[1][5] - network.ordinary.numpy()))
        for extra in (None, enrolled):
            actual = evaluate.logits(network, predictions, state, extra)
            for i in range(6):
                speaker = Speaker(network)
                if extra:
                    speaker.enroll(values[1][5], 2.0)
                for k in np.flatnonzero((speakers == speakers[i]) & (clips != clips[i])):
                    speaker.heard(values[1][k], seconds[k])
                expected = speaker.logits(values[0][i], values[1][i]).numpy()
                np.testing.assert_allclose(actual[i], expected, atol=1e-4)

    def test_an_emotion_without_components_is_never_the_answer(self):
        logits = evaluate.log_probabilities(np.array([[0.5, 0.1]], np.float32), [2, 0])
        probabilities = evaluate.softmax(0.0 * logits + 1.0 * logits)[0]
        self.assertTrue(np.isfinite(logits).all())
        self.assertEqual(np.flatnonzero(probabilities > 0).tolist(), [0, 2])

    def test_temperature_and_calibration(self):
        rng = np.random.default_rng(0)
        logits = rng.normal(size=(4000, 8))
        truth = np.array([rng.choice(8, p=row) for row in evaluate.softmax(logits)])
        self.assertAlmostEqual(evaluate.fit_temperature([3 * logits], [truth], list(range(8))), 3, delta=0.3)
        self.assertLess(evaluate.calibration_error(evaluate.softmax(logits), truth), 3)
        self.assertGreater(evaluate.calibration_error(evaluate.softmax(3 * logits), truth), 10)

    def test_speech_gate(self):
        def predictions(*ratios):
            values = np.repeat(np.array(ratios, np.float32)[:, None], len(evaluate.THRESHOLDS), axis=1)
            nothing = np.zeros(len(ratios))
            return evaluate.Predictions(np.arange(len(ratios)), nothing, nothing, nothing, nothing, values)

        gate = evaluate.tune_gate([predictions(0.5, 0.6)], [predictions(0.3, 0.1)])
        self.assertEqual(evaluate.speech_pass_rate(predictions(0.5, 0.6), **gate), 100)
        self.assertEqual(evaluate.speech_pass_rate(predictions(0.3, 0.1), **gate), 0)


if __name__ == "__main__":
    unittest.main()
