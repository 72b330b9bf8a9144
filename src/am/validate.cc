// What an operator class must have: decode function 1 taking (type, internal),
// and one ordering operator that returns float8, whose strategy number names
// the metric.

#include "src/am/callbacks.h"
#include "src/am/index_shape.h"
#include "src/pg/server.h"
#include "src/pg/vector_decoder.h"

namespace pomai::am {
namespace {

struct OperatorClass {
  char* name;
  Oid family;
  Oid type;
};

OperatorClass LookUp(Oid oid) {
  HeapTuple tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(oid));
  if (!HeapTupleIsValid(tuple)) {
    elog(ERROR, "cache lookup failed for operator class %u", oid);
  }
  auto* form = reinterpret_cast<Form_pg_opclass>(GETSTRUCT(tuple));
  const OperatorClass found = {pstrdup(NameStr(form->opcname)), form->opcfamily,
                               form->opcintype};
  ReleaseSysCache(tuple);
  return found;
}

bool Complain(const OperatorClass& operator_class, const char* what) {
  ereport(INFO, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
                 errmsg("operator class \"%s\" of access method pomai %s",
                        operator_class.name, what)));
  return false;
}

bool ValidateFunction(const OperatorClass& operator_class) {
  const Oid type = operator_class.type;
  const Oid function =
      get_opfamily_proc(operator_class.family, type, type, pg::kDecodeFunction);
  if (!OidIsValid(function)) {
    return Complain(operator_class, "has no support function 1");
  }
  if (!check_amproc_signature(function, VOIDOID, true, 2, 2, type,
                              INTERNALOID)) {
    return Complain(operator_class,
                    "has a support function 1 of the wrong signature");
  }
  return true;
}

bool IsOrdering(const FormData_pg_amop& member) {
  return member.amoppurpose == AMOP_ORDER && member.amopstrategy >= 1 &&
         member.amopstrategy <= kStrategies &&
         get_op_rettype(member.amopopr) == FLOAT8OID;
}

bool ValidateOperators(const OperatorClass& operator_class) {
  CatCList* members = SearchSysCacheList1(
      AMOPSTRATEGY, ObjectIdGetDatum(operator_class.family));
  int ordering = 0;
  bool sound = true;
  for (int i = 0; i < members->n_members; ++i) {
    const auto& member =
        *reinterpret_cast<Form_pg_amop>(GETSTRUCT(&members->members[i]->tuple));
    if (member.amoplefttype != operator_class.type) continue;
    sound = sound && IsOrdering(member);
    ++ordering;
  }
  ReleaseCatCacheList(members);
  if (!sound) {
    return Complain(operator_class, "has an operator that does not order");
  }
  if (ordering != 1) {
    return Complain(operator_class, "must have one ordering operator");
  }
  return true;
}

}  // namespace
}  // namespace pomai::am

using namespace pomai::am;

extern "C" bool pomai_validate(Oid oid) {
  const OperatorClass operator_class = LookUp(oid);
  const bool functions = ValidateFunction(operator_class);
  const bool operators = ValidateOperators(operator_class);
  return functions && operators;
}

// pg_index_column_has_property(..., 'distance_orderable').
extern "C" bool pomai_property(Oid, int column, IndexAMProperty property,
                               const char*, bool* result, bool* is_null) {
  if (property != AMPROP_DISTANCE_ORDERABLE || column == 0) return false;
  *result = true;
  *is_null = false;
  return true;
}
