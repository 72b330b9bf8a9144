#include "src/host_pg/toast_reader.h"

#include "src/host_pg/recent_buffers.h"
#include "src/pg/server.h"

namespace pomai {
namespace {

// Columns of a TOAST table: whose piece, which one, its bytes.
constexpr AttrNumber kValueColumn = 1;
constexpr AttrNumber kNumberColumn = 2;
constexpr AttrNumber kBytesColumn = 3;

constexpr int32 kPieceSize = TOAST_MAX_CHUNK_SIZE;

int32 PiecesOf(int32 size) { return (size + kPieceSize - 1) / kPieceSize; }

// Where the first piece of a value was found last by this process, and in which
// buffers that page and the next were: guesses, to be confirmed by what is
// there.
struct Place {
  Oid table;
  Oid value;
  ItemPointerData first;
  Buffer recent[2];
};

// 1.5 MB a process, of which only what is used takes memory. Values of a table
// are numbered as they are stored, so neighbours do not get in each other's
// way.
Place* PlaceOf(const varatt_external& pointer) {
  constexpr size_t kPlaces = 1 << 16;
  static auto* places = static_cast<Place*>(
      MemoryContextAllocZero(TopMemoryContext, kPlaces * sizeof(Place)));
  return &places[(pointer.va_valueid + pointer.va_toastrelid * 0x9e3779b9u) %
                 kPlaces];
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
  const Oid value = pointer.va_valueid;
  key_.sk_argument = ObjectIdGetDatum(value);
  index_rescan(scan_, &key_, 1, nullptr, 0);
  for (int32 piece = 0; piece < PiecesOf(size); ++piece) {
    if (!index_getnext_slot(scan_, ForwardScanDirection, slot_) ||
        !CopyPiece(ExecFetchSlotHeapTuple(slot_, false, nullptr), value, piece,
                   size, to)) {
      ereport(ERROR,
              (errcode(ERRCODE_DATA_CORRUPTED),
               errmsg("TOAST table \"%s\": piece %d of value %u is missing or "
                      "damaged",
                      RelationGetRelationName(table_), piece, value)));
    }
    if (piece == 0) {
      *PlaceOf(pointer) = {pointer.va_toastrelid, value, slot_->tts_tid, {}};
    }
  }
}

// Pieces are stored one behind the other: in the next place of the page, or the
// first of the next page.
bool ToastReader::CopyFromPlace(const varatt_external& pointer, int32 size,
                                char* to) {
  Place* known = PlaceOf(pointer);
  if (known->table != pointer.va_toastrelid ||
      known->value != pointer.va_valueid) {
    return false;
  }
  BlockNumber page = ItemPointerGetBlockNumber(&known->first);
  OffsetNumber at = ItemPointerGetOffsetNumber(&known->first);
  Buffer* recent = known->recent;
  Buffer others = InvalidBuffer;
  for (int32 piece = 0; piece < PiecesOf(size); ++page) {
    const int32 copied =
        CopyFromPage(page, recent, at, known->value, piece, size, to);
    if (copied == 0) return false;
    piece += copied;
    at = FirstOffsetNumber;
    recent = recent == known->recent ? recent + 1 : &others;
  }
  return true;
}

// No snapshot matters to a value that a row refers to which we see: what is
// there and has its number is it. Pieces are read where they lie, several under
// one lock, as slots would look for the page with each of them.
int32 ToastReader::CopyFromPage(BlockNumber page, Buffer* recent,
                                OffsetNumber at, Oid value, int32 first,
                                int32 size, char* to) {
  if (page >= pages_) return 0;
  const Buffer buffer = PinWithGuess(table_, page, recent);
  LockBuffer(buffer, BUFFER_LOCK_SHARE);
  const Page bytes = BufferGetPage(buffer);
  const OffsetNumber last = PageGetMaxOffsetNumber(bytes);
  int32 piece = first;
  for (; piece < PiecesOf(size) && at <= last; ++piece, ++at) {
    const ItemId item = PageGetItemId(bytes, at);
    if (!ItemIdIsNormal(item)) break;
    HeapTupleData row;
    row.t_len = ItemIdGetLength(item);
    row.t_tableOid = RelationGetRelid(table_);
    row.t_data = reinterpret_cast<HeapTupleHeader>(PageGetItem(bytes, item));
    ItemPointerSet(&row.t_self, page, at);
    if (!HeapTupleSatisfiesVisibility(&row, snapshot_, buffer) ||
        !CopyPiece(&row, value, piece, size, to)) {
      break;
    }
  }
  UnlockReleaseBuffer(buffer);
  return piece - first;
}

bool ToastReader::CopyPiece(HeapTuple row, Oid value, int32 piece, int32 size,
                            char* to) {
  const TupleDesc columns = RelationGetDescr(table_);
  bool is_null = false;
  const Datum whose = heap_getattr(row, kValueColumn, columns, &is_null);
  const Datum number = heap_getattr(row, kNumberColumn, columns, &is_null);
  if (DatumGetObjectId(whose) != value || DatumGetInt32(number) != piece) {
    return false;
  }
  const auto* bytes = reinterpret_cast<varlena*>(
      DatumGetPointer(heap_getattr(row, kBytesColumn, columns, &is_null)));
  // Pieces are stored as they are: never compressed, never out of line.
  if (VARATT_IS_EXTENDED(bytes) && !VARATT_IS_SHORT(bytes)) return false;
  const int32 expected = Min(kPieceSize, size - piece * kPieceSize);
  if (static_cast<int32>(VARSIZE_ANY_EXHDR(bytes)) != expected) return false;
  memcpy(to + piece * kPieceSize, VARDATA_ANY(bytes), expected);
  return true;
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
