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
  *speaker = self;
  return EMOVOX_OK;
}

void emovox_speaker_destroy(emovox_speaker *self) {
  free(self);
}

void emovox_speaker_reset(emovox_speaker *self) {
  if (self) self->sums = (adaptation_sums){0};
}

double emovox_speaker_seconds(const emovox_speaker *self) {
  return self->sums.seconds + self->sums.enrolled;
}

double emovox_speaker_weight(const emovox_speaker *self) {
  return adaptation_weight(&self->model->adaptation, &self->sums);
}

/* ---- profile: little-endian, see emovox_speaker_save() ---- */

static const uint8_t MAGIC[8] = "EMOVOXSP";
enum { VERSION = 1, HEADER = 24 };

static size_t profile_size(size_t components) {
  return HEADER + (4 + 2 * components) * sizeof(double) + FNV_BYTES;
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
  const adaptation_sums *sums = &self->sums;
  size_t components = self->model->adaptation.mixture.components, needed = profile_size(components);
  if (buffer && *size < needed) return EMOVOX_ERROR_ARGUMENT;
  *size = needed;
  if (!buffer) return EMOVOX_OK;
  uint8_t *at = buffer;
  memcpy(at, MAGIC, sizeof MAGIC);
  at += sizeof MAGIC;
  put(&at, VERSION, 4);
  put(&at, components, 4);
  put(&at, self->model->fingerprint, 8);
  put_doubles(&at, (const double[]){sums->seconds, sums->squares, sums->scatter, sums->enrolled}, 4);
  put_doubles(&at, sums->sum, components);
  put_doubles(&at, sums->offset, components);
  fnv_write(fnv1a(buffer, needed - FNV_BYTES), at);
  return EMOVOX_OK;
}

/* Whether a sum over so many seconds can be one of values up to `limit`. */
static int plausible(double sum, double seconds, double limit) {
  return fabs(sum) <= seconds * limit;
}

/* Whether sums that were read are such as hear and enroll make, and far from where doubles overflow. */
static int valid(const adaptation_sums *s, size_t components) {
  const double durations[] = {s->seconds, s->enrolled};
  for (int i = 0; i < 2; i++)
    if (!(durations[i] == 0 || (durations[i] >= 1e-6 && durations[i] <= 1e9))) return 0;
  if (!(s->squares >= 0 && s->squares <= s->seconds * s->seconds * (1 + 1e-9))) return 0;
  if (!(s->scatter >= 0 && plausible(s->scatter, s->seconds, 1e12))) return 0;
  for (size_t c = 0; c < components; c++)
    if (!plausible(s->sum[c], s->seconds, 1e6) || !plausible(s->offset[c], s->enrolled, 1e6)) return 0;
  return 1;
}

emovox_status emovox_speaker_restore(emovox_speaker *self, const void *bytes, size_t size) {
  if (!self || !bytes) return EMOVOX_ERROR_ARGUMENT;
  const uint8_t *at = bytes;
  if (size < HEADER || memcmp(at, MAGIC, sizeof MAGIC) != 0) return EMOVOX_ERROR_PROFILE;
  at += sizeof MAGIC;
  if (get(&at, 4) != VERSION) return EMOVOX_ERROR_PROFILE;
  uint64_t components = get(&at, 4), fingerprint = get(&at, 8);
  if (components > MIXTURE_MAX_COMPONENTS || size != profile_size((size_t)components)) return EMOVOX_ERROR_PROFILE;
  const uint8_t *checksum = (const uint8_t *)bytes + size - FNV_BYTES;
  if (fnv_read(checksum) != fnv1a(bytes, size - FNV_BYTES)) return EMOVOX_ERROR_PROFILE;
  if (fingerprint != self->model->fingerprint) return EMOVOX_ERROR_PROFILE_MODEL;
  if (components != self->model->adaptation.mixture.components) return EMOVOX_ERROR_PROFILE;

  adaptation_sums sums = {0};
  double scalars[4];
  get_doubles(&at, scalars, 4);
  sums.seconds = scalars[0], sums.squares = scalars[1], sums.scatter = scalars[2], sums.enrolled = scalars[3];
  get_doubles(&at, sums.sum, (size_t)components);
  get_doubles(&at, sums.offset, (size_t)components);
  if (!valid(&sums, (size_t)components)) return EMOVOX_ERROR_PROFILE;
  self->sums = sums;
  return EMOVOX_OK;
}
