/* What the engine makes of sequences below its heads, int8 and all: heads and LSTM are fitted to it (encoder.py).
 *
 *   emovox-embed [--encoded | --speech] MODEL < sequences > results
 *
 * In: for each sequence its number of log-mel frames (uint32), then those frames (frames, bands) as the front end makes
 * them. Out: for each how many floats follow (uint32), then its embedding; or with --encoded the encoder's last output
 * (steps, channels), with --speech the logits of speech (steps). All little-endian.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/model.h"

static void *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END)) return NULL;
  *size = (size_t)ftell(file);
  rewind(file);
  void *bytes = malloc(*size + 1);
  if (bytes && fread(bytes, 1, *size, file) != *size) *size = 0;
  fclose(file);
  return bytes;
}

/* What is asked for of the last run, over so many frames, and how many floats that is. */
static const float *result(const network *net, const network_params *p, const char *what, size_t frames,
                           uint32_t *count) {
  network_layers layers = network_inspect(net);
  size_t steps = conv_steps(&p->convs[1], conv_steps(&p->convs[0], frames)), channels = p->transformer.channels;
  if (strcmp(what, "--encoded") == 0) {
    *count = (uint32_t)(steps * channels);
    return layers.encoder[p->transformer.blocks];
  }
  if (strcmp(what, "--speech") == 0) {
    *count = (uint32_t)conv_steps(&p->convs[2], steps);
    return layers.speech;
  }
  *count = (uint32_t)(p->statistics_count * 2 * channels + 2 * p->hidden);
  return layers.embedding;
}

int main(int argc, char **argv) {
  size_t size;
  const char *what = argc == 3 ? argv[1] : "";
  int known = argc == 2 || strcmp(what, "--encoded") == 0 || strcmp(what, "--speech") == 0;
  void *bytes = known && argc >= 2 ? read_file(argv[argc - 1], &size) : NULL;
  emovox_model *model;
  network *net;
  if (!bytes) return fputs("usage: emovox-embed [--encoded | --speech] MODEL < sequences > results\n", stderr), 2;
  emovox_status status = emovox_model_create(bytes, size, &model);
  if (!status) status = network_create(&model->network, &model->file, &net);
  if (status) return fprintf(stderr, "%s\n", emovox_strerror(status)), 1;

  const network_params *p = &model->network;
  size_t bands = model->sequence.bands;
  float *frames = calloc(p->max_frames * bands, sizeof(float));
  float *normalized = calloc(p->max_frames * bands + NN_PADDING, sizeof(float));
  uint32_t count;
  while (frames && normalized && fread(&count, sizeof count, 1, stdin) == 1) {
    network_output output;
    if (count < 1 || count > p->max_frames || fread(frames, sizeof(float), count * bands, stdin) != count * bands)
      return fputs("a sequence that is cut short or too long\n", stderr), 1;
    normalize(&model->normalize, frames, count * bands, normalized);
    if (network_run(net, normalized, count, &output)) return fputs("the network failed\n", stderr), 1;
    uint32_t width;
    const float *values = result(net, p, what, count, &width);
    if (fwrite(&width, sizeof width, 1, stdout) != 1 || fwrite(values, sizeof(float), width, stdout) != width) return 1;
  }
  free(frames);
  free(normalized);
  network_destroy(net);
  emovox_model_destroy(model);
  free(bytes);
  return 0;
}
