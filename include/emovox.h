/* emovox: tells the emotion in a voice.
 *
 * SPDX-License-Identifier: MIT
 *
 * Audio goes in as it comes, verdicts come out as they ripen:
 *
 *   samples -> log-mel -> CNN (and transformer) -> LSTM over a sequence -> one vote -> majority
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
 * is one segment. A segment casts one *vote*: its most probable emotion, or `uncertain` when the calibrated probability
 * of that emotion is below the *threshold*, or none at all when it holds no speech. Hop and threshold are the model's
 * unless emovox_config says otherwise.
 *
 * The *final emotion* is the majority of the votes; ties go to the larger summed probability, and an emotion
 * wins a tie against `uncertain`. The *confidence* is its dominance over time: its votes / all votes.
 * *Probabilities* are calibrated model outputs and are always reported beside the votes, never mixed with them.
 * A recording without speech has the answer EMOVOX_NO_SPEECH instead of an emotion.
 *
 * *Intensity* is how strongly the emotion is expressed, an output of the model of its own. *Valence* (unpleasant to
 * pleasant) and *arousal* (calm to excited) are not: they are the mean of a table in the model file, one point per
 * emotion (Russell 1980), over the probabilities, and hold nothing that the probabilities do not. *Salience* is how
 * much attention the LSTM pays to each moment of a segment: a part of what the verdict rests on, not all of it.
 *
 * A *speaker* remembers how a person usually sounds. Verdicts then say more of how a segment differs from that and
 * less of the voice: the further, the more speech is known. What was *enrolled* as ordinary speech, 10 to 30 s of it,
 * counts in full; whatever else is heard counts as far as it varies, since a session in one emotion does not show what
 * is usual.
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
  EMOVOX_ERROR_MODEL_CHECKSUM = 21    /* the model file is not what its checksum says: damaged or changed */
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

/* ---- speaker -------------------------------------------------------------------------------------------- */

/* What has been heard of one person, a few kilobytes. Analyzers that are given one (emovox_config) judge with what it
 * holds before each segment, and then add the segment to it if there is speech in it. It is created empty, which
 * changes no verdict. It serves one analyzer at a time. What a recording has added stays, even if the recording fails,
 * is cancelled or reset. */
typedef struct emovox_speaker emovox_speaker;

/* `model` is borrowed and must outlive the speaker. On success *speaker must be freed with emovox_speaker_destroy().
 * Errors: ARGUMENT, MEMORY. */
emovox_status emovox_speaker_create(const emovox_model *model, emovox_speaker **speaker);

/* Frees a speaker whose analyzers have been destroyed. NULL is allowed. */
void emovox_speaker_destroy(emovox_speaker *speaker);

/* Forgets everything. NULL is allowed. */
void emovox_speaker_reset(emovox_speaker *speaker);

/* Seconds of segments with speech that were heard or enrolled; what overlaps counts once. */
double emovox_speaker_seconds(const emovox_speaker *speaker);

/* How far the next verdict will be adapted, from 0 (as if nobody were known) towards 1. */
double emovox_speaker_weight(const emovox_speaker *speaker);

/* Writes the profile, a few hundred bytes, to `buffer` and its size to *size, which holds the buffer's size before.
 * With a NULL buffer, only tells the size. A profile holds sums of model outputs, no audio; it is bound to the model.
 * (Little-endian: "EMOVOXSP", uint32 version 1, uint32 components, uint64 fingerprint of the model, doubles, uint64
 * FNV-1a of all that.)
 * Errors: ARGUMENT (also a buffer that is too small). */
emovox_status emovox_speaker_save(const emovox_speaker *speaker, void *buffer, size_t *size);

/* Replaces what the speaker holds by a profile; every byte is checked. On failure the speaker stays as it was.
 * Errors: ARGUMENT, PROFILE, PROFILE_MODEL. */
emovox_status emovox_speaker_restore(emovox_speaker *speaker, const void *bytes, size_t size);

/* ---- analyzer ------------------------------------------------------------------------------------------- */

