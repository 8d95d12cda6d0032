// What put, cp, mv and sync may say about the objects that they write, and which of a tree they take. Pure but for
// --ttl, which asks the server.
#pragma once

#include <objstore/tree.h>

#include <string>
#include <vector>

#include "client/cli/session.h"

namespace objstore::cli {

struct WriteArguments {
  bool no_overwrite = false;
  std::string if_none_match{};  // "*"
  std::string if_match{};       // an ETag
  std::string content_type{};
  std::string cache_control{};
  std::string content_encoding{};
  std::vector<std::string> metadata{};  // name=value
  std::vector<std::string> tags{};      // name=value
  std::string ttl{};
};

struct FilterArguments {
  std::vector<std::string> include{};
  std::vector<std::string> exclude{};
};

// kInvalidArgument; kUnsupported for a ttl that nothing would honour.
Result<client::PutOptions> write_options(Session& session, const WriteArguments& arguments, const BucketName& bucket);
Result<client::PathFilter> filter_of(const FilterArguments& arguments);
// "name=value" of --metadata, --tag.
Result<std::map<std::string, std::string>> pairs_of(std::string_view option, const std::vector<std::string>& texts);
// An ETag as S3 has it, with quotes, for one that may be written without.
std::string quoted_etag(const std::string& text);

}  // namespace objstore::cli
