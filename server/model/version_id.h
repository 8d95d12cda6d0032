// Version ids: how a client names one version of a key.
//
// Values; any thread. The text of an id is 32 hexadecimal digits: the row's sequence, veiled by random bytes, and those
// bytes. So a row is found by its id without a search, and nobody finds one by counting: the whole text has to agree
// with the row's.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace objstore::model {

class VersionId {
 public:
  // The version that is written while versioning is off or suspended; there is at most one of a key.
  static VersionId null() { return VersionId("null", 0); }
  static VersionId make(std::uint64_t sequence);
  // "null" or the text of an id. kInvalidArgument.
  static Result<VersionId> parse(std::string_view text);

  bool is_null() const noexcept { return text_ == "null"; }
  const std::string& str() const noexcept { return text_; }
  // Of the row that has this id; 0 for the null version.
  std::uint64_t sequence() const noexcept { return sequence_; }

 private:
  VersionId(std::string text, std::uint64_t sequence) : text_(std::move(text)), sequence_(sequence) {}

  std::string text_;
  std::uint64_t sequence_;
};

// Nothing: the current version.
using VersionChoice = std::optional<VersionId>;

}  // namespace objstore::model
