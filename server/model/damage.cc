#include "server/model/damage.h"

#include <map>
#include <set>
#include <unordered_map>

#include "common/base/bytes.h"
#include "server/model/catalog_walk.h"

namespace objstore::model {
namespace {

using storage::Extent;
using storage::Table;

// Bytes of a blob that are damaged, and by which thing.
struct Piece {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::size_t thing = 0;
};

class DamageWalk {
 public:
  DamageWalk(const CatalogWalk& walk, std::span<const DamagedThing> things, std::size_t owners_kept)
      : walk_(walk), owners_kept_(owners_kept), concerned_(things.size()) {
    for (std::size_t i = 0; i < things.size(); ++i) {
      if (things[i].chunk) chunks_[*things[i].chunk].push_back(i);
      if (things[i].blob != 0) pieces_[things[i].blob].push_back({0, kWhole, i});
      if (things[i].manifest != 0) manifests_[things[i].manifest].insert(i);
    }
  }

  Result<std::vector<Concerned>> run() {
    OBJSTORE_TRY(look_for_chunks());
    OBJSTORE_TRY(walk_.rows(Table::kManifests, {}, [&](std::string_view key, std::string_view value) {
      const auto extents = storage::decode_manifest_page(value);
      if (key.size() != 12 || !extents) return;
      for (const Extent& extent : *extents)
        for (const std::size_t thing : things_in(extent)) manifests_[storage::id_of_key(key)].insert(thing);
    }));
    OBJSTORE_TRY(walk_.layouts([&](const storage::Layout& layout, std::uint64_t, const storage::OwnerOf& owner) {
      std::set<std::size_t> things;
      for (const Extent& extent : layout.extents) things.merge(things_in(extent));
      if (const auto found = manifests_.find(layout.manifest); found != manifests_.end())
        things.insert(found->second.begin(), found->second.end());
      for (const std::size_t thing : things) {
        if (++concerned_[thing].count <= owners_kept_) concerned_[thing].owners.push_back(owner());
      }
    }));
    return std::move(concerned_);
  }

 private:
  static constexpr std::uint64_t kWhole = ~std::uint64_t{0};

  Status look_for_chunks();
  void look_in_list(std::uint64_t blob, storage::Domain domain, const std::vector<storage::ChunkRef>& chunks,
                    std::uint64_t& offset);
  std::set<std::size_t> things_in(const Extent& extent) const;

  const CatalogWalk& walk_;
  const std::size_t owners_kept_;
  std::map<storage::ChunkKey, std::vector<std::size_t>> chunks_;
  std::unordered_map<std::uint64_t, std::vector<Piece>> pieces_;        // by blob
  std::unordered_map<std::uint64_t, std::set<std::size_t>> manifests_;  // the things that concern them
  std::vector<Concerned> concerned_;
};

void DamageWalk::look_in_list(std::uint64_t blob, storage::Domain domain, const std::vector<storage::ChunkRef>& chunks,
                              std::uint64_t& offset) {
  for (const storage::ChunkRef& chunk : chunks) {
    if (const auto found = chunks_.find({domain, chunk.id}); found != chunks_.end()) {
      for (const std::size_t thing : found->second) pieces_[blob].push_back({offset, chunk.raw_size, thing});
    }
    offset += chunk.raw_size;
  }
}

Status DamageWalk::look_for_chunks() {
  if (chunks_.empty()) return {};
  std::uint64_t offset = 0;
  OBJSTORE_TRY(walk_.rows(Table::kBlobs, {}, [&](std::string_view key, std::string_view value) {
    const auto row = storage::decode_blob(value);
    if (!row || key.size() != 8) return;
    offset = 0;
    look_in_list(storage::id_of_key(key), row->domain, row->chunks, offset);
  }));
  std::uint64_t blob = 0;
  storage::Domain domain = 0;
  Status failed = {};
  OBJSTORE_TRY(walk_.rows(Table::kBlobPages, {}, [&](std::string_view key, std::string_view value) {
    const auto chunks = storage::decode_chunk_page(value);
    if (!chunks || key.size() != 12) return;
    if (blob != storage::id_of_key(key)) {
      blob = storage::id_of_key(key);
      offset = 0;
      const auto bytes = walk_.metadata().get(Table::kBlobs, storage::id_key(blob));
      if (!bytes && failed) failed = std::unexpected(bytes.error());
      const auto row = bytes && *bytes ? storage::decode_blob(**bytes) : fail(Errc::kNotFound, "");
      domain = row ? row->domain : 0;
    }
    look_in_list(blob, domain, *chunks, offset);
  }));
  return failed;
}

std::set<std::size_t> DamageWalk::things_in(const Extent& extent) const {
  std::set<std::size_t> things;
  const auto found = pieces_.find(extent.blob);
  if (found == pieces_.end()) return things;
  for (const Piece& piece : found->second) {
    const bool whole = piece.length == kWhole;
    if (whole || (piece.offset < extent.offset + extent.length && extent.offset < piece.offset + piece.length))
      things.insert(piece.thing);
  }
  return things;
}

}  // namespace

Result<std::vector<Concerned>> find_concerned(const storage::MetadataReader& metadata,
                                              std::span<const DamagedThing> things, std::size_t owners_kept,
                                              const std::function<bool()>& cancelled) {
  if (things.empty()) return std::vector<Concerned>();
  OBJSTORE_ASSIGN(const CatalogWalk walk, CatalogWalk::open(metadata, cancelled));
  return DamageWalk(walk, things, owners_kept).run();
}

Status name_owners(const storage::MetadataReader& metadata, storage::Findings& findings,
                   const std::function<bool()>& cancelled) {
  std::vector<DamagedThing> things;
  std::vector<storage::Finding*> of;
  for (storage::Finding& finding : findings.kept()) {
    const bool named = finding.chunk || finding.blob != 0 || finding.manifest != 0;
    if (!named || !finding.owners.empty()) continue;
    things.push_back({finding.chunk, finding.blob, finding.manifest});
    of.push_back(&finding);
  }
  OBJSTORE_ASSIGN(auto concerned, find_concerned(metadata, things, storage::Finding::kOwnersKept, cancelled));
  for (std::size_t i = 0; i < of.size(); ++i) {
    of[i]->owners = std::move(concerned[i].owners);
    of[i]->owners_count = concerned[i].count;
  }
  return {};
}

}  // namespace objstore::model
