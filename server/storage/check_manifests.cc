// Manifests: their pages and counts against the objects and parts that have them; and the sizes of all layouts.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "common/base/bytes.h"
#include "server/storage/check_pass.h"

namespace objstore::storage {
namespace {

struct Entry {
  std::uint32_t pages_seen = 0;
  bool in_order = true;
  bool has_counter = false;
  bool queued = false;
  std::uint64_t bytes = 0;
  std::int64_t counter = 0;
  std::int64_t counted = 0;
};

class ManifestCheck {
 public:
  ManifestCheck(const CheckPass& pass, const CheckSources& sources, Share share, Findings& findings)
      : pass_(pass), sources_(sources), share_(share), findings_(findings) {}

  Status run() {
    OBJSTORE_TRY(read_pages());
    OBJSTORE_TRY(read_counters());
    OBJSTORE_TRY(read_queue());
    OBJSTORE_TRY(sources_.layouts(
        [&](const Layout& layout, std::uint64_t size, const OwnerOf& owner) { take_layout(layout, size, owner); }));
    judge();
    return {};
  }

 private:
  Status read_pages();
  Status read_counters();
  Status read_queue();
  void take_layout(const Layout& layout, std::uint64_t size, const OwnerOf& owner);
  void damaged(std::string kind, std::string message, const OwnerOf& owner) {
    findings_.add({.kind = std::move(kind),
                   .message = std::move(message),
                   .advice = std::string(kAdviceRestore),
                   .owners = {owner()}});
  }
  void judge();

  const CheckPass& pass_;
  const CheckSources& sources_;
  const Share share_;
  Findings& findings_;
  std::unordered_map<std::uint64_t, Entry> manifests_;
};

Status ManifestCheck::read_pages() {
  return pass_.walk(Table::kManifests, {}, [&](std::string_view key, std::string_view value) {
    if (key.size() != 12 || !share_.has(id_of_key(key))) return;
    Entry& entry = manifests_[id_of_key(key)];
    const auto extents = decode_manifest_page(value);
    entry.in_order &= read_u32_be(key.substr(8)) == entry.pages_seen && extents.has_value();
    ++entry.pages_seen;
    if (!extents) return;
    for (const Extent& extent : *extents) entry.bytes += extent.length;
  });
}

Status ManifestCheck::read_counters() {
  return pass_.walk(Table::kCounts, "m", [&](std::string_view key, std::string_view value) {
    if (key.size() != 9 || !share_.has(read_u64_be(key.substr(1)))) return;
    Entry& entry = manifests_[read_u64_be(key.substr(1))];
    entry.has_counter = true;
    entry.counter = decode_counter(std::string(value)).value_or(0);
  });
}

Status ManifestCheck::read_queue() {
  return pass_.walk(Table::kQueue, {}, [&](std::string_view, std::string_view value) {
    const auto release = decode_release(value);
    if (!release) return;
    for (const std::uint64_t id : release->manifests) {
      if (const auto found = manifests_.find(id); found != manifests_.end()) found->second.queued = true;
    }
  });
}

void ManifestCheck::take_layout(const Layout& layout, std::uint64_t size, const OwnerOf& owner) {
  // A layout without a manifest is looked at with manifest 0's share.
  if (!share_.has(layout.manifest)) return;
  std::uint64_t bytes = 0;
  for (const Extent& extent : layout.extents) bytes += extent.length;
  if (layout.manifest != 0) {
    const auto found = manifests_.find(layout.manifest);
    if (found != manifests_.end()) ++found->second.counted;
    if (found == manifests_.end() || found->second.pages_seen == 0) {
      return damaged("manifest-missing",
                     "manifest " + id_text(layout.manifest) + ", which lists where its bytes are, does not exist",
                     owner);
    }
    const Entry& entry = found->second;
    if (entry.pages_seen != layout.manifest_pages || !entry.in_order) {
      return damaged("manifest-pages",
                     fmt::format("manifest {}, which lists where its bytes are, has {} pages and should have {}",
                                 id_text(layout.manifest), entry.pages_seen, layout.manifest_pages),
                     owner);
    }
    bytes += entry.bytes;
  }
  if (bytes != size)
    damaged("layout-size", fmt::format("it should have {} bytes, and what it consists of has {}", size, bytes), owner);
}

void ManifestCheck::judge() {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, entry] : manifests_) ids.push_back(id);
  std::ranges::sort(ids);
  for (const std::uint64_t id : ids) {
    const Entry& entry = manifests_.at(id);
    const auto report = [&](Severity severity, std::string kind, std::string message, std::string_view advice) {
      findings_.add({.severity = severity,
                     .kind = std::move(kind),
                     .message = std::move(message),
                     .advice = std::string(advice),
                     .manifest = id});
    };
    const std::string counts =
        fmt::format("manifest {} is counted {} times and used {} times", id_text(id), entry.counter, entry.counted);
    if (entry.counter < entry.counted) {
      report(Severity::kDamage, "manifest-count", counts + ": it would be removed while it is still needed",
             kAdviceReport);
    } else if (entry.counter > entry.counted) {
      report(Severity::kLeak, "manifest-count", counts + ": its space is never given back", kAdviceLeak);
    } else if (entry.counter == 0 && !entry.queued) {
      report(Severity::kLeak, "manifest-unqueued",
             "manifest " + id_text(id) + " is used by nobody and was not handed to the collector", kAdviceLeak);
    }
  }
}

}  // namespace

Status check_manifests(const CheckPass& pass, const CheckSources& sources, Share share, Findings& findings) {
  return ManifestCheck(pass, sources, share, findings).run();
}

}  // namespace objstore::storage
