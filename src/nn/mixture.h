/* A mixture over components, several of which may stand for one label: mixture discriminant analysis (Hastie &
 * Tibshirani 1996). Here a component is an emotion as one corpus sounds it.
 * SPDX-License-Identifier: MIT */
#ifndef EMOVOX_NN_MIXTURE_H
#define EMOVOX_NN_MIXTURE_H

#include <stddef.h>

enum { MIXTURE_MAX_COMPONENTS = 64 };

typedef struct mixture {
  size_t labels;                        /* 1 or more */
  size_t components;                    /* labels .. MIXTURE_MAX_COMPONENTS */
  size_t label[MIXTURE_MAX_COMPONENTS]; /* of each component; every label occurs */
} mixture;

/* out[y] = log of sum over the components of y of exp(logits[c]), less the same over all components: (components) ->
 * (labels). */
void mixture_log_probabilities(const mixture *self, const double *logits, double *out);

#endif
