// Continuation tokens: where a listing goes on, in a form that only this store can have written. Immutable; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace objstore::s3 {

class PageTokens {
 public:
  // secret: any text; empty for a random one.
  explicit PageTokens(std::string_view secret);
  // after: a key or common prefix. The token counts for this bucket alone.
  std::string seal(std::string_view bucket, std::string_view after) const;
  // Nothing for a token that was not sealed for this bucket.
  std::optional<std::string> unseal(std::string_view bucket, std::string_view token) const;

 private:
  std::string key_;
};

}  // namespace objstore::s3