/* One verdict about one sequence. */
typedef struct emovox_segment {
  double start;                           /* s from the beginning of the recording */
  double end;                             /* s; end - start is at most emovox_sequence_seconds() */
  int label;                              /* the vote: a label index, EMOVOX_NO_SPEECH or EMOVOX_UNCERTAIN */
  float confidence;                       /* probability of the most probable emotion, 0..1; 0 without speech */
  float speech_ratio;                     /* share of the segment that is speech, 0..1 */
  float probabilities[EMOVOX_MAX_LABELS]; /* calibrated, sum to 1; all 0 without speech */
  float intensity;                        /* of the emotion, 0..1; 0 without speech */
  float valence, arousal;                 /* derived from the probabilities, -1..1; 0 without speech */
  const float *salience;                  /* (salience_count) attention to the moments, sums to 1: number k covers
                                             emovox_salience_seconds() from start + k * emovox_salience_seconds() on.
                                             Borrowed, valid during the callback; NULL without speech */
  size_t salience_count;                  /* 0 without speech */
} emovox_segment;

/* The verdict about a whole recording. */
typedef struct emovox_summary {
  double duration;                        /* s of audio pushed */
  int label;                              /* final emotion: a label index, EMOVOX_NO_SPEECH or EMOVOX_UNCERTAIN */
  float confidence;                       /* votes of the winner / all votes, 0..1; 0 without speech */
  float speech_ratio;                     /* mean over the segments, 0..1 */
  uint32_t segments;                      /* all segments */
  uint32_t voting;                        /* segments with speech; votes[] and uncertain sum to this */
  uint32_t votes[EMOVOX_MAX_LABELS];      /* per emotion */
  uint32_t uncertain;                     /* votes for no emotion */
  float probabilities[EMOVOX_MAX_LABELS]; /* mean over voting segments; all 0 without speech */
  float intensity;                        /* mean over voting segments, 0..1; 0 without speech */
  float valence, arousal;                 /* means over voting segments, -1..1; 0 without speech */
} emovox_summary;

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
  emovox_speaker *speaker;              /* to adapt to, of the same model object; borrowed, must outlive the analyzer;
                                           NULL (default): every segment is judged as a stranger's */
  int enroll;                           /* not 0: the recording is the speaker's ordinary, calm speech; default 0 */
  double hop_seconds;                   /* s from one segment's start to the next, EMOVOX_MIN_HOP_SECONDS ..
                                           emovox_sequence_seconds(), rounded to whole frames of log-mel; the time an
                                           analysis takes goes with 1 / hop; 0 (default): emovox_hop_seconds() */
  float threshold;                      /* probability of a vote for an emotion, 0..1: 0 forces an answer, 1 leaves
                                           nearly all uncertain; negative (default): emovox_threshold() */
} emovox_config;

/* The defaults named above. Start from these, so that new fields never break you: zeros are not the defaults. */
emovox_config emovox_config_default(void);

/* The state of one recording, the same size for any length: a few megabytes, or some tens with a large model. */
typedef struct emovox_analyzer emovox_analyzer;

/* Makes an analyzer. `config` is copied; `model` is borrowed and must outlive the analyzer. On success *analyzer
 * must be freed with emovox_analyzer_destroy().
 * Errors: ARGUMENT (also a speaker of another model, enroll without one, a hop or a threshold that is out of range or
 * NaN), SAMPLE_RATE, MEMORY, BACKEND. */
emovox_status emovox_analyzer_create(const emovox_model *model, const emovox_config *config,
                                     emovox_analyzer **analyzer);

/* Adds audio: `frames` x channels interleaved floats, nominally -1..1 (the verdict does not depend on the level),
 * any number of frames per call, 0 included. The verdict does not depend on how the audio is cut into calls.
 * After any error except ARGUMENT and NOT_FINITE (which leave the analyzer untouched), only reset and destroy are
 * allowed.
 * Errors: ARGUMENT, NOT_FINITE, STATE, CANCELLED, BACKEND. */
emovox_status emovox_push(emovox_analyzer *analyzer, const float *samples, size_t frames);

/* Ends the recording: analyses what is left and gives the verdict.
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
