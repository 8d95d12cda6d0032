// The two ends of a published tree on this machine: what is pushed, and the directory that a pull replaces.
#pragma once

#include <objstore/client.h>

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "client/pipeline/artifact_manifest.h"

namespace objstore::client {

// Everything below `directory`, with the digests of its files, sorted by path. The errors of scan_tree(); kConflict for
// a file that is changed while it is read. Any thread.
Result<std::vector<ManifestEntry>> describe_tree(const std::string& directory, const std::stop_token& stop);

// Stores a file under its digest, unless it has changed since it was described: kConflict. Any thread.
Status put_verified(Client& client, const ObjectName& to, const std::string& path, const ManifestEntry& entry,
                    const std::stop_token& stop);

// A tree that is made beside the directory that it is to replace, and is gone when it does not come to that.
class FreshDirectory {
 public:
  // kNotFound without the directory above; kConflict when something else than a directory has that name; kAccessDenied.
  static Result<std::unique_ptr<FreshDirectory>> beside(const std::string& directory);
  ~FreshDirectory();
  FreshDirectory(const FreshDirectory&) = delete;
  FreshDirectory& operator=(const FreshDirectory&) = delete;

  // Fetches one content, once each. Any thread, several at once. kDigestMismatch when it is not what the entry says.
  Status fetch(Client& client, const ObjectName& from, const ManifestEntry& entry, const std::stop_token& stop);
  // Puts all in its place; every content has been fetched. One thread.
  Status arrange(const std::vector<ManifestEntry>& entries);
  // Takes the directory's place, at once. kUnsupported where the file system cannot exchange two directories.
  Status replace();

 private:
  FreshDirectory(std::string directory, std::string work) : directory_(std::move(directory)), work_(std::move(work)) {}
  std::string heap(const std::string& sha256) const { return work_ + "/files/" + sha256; }
  std::string tree() const { return work_ + "/tree"; }

  const std::string directory_;
  const std::string work_;
};

}  // namespace objstore::client
