// A segment of random records in a MemoryStore, and what was put into it, for
// tests.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "core/base/random.h"
#include "core/host/memory_store.h"
#include "core/segment/segment_directory.h"
#include "core/segment/segment_reader.h"
#include "core/segment/segment_writer.h"

namespace pomai {

class SegmentSample {
 public:
  // `list_rows`: as SegmentWriter::Plan takes it.
  SegmentSample(const CodeShape& shape, std::vector<uint32_t> list_rows,
                uint64_t seed = 1)
      : shape(shape), list_rows(std::move(list_rows)) {
    Random random(seed);
    const uint32_t lists = static_cast<uint32_t>(this->list_rows.size() - 1);
    for (uint32_t list = 0; list <= lists; ++list) {
      for (uint32_t i = 0; i < this->list_rows[list]; ++i) {
        ids.push_back(random.Next());
        std::vector<uint8_t> record(list == lists ? 0 : shape.record_size());
        for (uint8_t& byte : record) {
          byte = static_cast<uint8_t>(random.Next());
        }
        records.push_back(std::move(record));
      }
    }
    ref = SegmentWriter::Plan(shape, 3, 9, 0, this->list_rows);
  }

  // Gives the segment an extent of two runs of `store`.
  Status Place(MemoryStore* store, uint64_t id) {
    const uint32_t pages = SegmentWriter::PlannedPages(ref);
    ref.extent.id = id;
    POMAI_ASSIGN_OR_RETURN(const BlockNumber first, store->Extend(2));
    POMAI_RETURN_IF_ERROR(store->Extend(1).status());
    POMAI_ASSIGN_OR_RETURN(const BlockNumber second, store->Extend(pages - 2));
    ref.extent.runs = {{first, 2}, {second, pages - 2}};
    return Status::Ok();
  }

  Status Write(MemoryStore* store) const {
    SegmentWriter writer(store, shape, &ref, list_rows);
    size_t row = 0;
    for (uint32_t list = 0; list < list_rows.size(); ++list) {
      for (uint32_t i = 0; i < list_rows[list]; ++i, ++row) {
        POMAI_RETURN_IF_ERROR(writer.Add(list, ids[row], records[row]));
      }
    }
    return writer.Finish();
  }

  CodeShape shape;
  std::vector<uint32_t> list_rows;
  std::vector<uint64_t> ids;
  std::vector<std::vector<uint8_t>> records;
  SegmentRef ref;
};

// Expects the segment in `store` to hold what `sample` says, all of it alive.
inline void ExpectSegment(MemoryStore* store, const SegmentSample& sample,
                          PageLock lock) {
  SegmentReader reader(store, sample.shape, &sample.ref, lock);
  const Status header = reader.CheckHeader();
  ASSERT_TRUE(header.ok()) << header.ToString();
  auto directory = SegmentDirectory::Load(store, sample.ref, lock);
  ASSERT_TRUE(directory.ok()) << directory.status().ToString();
  std::vector<uint8_t> block(sample.shape.block_size());
  std::vector<uint8_t> refine(sample.shape.refine_size());
  uint32_t row = 0;
  for (uint32_t list = 0; list <= sample.ref.lists; ++list) {
    const ListRange range = list < sample.ref.lists
                                ? directory->List(list)
                                : directory->WithoutDistance();
    ASSERT_EQ(range.rows, sample.list_rows[list]);
    ASSERT_EQ(range.first_row, row);
    const bool coded = list < sample.ref.lists;
    for (uint32_t i = 0; i < range.rows; ++i, ++row) {
      ASSERT_EQ(reader.Id(row).value(), sample.ids[row]);
      ASSERT_FALSE(reader.IsDead(row).value());
      if (!coded) continue;
      auto found = reader.RefineRow(row);
      ASSERT_TRUE(found.ok()) << found.status().ToString();
      if (!refine.empty()) {
        CopyRefineRow(sample.shape, sample.records[row].data(), refine.data());
        ASSERT_EQ(std::memcmp(*found, refine.data(), refine.size()), 0);
      }
      if (i % kBlockCodes != 0) continue;
      const uint32_t count = std::min(kBlockCodes, range.rows - i);
      const uint8_t* records[kBlockCodes];
      for (uint32_t n = 0; n < count; ++n) {
        records[n] = sample.records[row + n].data();
      }
      PackBlock(sample.shape, records, count, block.data());
      found = reader.Block(range.first_block + i / kBlockCodes);
      ASSERT_TRUE(found.ok()) << found.status().ToString();
      ASSERT_EQ(std::memcmp(*found, block.data(), block.size()), 0);
    }
  }
}

}  // namespace pomai
