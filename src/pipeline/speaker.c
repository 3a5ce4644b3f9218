/* SPDX-License-Identifier: MIT */
#include "pipeline/speaker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/fnv.h"
#include "pipeline/model.h"

/* ---- life ---- */

emovox_status emovox_speaker_create(const emovox_model *model, emovox_speaker **speaker) {
  if (!model || !speaker) return EMOVOX_ERROR_ARGUMENT;
  emovox_speaker *self = calloc(1, sizeof *self);
  if (!self) return EMOVOX_ERROR_MEMORY;
  self->model = model;
  emovox_speaker_reset(self);
  *speaker = self;
  return EMOVOX_OK;
}

void emovox_speaker_destroy(emovox_speaker *self) {
  free(self);
}

void emovox_speaker_reset(emovox_speaker *self) {
  if (!self) return;
  const emovox_model *model = self->model;
  *self = (emovox_speaker){.model = model, .learnt = -1};
}

/* ---- learning ---- */

static const double longest = 1e9; /* s, of a recording */

static double heard(const emovox_speaker *self) {
  double weight = self->rest.weight;
  for (size_t i = 0; i < self->count; i++)
    weight += (double)self->observations[i].weight;
  return weight;
}

const belief *speaker_belief(emovox_speaker *self, const float *prior, int late) {
  const population *people = &self->model->people;
  int same = self->learnt >= 0 && memcmp(prior, self->prior, people->labels * sizeof(float)) == 0;
  double now = heard(self);
  if (same && (now == self->learnt || (late && now < self->learnt * 1.125))) return &self->known;
  belief_learn(people, prior, self->observations, self->count, &self->rest, &self->known);
  memcpy(self->prior, prior, people->labels * sizeof(float));
  self->learnt = now;
  return &self->known;
}

void speaker_hear(emovox_speaker *self, const emovox_segment *segment, double seconds, int ordinary) {
  const population *people = &self->model->people;
  if (self->count == SPEAKER_KEPT) {
    const float *prior = self->learnt >= 0 ? self->prior : people->everyday;
    const belief *known = speaker_belief(self, prior, 1);
    belief_condense(people, prior, known, self->observations, SPEAKER_CONDENSED, &self->rest);
    self->count -= SPEAKER_CONDENSED;
    memmove(self->observations, self->observations + SPEAKER_CONDENSED, self->count * sizeof *self->observations);
  }
  float weight = (float)(seconds / (segment->end - segment->start));
  belief_observe(people, segment->evidence, weight, ordinary ? people->ordinary : UINT32_MAX,
                 &self->observations[self->count++]);
  self->seconds += seconds;
}

emovox_status emovox_speaker_hear(emovox_speaker *self, const emovox_segment *segments, size_t count, int ordinary) {
  if (!self || (!segments && count)) return EMOVOX_ERROR_ARGUMENT;
  for (size_t i = 0; i < count; i++) {
    if (segments[i].label == EMOVOX_NO_SPEECH) continue;
    if (!(segments[i].start >= 0 && segments[i].end > segments[i].start && segments[i].end <= longest))
      return EMOVOX_ERROR_ARGUMENT;
    if (!judge_plausible(&self->model->people, segments[i].evidence)) return EMOVOX_ERROR_EVIDENCE;
  }
  double end = 0;
  for (size_t i = 0; i < count; i++) {
    const emovox_segment *segment = &segments[i];
    if (segment->label == EMOVOX_NO_SPEECH || segment->end <= end) continue;
    speaker_hear(self, segment, segment->end - fmax(segment->start, end), ordinary);
    end = segment->end;
  }
  return EMOVOX_OK;
}

double emovox_speaker_seconds(const emovox_speaker *self) {
  return self->seconds;
}

double emovox_speaker_weight(const emovox_speaker *self) {
  return judge_weight(&self->model->people, &(belief){.heard = heard(self)});
}

/* ---- profile: little-endian, see emovox_speaker_save() ---- */

static const uint8_t MAGIC[8] = "EMOVOXSP";
enum { VERSION = 2, HEADER = 32 };

static size_t profile_size(size_t dimensions) {
  return HEADER + (2 + dimensions) * sizeof(double) + FNV_BYTES;
}

