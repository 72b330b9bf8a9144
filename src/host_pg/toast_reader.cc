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

// Where the first piece of a value was found last by this process: a guess, to
// be confirmed by what is there.
struct Place {
  Oid table;
  Oid value;
  ItemPointerData first;
};

// 1 MB a process, of which only what is used takes memory. Values of a table
// are numbered as they are stored, so neighbours do not get in each other's
// way.
Place* PlaceOf(const varatt_external& pointer) {
  constexpr size_t kPlaces = 1 << 16;
  static auto* places = static_cast<Place*>(
      MemoryContextAllocZero(TopMemoryContext, kPlaces * sizeof(Place)));
  return &places[(pointer.va_valueid + pointer.va_toastrelid * 0x9e3779b9u) %
                 kPlaces];
}

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
  if (!CopyFromPlace(pointer, size, VARDATA(result))) {
    CopyByIndex(pointer, size, VARDATA(result));
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
  pages_ = RelationGetNumberOfBlocks(table_);
  scan_ = compat::BeginIndexScan(table_, indexes_[valid], snapshot_, 1);
  ScanKeyInit(&key_, kValueColumn, BTEqualStrategyNumber, F_OIDEQ, Datum{0});
}

bool ToastReader::Reads(const varatt_external& pointer) const {
  return scan_ != nullptr && RelationGetRelid(table_) == pointer.va_toastrelid;
}

void ToastReader::CopyByIndex(const varatt_external& pointer, int32 size,
                              char* to) {
  key_.sk_argument = ObjectIdGetDatum(pointer.va_valueid);
  index_rescan(scan_, &key_, 1, nullptr, 0);
  for (int32 piece = 0; piece < PiecesOf(size); ++piece) {
    if (!index_getnext_slot(scan_, ForwardScanDirection, slot_)) {
      RaisePiece(table_, piece, -1);
    }
    CopyPiece(piece, size, to);
    if (piece == 0) {
      *PlaceOf(pointer) = {pointer.va_toastrelid, pointer.va_valueid,
                           slot_->tts_tid};
    }
  }
}

// Pieces are stored one behind the other: in the next place of the page, or the
// first of the next page.
bool ToastReader::CopyFromPlace(const varatt_external& pointer, int32 size,
                                char* to) {
  const Place& known = *PlaceOf(pointer);
  if (known.table != pointer.va_toastrelid ||
      known.value != pointer.va_valueid) {
    return false;
  }
  ItemPointerData place = known.first;
  for (int32 piece = 0; piece < PiecesOf(size); ++piece) {
    if (!IsAt(place, known.value, piece)) {
      ItemPointerSet(&place, ItemPointerGetBlockNumber(&place) + 1,
                     FirstOffsetNumber);
      if (piece == 0 || !IsAt(place, known.value, piece)) return false;
    }
    CopyPiece(piece, size, to);
    place.ip_posid = OffsetNumberNext(place.ip_posid);
  }
  return true;
}

// No snapshot matters to a value that a row refers to which we see: what is
// there and has its number is it.
bool ToastReader::IsAt(ItemPointerData place, Oid value, int32 piece) {
  if (ItemPointerGetBlockNumber(&place) >= pages_ ||
      !table_tuple_fetch_row_version(table_, &place, snapshot_, slot_)) {
    return false;
  }
  bool is_null = false;
  const Datum found = slot_getattr(slot_, kValueColumn, &is_null);
  const Datum number = slot_getattr(slot_, kNumberColumn, &is_null);
  return DatumGetObjectId(found) == value && DatumGetInt32(number) == piece;
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
