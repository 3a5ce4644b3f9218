/* emovox: tells the emotion in a voice.
 *
 * SPDX-License-Identifier: MIT
 *
 * Audio goes in as it comes, verdicts come out as they ripen:
 *
 *   samples -> log-mel -> CNN (and transformer), LSTM -> evidence -> judgement -> one vote -> majority
 *
 *   emovox_model *model;
 *   emovox_analyzer *analyzer;
 *   emovox_config config = emovox_config_default();
 *   config.sample_rate = 48000;
 *   config.on_segment = print_segment;
 *   if (emovox_model_create(bytes, size, &model)) ...
 *   if (emovox_analyzer_create(model, &config, &analyzer)) ...
 *   while (there is audio)
 *     emovox_push(analyzer, samples, frames);
 *   emovox_finish(analyzer, &summary);
 *   emovox_analyzer_destroy(analyzer);
 *   emovox_model_destroy(model);
 *
 * What the words mean
 * -------------------
 * A *segment* is one sequence of overlapping windows: with the shipped models 4 s of audio, one every 2 s, the *hop*.
 * The last one ends with the recording, unless less than a quarter hop is left; a recording shorter than one sequence
 * is one segment.
 *
 * *Hearing* a segment is the expensive part: the network turns it into *evidence*, a short vector, with an intensity
 * and the share of it that is speech. *Judging* is cheap: evidence, what is known of the *speaker*, a *prior* and the
 * set of *labels* that are allowed give *probabilities*. Evidence can be kept and judged again at any time, in another
 * light, without the audio: emovox_judge(). An analyzer hears, then judges.
 *
 * A segment casts one *vote*: its most probable emotion, or `uncertain` when the *probability* of that emotion is below
 * the *threshold*, or none at all when it holds no speech. The *final emotion* is the majority of the votes; ties go to
 * the larger summed probability, and an emotion wins a tie against `uncertain`. *Agreement* is how far the segments
 * agree: votes of the winner / all votes, its dominance over time. It says nothing of how likely the winner is to be
 * right; probabilities do, and are always reported beside the votes, never mixed with them. A recording without speech
 * has the answer EMOVOX_NO_SPEECH instead of an emotion.
 *
 * The *prior* says how common each emotion is where the audio comes from. In life most speech is ordinary, so by
 * default `neutral` and `calm` together are expected as often as the model file says (*everyday*); recordings of actors
 * who play all emotions alike want an *even* prior (emovox_even_prior()).
 *
 * *Intensity* is how strongly the emotion is expressed, an output of the model of its own. *Valence* (unpleasant to
 * pleasant) and *arousal* (calm to excited) are not: they are the mean of a table in the model file, one point per
 * emotion (Russell 1980), over the probabilities, and hold nothing that the probabilities do not. *Salience* is how
 * much attention the LSTM pays to each moment of a segment: a part of what the verdict rests on, not all of it.
 *
 * A *speaker* is a belief about how one person, through one microphone, differs from others: a Gaussian posterior over
 * the shift of the evidence, learnt from all segments heard by expectation-maximisation, with their emotions unknown
 * (Dempster, Laird & Rubin 1977; as a mixture of probabilistic linear discriminant models, Prince & Elder 2007). What
 * was *enrolled* as ordinary speech, 10 to 30 s of it, is known to be neutral or calm. The better a speaker is known,
 * the more a verdict rests on how a segment differs from that person's usual voice. What is heard later says more about
 * what was heard earlier: judge the segments again at the end (emovox_judge()), and every verdict rests on the whole.
 *
 * Rules that hold everywhere
 * --------------------------
 * - Functions that can fail return an emovox_status, 0 on success; emovox_strerror() says what to do about it.
 * - On failure, output arguments are left as they were, unless said otherwise.
 * - Nothing is allocated after the create functions return. Memory is constant whatever the length of the audio.
 * - There is no global state. A model may serve any number of analyzers; one analyzer belongs to one thread at
 *   a time.
 * - Strings handed out are UTF-8, zero-terminated, owned by the object they come from.
 */
#ifndef EMOVOX_H
#define EMOVOX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EMOVOX_VERSION "0.1.0"

/* Upper limit on the emotions of a model, so that results are plain structs. */
#define EMOVOX_MAX_LABELS 16

/* Upper limit on the numbers of a segment's evidence. */
#define EMOVOX_MAX_EVIDENCE 64

