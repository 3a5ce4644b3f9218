/* SPDX-License-Identifier: MIT */
#include "emovox.h"

const char *emovox_version(void) {
  return EMOVOX_VERSION;
}

const char *emovox_strerror(emovox_status status) {
  switch (status) {
    case EMOVOX_OK:
      return "Success.";
    case EMOVOX_ERROR_ARGUMENT:
      return "An argument is missing or outside its documented range.";
    case EMOVOX_ERROR_MEMORY:
      return "Not enough memory: close other programs or tabs and try again.";
    case EMOVOX_ERROR_SAMPLE_RATE:
      return "The sample rate is outside 8000 to 192000 Hz: resample the recording first.";
    case EMOVOX_ERROR_NOT_FINITE:
      return "The audio holds values that are not numbers or absurdly large: check how it was made.";
    case EMOVOX_ERROR_EMPTY:
      return "The recording is empty: there is no audio in it.";
    case EMOVOX_ERROR_TOO_SHORT:
      return "The recording is too short for a verdict: half a second or more is needed.";
    case EMOVOX_ERROR_CANCELLED:
      return "The analysis was cancelled.";
    case EMOVOX_ERROR_STATE:
      return "This recording has ended: reset the analyzer before adding audio.";
    case EMOVOX_ERROR_MODEL_TRUNCATED:
      return "The model file is cut short: download it again.";
    case EMOVOX_ERROR_MODEL_HEADER:
      return "This is not a model file: its safetensors header is malformed.";
    case EMOVOX_ERROR_MODEL_VERSION:
      return "The model file has a format version that this library does not know: update the library.";
    case EMOVOX_ERROR_MODEL_METADATA:
      return "A parameter in the model file's metadata is missing or out of range.";
    case EMOVOX_ERROR_MODEL_DTYPE:
      return "A tensor in the model file has an unexpected number type: F32 and I8 are known.";
    case EMOVOX_ERROR_MODEL_SHAPE:
      return "A tensor in the model file has a shape that does not fit its data or the layer sizes.";
    case EMOVOX_ERROR_MODEL_OFFSETS:
      return "Tensors in the model file overlap, leave holes or lie outside the file.";
    case EMOVOX_ERROR_MODEL_TENSOR:
      return "A tensor in the model file is missing, named twice or unknown.";
    case EMOVOX_ERROR_MODEL_NOT_FINITE:
      return "A weight in the model file is not a finite number.";
    case EMOVOX_ERROR_BACKEND:
      return "The neural network library could not run on this machine.";
    case EMOVOX_ERROR_PROFILE:
      return "The speaker's profile is damaged or not one at all: enroll the speaker again.";
    case EMOVOX_ERROR_PROFILE_MODEL:
      return "The speaker's profile was made with another model: enroll the speaker again with this one.";
    case EMOVOX_ERROR_MODEL_CHECKSUM:
      return "The model file was damaged or changed after it was made: download it again.";
    case EMOVOX_ERROR_PROFILE_VERSION:
      return "The speaker's profile is of another version of emovox: enroll the speaker again.";
    case EMOVOX_ERROR_EVIDENCE:
      return "This evidence holds values that no model gives: analyse the recording again.";
  }
  return "Unknown status.";
}
