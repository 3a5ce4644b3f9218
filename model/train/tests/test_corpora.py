# SPDX-License-Identifier: MIT
"""Readers and tables on small folders in the corpora's official layouts; who is left out together."""

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
import groups  # noqa: E402

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
            return corpora.read_layouts(self.root, list(names) or None)

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


class Table(Corpora):
    def test_round_trip(self):
        self.make("RAVDESS/Actor_01/03-01-01-01-01-01-01.wav", "TESS/OAF_back_fear.wav")
        clips = self.read("ravdess", "tess")
        with (self.root / corpora.TABLE).open("w", encoding="utf-8") as file:
            corpora.write_table(self.root, clips, file)
        self.assertEqual(corpora.read_table(self.root), clips)

    def test_ordinary_speech_and_more_columns(self):
        head = "speaker\tpath\tcorpus\tsex\tlanguage\temotion\tsentence"
        rows = ["ann\tmy/a.wav\tmine\tF\tfi\tordinary\thei", "bob\tmy/b.wav\tmine\t\tfi\tbored\t"]
        (self.root / corpora.TABLE).write_text("\n".join([head, *rows]) + "\n")
        expected = corpora.Clip(self.root / "my/a.wav", "mine", "ann", "F", "fi", "ordinary", "unspecified")
        self.assertEqual(corpora.read_table(self.root), [expected])

    def test_what_is_missing_is_named(self):
        with self.assertRaisesRegex(SystemExit, r"(?s)is not there.*corpora\.py"):
            corpora.read_table(self.root)
        (self.root / corpora.TABLE).write_text("path\tcorpus\tspeaker\n")
        with self.assertRaisesRegex(SystemExit, "no column sex, language, emotion"):
            corpora.read_table(self.root)


def clip(corpus, speaker):
    return corpora.Clip(Path(f"{speaker}.wav"), corpus, speaker, "F", "en", "happy")


class Groups(unittest.TestCase):
    def folds(self, corpus, count):
        names = [f"{corpus}_{i:03d}" for i in range(count)]
        found = groups.folds(clip(corpus, name) for name in names for _ in range(2))
        return [found[corpus, name] for name in names]

    def test_actors_are_dealt_in_order(self):
        self.assertEqual(self.folds("ravdess", 20), [i // 4 for i in range(20)])
        self.assertEqual(self.folds("nemo", 7), [0, 1, 2, 3, 4, 0, 1])

    def test_many_people_are_spread(self):
        counts = [self.folds("crowd", 500).count(fold) for fold in range(groups.FOLDS)]
        self.assertGreater(min(counts), 60)

    def test_some_sources_stay_whole(self):
        for corpus, fold in groups.WHOLE.items():
            self.assertEqual(set(self.folds(corpus, 30)), {fold})

    def test_everybody_is_left_out_once(self):
        self.assertEqual(sorted(fold for group in groups.GROUPS for fold in group), list(range(groups.FOLDS)))


if __name__ == "__main__":
    unittest.main()
