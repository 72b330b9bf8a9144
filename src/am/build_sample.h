// Sampling for a build: how many rows there are, and some of them to train on.
//
//   POMAI_ASSIGN_OR_RETURN(TableSurvey survey, SurveyTable(&scan));
//   SampleDraw draw = PlanDraw(survey, 64 * lists);
//   POMAI_RETURN_IF_ERROR(DrawSample(&scan, survey, draw, &prepare, drawn));
//
// What is drawn depends on the table alone: a block or a row is in the sample
// when a hash of its address is small enough. So neither memory nor processes
// nor statistics change an index. Backend thread.
#pragma once

#include <cstdint>
#include <memory>

#include "core/engine/build.h"
#include "core/engine/preparation.h"
#include "src/am/build_scan.h"

namespace pomai::am {

struct TableSurvey {
  uint32_t blocks = 0;
  uint64_t rows = 0;     // that the index will hold; an estimate unless exact
  uint64_t vectors = 0;  // those of them that are not NULL
  bool exact = false;

  double vectors_per_block() const {
    return blocks == 0 ? 0 : static_cast<double>(vectors) / blocks;
  }
};

// Counts the rows of a small table, and of some blocks of a large one. Settles
// scan->dimensions() if there is a vector among them.
Result<TableSurvey> SurveyTable(BuildScan* scan);

// Shares of the blocks and of the rows in them that are drawn.
struct SampleDraw {
  double blocks = 1;
  double rows = 1;
};

// A draw of about `wanted` vectors, all of them if there are no more.
SampleDraw PlanDraw(const TableSurvey& survey, uint64_t wanted);

// Where drawn rows go: every `interval`-th is held out of the training, so that
// calibration meets rows as new to the lists as queries are.
struct DrawnRows {
  SampleSet* sample;
  SampleSet* held_out;
  uint64_t interval;
};

// Adds the drawn rows, prepared, in the order of the heap. Rows without
// distance are left out.
Status DrawSample(BuildScan* scan, const TableSurvey& survey,
                  const SampleDraw& draw, Preparation* preparation,
                  const DrawnRows& drawn);

}  // namespace pomai::am
