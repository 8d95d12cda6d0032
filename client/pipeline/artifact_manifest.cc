#include "client/pipeline/artifact_manifest.h"

#include <array>
#include <cstdio>
#include <optional>

#include "common/base/bytes.h"
#include "common/wire/uri.h"

namespace objstore::client {
namespace {

constexpr std::string_view kFirstLine = "objstore-artifact 1\n";
constexpr std::string_view kAnyVersion = "objstore-artifact ";
constexpr std::size_t kFields = 7;

std::string encoded(const std::string& text) {
  return wire::percent_encode(text, wire::Slash::kKeep);
}

std::unexpected<Error> malformed() {
  return fail(Errc::kMalformed, "the manifest cannot be read");
}

std::optional<std::int64_t> number(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto value = parse_u64(negative ? text.substr(1) : text);
  if (!value || *value > std::uint64_t{1} << 62) return std::nullopt;
  return negative ? -static_cast<std::int64_t>(*value) : static_cast<std::int64_t>(*value);
}

std::optional<std::uint32_t> octal(std::string_view text) {
  std::uint32_t out = 0;
  for (const char c : text) {
    if (c < '0' || c > '7' || out > 07777) return std::nullopt;
    out = out * 8 + static_cast<std::uint32_t>(c - '0');
  }
  return text.empty() ? std::nullopt : std::optional(out & 07777);
}

Result<ManifestEntry> read_line(std::string_view line) {
  std::array<std::string_view, kFields> field;
  for (std::size_t i = 0; i < kFields; ++i) {
    const auto space = line.find(' ');
    const bool last = i + 1 == kFields;
    if (last != (space == std::string_view::npos)) return malformed();
    field[i] = line.substr(0, space);
    if (!last) line.remove_prefix(space + 1);
  }
  const auto mode = octal(field[1]);
  const auto seconds = number(field[2]);
  const auto nanoseconds = number(field[3]);
  auto path = wire::percent_decode(field[6]);
  if (!mode || !seconds || !nanoseconds || !path || path->empty()) return malformed();
  ManifestEntry out;
  out.entry = {.path = std::move(*path), .mode = *mode, .mtime_s = *seconds, .mtime_ns = *nanoseconds};
  if (field[0] == "D") {
    out.entry.kind = EntryKind::kDirectory;
  } else if (field[0] == "F") {
    const auto size = parse_u64(field[4]);
    const auto raw = from_hex(field[5]);
    constexpr std::size_t kSha256Bytes = 32;
    if (!size || !raw || raw->size() != kSha256Bytes) return malformed();
    out.entry.size = *size;
    out.sha256 = to_lower(field[5]);
  } else if (field[0] == "L") {
    auto target = wire::percent_decode(field[5]);
    if (!target || target->empty()) return malformed();
    out.entry.kind = EntryKind::kSymlink;
    out.entry.target = std::move(*target);
  } else {
    return malformed();
  }
  return out;
}

}  // namespace

std::string write_manifest(const std::vector<ManifestEntry>& entries) {
  std::string out(kFirstLine);
  for (const auto& [entry, sha256] : entries) {
    std::array<char, 8> mode{};
    std::snprintf(mode.data(), mode.size(), "%04o", entry.mode);
    const char* kind = entry.kind == EntryKind::kDirectory ? "D " : entry.kind == EntryKind::kSymlink ? "L " : "F ";
    const bool file = entry.kind == EntryKind::kFile;
    out += kind + std::string(mode.data()) + " " + std::to_string(entry.mtime_s) + " " +
           std::to_string(entry.mtime_ns) + " " + (file ? std::to_string(entry.size) : "-") + " " +
           (file                                ? sha256
            : entry.kind == EntryKind::kSymlink ? encoded(entry.target)
                                                : "-") +
           " " + encoded(entry.path) + "\n";
  }
  return out;
}

Result<std::vector<ManifestEntry>> read_manifest(std::string_view text) {
  if (!text.starts_with(kFirstLine)) {
    if (text.starts_with(kAnyVersion)) return fail(Errc::kUnsupported, "the manifest is of a later version");
    return malformed();
  }
  std::vector<ManifestEntry> out;
  for (text.remove_prefix(kFirstLine.size()); !text.empty();) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return malformed();
    OBJSTORE_ASSIGN(ManifestEntry entry, read_line(text.substr(0, end)));
    out.push_back(std::move(entry));
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace objstore::client
