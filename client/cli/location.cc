#include "client/cli/location.h"

namespace objstore::cli {
namespace {

constexpr std::string_view kScheme = "s3://";

}  // namespace

bool has_s3_scheme(std::string_view text) noexcept {
  return text.starts_with(kScheme);
}

Result<RemotePath> RemotePath::parse(std::string_view text) {
  std::string_view rest = text;
  if (has_s3_scheme(rest)) rest.remove_prefix(kScheme.size());
  const auto slash = rest.find('/');
  auto bucket = BucketName::parse(rest.substr(0, slash));
  if (!bucket) {
    return fail(Errc::kInvalidArgument,
                "'" + std::string(text) + "' does not start with a bucket's name: " + bucket.error().message);
  }
  std::string key;
  if (slash != std::string_view::npos) key = rest.substr(slash + 1);
  return RemotePath{std::move(*bucket), std::move(key)};
}

Result<client::ObjectName> RemotePath::object() const {
  auto parsed = ObjectKey::parse(key);
  if (!parsed) {
    return fail(Errc::kInvalidArgument, key.empty() ? "'" + bucket.str() + "' names a bucket, not an object"
                                                    : "'" + key + "' cannot be a key: " + parsed.error().message);
  }
  return client::ObjectName{bucket, std::move(*parsed)};
}

std::string_view base_name(std::string_view path) noexcept {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string key_for_file(std::string_view key, std::string_view file) {
  std::string out(key);
  if (key.empty() || key.ends_with('/')) out += base_name(file);
  return out;
}

std::optional<std::string> relative_path_for(std::string_view key) {
  if (key.contains('\0')) return std::nullopt;
  for (std::string_view rest = key;;) {
    const auto slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    if (segment.empty() || segment == "." || segment == "..") return std::nullopt;
    if (slash == std::string_view::npos) return std::string(key);
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace objstore::cli
