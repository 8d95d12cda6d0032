#include "server/api/s3/copy_source.h"

#include <string>

#include "common/wire/uri.h"

namespace objstore::s3 {
namespace {

constexpr std::string_view kVersionQuery = "versionId=";

std::unexpected<Failure> bad_source(std::string_view value, std::string message) {
  return refuse(Code::kInvalidArgument, std::move(message),
                {{"ArgumentName", "x-amz-copy-source"}, {"ArgumentValue", std::string(value)}});
}

// A key may have such segments, and can be read and written. As a source they come from clients that take the header
// for a path which somebody resolves, and mean another object than the one that they would get.
bool has_parent_segment(std::string_view key) {
  while (true) {
    const std::size_t slash = key.find('/');
    if (key.substr(0, slash) == "..") return true;
    if (slash == std::string_view::npos) return false;
    key.remove_prefix(slash + 1);
  }
}

}  // namespace

Outcome<SourceName> parse_copy_source(std::string_view value) {
  std::string_view path = value;
  model::VersionChoice version;
  // The first raw '?' starts the version, as in a URL; a key's own is sent as %3F.
  if (const std::size_t question = path.find('?'); question != std::string_view::npos) {
    const std::string_view query = path.substr(question + 1);
    path = path.substr(0, question);
    if (!query.starts_with(kVersionQuery)) return bad_source(value, "The copy source's query is not a version");
    auto id = model::VersionId::parse(query.substr(kVersionQuery.size()));
    if (!id) return bad_source(value, id.error().message);
    version = std::move(*id);
  }
  // Decoded once and then split, so that what is authorised is what is read, however the name was spelled.
  auto decoded = wire::percent_decode(path);
  if (!decoded) return bad_source(value, "The copy source is not percent-encoded correctly");
  std::string_view names = *decoded;
  if (names.starts_with('/')) names.remove_prefix(1);
  const std::size_t slash = names.find('/');
  if (slash == std::string_view::npos)
    return bad_source(value, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  auto bucket = BucketName::parse(names.substr(0, slash));
  if (!bucket) return bad_source(value, "Invalid copy source bucket name");
  auto key = ObjectKey::parse(names.substr(slash + 1));
  if (!key || has_parent_segment(key->str())) return bad_source(value, "Invalid copy source object key");
  return SourceName{std::move(*bucket), std::move(*key), std::move(version)};
}

}  // namespace objstore::s3