static void put(uint8_t **at, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++, value >>= 8)
    *(*at)++ = (uint8_t)value;
}

static uint64_t get(const uint8_t **at, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; i++)
    value |= (uint64_t) * (*at)++ << 8 * i;
  return value;
}

static void put_doubles(uint8_t **at, const double *values, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint64_t bits;
    memcpy(&bits, &values[i], sizeof bits);
    put(at, bits, sizeof bits);
  }
}

static void get_doubles(const uint8_t **at, double *values, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint64_t bits = get(at, sizeof bits);
    memcpy(&values[i], &bits, sizeof bits);
  }
}

emovox_status emovox_speaker_save(const emovox_speaker *self, void *buffer, size_t *size) {
  if (!self || !size) return EMOVOX_ERROR_ARGUMENT;
  const population *people = &self->model->people;
  size_t needed = profile_size(people->dimensions);
  if (buffer && *size < needed) return EMOVOX_ERROR_ARGUMENT;
  *size = needed;
  if (!buffer) return EMOVOX_OK;
  const float *prior = self->learnt >= 0 ? self->prior : people->everyday;
  belief known;
  residue all = self->rest;
  belief_learn(people, prior, self->observations, self->count, &self->rest, &known);
  belief_condense(people, prior, &known, self->observations, self->count, &all);
  uint8_t *at = buffer;
  memcpy(at, MAGIC, sizeof MAGIC);
  at += sizeof MAGIC;
  put(&at, VERSION, 4);
  put(&at, people->dimensions, 4);
  put(&at, people->labels, 4);
  put(&at, 0, 4);
  put(&at, self->model->fingerprint, 8);
  put_doubles(&at, (const double[]){self->seconds, all.weight}, 2);
  put_doubles(&at, all.sum, people->dimensions);
  fnv_write(fnv1a(buffer, needed - FNV_BYTES), at);
  return EMOVOX_OK;
}

/* Whether what was read is such as hearing makes, and far from where doubles overflow. */
static int valid(double seconds, const residue *rest, size_t dimensions) {
  const double durations[] = {seconds, rest->weight};
  for (int i = 0; i < 2; i++)
    if (!(durations[i] >= 0 && durations[i] <= 1e6 * longest)) return 0;
  for (size_t d = 0; d < dimensions; d++)
    if (!(fabs(rest->sum[d]) <= rest->weight * 1e7)) return 0; /* evidence and a mean are within 1e6 each */
  return 1;
}

emovox_status emovox_speaker_restore(emovox_speaker *self, const void *bytes, size_t size) {
  if (!self || !bytes) return EMOVOX_ERROR_ARGUMENT;
  const population *people = &self->model->people;
  const uint8_t *at = bytes;
  if (size < sizeof MAGIC + 4 || memcmp(at, MAGIC, sizeof MAGIC) != 0) return EMOVOX_ERROR_PROFILE;
  at += sizeof MAGIC;
  if (get(&at, 4) != VERSION) return EMOVOX_ERROR_PROFILE_VERSION;
  if (size < HEADER + FNV_BYTES) return EMOVOX_ERROR_PROFILE;
  const uint8_t *checksum = (const uint8_t *)bytes + size - FNV_BYTES;
  if (fnv_read(checksum) != fnv1a(bytes, size - FNV_BYTES)) return EMOVOX_ERROR_PROFILE;
  uint64_t dimensions = get(&at, 4), labels = get(&at, 4), zero = get(&at, 4), fingerprint = get(&at, 8);
  if (fingerprint != self->model->fingerprint) return EMOVOX_ERROR_PROFILE_MODEL;
  if (dimensions != people->dimensions || labels != people->labels || zero) return EMOVOX_ERROR_PROFILE;
  if (size != profile_size(people->dimensions)) return EMOVOX_ERROR_PROFILE;

  double numbers[2];
  residue rest = {0};
  get_doubles(&at, numbers, 2);
  rest.weight = numbers[1];
  get_doubles(&at, rest.sum, people->dimensions);
  if (!valid(numbers[0], &rest, people->dimensions)) return EMOVOX_ERROR_PROFILE;
  emovox_speaker_reset(self);
  self->seconds = numbers[0];
  self->rest = rest;
  return EMOVOX_OK;
}
