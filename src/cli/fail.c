/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "cli/cli.h"

void cli_fail(cli_error *error, const char *code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  error->code = code;
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
}

static const char *status_code(emovox_status status) {
  switch (status) {
    case EMOVOX_ERROR_MEMORY:
      return "memory";
    case EMOVOX_ERROR_SAMPLE_RATE:
      return "sample-rate";
    case EMOVOX_ERROR_NOT_FINITE:
      return "not-finite";
    case EMOVOX_ERROR_EMPTY:
      return "empty";
    case EMOVOX_ERROR_TOO_SHORT:
      return "too-short";
    default:
      return status >= EMOVOX_ERROR_MODEL_TRUNCATED && status <= EMOVOX_ERROR_MODEL_NOT_FINITE ? "model-invalid"
                                                                                               : "internal";
  }
}

void cli_fail_status(cli_error *error, emovox_status status) {
  cli_fail(error, status_code(status), "%s", emovox_strerror(status));
}
