// What a command line calls an object, a bucket or a prefix. Values; any thread.
#pragma once

#include <objstore/error.h>
#include <objstore/transfer.h>

#include <optional>
#include <string>
#include <string_view>

namespace objstore::cli {

// "bucket", "bucket/key" or "s3://bucket/key". The key is opaque and may be empty, a prefix, or end with a slash.
struct RemotePath {
  BucketName bucket;
  std::string key;

  // kInvalidArgument with the rule that a name breaks.
  static Result<RemotePath> parse(std::string_view text);
  // The object of that name. kInvalidArgument without a key.
  Result<client::ObjectName> object() const;
  std::string str() const { return key.empty() ? bucket.str() : bucket.str() + "/" + key; }
};

// One side of a copy that may go either way.
struct Side {
  std::optional<RemotePath> remote{};  // absent: a file or directory
  std::string file{};
};
// "s3://..." is in the store; what starts with '/', './', '../' or '~', '.', '..' and '-' are files. Anything else is a
// bucket, unless there is such a file: kInvalidArgument, since it could be either.
Result<Side> parse_side(const std::string& text);

// A key as the name of a tree: with '/' at its end.
std::string as_directory(const std::string& key);

// "bucket/logs/*.gz": what is above the pattern, and the pattern as PathFilter wants it.
struct KeyPattern {
  RemotePath base;
  std::string pattern;
};
// The key's text as a pattern. kInvalidArgument without '*', '?' or '['.
Result<KeyPattern> parse_key_pattern(const RemotePath& path);

bool has_s3_scheme(std::string_view text) noexcept;

// The key of a file put to `key`: that key, or with the file's own name behind it when the key is empty or ends with
// '/'.
std::string key_for_file(std::string_view key, std::string_view file);
// What is after the last slash; empty when the key ends with one.
std::string_view base_name(std::string_view path) noexcept;

}  // namespace objstore::cli
