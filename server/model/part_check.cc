#include "server/model/part_check.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/wire/checksum.h"

namespace objstore::model {
namespace {

Result<PartInfo> find_part(const std::vector<PartRow>& stored, const CompletedPart& wanted) {
  const auto at = std::lower_bound(stored.begin(), stored.end(), wanted.number,
                                   [](const PartRow& part, std::uint32_t number) { return part.info.number < number; });
  if (at == stored.end() || at->info.number != wanted.number || at->info.etag != wanted.etag) {
    return fail(Errc::kInvalidPart, "part " + std::to_string(wanted.number) + " was not uploaded, or has another ETag");
  }
  if (!wanted.checksum.empty() && (!at->info.checksum || at->info.checksum->value != wanted.checksum)) {
    return fail(Errc::kInvalidPart, "part " + std::to_string(wanted.number) + " has another checksum");
  }
  return at->info;
}

std::string etag_of(const std::vector<PartInfo>& parts) {
  constexpr std::size_t kDigits = 2 * sizeof(Md5);  // what is behind them says that they are no MD5
  std::string digests;
  for (const PartInfo& part : parts) digests += from_hex(std::string_view(part.etag).substr(0, kDigits)).value_or("");
  return to_hex(md5(as_bytes(digests))) + "-" + std::to_string(parts.size());
}

Result<std::optional<StoredChecksum>> checksum_of(const std::vector<PartInfo>& parts, const UploadOptions& upload) {
  const auto algorithm = wire::checksum_from_name(upload.checksum_algorithm);
  if (!algorithm) return std::nullopt;
  std::vector<wire::PartChecksum> checksums;
  for (const PartInfo& part : parts) {
    // A client that never sent one gets none for the whole.
    if (!part.checksum || part.checksum->algorithm != upload.checksum_algorithm) return std::nullopt;
    checksums.push_back({from_base64(part.checksum->value).value_or(""), part.size});
  }
  if (upload.checksum_composite) {
    OBJSTORE_ASSIGN(std::string value, wire::composite_checksum(*algorithm, checksums));
    return StoredChecksum{upload.checksum_algorithm, std::move(value), true};
  }
  OBJSTORE_ASSIGN(const std::string raw, wire::combine_checksums(*algorithm, checksums));
  return StoredChecksum{upload.checksum_algorithm, to_base64(as_bytes(raw)), false};
}

Status check_statements(const Chosen& chosen, const CompleteOptions& options) {
  if (options.object_size && *options.object_size != chosen.size) {
    return fail(Errc::kInvalidArgument, "the parts are not of the stated size together");
  }
  if (options.checksum && chosen.checksum && options.checksum->value != chosen.checksum->value) {
    return fail(Errc::kDigestMismatch, "the stated checksum is not that of the parts");
  }
  return {};
}

}  // namespace

Result<Chosen> choose_parts(const std::vector<PartRow>& stored, const UploadOptions& upload,
                            const CompleteOptions& options) {
  if (options.parts.empty()) return fail(Errc::kMalformed, "the list of parts is empty");
  Chosen chosen;
  std::uint32_t last = 0;
  for (const CompletedPart& wanted : options.parts) {
    if (wanted.number <= last) return fail(Errc::kInvalidPartOrder, "the parts are not in ascending order");
    last = wanted.number;
    OBJSTORE_ASSIGN(PartInfo part, find_part(stored, wanted));
    chosen.size += part.size;
    chosen.parts.push_back(std::move(part));
  }
  for (std::size_t i = 0; i + 1 < chosen.parts.size(); ++i) {
    if (chosen.parts[i].size < kPartBytesMin) {
      return fail(Errc::kTooSmall,
                  "part " + std::to_string(chosen.parts[i].number) + " is smaller than 5 MiB and not the last");
    }
  }
  if (chosen.size > kObjectBytesMax) return fail(Errc::kTooLarge, "the object would be larger than 5 TiB");
  chosen.etag = etag_of(chosen.parts);
  OBJSTORE_ASSIGN(chosen.checksum, checksum_of(chosen.parts, upload));
  OBJSTORE_TRY(check_statements(chosen, options));
  return chosen;
}

}  // namespace objstore::model
