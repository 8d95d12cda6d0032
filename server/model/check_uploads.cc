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

struct Entry {
  UploadState state = UploadState::kOpen;
  bool noted = false;  // among the completed ones
};

class UploadCheck {
 public:
  UploadCheck(const CatalogWalk& walk, Findings& findings, std::uint64_t share, std::uint64_t shares)
      : walk_(walk), findings_(findings), share_(share), shares_(shares) {}
  Status run() {
    OBJSTORE_TRY(read_uploads());
    OBJSTORE_TRY(read_parts());
    return read_notes();
  }

 private:
  bool is_mine(std::string_view upload_id) const {
    return std::hash<std::string_view>()(upload_id) % shares_ == share_;
  }
  void report(Severity severity, std::string kind, std::string message, storage::Owner owner) {
    findings_.add({.severity = severity,
                   .kind = std::move(kind),
                   .message = std::move(message),
                   .advice = std::string(severity == Severity::kLeak ? storage::kAdviceLeak : storage::kAdviceReport),
                   .owners = {std::move(owner)}});
  }
  Status read_uploads();
  Status read_parts();
  Status read_notes();

  const CatalogWalk& walk_;
  Findings& findings_;
  const std::uint64_t share_;
  const std::uint64_t shares_;
  std::unordered_map<std::string, Entry> uploads_;
};

Status UploadCheck::read_uploads() {
  return walk_.rows(Table::kUploads, {}, [&](std::string_view key, std::string_view value) {
    const auto name = parse_upload_key(key);
    const auto row = decode_upload(value);
    const std::string id = name ? name->upload_id : std::string();
    if (!is_mine(id)) return;
    const auto owner = [&] { return walk_.owner_of_part(id, 0); };
    if (!name || !row)
      return report(Severity::kDamage, "row-unreadable", "the row of the upload cannot be read", owner());
    uploads_[id].state = row->state;
    if (key.size() < 8 || !walk_.buckets().contains(read_u64_be(key.substr(0, 8))))
      report(Severity::kLeak, "upload-orphan", "the bucket of the upload does not exist", owner());
    if (row->state == UploadState::kCompleted && !row->result)
      report(Severity::kDamage, "upload-result", "the upload is completed, and its result is not there", owner());
  });
}

Status UploadCheck::read_parts() {
  return walk_.rows(Table::kParts, {}, [&](std::string_view key, std::string_view value) {
    if (key.starts_with('o')) return;
    if (key.size() < 5 || !key.starts_with('u')) {
      if (is_mine({})) report(Severity::kLeak, "part-orphan", "a part lies under a key that names no upload", {});
      return;
    }
    const std::string id(key.substr(1, key.size() - 5));
    if (!is_mine(id)) return;
    const std::uint32_t number = read_u32_be(key.substr(key.size() - 4));
    const auto part = decode_part(value);
    if (!part || part->info.number != number)
      return report(Severity::kDamage, "row-unreadable", "the row of the part cannot be read",
                    walk_.owner_of_part(id, number));
    const auto found = uploads_.find(id);
    if (found == uploads_.end())
      return report(Severity::kLeak, "part-orphan", "the part belongs to an upload that does not exist",
                    {.upload = id, .part = number});
    // What is completed has handed its parts to the object, in one step.
    if (found->second.state == UploadState::kCompleted)
      report(Severity::kLeak, "part-orphan", "the upload is completed, and still has the part",
             walk_.owner_of_part(id, number));
  });
}

// A note may outlive the upload, when its bucket went: then it goes with its time. The other way round the upload would
// stay for ever.
Status UploadCheck::read_notes() {
  OBJSTORE_TRY(walk_.rows(Table::kStore, kCompletedPrefix, [&](std::string_view key, std::string_view) {
    const std::size_t time_end = kCompletedPrefix.size() + 8;
    const auto name = key.size() > time_end ? parse_upload_key(key.substr(time_end)) : fail(Errc::kCorrupt, "");
    if (!name) return;
    if (const auto found = uploads_.find(name->upload_id); found != uploads_.end()) found->second.noted = true;
  }));
  for (const auto& [id, entry] : uploads_) {
    if (entry.state == UploadState::kCompleted && !entry.noted)
      report(Severity::kLeak, "upload-unnoted", "the completed upload is never forgotten", walk_.owner_of_part(id, 0));
  }
  return {};
}

}  // namespace

Status check_uploads(const CatalogWalk& walk, const storage::CheckOptions& options, Findings& findings) {
  std::uint64_t uploads = 0;
  OBJSTORE_TRY(walk.rows(Table::kUploads, {}, [&](std::string_view, std::string_view) { ++uploads; }));
  const std::uint64_t shares = uploads / options.entries_max + 1;
  for (std::uint64_t i = 0; i < shares; ++i) OBJSTORE_TRY(UploadCheck(walk, findings, i, shares).run());
  return {};
}

}  // namespace objstore::model
