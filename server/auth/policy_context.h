// What a request says about itself, asked by the names of condition keys. One request, one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace objstore::auth {

class PolicyContext {
 public:
  virtual ~PolicyContext() = default;
  // key: in lower case ("aws:sourceip", "s3:existingobjecttag/<name>": what follows the slash keeps its case). Nothing
  // when the request has no such key. Asked only by policies that name the key: values are made on demand.
  virtual std::optional<std::vector<std::string>> values(std::string_view key) const = 0;
};

}  // namespace objstore::auth
