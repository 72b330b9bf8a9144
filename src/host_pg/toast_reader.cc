#include "src/host_pg/toast_reader.h"

#include "src/pg/server.h"

namespace pomai {
namespace {

// Columns of a TOAST table: whose piece, which one, its bytes.
constexpr AttrNumber kValueColumn = 1;
constexpr AttrNumber kNumberColumn = 2;
constexpr AttrNumber kBytesColumn = 3;

constexpr int32 kPieceSize = TOAST_MAX_CHUNK_SIZE;

int32 PiecesOf(int32 size) { return (size + kPieceSize - 1) / kPieceSize; }

[[noreturn]] void RaisePiece(Relation table, int32 expected, int32 found) {
  ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                  errmsg("TOAST table \"%s\": expected piece %d, found %d",
                         RelationGetRelationName(table), expected, found)));
  pg_unreachable();
}

}  // namespace

Datum ToastReader::FetchRaw(Datum value, MemoryContext context) {
  const auto* stored = reinterpret_cast<varlena*>(DatumGetPointer(value));
  if (!VARATT_IS_EXTERNAL_ONDISK(stored)) return value;
  varatt_external pointer;
  VARATT_EXTERNAL_GET_POINTER(pointer, stored);
  if (table_ == nullptr) {
    MemoryContext before = MemoryContextSwitchTo(context);
    OpenRaw(pointer.va_toastrelid);
    MemoryContextSwitchTo(before);
  }
  if (!Reads(pointer)) return value;

  const int32 size = VARATT_EXTERNAL_GET_EXTSIZE(pointer);
  auto* result = static_cast<varlena*>(palloc(size + VARHDRSZ));
  // VARATT_EXTERNAL_IS_COMPRESSED, which compares a signed with an unsigned.
  if (size < pointer.va_rawsize - VARHDRSZ) {
    SET_VARSIZE_COMPRESSED(result, size + VARHDRSZ);
  } else {
    SET_VARSIZE(result, size + VARHDRSZ);
  }
  key_.sk_argument = ObjectIdGetDatum(pointer.va_valueid);
  index_rescan(scan_, &key_, 1, nullptr, 0);
  for (int32 piece = 0; piece < PiecesOf(size); ++piece) {
    if (!index_getnext_slot(scan_, ForwardScanDirection, slot_)) {
      RaisePiece(table_, piece, -1);
    }
    CopyPiece(piece, size, VARDATA(result));
  }
  return PointerGetDatum(result);
}

void ToastReader::OpenRaw(Oid relation) {
  table_ = table_open(relation, AccessShareLock);
  // Other table access methods know best how they keep such values.
  if (table_->rd_tableam != GetHeapamTableAmRoutine()) return;
  const int valid =
      toast_open_indexes(table_, AccessShareLock, &indexes_, &index_count_);
  snapshot_ = compat::ToastSnapshot(&snapshot_memory_);
  slot_ = table_slot_create(table_, nullptr);
  scan_ = compat::BeginIndexScan(table_, indexes_[valid], snapshot_, 1);
  ScanKeyInit(&key_, kValueColumn, BTEqualStrategyNumber, F_OIDEQ, Datum{0});
}

bool ToastReader::Reads(const varatt_external& pointer) const {
  return scan_ != nullptr && RelationGetRelid(table_) == pointer.va_toastrelid;
}

void ToastReader::CopyPiece(int32 piece, int32 size, char* to) {
  bool is_null = false;
  const int32 number =
      DatumGetInt32(slot_getattr(slot_, kNumberColumn, &is_null));
  if (number != piece) RaisePiece(table_, piece, number);
  const auto* bytes = reinterpret_cast<varlena*>(
      DatumGetPointer(slot_getattr(slot_, kBytesColumn, &is_null)));
  const int32 expected = Min(kPieceSize, size - piece * kPieceSize);
  // Pieces are stored as they are: never compressed, never out of line.
  const bool plain = !VARATT_IS_EXTENDED(bytes) || VARATT_IS_SHORT(bytes);
  const int32 found = plain ? VARSIZE_ANY_EXHDR(bytes) : -1;
  if (found != expected) {
    ereport(ERROR,
            (errcode(ERRCODE_DATA_CORRUPTED),
             errmsg("TOAST table \"%s\": expected %d bytes in piece %d, "
                    "found %d",
                    RelationGetRelationName(table_), expected, piece, found)));
  }
  memcpy(to + piece * kPieceSize, VARDATA_ANY(bytes), expected);
}

void ToastReader::UnpinRaw() {
  if (scan_ == nullptr) return;
  ExecClearTuple(slot_);
  index_rescan(scan_, &key_, 1, nullptr, 0);
}

void ToastReader::CloseRaw() {
  if (table_ == nullptr) return;
  if (scan_ != nullptr) {
    index_endscan(scan_);
    ExecDropSingleTupleTableSlot(slot_);
    toast_close_indexes(indexes_, index_count_, AccessShareLock);
  }
  table_close(table_, AccessShareLock);
  scan_ = nullptr;
  table_ = nullptr;
}

}  // namespace pomai