/* Special values where a label index (0 .. emovox_label_count() - 1) is expected. */
#define EMOVOX_NO_SPEECH (-1) /* nothing to judge: silence, noise or music */
#define EMOVOX_UNCERTAIN (-2) /* speech, but no emotion stands out */

/* The limits of emovox_config. */
#define EMOVOX_MIN_SAMPLE_RATE 8000
#define EMOVOX_MAX_SAMPLE_RATE 192000
#define EMOVOX_MAX_CHANNELS 32
#define EMOVOX_MIN_HOP_SECONDS 0.25

typedef enum emovox_status {
  EMOVOX_OK = 0,
  EMOVOX_ERROR_ARGUMENT = 1,          /* a null pointer or a value outside its documented range */
  EMOVOX_ERROR_MEMORY = 2,            /* an allocation failed */
  EMOVOX_ERROR_SAMPLE_RATE = 3,       /* sample rate outside 8000 .. 192000 Hz */
  EMOVOX_ERROR_NOT_FINITE = 4,        /* a sample is NaN, infinite or beyond +-1e6 */
  EMOVOX_ERROR_EMPTY = 5,             /* finish without a single sample */
  EMOVOX_ERROR_TOO_SHORT = 6,         /* fewer samples than the model needs for one verdict */
  EMOVOX_ERROR_CANCELLED = 7,         /* on_progress asked to stop */
  EMOVOX_ERROR_STATE = 8,             /* push or finish after finish or a failure: reset first */
  EMOVOX_ERROR_MODEL_TRUNCATED = 9,   /* the file ends before what its header promises */
  EMOVOX_ERROR_MODEL_HEADER = 10,     /* not safetensors, or its JSON header is malformed */
  EMOVOX_ERROR_MODEL_VERSION = 11,    /* a format version that this library does not know */
  EMOVOX_ERROR_MODEL_METADATA = 12,   /* a parameter is missing or out of range */
  EMOVOX_ERROR_MODEL_DTYPE = 13,      /* a tensor of an unexpected number type */
  EMOVOX_ERROR_MODEL_SHAPE = 14,      /* a tensor whose shape does not fit the layer sizes */
  EMOVOX_ERROR_MODEL_OFFSETS = 15,    /* tensor data overlaps, leaves holes or lies outside the file */
  EMOVOX_ERROR_MODEL_TENSOR = 16,     /* a tensor is missing, named twice or not known */
  EMOVOX_ERROR_MODEL_NOT_FINITE = 17, /* a weight is NaN or infinite */
  EMOVOX_ERROR_BACKEND = 18,          /* the neural network library refused to start */
  EMOVOX_ERROR_PROFILE = 19,          /* not a speaker's profile, cut short, changed, or with impossible values */
  EMOVOX_ERROR_PROFILE_MODEL = 20,    /* a profile that another model made */
  EMOVOX_ERROR_MODEL_CHECKSUM = 21,   /* the model file is not what its checksum says: damaged or changed */
  EMOVOX_ERROR_PROFILE_VERSION = 22,  /* a profile of another version of emovox: enrol the person again */
  EMOVOX_ERROR_EVIDENCE = 23          /* evidence that no model gives: not finite, or beyond +-1e6 */
} emovox_status;

/* One English sentence: what is wrong and what to do. Never NULL; unknown values get a sentence of their own. */
const char *emovox_strerror(emovox_status status);

/* The library's version, EMOVOX_VERSION. */
const char *emovox_version(void);

/* ---- model ---------------------------------------------------------------------------------------------- */

/* Weights and everything needed to use them: front end, layer sizes, labels, sequence. Immutable. */
typedef struct emovox_model emovox_model;

/* Reads a model from a safetensors file in memory (https://github.com/huggingface/safetensors, metadata as
 * model/README.md describes). Every field is checked before it is used. `bytes` is copied and may be freed at once.
 * On success *model must be freed with emovox_model_destroy().
 * Errors: ARGUMENT, MEMORY, MODEL_*. */
emovox_status emovox_model_create(const void *bytes, size_t size, emovox_model **model);

/* Frees a model whose analyzers have all been destroyed. NULL is allowed. */
void emovox_model_destroy(emovox_model *model);

/* The model's name ("small"), version ("0.1.0") and licence (an SPDX expression). */
const char *emovox_model_name(const emovox_model *model);
const char *emovox_model_version(const emovox_model *model);
const char *emovox_model_license(const emovox_model *model);

/* Number of emotions, 2 .. EMOVOX_MAX_LABELS. */
int emovox_label_count(const emovox_model *model);

