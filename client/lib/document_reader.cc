#include "client/lib/document_reader.h"

#include <algorithm>

#include "client/lib/s3_caller.h"
#include "common/wire/time.h"
#include "common/wire/uri.h"

namespace objstore::client {

Result<wire::XmlElement> read_root(std::string_view document, std::initializer_list<std::string_view> names) {
  const wire::XmlLimits limits{.bytes_max = kDocumentBytesMax};
  auto root = wire::parse_xml(document, limits);
  if (!root) return fail(Errc::kMalformed, "the server's answer cannot be read: " + root.error().message);
  if (std::ranges::find(names, root->name) == names.end()) {
    return fail(Errc::kMalformed, "the server answered with another document than was asked for");
  }
  return root;
}

std::int64_t read_time(std::string_view text) {
  return wire::parse_iso8601(text).value_or(0);
}

Result<std::string> KeyReader::read(std::string_view text) const {
  if (!encoded_) return std::string(text);
  // encoding-type=url writes a space as '+'.
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return wire::percent_decode(spaced);
}

}  // namespace objstore::client
