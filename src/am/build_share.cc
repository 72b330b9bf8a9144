#include "src/am/build_share.h"

#include <algorithm>

#include "src/am/progress.h"
#include "src/pg/server.h"

namespace pomai::am {
namespace {

constexpr uint64_t kRowsPerReport = 128;

class EncodingVisitor : public RowVisitor {
 public:
  EncodingVisitor(BuildEncoder* encoder, std::atomic<uint64_t>* rows_done,
                  bool report)
      : encoder_(encoder), rows_done_(rows_done), report_(report) {}

  bool Wants(uint64_t, bool) override { return true; }
  Status Visit(uint64_t id, std::span<const float> vector) override {
    if (++rows_ % kRowsPerReport == 0) {
      const uint64_t before =
          rows_done_->fetch_add(kRowsPerReport, std::memory_order_relaxed);
      if (report_) ReportBuildProgress(before + kRowsPerReport);
    }
    return encoder_->Add(id, vector);
  }

  uint64_t rows() const { return rows_; }

 private:
  BuildEncoder* encoder_;
  std::atomic<uint64_t>* rows_done_;
  bool report_;
  uint64_t rows_ = 0;
};

}  // namespace

void BuildTotals::Add(const BuildTotals& other) {
  table_rows += other.table_rows;
  index_rows += other.index_rows;
  max_squared_norm = std::max(max_squared_norm, other.max_squared_norm);
  broken_hot_chain = broken_hot_chain || other.broken_hot_chain;
}

Status BuildShare::Run(TableScanDesc parallel_scan, bool report) {
  EncodingVisitor visitor(&encoder_, rows_done_, report);
  POMAI_RETURN_IF_ERROR(scan_->Share(parallel_scan, report, &visitor));
  POMAI_RETURN_IF_ERROR(encoder_.Finish());
  totals_.table_rows = scan_->table_rows();
  totals_.index_rows = static_cast<double>(visitor.rows());
  totals_.max_squared_norm = encoder_.max_squared_norm();
  totals_.broken_hot_chain = scan_->broken_hot_chain();
  if (report) EnterBuildPhase(BuildPhase::kSortingEntries, visitor.rows());
  return sorter_->Sort();
}

}  // namespace pomai::am
