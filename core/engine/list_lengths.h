// List lengths: how well a codebook still fits the rows it is used for, from
// what the manifest and the segments' directories say.
//
//   if (CodebookIsOutgrown(view)) ...   // train a new one
//
// Pure functions; any thread.
#pragma once

#include <cstdint>

#include "core/engine/snapshot.h"

namespace pomai {

// Rows of the list that a row is in, on average over the rows of segments of
// the current codebook: sum of squared list lengths over rows. Uneven lists
// raise it as growth does.
double RowsOfARowsList(const View& view);

// The mean squared residual of the rows of these segments.
double MeanSquaredResidual(const View& view);

// Notes in `manifest`, whose segments are those of `view`, what the current
// codebook is like now that it has just been trained.
void NoteTraining(const View& view, Manifest* manifest);

// Lists a codebook trained on `rows` rows would have.
uint32_t ListsFor(const MetaPage& meta, uint64_t rows);

// Whether searches scan at least twice of what they would with a codebook
// trained now, or residuals have grown by a quarter: the bounds with them.
bool CodebookIsOutgrown(const View& view);

}  // namespace pomai
