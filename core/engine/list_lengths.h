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

// Rows with distance in segments, dead ones too.
uint64_t CodedRows(const View& view);

// Notes in `manifest`, whose segments are those of `view`, what the current
// codebook is like: that it is being calibrated with these rows and, if it is a
// new one, how well it fits them. For how many rows it was trained has been
// noted, or it was for these.
void NoteCalibration(const View& view, Manifest* manifest);

// Lists a codebook trained on `rows` rows would have.
uint32_t ListsFor(const MetaPage& meta, uint64_t rows);

// The part of these rows that its central list would hold; 0: none.
double CentralShareFor(const MetaPage& meta, uint64_t rows);

// Whether searches scan at least half as much again as they would with a
// codebook trained now, or residuals, and with them the bounds, have grown.
// Never of one just trained: rows have to come, or to go, first.
bool CodebookIsOutgrown(const View& view);

// Whether so many rows have come that searches should be calibrated again.
bool CalibrationIsOutgrown(const View& view);

}  // namespace pomai
