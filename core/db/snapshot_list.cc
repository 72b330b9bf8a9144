#include "core/db/snapshot_list.h"

namespace pomai {

class SnapshotList::Entry : public DbSnapshot {
 public:
  Entry(std::shared_ptr<SnapshotList> list, uint64_t sequence)
      : list_(std::move(list)), sequence_(sequence) {}
  ~Entry() override {
    std::lock_guard lock(list_->mutex_);
    list_->sequences_.erase(list_->sequences_.find(sequence_));
  }
  uint64_t sequence() const override { return sequence_; }
  const SnapshotList* list() const { return list_.get(); }

 private:
  std::shared_ptr<SnapshotList> list_;
  uint64_t sequence_;
};

std::shared_ptr<const DbSnapshot> SnapshotList::Take(
    const std::shared_ptr<SnapshotList>& list, const Sequencer& sequencer) {
  // Read under the mutex: Oldest must not pass it in between.
  std::lock_guard lock(list->mutex_);
  const uint64_t sequence = sequencer.visible();
  list->sequences_.insert(sequence);
  return std::make_shared<Entry>(list, sequence);
}

uint64_t SnapshotList::Oldest(const Sequencer& sequencer) {
  std::lock_guard lock(mutex_);
  const uint64_t visible = sequencer.visible();
  return sequences_.empty() ? visible : std::min(*sequences_.begin(), visible);
}

bool SnapshotList::Owns(const DbSnapshot& snapshot) const {
  const auto* entry = dynamic_cast<const Entry*>(&snapshot);
  return entry != nullptr && entry->list() == this;
}

}  // namespace pomai
