#include <fmt/format.h>

#include <unordered_map>

#include "common/base/bytes.h"
#include "server/model/check_parts.h"

namespace objstore::model {
namespace {

using storage::Finding;
using storage::Findings;
using storage::Severity;
using storage::Table;

// An object with rows in other tables.
struct Entry {
  bool inlined = false;
  bool inline_seen = false;
  bool in_order = true;
  std::uint64_t size = 0;
  std::uint32_t parts = 0;
  std::uint32_t pages_seen = 0;
  std::uint32_t parts_seen = 0;
  std::uint64_t parts_bytes = 0;
  bool good() const {
    if (inlined != inline_seen || !in_order) return false;
    return parts == 0 ? pages_seen == 0
                      : pages_seen == part_list_pages(parts) && parts_seen == parts && parts_bytes == size;
  }
};
using Entries = std::unordered_map<std::uint64_t, Entry>;

class CompanionCheck {
 public:
  CompanionCheck(const CatalogWalk& walk, Findings& findings, std::uint64_t share, std::uint64_t shares)
      : walk_(walk), findings_(findings), share_(share), shares_(shares) {}
  Status run() {
    OBJSTORE_TRY(read_objects());
    OBJSTORE_TRY(read_inline());
    OBJSTORE_TRY(read_part_lists());
    return judge();
  }

 private:
  bool is_mine(std::uint64_t object) const { return object % shares_ == share_; }
  Status read_objects();
  Status read_inline();
  Status read_part_lists();
  Status judge();
  void leak(std::string kind, std::string message) {
    findings_.add({.severity = Severity::kLeak,
                   .kind = std::move(kind),
                   .message = std::move(message),
                   .advice = std::string(storage::kAdviceLeak)});
  }

  const CatalogWalk& walk_;
  Findings& findings_;
  const std::uint64_t share_;
  const std::uint64_t shares_;
  Entries objects_;
};

bool has_companions(const ObjectRow& row) {
  return row.inlined || row.info.parts_count > 0;
}

Status CompanionCheck::read_objects() {
  return walk_.objects([&](Table, const ObjectName& name, const Result<ObjectRow>& row) {
    if (!row || !has_companions(*row) || !is_mine(row->object_id)) return;
    const auto [at, fresh] = objects_.try_emplace(row->object_id);
    if (!fresh) {
      findings_.add(
          {.kind = "object-id",
           .message = "the object has the same number as another one, so they share a body or a list of parts",
           .advice = std::string(storage::kAdviceReport),
           .owners = {walk_.owner(name, *row)}});
      return;
    }
    at->second = {.inlined = row->inlined, .size = row->info.size, .parts = row->info.parts_count};
  });
}

Status CompanionCheck::read_inline() {
  return walk_.rows(Table::kInline, {}, [&](std::string_view key, std::string_view value) {
    if (key.size() != 8) return leak("inline-orphan", "a small body lies under a key that names no object");
    const std::uint64_t id = read_u64_be(key);
    if (!is_mine(id)) return;
    const auto found = objects_.find(id);
    if (found == objects_.end() || !found->second.inlined)
      return leak("inline-orphan", fmt::format("a small body of {} bytes belongs to no object", value.size()));
    found->second.inline_seen = value.size() == found->second.size;
  });
}

Status CompanionCheck::read_part_lists() {
  return walk_.rows(Table::kParts, "o", [&](std::string_view key, std::string_view value) {
    if (key.size() != 13) return leak("part-list-orphan", "a list of parts lies under a key that names no object");
    const std::uint64_t id = read_u64_be(key.substr(1, 8));
    if (!is_mine(id)) return;
    const auto found = objects_.find(id);
    if (found == objects_.end() || found->second.parts == 0)
      return leak("part-list-orphan", "a list of parts belongs to no object");
    Entry& entry = found->second;
    const auto parts = decode_part_list(value);
    entry.in_order &= parts.has_value() && read_u32_be(key.substr(9)) == entry.pages_seen;
    ++entry.pages_seen;
    if (!parts) return;
    entry.parts_seen += static_cast<std::uint32_t>(parts->size());
    for (const PartInfo& part : *parts) entry.parts_bytes += part.size;
  });
}

// Objects are walked again, for their names, only when something is wrong.
Status CompanionCheck::judge() {
  std::erase_if(objects_, [](const auto& one) { return one.second.good(); });
  if (objects_.empty()) return {};
  return walk_.objects([&](Table, const ObjectName& name, const Result<ObjectRow>& row) {
    if (!row || !has_companions(*row)) return;
    const auto found = objects_.find(row->object_id);
    if (found == objects_.end()) return;
    const bool body = found->second.inlined != found->second.inline_seen;
    findings_.add(
        {.kind = body ? "inline-missing" : "part-list",
         .message = body ? "the body, which should lie in the metadata, is not there or has another size: it is lost"
                         : "the list of its parts is incomplete: it can be read whole, but not by parts",
         .advice = std::string(storage::kAdviceRestore),
         .owners = {walk_.owner(name, *row)}});
  });
}

}  // namespace

Status check_companions(const CatalogWalk& walk, const storage::CheckOptions& options, Findings& findings) {
  std::uint64_t objects = 0;
  OBJSTORE_TRY(walk.objects([&](Table, const ObjectName&, const Result<ObjectRow>& row) {
    if (row && has_companions(*row)) ++objects;
  }));
  const std::uint64_t shares = objects / options.entries_max + 1;
  for (std::uint64_t i = 0; i < shares; ++i) OBJSTORE_TRY(CompanionCheck(walk, findings, i, shares).run());
  return {};
}

}  // namespace objstore::model
