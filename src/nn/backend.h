/* What our layers share in using XNNPACK, which does the matrix products. For nn/ only.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_BACKEND_H
#define EMOVOX_NN_BACKEND_H

#include <xnnpack.h>

#include "emovox.h"

/* To be called before any operator is created. Errors: BACKEND. */
emovox_status backend_start(void);

/* What the creation of an operator came to. Errors: MEMORY, BACKEND. */
emovox_status backend_created(enum xnn_status status, xnn_operator_t operator);

/* Memory of an operator beyond its own, where XNNPACK leaves that to its caller. */
typedef struct workspace {
  void *block;   /* as allocated */
  void *aligned; /* inside it */
} workspace;

/* Errors: MEMORY. Free with workspace_free(), which allows {0}. */
emovox_status workspace_allocate(workspace *self, size_t size, size_t alignment);
void workspace_free(workspace *self);

#endif
