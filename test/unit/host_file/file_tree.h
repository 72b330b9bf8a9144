// FileTree: folders and files as a disk holds them: what everybody sees now,
// what is durable, and the steps in between, which a crash may keep or drop.
//
//   FileTree tree;
//   tree.Apply({.kind = FileStep::Kind::kCreate, .node = 2, .path = "/a"});
//   FileTree found = tree;                  // cheap: contents are shared
//   found.Crash(Unsynced::kTorn, seed);     // what a restart finds
//
// A value; one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "test/unit/host_file/file_content.h"

namespace pomai {

// What becomes of steps that were not synced.
enum class Unsynced : uint8_t {
  kKept,     // the process was killed: all is there, and still not synced
  kDropped,  // the power failed before any of it was written
  kSubset,   // some steps reached the disk, in whatever order
  kTorn,     // and of a write some sectors of 512 bytes
};

// A call that changed something.
struct FileStep {
  enum class Kind : uint8_t {
    kCreate,
    kCreateFolder,
    kLink,
    kRename,
    kRemove,  // of a file or an empty folder
    kWrite,
    kGrow,
    kResize,
    kSync,
    kFailedSync,  // what it should have synced no later sync covers
    kSyncFolder,
  };
  Kind kind = Kind::kCreate;
  uint64_t node = 0;    // the file or folder; of kLink, the file
  uint64_t offset = 0;  // of kWrite; of kGrow and kResize, the length
  std::shared_ptr<const std::vector<uint8_t>> bytes = {};  // of kWrite
  std::string path = {};                                   // and for messages
  std::string to = {};  // of kRename and kLink

  std::string Describe() const;
};

class FileTree {
 public:
  static constexpr uint64_t kRoot = 1;
  static constexpr uint64_t kNone = 0;

  FileTree() { nodes_[kRoot].folder = true; }

  // Whether it may be done is the caller's to know.
  void Apply(const FileStep& step);
  void Crash(Unsynced unsynced, uint64_t seed);

  // kNone when there is nothing of that name.
  uint64_t Find(const std::string& path) const;
  bool IsFolder(uint64_t node) const { return nodes_.at(node).folder; }
  const FileContent& Content(uint64_t node) const {
    return nodes_.at(node).content;
  }
  const std::map<std::string, uint64_t>& Names(uint64_t node) const {
    return nodes_.at(node).names;
  }
  // Greater than every node's.
  uint64_t NextNode() const { return nodes_.rbegin()->first + 1; }

 private:
  struct Change {  // of a file's bytes
    FileStep::Kind kind;
    uint64_t offset;
    std::shared_ptr<const std::vector<uint8_t>> bytes;
    bool lost = false;  // a sync of it failed
  };
  struct Move {  // of names in a folder; empty: none
    std::string gone;
    std::string came;
    uint64_t node;
  };
  struct Node {
    bool folder = false;
    FileContent content;
    FileContent durable_content;
    std::vector<Change> changes;
    std::map<std::string, uint64_t> names;
    std::map<std::string, uint64_t> durable_names;
    std::vector<Move> moves;
  };

  static void Apply(const Change& change, FileContent* content);
  static void Apply(const Move& move, std::map<std::string, uint64_t>* names);
  static void Sync(Node* node);
  void Step(const std::string& path, Move move);
  void CrashFile(Node* node, bool torn, Random* random);
  void CrashFolder(Node* node, Random* random);
  void ForgetNameless();

  std::map<uint64_t, Node> nodes_;
};

}  // namespace pomai
