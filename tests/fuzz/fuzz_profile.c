/* Any bytes as a speaker's profile; one that is accepted is saved again as it was, and judges without breaking a
 * promise. Fingerprint and checksum are often made right, or else nothing would ever be accepted.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "fuzz.h"
#include "pipeline/fnv.h"

enum { MOST = 4096, HEAD = 32 /* magic, version, sizes, fingerprint */ };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const emovox_model *model = fuzz_model();
  uint8_t bytes[MOST], again[MOST];
  if (size == 0 || size > MOST) return 0;
  emovox_speaker *speaker;
  if (emovox_speaker_create(model, &speaker)) return 0;
  /* Half of the inputs are whole files, half what stands between the head and the checksum of a real one. */
  size_t real = sizeof bytes;
  fuzz_require(emovox_speaker_save(speaker, bytes, &real) == EMOVOX_OK, "a speaker can be saved");
  if (data[0] % 2) {
    for (size_t i = 1; i < size && HEAD + i - 1 < real - FNV_BYTES; i++)
      bytes[HEAD + i - 1] = data[i];
    size = real;
    fnv_write(fnv1a(bytes, size - FNV_BYTES), bytes + size - FNV_BYTES);
  } else {
    memcpy(bytes, data + 1, --size);
  }
  if (emovox_speaker_restore(speaker, bytes, size) == EMOVOX_OK) {
    size_t size_again = sizeof again;
    fuzz_require(emovox_speaker_save(speaker, again, &size_again) == EMOVOX_OK, "a speaker can be saved");
    fuzz_require(size_again == size && memcmp(bytes, again, size) == 0, "a profile is saved as it was");
    double weight = emovox_speaker_weight(speaker);
    fuzz_require(weight >= 0 && weight <= 1, "a weight is 0..1");
    fuzz_require(emovox_speaker_seconds(speaker) >= 0, "seconds are no debt");
    fuzz_judge(model, speaker, 1);
  }
  emovox_speaker_destroy(speaker);
  return 0;
}
