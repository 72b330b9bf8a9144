#include "src/am/scan_state.h"

#include <new>
#include <string>
#include <utility>

#include "src/am/settings.h"
#include "src/host_pg/process_cache.h"
#include "src/host_pg/tuple_id.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"
#include "src/pg/vector_decoder.h"

namespace pomai::am {
namespace {

// Searches begun again because pages were reused under them.
constexpr int kMaxAttempts = 8;

constinit LastScan last_scan;

// What the server has to be told, or asked, before a search. Raises.
void BeginRaw(IndexScanDesc scan, Relation index) {
  if (!IsMVCCSnapshot(scan->xs_snapshot)) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("access method \"pomai\" supports MVCC snapshots "
                           "only")));
  }
  if (scan->numberOfKeys > 0 || scan->numberOfOrderBys > 1) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("access method \"pomai\" orders by one distance "
                           "only")));
  }
  pgstat_count_index_scan(index);
  compat::CountSearch(scan);
  PredicateLockRelation(index, scan->xs_snapshot);
  compat::CheckOldSnapshot(scan->xs_snapshot, index, kMetaBlock);
}

// The query's elements into `to`, from the ordering key.
Status DecodeQuery(Relation index, Datum value, std::vector<float>* to) {
  pg::VectorDecoder decoder;
  pg::DecodedVector vector;
  POMAI_RETURN_IF_ERROR(decoder.Open(index));
  POMAI_RETURN_IF_ERROR(decoder.Decode(value, &vector));
  to->assign(vector.elements, vector.elements + vector.dimensions);
  return Status::Ok();
}

Status CheckMetric(IndexScanDesc scan, Metric metric) {
  if (scan->numberOfOrderBys == 0) return Status::Ok();
  const int asked = scan->orderByData[0].sk_strategy;
  if (asked == static_cast<int>(metric)) return Status::Ok();
  return Status::Corruption("meta page: expected metric " +
                            std::to_string(asked) + ", found " +
                            std::to_string(static_cast<int>(metric)));
}

}  // namespace

const LastScan& GetLastScan() { return last_scan; }

ScanState* ScanState::Create(Relation index) {
  MemoryContext context = AllocSetContextCreate(
      CurrentMemoryContext, "pomai scan", ALLOCSET_SMALL_SIZES);
  void* memory = MemoryContextAlloc(context, sizeof(ScanState));
  auto* state = new (memory) ScanState(index, context);
  state->callback_.arg = state;
  state->callback_.func = [](void* scan_state) {
    static_cast<ScanState*>(scan_state)->~ScanState();
  };
  MemoryContextRegisterResetCallback(context, &state->callback_);
  return state;
}

void ScanState::Restart() {
  cursor_.reset();
  returned_row_ = false;
}

Status ScanState::Close() {
  cursor_.reset();
  return source_.Close();
}

Status ScanState::ReadQuery(IndexScanDesc scan) {
  query_.clear();
  if (scan->numberOfOrderBys == 0) return Status::Ok();
  const ScanKeyData& key = scan->orderByData[0];
  if ((key.sk_flags & SK_ISNULL) != 0) return Status::Ok();
  MemoryContext decoding = nullptr;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    decoding =
        AllocSetContextCreate(context_, "pomai query", ALLOCSET_DEFAULT_SIZES);
  }));
  MemoryContext before = MemoryContextSwitchTo(decoding);
  const Status status = DecodeQuery(index_, key.sk_argument, &query_);
  MemoryContextSwitchTo(before);
  if (status.ok()) MemoryContextDelete(decoding);
  return status;
}

// The engine's snapshot comes after the statement's: every entry is in the
// index before its transaction commits, so whatever that one sees is in here.
Status ScanState::OpenCursor(IndexScanDesc scan) {
  const PageLock sealed =
      scan->xs_snapshot->takenDuringRecovery ? PageLock::kShare : SealedLock();
  POMAI_ASSIGN_OR_RETURN(
      Snapshot snapshot,
      TakeSnapshot(&store_, sealed, ProcessViewCache(), ViewKey(index_)));
  const Metric metric = snapshot.view->meta.metric;
  POMAI_RETURN_IF_ERROR(CheckMetric(scan, metric));
  source_.SetQuery(metric, query_, scan->xs_snapshot);
  const SearchOptions options{settings::target_recall,
                              static_cast<uint32_t>(settings::probes)};
  POMAI_ASSIGN_OR_RETURN(
      cursor_, SearchCursor::Open(&store_, sealed, std::move(snapshot), query_,
                                  options, &source_));
  return Status::Ok();
}

Status ScanState::Open(IndexScanDesc scan) {
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept { BeginRaw(scan, index_); }));
  POMAI_RETURN_IF_ERROR(source_.Open(scan->heapRelation, index_, context_));
  return ReadQuery(scan);
}

Status ScanState::Next(IndexScanDesc scan, bool* found) {
  const bool first = cursor_ == nullptr;
  if (first) POMAI_RETURN_IF_ERROR(Open(scan));
  for (int attempt = 1;; ++attempt) {
    SearchCursor::Hit hit;
    Status status;
    if (cursor_ == nullptr) status = OpenCursor(scan);
    if (status.ok()) {
      Result<bool> more = cursor_->Next(&hit);
      status = more.status();
      *found = more.ok() && *more;
    }
    if (status.ok()) {
      if (*found) scan->xs_heaptid = TupleAddress(hit.id);
      returned_row_ = returned_row_ || *found;
      Note();
      return Status::Ok();
    }
    // Pages reused under a search that has returned nothing yet: once more.
    if (status.code() != StatusCode::kAborted || returned_row_ ||
        attempt == kMaxAttempts) {
      return status;
    }
    cursor_.reset();
    POMAI_RETURN_IF_ERROR(store_.Poll());
  }
}

void ScanState::Note() {
  last_scan.index = RelationGetRelid(index_);
  last_scan.stats = cursor_->stats();
}

}  // namespace pomai::am
