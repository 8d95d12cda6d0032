#include "server/storage/check_findings.h"

#include <utility>

#include "common/base/log.h"

namespace objstore::storage {

std::string_view to_string(Severity severity) noexcept {
  return severity == Severity::kLeak ? "leak" : "damage";
}

std::string to_string(const Owner& owner) {
  std::string text = log::escape(owner.bucket) + "/" + log::escape(owner.key);
  if (!owner.version.empty()) text += ", version " + log::escape(owner.version);
  if (!owner.upload.empty()) text += ", upload " + log::escape(owner.upload);
  if (owner.part != 0) text += ", part " + std::to_string(owner.part);
  return text;
}

void Findings::add(Finding finding) {
  std::uint64_t& count = finding.severity == Severity::kLeak ? leaks_ : damage_;
  if (++count > kKept) return;
  if (finding.owners_count == 0) finding.owners_count = finding.owners.size();
  kept_.push_back(std::move(finding));
}

}  // namespace objstore::storage