/* Name of a label index: an emotion ("happy"), "no speech" for EMOVOX_NO_SPEECH, "uncertain" for EMOVOX_UNCERTAIN;
 * NULL for anything else. */
const char *emovox_label(const emovox_model *model, int label);

/* Seconds of audio in a full segment, from one segment's start to the next, and in the shortest recording that
 * gets a verdict. */
double emovox_sequence_seconds(const emovox_model *model);
double emovox_hop_seconds(const emovox_model *model);
double emovox_min_seconds(const emovox_model *model);

/* The probability, 0..1, below which the most probable emotion of a segment is no vote for it but `uncertain`. */
float emovox_threshold(const emovox_model *model);

/* Seconds of audio per value of emovox_segment.salience. */
double emovox_salience_seconds(const emovox_model *model);

/* Numbers in a segment's evidence, 1 .. EMOVOX_MAX_EVIDENCE. */
size_t emovox_evidence_count(const emovox_model *model);

/* Tells models apart: evidence and profiles are of use with the model of the same fingerprint only. A 64-bit FNV-1a of
 * the file. */
uint64_t emovox_fingerprint(const emovox_model *model);

/* Writes to `prior` the weights of the labels, EMOVOX_MAX_LABELS of them, that are judged with by default (everyday: it
 * adds up to 1), or the same weight for each (even: 1). NULL is allowed for neither. */
void emovox_everyday_prior(const emovox_model *model, float *prior);
void emovox_even_prior(const emovox_model *model, float *prior);

/* ---- segments and judgement ----------------------------------------------------------------------------- */

/* One verdict about one sequence. */
typedef struct emovox_segment {
  double start;                           /* s from the beginning of the recording */
  double end;                             /* s; end - start is at most emovox_sequence_seconds() */
  float speech_ratio;                     /* share of the segment that is speech, 0..1 */
  float intensity;                        /* of the emotion, 0..1; 0 without speech */
  const float *salience;                  /* (salience_count) attention to the moments, sums to 1: number k covers
                                             emovox_salience_seconds() from start + k * emovox_salience_seconds() on.
                                             Borrowed, valid during the callback; NULL without speech */
  size_t salience_count;                  /* 0 without speech */
  float evidence[EMOVOX_MAX_EVIDENCE];    /* emovox_evidence_count() numbers; all 0 without speech */
  int label;                              /* the vote: a label index, EMOVOX_NO_SPEECH or EMOVOX_UNCERTAIN */
  float probability;                      /* of the most probable emotion, 0..1; 0 without speech */
  float probabilities[EMOVOX_MAX_LABELS]; /* calibrated, sum to 1 over the labels allowed; all 0 without speech */
  float valence, arousal;                 /* derived from the probabilities, -1..1; 0 without speech */
} emovox_segment;

/* The verdict about a whole recording. */
typedef struct emovox_summary {
  double duration;                        /* s of audio pushed */
  int label;                              /* final emotion: a label index, EMOVOX_NO_SPEECH or EMOVOX_UNCERTAIN */
  float agreement;                        /* votes of the winner / all votes, 0..1; 0 without speech */
  float probability;                      /* mean of the winner's, 0..1; of the most probable emotion's if uncertain */
  float speech_ratio;                     /* mean over the segments, 0..1 */
  uint32_t segments;                      /* all segments */
  uint32_t voting;                        /* segments with speech; votes[] and uncertain sum to this */
  uint32_t votes[EMOVOX_MAX_LABELS];      /* per emotion */
  uint32_t uncertain;                     /* votes for no emotion */
  float probabilities[EMOVOX_MAX_LABELS]; /* mean over voting segments; all 0 without speech */
  float intensity;                        /* mean over voting segments, 0..1; 0 without speech */
  float valence, arousal;                 /* means over voting segments, -1..1; 0 without speech */
} emovox_summary;

/* What has been heard of one person, some 170 kilobytes. It is created empty, which changes no verdict. It serves one
 * analyzer, or one call, at a time. */
typedef struct emovox_speaker emovox_speaker;

/* In what light evidence is judged. */
typedef struct emovox_judging {
  emovox_speaker *speaker; /* whose voice it is, of the same model object; borrowed. NULL (default): a stranger's */
  float prior[EMOVOX_MAX_LABELS]; /* how common each label is, 0 .. 1e6 relative to the others; all 0 (default):
                                       emovox_everyday_prior() */
  uint32_t labels;                /* those that may be the answer: bit k stands for label k, two bits or more are set;
                                       0 (default): all. The belief about a speaker goes on to know the others */
  float threshold;                /* probability of a vote for an emotion, 0..1: 0 forces an answer, 1 leaves nearly
                                       all uncertain; negative (default): emovox_threshold() */
} emovox_judging;

