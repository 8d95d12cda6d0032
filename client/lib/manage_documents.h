// The XML of versions, tags and uploads. Pure functions but for list_all_parts; any thread.
#pragma once

#include <objstore/client.h>

#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "client/lib/s3_caller.h"

namespace objstore::client {

// kMalformed from every read_*: it is not the document that was expected.
Result<VersionPage> read_versions(std::string_view document);
Result<Versioning> read_versioning(std::string_view document);
Result<std::map<std::string, std::string>> read_tags(std::string_view document);
Result<UploadPage> read_uploads(std::string_view document);
struct PartPage {
  std::vector<PartEntry> parts{};
  std::string next{};  // the marker; empty: the last page
};
Result<PartPage> read_parts(std::string_view document);

std::string write_versioning(Versioning versioning);
std::string write_tags(const std::map<std::string, std::string>& tags);

// All parts that the server has of an upload.
Result<std::vector<PartEntry>> list_all_parts(const S3Caller& caller, const ObjectName& object,
                                              const std::string& upload_id, const std::stop_token& stop);

}  // namespace objstore::client
