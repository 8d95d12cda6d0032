// The list of a published tree's entries, as text. Pure; any thread.
//
//   objstore-artifact 1
//   D 0755 <mtime s> <mtime ns> - - <path>
//   F 0644 <mtime s> <mtime ns> <size> <sha256> <path>
//   L 0777 <mtime s> <mtime ns> - <target> <path>
//
// Paths and targets are percent-encoded but for "/" and the unreserved characters; entries are sorted by path. A hard
// link is a file like any other: its content is stored once.
#pragma once

#include <objstore/error.h>

#include <string>
#include <string_view>
#include <vector>

#include "client/pipeline/tree_scan.h"

namespace objstore::client {

struct ManifestEntry {
  ScannedEntry entry;    // of any kind but kHardlink
  std::string sha256{};  // hexadecimal, of a file
};

std::string write_manifest(const std::vector<ManifestEntry>& entries);
// kMalformed; kUnsupported for a later version. Paths are what they are: whoever writes files minds where they lead.
Result<std::vector<ManifestEntry>> read_manifest(std::string_view text);

}  // namespace objstore::client
