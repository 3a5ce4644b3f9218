/* SPDX-License-Identifier: MIT */
#include "nn/backend.h"

#include <stdlib.h>

emovox_status backend_start(void) {
  return xnn_initialize(NULL) ? EMOVOX_ERROR_BACKEND : EMOVOX_OK;
}

emovox_status backend_created(enum xnn_status status, xnn_operator_t operator) {
  /* Without memory for the padding of a convolution, XNNPACK reports success and hands out nothing. */
  if (status == xnn_status_out_of_memory || (!status && !operator)) return EMOVOX_ERROR_MEMORY;
  return status ? EMOVOX_ERROR_BACKEND : EMOVOX_OK;
}

emovox_status workspace_allocate(workspace *self, size_t size, size_t alignment) {
  self->block = malloc(size + alignment);
  if (!self->block) return EMOVOX_ERROR_MEMORY;
  size_t skew = (uintptr_t)self->block % alignment;
  self->aligned = (char *)self->block + (skew ? alignment - skew : 0);
  return EMOVOX_OK;
}

void workspace_free(workspace *self) {
  free(self->block);
}
