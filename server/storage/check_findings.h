// What a check of a store has found, in words for its operator. Values; one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/rows.h"

namespace objstore::storage {

// A leak costs space, or a spare copy, and no data. Damage is data that cannot be read any more, or rows that
// contradict each other so that some may be lost later.
enum class Severity : std::uint8_t { kLeak, kDamage };
std::string_view to_string(Severity severity) noexcept;  // "leak", "damage"

// Who has the bytes: an object, a version of one, or a part of an upload.
struct Owner {
  std::string bucket{};
  std::string key{};
  std::string version{};   // empty: the null version
  std::string upload{};    // of a part
  std::uint32_t part = 0;  // likewise
  auto operator<=>(const Owner&) const = default;
};
// "photos/2024/a.jpg, version 3f.."; what cannot be printed is escaped.
std::string to_string(const Owner& owner);

struct Finding {
  Severity severity = Severity::kDamage;
  std::string kind{};     // a short name that does not change: "chunk-count"
  std::string message{};  // what is wrong and what it means
  std::string advice{};   // what to do
  // What it is about, so that the owners can be found.
  std::optional<ChunkKey> chunk{};
  std::uint64_t blob = 0;
  std::uint64_t manifest = 0;
  std::vector<Owner> owners{};     // at most kOwnersKept of them
  std::uint64_t owners_count = 0;  // of all

  static constexpr std::size_t kOwnersKept = 20;
};

// Keeps the first findings of each severity and counts the rest.
class Findings {
 public:
  static constexpr std::size_t kKept = 500;  // of each severity

  void add(Finding finding);
  std::uint64_t damage() const noexcept { return damage_; }
  std::uint64_t leaks() const noexcept { return leaks_; }
  bool clean() const noexcept { return damage_ + leaks_ == 0; }
  std::vector<Finding>& kept() noexcept { return kept_; }
  const std::vector<Finding>& kept() const noexcept { return kept_; }

 private:
  std::vector<Finding> kept_;
  std::uint64_t damage_ = 0;
  std::uint64_t leaks_ = 0;
};

// What there is to do about most findings.
inline constexpr std::string_view kAdviceLeak = "Nothing needs to be done; the space stays taken.";
inline constexpr std::string_view kAdviceRestore =
    "Upload the named objects again, or restore them from a backup. Keep a copy of the data directory first.";
inline constexpr std::string_view kAdviceReport =
    "Keep a copy of the data directory, make a backup of what can be read, and report this: no correct build writes "
    "it.";

}  // namespace objstore::storage
