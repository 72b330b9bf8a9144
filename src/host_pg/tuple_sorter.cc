#include "src/host_pg/tuple_sorter.h"

#include <cstring>

#include "core/base/metric.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai {
namespace {

// key := (shard, list, id / 2^kLowBits) xor the sign bit, so that the signed
// comparison of int8 orders it as an unsigned number.
constexpr int kIdBits = 48;
constexpr int kLowBits = 13;
constexpr int kHighBits = kIdBits - kLowBits;
constexpr int kListBits = 21;
constexpr uint64_t kSignBit = uint64_t{1} << 63;
static_assert(kMaxLists < (1u << kListBits));
static_assert(kMaxShards <= (1u << (64 - kHighBits - kListBits)));

constexpr int kColumns = 3;  // key, id, record

bool Fits(const BuildEntry& entry) {
  return entry.id >> kIdBits == 0 && entry.partition >> 32 < kMaxShards &&
         static_cast<uint32_t>(entry.partition) <= kMaxLists;
}

uint64_t KeyOf(const BuildEntry& entry) {
  const uint64_t partition = (entry.partition >> 32) << kListBits |
                             static_cast<uint32_t>(entry.partition);
  return (partition << kHighBits | entry.id >> kLowBits) ^ kSignBit;
}

uint64_t PartitionOf(uint64_t key) {
  const uint64_t partition = (key ^ kSignBit) >> kHighBits;
  return (partition >> kListBits) << 32 |
         (partition & ((uint64_t{1} << kListBits) - 1));
}

TupleDesc Columns() {
  TupleDesc columns = CreateTemplateTupleDesc(kColumns);
  TupleDescInitEntry(columns, 1, "key", INT8OID, -1, 0);
  TupleDescInitEntry(columns, 2, "id", INT8OID, -1, 0);
  TupleDescInitEntry(columns, 3, "record", BYTEAOID, -1, 0);
  return columns;
}

Tuplesortstate* BeginSort(TupleDesc columns, int kilobytes,
                          SortCoordinate coordinate) {
  AttrNumber attributes[] = {1, 2};
  Oid operators[] = {Int8LessOperator, Int8LessOperator};
  Oid collations[] = {InvalidOid, InvalidOid};
  bool nulls_first[] = {false, false};
  return tuplesort_begin_heap(columns, 2, attributes, operators, collations,
                              nulls_first, kilobytes, coordinate,
                              TUPLESORT_NONE);
}

Result<SortCoordinate> NewCoordinate(Sharedsort* shared, int shares) {
  SortCoordinate coordinate = nullptr;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    coordinate =
        static_cast<SortCoordinate>(palloc0(sizeof(SortCoordinateData)));
  }));
  coordinate->isWorker = shares < 0;
  coordinate->nParticipants = shares;
  coordinate->sharedsort = shared;
  return coordinate;
}

}  // namespace

Result<std::unique_ptr<TupleSorter>> TupleSorter::Create(int kilobytes) {
  return Begin(kilobytes, nullptr);
}

Result<std::unique_ptr<TupleSorter>> TupleSorter::CreateShare(
    int kilobytes, Sharedsort* shared) {
  POMAI_ASSIGN_OR_RETURN(SortCoordinate coordinate, NewCoordinate(shared, -1));
  return Begin(kilobytes, coordinate);
}

Result<std::unique_ptr<TupleSorter>> TupleSorter::CreateMerge(
    int kilobytes, Sharedsort* shared, int shares) {
  POMAI_ASSIGN_OR_RETURN(SortCoordinate coordinate,
                         NewCoordinate(shared, shares));
  return Begin(kilobytes, coordinate);
}

Result<std::unique_ptr<TupleSorter>> TupleSorter::Begin(
    int kilobytes, SortCoordinateData* coordinate) {
  std::unique_ptr<TupleSorter> sorter(new TupleSorter);
  sorter->coordinate_ = coordinate;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    TupleDesc columns = Columns();
    sorter->input_ = MakeSingleTupleTableSlot(columns, &TTSOpsVirtual);
    sorter->output_ = MakeSingleTupleTableSlot(columns, &TTSOpsMinimalTuple);
    sorter->sort_ = BeginSort(columns, kilobytes, coordinate);
  }));
  return sorter;
}

TupleSorter::~TupleSorter() {
  if (sort_ == nullptr) return;
  // What cannot be released here goes with the transaction.
  (void)pg::Call([&]() noexcept {
    ExecDropSingleTupleTableSlot(input_);
    ExecDropSingleTupleTableSlot(output_);
    tuplesort_end(sort_);
  }).ok();
}

Status TupleSorter::Put(const BuildEntry& entry) {
  if (!Fits(entry)) return Status::Internal("entry does not fit the sort key");
  varlena_.resize(VARHDRSZ + entry.record.size());
  if (!entry.record.empty()) {
    std::memcpy(varlena_.data() + VARHDRSZ, entry.record.data(),
                entry.record.size());
  }
  SET_VARSIZE(varlena_.data(), varlena_.size());
  ExecClearTuple(input_);
  input_->tts_values[0] = Int64GetDatum(static_cast<int64>(KeyOf(entry)));
  input_->tts_values[1] = Int64GetDatum(static_cast<int64>(entry.id));
  input_->tts_values[2] = PointerGetDatum(varlena_.data());
  std::memset(input_->tts_isnull, 0, kColumns * sizeof(bool));
  ExecStoreVirtualTuple(input_);
  return Keep(
      pg::Call([&]() noexcept { tuplesort_puttupleslot(sort_, input_); }));
}

Status TupleSorter::Sort() {
  return Keep(pg::Call([&]() noexcept { tuplesort_performsort(sort_); }));
}

Result<bool> TupleSorter::Next(BuildEntry* entry) {
  bool found = false;
  POMAI_RETURN_IF_ERROR(Keep(pg::Call([&]() noexcept {
    CHECK_FOR_INTERRUPTS();
    found = tuplesort_gettupleslot(sort_, true, false, output_, nullptr);
    if (found) slot_getallattrs(output_);
  })));
  if (!found) return false;
  const Datum* values = output_->tts_values;
  const auto* record =
      reinterpret_cast<const uint8_t*>(VARDATA_ANY(DatumGetPointer(values[2])));
  entry->partition = PartitionOf(DatumGetInt64(values[0]));
  entry->id = static_cast<uint64_t>(DatumGetInt64(values[1]));
  entry->record = {record, VARSIZE_ANY_EXHDR(DatumGetPointer(values[2]))};
  return true;
}

// After an error the sort is left to the end of the transaction.
Status TupleSorter::Keep(Status status) {
  if (!status.ok()) sort_ = nullptr;
  return status;
}

}  // namespace pomai
