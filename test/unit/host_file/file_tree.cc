#include "test/unit/host_file/file_tree.h"

#include <algorithm>
#include <set>

#include "core/host_file/file_system.h"

namespace pomai {
namespace {

constexpr uint64_t kSector = 512;

std::string NameOf(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

}  // namespace

std::string FileStep::Describe() const {
  static constexpr const char* kNames[] = {
      "create", "create folder", "link", "rename",      "remove",     "write",
      "grow",   "resize",        "sync", "failed sync", "sync folder"};
  std::string text = kNames[static_cast<size_t>(kind)];
  text += " " + path;
  if (!to.empty()) text += " to " + to;
  if (kind == Kind::kWrite) {
    text += " at " + std::to_string(offset) + ", " +
            std::to_string(bytes->size()) + " bytes";
  }
  if (kind == Kind::kGrow || kind == Kind::kResize) {
    text += " to " + std::to_string(offset);
  }
  return text;
}

void FileTree::Apply(const FileStep& step) {
  using Kind = FileStep::Kind;
  switch (step.kind) {
    case Kind::kCreate:
    case Kind::kCreateFolder:
      nodes_[step.node].folder = step.kind == Kind::kCreateFolder;
      return Step(step.path, {"", NameOf(step.path), step.node});
    case Kind::kLink:
      return Step(step.to, {"", NameOf(step.to), step.node});
    case Kind::kRename:
      return Step(step.path, {NameOf(step.path), NameOf(step.to), step.node});
    case Kind::kRemove:
      return Step(step.path, {NameOf(step.path), "", kNone});
    case Kind::kWrite:
    case Kind::kGrow:
    case Kind::kResize: {
      Node& node = nodes_.at(step.node);
      node.changes.push_back({step.kind, step.offset, step.bytes});
      return Apply(node.changes.back(), &node.content);
    }
    case Kind::kSync:
      return Sync(&nodes_.at(step.node));
    case Kind::kFailedSync:
      for (Change& change : nodes_.at(step.node).changes) change.lost = true;
      return;
    case Kind::kSyncFolder: {
      Node& node = nodes_.at(step.node);
      node.durable_names = node.names;
      node.moves.clear();
      return;
    }
  }
}

void FileTree::Apply(const Change& change, FileContent* content) {
  if (change.kind == FileStep::Kind::kWrite) {
    content->Write(change.offset, *change.bytes);
  } else if (change.kind == FileStep::Kind::kResize ||
             content->size() < change.offset) {
    content->Resize(change.offset);
  }
}

void FileTree::Apply(const Move& move, std::map<std::string, uint64_t>* names) {
  if (!move.gone.empty()) names->erase(move.gone);
  if (!move.came.empty()) (*names)[move.came] = move.node;
}

void FileTree::Sync(Node* node) {
  std::vector<Change> lost;
  for (const Change& change : node->changes) {
    if (change.lost) {
      lost.push_back(change);
    } else {
      Apply(change, &node->durable_content);
    }
  }
  node->changes = std::move(lost);
}

void FileTree::Step(const std::string& path, Move move) {
  Node& folder = nodes_.at(Find(FolderOf(path)));
  Apply(move, &folder.names);
  folder.moves.push_back(std::move(move));
}

uint64_t FileTree::Find(const std::string& path) const {
  uint64_t node = kRoot;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string name = path.substr(begin, end - begin);
    begin = end + 1;
    if (name.empty() || name == ".") continue;
    const auto& names = nodes_.at(node).names;
    const auto found = names.find(name);
    if (found == names.end()) return kNone;
    node = found->second;
  }
  return node;
}

void FileTree::Crash(Unsynced unsynced, uint64_t seed) {
  Random random(seed);
  for (auto& [id, node] : nodes_) {
    if (unsynced == Unsynced::kKept) break;
    if (unsynced == Unsynced::kDropped) {
      node.changes.clear();
      node.moves.clear();
    }
    CrashFile(&node, unsynced == Unsynced::kTorn, &random);
    CrashFolder(&node, &random);
  }
  ForgetNameless();
}

void FileTree::CrashFile(Node* node, bool torn, Random* random) {
  const uint64_t share = random->Below(5);  // of four: kept
  for (const Change& change : node->changes) {
    if (!torn || change.kind != FileStep::Kind::kWrite) {
      if (random->Below(4) < share) Apply(change, &node->durable_content);
      continue;
    }
    const std::span<const uint8_t> bytes(*change.bytes);
    for (uint64_t at = 0; at < bytes.size();) {
      const uint64_t offset = change.offset + at;
      const uint64_t part =
          std::min(bytes.size() - at, kSector - offset % kSector);
      if (random->Below(4) < share) {
        node->durable_content.Write(offset, bytes.subspan(at, part));
      }
      at += part;
    }
  }
  node->changes.clear();
  node->content = node->durable_content;
}

void FileTree::CrashFolder(Node* node, Random* random) {
  const uint64_t share = random->Below(5);
  for (const Move& move : node->moves) {
    if (random->Below(4) < share) Apply(move, &node->durable_names);
  }
  node->moves.clear();
  node->names = node->durable_names;
}

void FileTree::ForgetNameless() {
  std::set<uint64_t> named = {kRoot};
  std::vector<uint64_t> open = {kRoot};
  const auto add = [&](uint64_t node) {
    if (node != kNone && named.insert(node).second) open.push_back(node);
  };
  while (!open.empty()) {
    const Node& node = nodes_.at(open.back());
    open.pop_back();
    for (const auto& [name, child] : node.names) add(child);
    for (const auto& [name, child] : node.durable_names) add(child);
    for (const Move& move : node.moves) add(move.node);
  }
  std::erase_if(nodes_,
                [&](const auto& node) { return !named.contains(node.first); });
}

}  // namespace pomai
