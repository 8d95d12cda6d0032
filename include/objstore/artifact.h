// Directories published as a whole: who pulls one gets the tree of one push, never a mixture of two.
//
// Below "<prefix><name>/" lie `files/<sha256>`, each content once for all versions; `manifests/<sha256>`, the list of a
// tree's entries; and `tags/<tag>`, which holds the name of a manifest. Files and manifests never change. A push stores
// what is missing and switches the tag last, by one conditional put; a pull reads the tag first. docs/pipelines.md says
// what becomes garbage, and how it goes. Lifetime: the Client outlives an ArtifactStore. Threads: any; calls block.
#pragma once

#include <objstore/client.h>

#include <cstdint>
#include <optional>
#include <string>

namespace objstore::client {

struct ArtifactName {
  std::string name{};
  std::string tag = "latest";
  // "name" or "name:tag": of [A-Za-z0-9._-], the name also with '/' between such words. kInvalidArgument.
  static Result<ArtifactName> parse(std::string_view text);
};

struct ArtifactPushOptions {
  bool keep_tag = false;  // kPreconditionFailed when the tag exists already
  unsigned parallelism = 8;
  Control control{};
};

struct ArtifactPushResult {
  std::string digest{};  // of the manifest: names this very tree
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t sent_files = 0;  // those that were not there yet
  std::uint64_t sent_bytes = 0;
  bool changed = false;  // the tag named another tree before, or none
};

struct ArtifactPullOptions {
  unsigned parallelism = 8;
  Control control{};
};

struct ArtifactPullResult {
  std::string digest{};
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

class ArtifactStore {
 public:
  ArtifactStore(Client& client, BucketName bucket, std::string prefix);

  // kConflict when a file is changed while it is read, or when others switch the tag again and again.
  Result<ArtifactPushResult> push(const ArtifactName& name, const std::string& directory,
                                  const ArtifactPushOptions& options);
  // The directory is replaced as a whole, by one rename: a process that looks finds the old tree or the new one, and
  // what was in it before is gone. kNoSuchKey without such an artifact, kDigestMismatch for a file that is not what the
  // manifest says; then the old tree stays.
  Result<ArtifactPullResult> pull(const ArtifactName& name, const std::string& directory,
                                  const ArtifactPullOptions& options);

 private:
  Client& client_;
  const BucketName bucket_;
  const std::string prefix_;
};

}  // namespace objstore::client