/* The defaults named above. Start from these, so that new fields never break you: zeros are not the defaults. */
emovox_judging emovox_judging_default(void);

/* Judges segments anew, in place: label, probability, probabilities, valence and arousal follow from evidence and
 * `judging`. Segments without speech stay as they are. The speaker learns nothing. An hour of segments takes a few
 * milliseconds.
 * Errors: ARGUMENT (also a judging that is out of its ranges, NaN included, or a prior that leaves no label allowed),
 * EVIDENCE; nothing is changed then. */
emovox_status emovox_judge(const emovox_model *model, const emovox_judging *judging, emovox_segment *segments,
                           size_t count);

/* The verdict on a recording of `duration` seconds from its segments, in order.
 * Errors: ARGUMENT (also a label that the model does not have). */
emovox_status emovox_summarize(const emovox_model *model, const emovox_segment *segments, size_t count, double duration,
                               emovox_summary *summary);

/* ---- speaker -------------------------------------------------------------------------------------------- */

/* `model` is borrowed and must outlive the speaker. On success *speaker must be freed with emovox_speaker_destroy().
 * Errors: ARGUMENT, MEMORY. */
emovox_status emovox_speaker_create(const emovox_model *model, emovox_speaker **speaker);

/* Frees a speaker whose analyzers have been destroyed. NULL is allowed. */
void emovox_speaker_destroy(emovox_speaker *speaker);

/* Forgets everything. NULL is allowed. */
void emovox_speaker_reset(emovox_speaker *speaker);

/* Learns from segments of one recording, in order of time; those without speech are passed over. `ordinary`: not 0 if
 * they are known to be the person's ordinary, calm speech. An analyzer that is given a speaker does this by itself.
 * Errors: ARGUMENT (also a segment that does not lie within 0 .. 1e9 s or ends before it starts), EVIDENCE; nothing is
 * learnt then. */
emovox_status emovox_speaker_hear(emovox_speaker *speaker, const emovox_segment *segments, size_t count, int ordinary);

/* Seconds of segments with speech that were heard or enrolled; what overlaps counts once. */
double emovox_speaker_seconds(const emovox_speaker *speaker);

/* How far verdicts are adapted, from 0 (as if nobody were known) towards 1. */
double emovox_speaker_weight(const emovox_speaker *speaker);

/* Writes the profile, a few hundred bytes, to `buffer` and its size to *size, which holds the buffer's size before.
 * With a NULL buffer, only tells the size. A profile holds the posterior: sums of evidence, no audio. It is bound to
 * the model.
 * (Little-endian: "EMOVOXSP", uint32 version 2, uint32 dimensions, uint32 labels, uint32 0, uint64 fingerprint of the
 * model, doubles, uint64 FNV-1a of all that.)
 * Errors: ARGUMENT (also a buffer that is too small). */
emovox_status emovox_speaker_save(const emovox_speaker *speaker, void *buffer, size_t *size);

/* Replaces what the speaker holds by a profile; every byte is checked. On failure the speaker stays as it was.
 * Errors: ARGUMENT, PROFILE, PROFILE_VERSION, PROFILE_MODEL. */
emovox_status emovox_speaker_restore(emovox_speaker *speaker, const void *bytes, size_t size);

/* ---- analyzer ------------------------------------------------------------------------------------------- */

/* Called for each segment as it completes, in order of time, from within push or finish. `segment` is valid
 * during the call only. The callback must not call back into the analyzer. */
typedef void (*emovox_segment_callback)(const emovox_segment *segment, void *user);

/* Called after every analysed segment with the seconds of audio analysed so far. Return 0 to go on, anything else
 * to stop: the push or finish under way then returns EMOVOX_ERROR_CANCELLED. */
typedef int (*emovox_progress_callback)(double seconds, void *user);

