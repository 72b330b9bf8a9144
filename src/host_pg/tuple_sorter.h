// TupleSorter: sorts a build's entries with the server's tuplesort, in memory
// or through temporary files, alone or as one of several parallel processes.
//
//   POMAI_ASSIGN_OR_RETURN(auto sorter, TupleSorter::Create(kilobytes));
//   POMAI_RETURN_IF_ERROR(sorter->Put(entry)); ...
//   POMAI_RETURN_IF_ERROR(sorter->Sort());
//   POMAI_ASSIGN_OR_RETURN(bool more, sorter->Next(&entry));
//
// In parallel every process sorts its share (CreateShare, Put, Sort, destroy);
// when all have, the leader's merge (CreateMerge, Sort) returns everything.
//
// Row identifiers are below 2^48 (a TID), lists at most kMaxLists and shards
// below kMaxShards, so partition and the upper part of the id make one 64-bit
// key that the sort compares as a number; only neighbours in one heap page
// need the second column. Backend thread only.
#pragma once

#include <memory>
#include <vector>

#include "core/host/scratch.h"

struct SortCoordinateData;
struct Sharedsort;
struct Tuplesortstate;
struct TupleTableSlot;

namespace pomai {

class TupleSorter : public EntrySorter {
 public:
  // `kilobytes`: memory before it spills.
  static Result<std::unique_ptr<TupleSorter>> Create(int kilobytes);
  static Result<std::unique_ptr<TupleSorter>> CreateShare(int kilobytes,
                                                          Sharedsort* shared);
  static Result<std::unique_ptr<TupleSorter>> CreateMerge(int kilobytes,
                                                          Sharedsort* shared,
                                                          int shares);
  ~TupleSorter() override;
  TupleSorter(const TupleSorter&) = delete;
  TupleSorter& operator=(const TupleSorter&) = delete;

  // Internal when id or partition is out of range.
  Status Put(const BuildEntry& entry) override;
  Status Sort() override;
  Result<bool> Next(BuildEntry* entry) override;

 private:
  TupleSorter() = default;
  static Result<std::unique_ptr<TupleSorter>> Begin(
      int kilobytes, SortCoordinateData* coordinate);
  Status Keep(Status status);

  Tuplesortstate* sort_ = nullptr;
  TupleTableSlot* input_ = nullptr;   // virtual
  TupleTableSlot* output_ = nullptr;  // a minimal tuple
  SortCoordinateData* coordinate_ = nullptr;
  std::vector<uint8_t> varlena_;
};

}  // namespace pomai
