#include "client/cli/location.h"

#include <filesystem>

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

Result<Side> parse_side(const std::string& text) {
  if (has_s3_scheme(text)) {
    OBJSTORE_ASSIGN(RemotePath remote, RemotePath::parse(text));
    return Side{.remote = std::move(remote)};
  }
  for (const std::string_view start : {"/", "./", "../", "~"}) {
    if (text.starts_with(start)) return Side{.file = text};
  }
  if (text == "." || text == ".." || text == "-") return Side{.file = text};
  std::error_code ec;
  if (std::filesystem::exists(text, ec)) {
    return fail(Errc::kInvalidArgument,
                "'" + text + "' is here, and may be in the store: write ./" + text + " or s3://" + text);
  }
  auto remote = RemotePath::parse(text);
  if (remote) return Side{.remote = std::move(*remote)};
  remote.error().message += "; and there is no file '" + text + "' here";
  return std::unexpected(std::move(remote.error()));
}

std::string as_directory(const std::string& key) {
  return key.empty() || key.ends_with('/') ? key : key + "/";
}

Result<KeyPattern> parse_key_pattern(const RemotePath& path) {
  const auto first = path.key.find_first_of("*?[");
  if (first == std::string::npos) return fail(Errc::kInvalidArgument, "'" + path.key + "' is no pattern");
  const auto slash = path.key.rfind('/', first);
  const std::size_t base = slash == std::string::npos ? 0 : slash + 1;
  return KeyPattern{.base = {path.bucket, path.key.substr(0, base)}, .pattern = "/" + path.key.substr(base)};
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

}  // namespace objstore::cli
