// What is in an index: pomai_membrane (the view pomai_membranes is made of it)
// and pomai_segments.

#include <algorithm>
#include <vector>

#include "core/engine/snapshot.h"
#include "core/segment/segment_reader.h"
#include "src/host_pg/process_cache.h"
#include "src/host_pg/relation_store.h"
#include "src/pg/entry.h"
#include "src/sql/index_access.h"
// Last.
#include "src/pg/server.h"

namespace pomai::sql {
namespace {

const char* MetricName(Metric metric) {
  switch (metric) {
    case Metric::kL2:
      return "l2";
    case Metric::kInnerProduct:
      return "inner product";
    case Metric::kCosine:
      return "cosine";
  }
  return "unknown";
}

// Plain, so that it outlives the C++ frames that fill it.
struct MembraneRow {
  Metric metric;
  uint32_t dimensions, bits, shards, lists;
  uint64_t rows, tail_rows, segments, pages, codebook_version, trained_rows;
};

struct SegmentRow {
  uint32_t shard;
  bool sealed;
  uint32_t lists;
  uint64_t rows, dead, pages, codebook_version;
};

// Collects what pomai_segments shows.
class SegmentList {
 public:
  SegmentList(PageStore* store, const pomai::Snapshot& snapshot)
      : store_(store), snapshot_(snapshot) {}

  Status Collect() {
    for (const SegmentRef& ref : snapshot_.view->manifest.segments) {
      POMAI_RETURN_IF_ERROR(AddSegment(ref));
    }
    for (uint32_t i = 0; i < snapshot_.tails.size(); ++i) {
      POMAI_RETURN_IF_ERROR(AddTail(i));
    }
    return Status::Ok();
  }

  const std::vector<SegmentRow>& rows() const { return rows_; }

 private:
  Status AddSegment(const SegmentRef& ref) {
    constexpr uint32_t kRowsAtOnce = 4096;
    SegmentReader reader(store_, snapshot_.view->meta.shape(), &ref,
                         SealedLock());
    std::vector<uint64_t> ids;
    std::vector<bool> dead;
    uint64_t dead_rows = 0;
    for (uint64_t first = 0; first < ref.rows; first += kRowsAtOnce) {
      const auto count = static_cast<uint32_t>(
          std::min<uint64_t>(kRowsAtOnce, ref.rows - first));
      POMAI_RETURN_IF_ERROR(
          reader.Rows(static_cast<uint32_t>(first), count, &ids, &dead));
      dead_rows += std::count(dead.begin(), dead.end(), true);
      reader.Release();
      POMAI_RETURN_IF_ERROR(store_->Poll());
    }
    rows_.push_back({ref.shard, true, ref.lists, ref.rows, dead_rows,
                     ref.extent.page_count(), ref.codebook_version});
    return Status::Ok();
  }

  Status AddTail(uint32_t shard) {
    const TailHead& head = snapshot_.tails[shard];
    POMAI_ASSIGN_OR_RETURN(const std::vector<TailExtentInfo> extents,
                           ListTailExtents(store_, head, shard));
    const Codebook* codebook =
        snapshot_.view->FindCodebook(head.codebook_version);
    SegmentRow row{shard,
                   false,
                   codebook ? codebook->list_count() : 0,
                   0,
                   0,
                   0,
                   head.codebook_version};
    for (const TailExtentInfo& extent : extents) {
      row.rows += extent.count;
      row.dead += extent.dead;
      row.pages += 1 + extent.payload.size();
    }
    rows_.push_back(row);
    return Status::Ok();
  }

