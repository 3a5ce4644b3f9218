# SPDX-License-Identifier: MIT
"""Readers and splits on small folders in the corpora's official layouts."""

import contextlib
import io
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import corpora  # noqa: E402
import splits  # noqa: E402

IEMOCAP_EVALUATION = """\
% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]
C-E2:\tNeutral;\t()
A-E3:\tval 3; act 2; dom  2;\t()

[10.0100 - 11.3925]\tSes01F_impro01_M000\texc\t[4.5000, 3.5000, 3.5000]
C-E2:\tExcited;\t()

[14.8872 - 18.0175]\tSes01F_impro01_F001\tfru\t[2.0000, 3.0000, 3.0000]
C-E2:\tFrustration;\t()

[19.2900 - 20.7875]\tSes01F_impro01_M001\txxx\t[2.5000, 3.0000, 3.0000]

[21.3257 - 24.7400]\tSes01F_impro01_F002\tang\t[2.0000, 4.0000, 4.0000]
"""


class Corpora(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def make(self, *names, text=""):
        for name in names:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def read(self, *names):
        self.messages = io.StringIO()
        with contextlib.redirect_stderr(self.messages):
            return corpora.read_corpora(self.root, list(names) or None)

    def summary(self, *names):
        return sorted((clip.speaker, clip.sex, clip.emotion, clip.intensity) for clip in self.read(*names))

    def test_ravdess(self):
        self.make(
            "RAVDESS/Actor_01/03-01-01-01-01-01-01.wav",
            "RAVDESS/Actor_02/03-01-08-02-02-02-02.flac",
            "RAVDESS/Actor_02/03-02-05-01-01-01-02.wav",  # song
            "RAVDESS/Actor_02/01-01-05-01-01-01-02.wav",  # soundtrack of a video
            "RAVDESS/Actor_02/notes.txt",
            "RAVDESS/Actor_02/.03-01-05-01-01-01-02.wav",
            "RAVDESS/audio_speech_actors_01-24/Actor_01/03-01-01-01-01-01-01.wav",  # the same again
        )
        expected = [("ravdess_01", "M", "neutral", "normal"), ("ravdess_02", "F", "surprised", "strong")]
        self.assertEqual(self.summary("ravdess"), expected)

    def test_ravdess_emotions(self):
        self.make(*(f"ravdess/Actor_03/03-01-{i:02d}-01-01-01-03.wav" for i in range(1, 9)))
        self.assertEqual([clip.emotion for clip in self.read("ravdess")], list(corpora.LABELS))

    def test_cremad(self):
        names = ("1001_DFA_ANG_XX.wav", "1001_IEO_HAP_HI.wav", "1002_IEO_SAD_LO.mp3", "1002_IEO_NEU_X.wav")
        self.make(*(f"CREMA-D/AudioWAV/{name}" for name in names))
        self.make("CREMA-D/VideoDemographics.csv", text='"ActorID","Age","Sex"\n1001,51,"Male"\n1002,21,"Female"\n')
        expected = [
            ("cremad_1001", "M", "angry", "unspecified"),
            ("cremad_1001", "M", "happy", "high"),
            ("cremad_1002", "F", "neutral", "unspecified"),
            ("cremad_1002", "F", "sad", "low"),
        ]
        self.assertEqual(self.summary("cremad"), expected)

    def test_tess_flat_and_in_folders(self):
        names = ("OAF_Fear/OAF_back_fear.wav", "YAF_pleasant_surprised/YAF_back_ps.wav", "OA_bite_neutral.wav")
        self.make(*(f"TESS Toronto emotional speech set data/{name}" for name in names))
        expected = [
            ("tess_OAF", "F", "fearful", "unspecified"),
            ("tess_OAF", "F", "neutral", "unspecified"),
            ("tess_YAF", "F", "surprised", "unspecified"),
        ]
        self.assertEqual(self.summary("tess"), expected)

    def test_nemo(self):
        self.make("nEMO/samples/SM0_anger_77.wav", "nEMO/samples/QX0_surprised_1.opus", "nEMO/samples/SM0_other_1.wav")
        self.make("nEMO/data.tsv", text="file_id\tspeaker_id\tgender\nQX0_surprised_1\tQX0\tfemale\n")
        expected = [("nemo_QX0", "F", "surprised", "unspecified"), ("nemo_SM0", "M", "angry", "unspecified")]
        self.assertEqual(self.summary("nemo"), expected)

    def test_emodb(self):
        self.make("EmoDB/wav/03a01Fa.wav", "EmoDB/wav/16b10Wb.wav", "EmoDB/wav/08a02La.wav")
        expected = [("emodb_03", "M", "happy", "unspecified"), ("emodb_16", "F", "angry", "unspecified")]
        self.assertEqual(self.summary("emodb"), expected)

    def test_iemocap(self):
        session = "IEMOCAP_full_release/Session1"
        self.make(f"{session}/dialog/EmoEvaluation/Ses01F_impro01.txt", text=IEMOCAP_EVALUATION)
        self.make(f"{session}/dialog/EmoEvaluation/._Ses01F_impro01.txt", text="\0")
        self.make(f"{session}/dialog/EmoEvaluation/Categorical/Ses01F_impro01_e2_cat.txt", text="not read")
        for turn in ("F000", "M000", "F001", "M001"):  # F002 is labelled but its recording is missing
            self.make(f"{session}/sentences/wav/Ses01F_impro01/Ses01F_impro01_{turn}.wav")
        expected = [("iemocap_Ses01F", "F", "neutral", "unspecified"), ("iemocap_Ses01M", "M", "happy", "unspecified")]
        self.assertEqual(self.summary("iemocap"), expected)
        self.assertTrue(all(clip.path.is_file() for clip in self.read("iemocap")))

    def test_esc10(self):
        self.make("noise-esc10/1-100032-A.opus", "noise-esc10/5-9032-A-0.wav", "noise-esc10/readme.wav")
        self.assertEqual(
            self.summary("esc10"), [("esc10_1", "", "", "unspecified"), ("esc10_5", "", "", "unspecified")]
        )

    def test_absent_corpora_are_skipped_with_a_message(self):
        self.make("emodb/wav/03a01Fa.wav")
        self.assertEqual({clip.corpus for clip in self.read()}, {"emodb"})
        self.assertIn("iemocap: not found", self.messages.getvalue())
        self.assertNotIn("emodb", self.messages.getvalue())
        self.root = self.root / "nowhere"
        self.assertEqual(self.read(), [])

    def test_root(self):
        with mock.patch.dict(os.environ, EMOVOX_CORPORA="somewhere"):
            self.assertEqual(corpora.corpora_root(), Path("somewhere"))
            self.assertEqual(corpora.corpora_root("elsewhere"), Path("elsewhere"))
            del os.environ["EMOVOX_CORPORA"]
            self.assertEqual(corpora.corpora_root().parts[-2:], ("shared", "corpora"))


def clip(speaker, sex="F"):
    return corpora.Clip(Path(f"{speaker}.wav"), "test", speaker, sex, "en", "happy")


class Splits(unittest.TestCase):
    def assert_disjoint(self, splits_):
        tested = [speaker for split in splits_ for speaker in split.test]
        self.assertEqual(len(tested), len(set(tested)))
        for split in splits_:
            self.assertFalse(split.train & split.test)
            self.assertFalse(split.train & split.validation)
            self.assertFalse(split.validation & split.test)
            self.assertEqual(split.train | split.validation | split.test, set(tested))

    def test_ravdess(self):
        folds = splits.ravdess_folds()
        self.assertEqual(len(folds), 5)
        self.assertEqual(folds[0].test, {"ravdess_01", "ravdess_02", "ravdess_03", "ravdess_04"})
        self.assertEqual(folds[4].test, {"ravdess_17", "ravdess_18", "ravdess_19", "ravdess_20"})
        self.assert_disjoint(folds)

    def test_by_speaker(self):
        clips = [clip(f"speaker_{i}", "FM"[i % 2]) for i in range(7) for _ in range(3)]
        folds = splits.speaker_folds(clips, 3)
        self.assertEqual(len(folds), 3)
        self.assert_disjoint(folds)
        for split in folds:
            self.assertEqual({c.sex for c in split.part(clips, "test")}, {"F", "M"})
        for count in (2, 8):
            with self.assertRaises(ValueError):
                splits.speaker_folds(clips, count)

    def test_part(self):
        split = splits.Split(frozenset({"a"}), frozenset({"b"}), frozenset({"c"}))
        clips = [clip("a"), clip("b"), clip("c"), clip("d")]
        self.assertEqual([c.speaker for c in split.part(clips, "train", "validation")], ["a", "b"])
        self.assertEqual([c.speaker for c in split.part(clips, "test")], ["c"])


if __name__ == "__main__":
    unittest.main()
