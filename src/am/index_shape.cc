#include "src/am/index_shape.h"

#include "src/am/options.h"
#include "src/pg/server.h"

namespace pomai::am {
namespace {

Metric MetricOf(Relation index) {
  const Oid family = index->rd_opfamily[0];
  const Oid type = index->rd_opcintype[0];
  uint16_t found = 0;
  for (uint16_t strategy = 1; strategy <= kStrategies; ++strategy) {
    if (!OidIsValid(get_opfamily_member(family, type, type, strategy))) {
      continue;
    }
    if (found != 0) found = kStrategies + 1;
    if (found == 0) found = strategy;
  }
  if (found == 0 || found > kStrategies) {
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
             errmsg("operator class of index \"%s\" must have exactly one "
                    "ordering operator",
                    RelationGetRelationName(index))));
  }
  return static_cast<Metric>(found);
}

uint32_t DimensionsOf(Relation index) {
  const int32 modifier = TupleDescAttr(RelationGetDescr(index), 0)->atttypmod;
  if (modifier <= 0) return 0;
  if (modifier > static_cast<int32>(kMaxDimensions)) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("column cannot have more than %u dimensions for "
                           "access method \"pomai\"",
                           kMaxDimensions)));
  }
  return static_cast<uint32_t>(modifier);
}

}  // namespace

IndexShape ReadIndexShape(Relation index) {
  const IndexOptions* options = OptionsOf(index);
  IndexShape shape;
  shape.metric = MetricOf(index);
  shape.dimensions = DimensionsOf(index);
  shape.bits = static_cast<uint32_t>(options->bits);
  shape.shards = static_cast<uint32_t>(options->shards);
  shape.lists = static_cast<uint32_t>(options->lists);
  return shape;
}

}  // namespace pomai::am
