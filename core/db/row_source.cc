#include "core/db/row_source.h"

#include <cmath>

#include "core/kernel/distance.h"

namespace pomai {

Status RowSource::Measure(std::span<const uint64_t> numbers,
                          std::span<ExactDistance> out) {
  std::vector<uint64_t> of_shard;
  std::vector<size_t> places;
  for (size_t shard = 0; shard < tables_->size(); ++shard) {
    of_shard.clear();
    places.clear();
    for (size_t i = 0; i < numbers.size(); ++i) {
      if (numbers[i] % tables_->size() != shard) continue;
      of_shard.push_back(numbers[i]);
      places.push_back(i);
      out[i] = {};
    }
    if (places.empty()) continue;
    MeasureShard(*(*tables_)[shard], of_shard, places, out);
  }
  return Status::Ok();
}

void RowSource::MeasureShard(const RowTable& table,
                             std::span<const uint64_t> numbers,
                             std::span<const size_t> places,
                             std::span<ExactDistance> out) {
  table.Visit(
      numbers, sequence_, [&](size_t i, uint64_t id, const float* vector) {
        ExactDistance& exact = out[places[i]];
        exact.distance =
            kernel::Distance(metric_, query_.data(), vector, query_.size());
        exact.state = std::isnan(exact.distance) ? RowState::kNoDistance
                                                 : RowState::kFound;
        ids_[numbers[i]] = id;
      });
}

bool RowSource::IdOf(uint64_t number, uint64_t* id) const {
  if (const auto known = ids_.find(number); known != ids_.end()) {
    *id = known->second;
    return true;
  }
  return (*tables_)[number % tables_->size()]->Read(number, sequence_, id,
                                                    nullptr);
}

}  // namespace pomai
