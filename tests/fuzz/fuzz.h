/* What the fuzzers share: bytes as numbers, and a model small enough to run thousands of times a second.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_FUZZ_H
#define EMOVOX_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "emovox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Has the processor time printed at the end, for tests/fuzz/fuzz.mjs. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* What is left of an input. Past its end there are zeros. */
typedef struct fuzz_input {
  const uint8_t *at, *end;
} fuzz_input;

uint8_t fuzz_byte(fuzz_input *in);
uint32_t fuzz_u32(fuzz_input *in);

/* Any float at all: NaN, infinities and denormals, too. */
float fuzz_float(fuzz_input *in);

/* The model of tests/fuzz/seeds.mjs, from $EMOVOX_FUZZ_MODEL; made once. */
const emovox_model *fuzz_model(void);

/* Ends the process, as a find, unless `condition` holds. */
void fuzz_require(int condition, const char *what);

/* Requires what the header promises of a segment, of what judging alone makes of it, and of a verdict. */
void fuzz_check_segment(const emovox_model *model, const emovox_segment *segment);
void fuzz_check_judgement(const emovox_model *model, const emovox_segment *segment);
void fuzz_check_summary(const emovox_model *model, const emovox_summary *summary);

/* Has the model judge so many seconds of noise, and the most extreme evidence, and checks what it says. `speaker` may
 * be NULL. */
void fuzz_judge(const emovox_model *model, emovox_speaker *speaker, int seconds);

#endif