  PageStore* store_;
  const pomai::Snapshot& snapshot_;
  std::vector<SegmentRow> rows_;
};

Status ReadMembrane(Relation index, MembraneRow* row) {
  RelationStore store(index);
  POMAI_ASSIGN_OR_RETURN(
      const pomai::Snapshot snapshot,
      TakeSnapshot(&store, SealedLock(), ProcessViewCache(), ViewKey(index)));
  const MetaPage& meta = snapshot.view->meta;
  const Manifest& manifest = snapshot.view->manifest;
  POMAI_ASSIGN_OR_RETURN(row->pages, store.PageCount());
  row->metric = meta.metric;
  row->dimensions = meta.dimensions;
  row->bits = meta.bits;
  row->shards = meta.shards;
  row->lists = manifest.codebooks.empty() ? 1 : manifest.codebooks.back().lists;
  row->rows = manifest.segment_rows();
  row->tail_rows = 0;
  for (uint32_t i = 0; i < snapshot.tails.size(); ++i) {
    POMAI_ASSIGN_OR_RETURN(const std::vector<TailExtentInfo> extents,
                           ListTailExtents(&store, snapshot.tails[i], i));
    for (const TailExtentInfo& extent : extents) {
      row->tail_rows += extent.count;
    }
  }
  row->rows += row->tail_rows;
  row->segments = manifest.segments.size();
  row->codebook_version = manifest.current_codebook();
  row->trained_rows = manifest.trained_rows;
  return Status::Ok();
}

void PutMembrane(ReturnSetInfo* result, const MembraneRow& row) {
  Datum values[] = {CStringGetTextDatum(MetricName(row.metric)),
                    Int32GetDatum(row.dimensions),
                    Int32GetDatum(row.bits),
                    Int32GetDatum(row.shards),
                    Int32GetDatum(row.lists),
                    Int64GetDatum(row.rows),
                    Int64GetDatum(row.tail_rows),
                    Int32GetDatum(row.segments),
                    Int64GetDatum(row.pages * BLCKSZ),
                    Int64GetDatum(row.codebook_version),
                    Int64GetDatum(row.trained_rows)};
  bool nulls[lengthof(values)] = {};
  // Not settled before the first row of a column without a length.
  nulls[1] = row.dimensions == 0;
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

void PutSegment(ReturnSetInfo* result, const SegmentRow& row) {
  Datum values[] = {Int32GetDatum(row.shard),
                    CStringGetTextDatum(row.sealed ? "segment" : "tail"),
                    Int32GetDatum(row.lists),
                    Int64GetDatum(row.rows),
                    Int64GetDatum(row.dead),
                    Int64GetDatum(row.pages),
                    Int64GetDatum(row.codebook_version)};
  bool nulls[lengthof(values)] = {};
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Status ListSegments(Relation index, ReturnSetInfo* result) {
  RelationStore store(index);
  POMAI_ASSIGN_OR_RETURN(
      const pomai::Snapshot snapshot,
      TakeSnapshot(&store, SealedLock(), ProcessViewCache(), ViewKey(index)));
  SegmentList list(&store, snapshot);
  POMAI_RETURN_IF_ERROR(list.Collect());
  return pg::Call([&]() noexcept {
    for (const SegmentRow& row : list.rows()) PutSegment(result, row);
  });
}

ReturnSetInfo* BeginRows(FunctionCallInfo fcinfo) {
  InitMaterializedSRF(fcinfo, 0);
  return reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
}

}  // namespace
}  // namespace pomai::sql

POMAI_SQL_FUNCTION(pomai_membrane);
Datum pomai_membrane(PG_FUNCTION_ARGS) {
  using namespace pomai;
  ReturnSetInfo* result = sql::BeginRows(fcinfo);
  sql::OpenedIndex opened;
  if (!sql::TryOpenIndex(PG_GETARG_OID(0), &opened)) return Datum{0};
  if (sql::MayRead(opened)) {
    sql::MembraneRow row;
    pg::Entry([&] { return sql::ReadMembrane(opened.index, &row); });
    sql::PutMembrane(result, row);
  }
  sql::CloseIndex(opened, AccessShareLock);
  return Datum{0};
}

POMAI_SQL_FUNCTION(pomai_segments);
Datum pomai_segments(PG_FUNCTION_ARGS) {
  using namespace pomai;
  ReturnSetInfo* result = sql::BeginRows(fcinfo);
  const sql::OpenedIndex opened =
      sql::OpenIndex(PG_GETARG_OID(0), AccessShareLock);
  sql::RequireRead(opened);
  pg::Entry([&] { return sql::ListSegments(opened.index, result); });
  sql::CloseIndex(opened, AccessShareLock);
  return Datum{0};
}
