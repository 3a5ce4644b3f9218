/* Embeddings as the engine makes them, int8 and all, for the heads that are fitted to them (embed.py).
 *
 *   emovox-embed MODEL < sequences > embeddings
 *
 * In: for each sequence its number of log-mel frames (uint32), then those frames (frames, bands). Out: for each its
 * embedding, as many floats as the last line of stderr says. All little-endian, log-mel as the front end makes it.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

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

int main(int argc, char **argv) {
  size_t size;
  void *bytes = argc == 2 ? read_file(argv[1], &size) : NULL;
  emovox_model *model;
  network *net;
  if (!bytes) return fputs("usage: emovox-embed MODEL < sequences > embeddings\n", stderr), 2;
  emovox_status status = emovox_model_create(bytes, size, &model);
  if (!status) status = network_create(&model->network, &model->file, &net);
  if (status) return fprintf(stderr, "%s\n", emovox_strerror(status)), 1;

  const network_params *p = &model->network;
  size_t bands = model->sequence.bands, width = p->statistics_count * 2 * p->transformer.channels + 2 * p->hidden;
  float *frames = calloc(p->max_frames * bands, sizeof(float));
  float *normalized = calloc(p->max_frames * bands + NN_PADDING, sizeof(float));
  uint32_t count;
  while (frames && normalized && fread(&count, sizeof count, 1, stdin) == 1) {
    network_output output;
    if (count < 1 || count > p->max_frames || fread(frames, sizeof(float), count * bands, stdin) != count * bands)
      return fputs("a sequence that is cut short or too long\n", stderr), 1;
    normalize(&model->normalize, frames, count * bands, normalized);
    if (network_run(net, normalized, count, &output)) return fputs("the network failed\n", stderr), 1;
    if (fwrite(network_inspect(net).embedding, sizeof(float), width, stdout) != width) return 1;
  }
  fprintf(stderr, "%zu\n", width);
  free(frames);
  free(normalized);
  network_destroy(net);
  emovox_model_destroy(model);
  free(bytes);
  return 0;
}