typedef struct emovox_config {
  uint32_t sample_rate;                 /* Hz, 8000 .. 192000; default 16000. Resampled to the model's rate inside. */
  uint32_t channels;                    /* interleaved channels, 1 .. 32, mixed to mono by their mean; default 1 */
  emovox_segment_callback on_segment;   /* may be NULL (default) */
  emovox_progress_callback on_progress; /* may be NULL (default) */
  void *user;                           /* handed to the callbacks; default NULL */
  emovox_judging judging;               /* how segments are judged as they complete; a speaker in it learns from each,
                                           after it was judged, and must outlive the analyzer. What a recording has
                                           taught stays, even if the recording fails, is cancelled or reset.
                                           emovox_judging_default() by default */
  int enroll;                           /* not 0: the recording is the speaker's ordinary, calm speech; default 0 */
  double hop_seconds;                   /* s from one segment's start to the next, EMOVOX_MIN_HOP_SECONDS ..
                                           emovox_sequence_seconds(), rounded to whole frames of log-mel; the time an
                                           analysis takes goes with 1 / hop; 0 (default): emovox_hop_seconds() */
} emovox_config;

/* The defaults named above. Start from these, so that new fields never break you: zeros are not the defaults. */
emovox_config emovox_config_default(void);

/* The state of one recording, the same size for any length: a few megabytes, or some tens with a large model. */
typedef struct emovox_analyzer emovox_analyzer;

/* Makes an analyzer. `config` is copied; `model` is borrowed and must outlive the analyzer. On success *analyzer
 * must be freed with emovox_analyzer_destroy().
 * Errors: ARGUMENT (also a judging that emovox_judge() would refuse, enroll without a speaker, a hop that is out of
 * range or NaN), SAMPLE_RATE, MEMORY, BACKEND. */
emovox_status emovox_analyzer_create(const emovox_model *model, const emovox_config *config,
                                     emovox_analyzer **analyzer);

/* Adds audio: `frames` x channels interleaved floats, nominally -1..1 (the verdict does not depend on the level),
 * any number of frames per call, 0 included. The verdict does not depend on how the audio is cut into calls.
 * After any error except ARGUMENT and NOT_FINITE (which leave the analyzer untouched), only reset and destroy are
 * allowed.
 * Errors: ARGUMENT, NOT_FINITE, STATE, CANCELLED, BACKEND. */
emovox_status emovox_push(emovox_analyzer *analyzer, const float *samples, size_t frames);

/* Ends the recording: analyses what is left and gives the verdict, from the segments as they were judged when they were
 * heard. With a speaker, judge the segments again and summarise them: emovox_judge(), emovox_summarize().
 * Errors: ARGUMENT, STATE, EMPTY, TOO_SHORT, CANCELLED, BACKEND. */
emovox_status emovox_finish(emovox_analyzer *analyzer, emovox_summary *summary);

/* The verdict so far, over the segments completed: for a live view. Without a segment, label is
 * EMOVOX_NO_SPEECH and every count 0.
 * Errors: ARGUMENT. */
emovox_status emovox_peek(const emovox_analyzer *analyzer, emovox_summary *summary);

/* Forgets the recording; the analyzer is as new, but its speaker forgets nothing. NULL is allowed. */
void emovox_analyzer_reset(emovox_analyzer *analyzer);

/* Frees an analyzer. NULL is allowed. */
void emovox_analyzer_destroy(emovox_analyzer *analyzer);

/* ---- features ------------------------------------------------------------------------------------------- */

/* The log-mel front end alone, for training and spectrograms: the same code and parameters as the analyzer's. */
typedef struct emovox_features emovox_features;

/* Called for every frame of log-mel, in order: `bands` floats, log10 of mel-band power, before the per-sequence
 * normalisation. */
typedef void (*emovox_frame_callback)(const float *frame, size_t bands, void *user);

/* Makes an extractor with the emovox front end (16 kHz mono, 400-sample periodic Hann, hop 160, 80 Slaney mel
 * bands from 0 to 8000 Hz, centred frames, zeros beyond both ends: librosa.feature.melspectrogram's conventions).
 * Of `config`, sample_rate, channels and user are read. Free with emovox_features_destroy().
 * Errors: ARGUMENT, SAMPLE_RATE, MEMORY. */
emovox_status emovox_features_create(const emovox_config *config, emovox_frame_callback on_frame,
                                     emovox_features **features);

/* As emovox_push and emovox_finish: n samples at 16 kHz give 1 + floor(n / 160) frames in all.
 * Errors: ARGUMENT, NOT_FINITE, STATE; finish also EMPTY. */
emovox_status emovox_features_push(emovox_features *features, const float *samples, size_t frames);
emovox_status emovox_features_finish(emovox_features *features);

/* NULL is allowed. */
void emovox_features_destroy(emovox_features *features);

#ifdef __cplusplus
}
#endif

#endif
