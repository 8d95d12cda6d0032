#include <objstore/artifact.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "client/pipeline/artifact_manifest.h"
#include "client/pipeline/artifact_tree.h"
#include "client/pipeline/tree_scan.h"
#include "common/base/digest.h"

namespace objstore::client {
namespace {

constexpr std::uint64_t kManifestBytesMax = std::uint64_t{256} << 20;
constexpr std::uint64_t kTagBytesMax = 64;
constexpr int kSwitchAttemptsMax = 10;

bool is_word(std::string_view text) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-'; };
  return !text.empty() && text != "." && text != ".." && std::ranges::all_of(text, fits);
}

// Runs work(i) for all i below count, up to `threads` at once; the first error ends it.
Status in_parallel(std::size_t count, unsigned threads, const std::function<Status(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  Status status;
  const auto run = [&] {
    for (std::size_t i = next++; i < count && !failed; i = next++) {
      Status done = work(i);
      if (done) continue;
      const std::lock_guard lock(mutex);
      if (!failed.exchange(true)) status = std::move(done);
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < std::min<std::size_t>(threads, count); ++i) helpers.emplace_back(run);
    run();
  }
  return status;
}

// One artifact's objects.
class Artifact {
 public:
  Artifact(Client& client, const BucketName& bucket, std::string base, Control control)
      : client_(client), bucket_(bucket), base_(std::move(base)), control_(std::move(control)) {}

  Result<ObjectName> object(const std::string& rest) const {
    OBJSTORE_ASSIGN(ObjectKey key, ObjectKey::parse(base_ + rest));
    return ObjectName{bucket_, std::move(key)};
  }
  const std::stop_token& stop() const { return control_.stop; }
  Client& client() const { return client_; }

  Result<std::set<std::string>> stored_files() const;
  Result<std::string> read(const ObjectName& from, std::uint64_t bytes_max, std::string* etag) const;
  Status put_manifest(const std::string& digest, const std::string& text) const;
  // True when the tag named something else before.
  Result<bool> switch_tag(const std::string& tag, const std::string& digest, bool keep_tag) const;
  Result<std::vector<ManifestEntry>> manifest(const std::string& digest) const;

 private:
  Client& client_;
  const BucketName& bucket_;
  const std::string base_;
  const Control control_;
};

Result<std::set<std::string>> Artifact::stored_files() const {
  const std::string prefix = base_ + "files/";
  ListPager pager = client_.list(bucket_, {.prefix = prefix, .stop = stop()});
  std::set<std::string> out;
  while (true) {
    OBJSTORE_ASSIGN(const auto page, pager.next());
    if (!page) return out;
    for (const auto& entry : page->objects) out.insert(entry.key.substr(prefix.size()));
  }
}

Result<std::string> Artifact::read(const ObjectName& from, std::uint64_t bytes_max, std::string* etag) const {
  std::string out;
  const auto write = [&](ByteView bytes) -> Status {
    if (out.size() + bytes.size() > bytes_max) return fail(Errc::kTooLarge, from.key.str() + " is too long");
    out += as_text(bytes);
    return {};
  };
  OBJSTORE_ASSIGN(const ObjectInfo info, client_.get(from, write, {.control = {.stop = stop()}}));
  if (etag != nullptr) *etag = info.etag;
  return out;
}

Status Artifact::put_manifest(const std::string& digest, const std::string& text) const {
  OBJSTORE_ASSIGN(const ObjectName to, object("manifests/" + digest));
  const PutOptions options{.content_type = "text/plain", .if_absent = true, .control = {.stop = stop()}};
  const auto put = client_.put_bytes(to, as_bytes(text), options);
  if (!put && put.error().code != Errc::kPreconditionFailed) return std::unexpected(put.error());
  return {};
}

Result<bool> Artifact::switch_tag(const std::string& tag, const std::string& digest, bool keep_tag) const {
  OBJSTORE_ASSIGN(const ObjectName to, object("tags/" + tag));
  for (int attempt = 0; attempt < kSwitchAttemptsMax; ++attempt) {
    PutOptions options{.content_type = "text/plain", .control = {.stop = stop()}};
    std::string etag;
    const auto now = read(to, kTagBytesMax, &etag);
    if (!now && now.error().code != Errc::kNoSuchKey) return std::unexpected(now.error());
    if (now && *now == digest) return false;
    if (now && keep_tag) return fail(Errc::kPreconditionFailed, "the tag " + tag + " exists already");
    options.if_absent = !now;
    options.if_match = etag;
    const auto put = client_.put_bytes(to, as_bytes(digest), options);
    if (put) return true;
    const bool lost = put.error().code == Errc::kPreconditionFailed || put.error().code == Errc::kConflict ||
                      put.error().code == Errc::kNoSuchKey;
    if (!lost) return std::unexpected(put.error());
  }
  return fail(Errc::kConflict, "others switch the tag " + tag + " again and again");
}

Result<std::vector<ManifestEntry>> Artifact::manifest(const std::string& digest) const {
  OBJSTORE_ASSIGN(const ObjectName from, object("manifests/" + digest));
  OBJSTORE_ASSIGN(const std::string text, read(from, kManifestBytesMax, nullptr));
  if (to_hex(sha256(as_bytes(text))) != digest) {
    return fail(Errc::kDigestMismatch, "the manifest is not the one that the tag names");
  }
  return read_manifest(text);
}

}  // namespace

Result<ArtifactName> ArtifactName::parse(std::string_view text) {
  const auto colon = text.find(':');
  ArtifactName out{.name = std::string(text.substr(0, colon))};
  if (colon != std::string_view::npos) out.tag = text.substr(colon + 1);
  bool sound = is_word(out.tag) && !out.name.empty();
  for (std::string_view rest = out.name; sound && !rest.empty();) {
    const auto slash = rest.find('/');
    sound = is_word(rest.substr(0, slash)) && slash != rest.size() - 1;
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  }
  if (sound) return out;
  return fail(Errc::kInvalidArgument, "'" + std::string(text) +
                                          "' is no artifact's name: NAME or NAME:TAG, of letters, "
                                          "digits, '.', '_', '-' and, in the name, '/'");
}

ArtifactStore::ArtifactStore(Client& client, BucketName bucket, std::string prefix)
    : client_(client), bucket_(std::move(bucket)), prefix_(std::move(prefix)) {}

// The manifest goes first, the files after it, the tag last: who sees the tag finds everything.
Result<ArtifactPushResult> ArtifactStore::push(const ArtifactName& name, const std::string& directory,
                                               const ArtifactPushOptions& options) {
  const Artifact artifact(client_, bucket_, prefix_ + name.name + "/", options.control);
  OBJSTORE_ASSIGN(std::vector<ManifestEntry> entries, describe_tree(directory, artifact.stop()));
  ArtifactPushResult result;
  std::map<std::string, const ManifestEntry*> contents;
  for (const ManifestEntry& entry : entries) {
    if (entry.entry.kind != EntryKind::kFile) continue;
    ++result.files;
    result.bytes += entry.entry.size;
    contents.try_emplace(entry.sha256, &entry);
  }
  const std::string text = write_manifest(entries);
  result.digest = to_hex(sha256(as_bytes(text)));
  OBJSTORE_TRY(artifact.put_manifest(result.digest, text));
  OBJSTORE_ASSIGN(const std::set<std::string> stored, artifact.stored_files());
  std::vector<const ManifestEntry*> missing;
  for (const auto& [digest, entry] : contents) {
    if (!stored.contains(digest)) missing.push_back(entry);
  }
  OBJSTORE_TRY(in_parallel(missing.size(), options.parallelism, [&](std::size_t i) -> Status {
    const ManifestEntry& entry = *missing[i];
    OBJSTORE_ASSIGN(const ObjectName to, artifact.object("files/" + entry.sha256));
    return put_verified(client_, to, directory + "/" + entry.entry.path, entry, artifact.stop());
  }));
  for (const ManifestEntry* entry : missing) result.sent_bytes += entry->entry.size;
  result.sent_files = missing.size();
  OBJSTORE_ASSIGN(result.changed, artifact.switch_tag(name.tag, result.digest, options.keep_tag));
  return result;
}

Result<ArtifactPullResult> ArtifactStore::pull(const ArtifactName& name, const std::string& directory,
                                               const ArtifactPullOptions& options) {
  const Artifact artifact(client_, bucket_, prefix_ + name.name + "/", options.control);
  ArtifactPullResult result;
  OBJSTORE_ASSIGN(const ObjectName tag, artifact.object("tags/" + name.tag));
  OBJSTORE_ASSIGN(result.digest, artifact.read(tag, kTagBytesMax, nullptr));
  OBJSTORE_ASSIGN(const std::vector<ManifestEntry> entries, artifact.manifest(result.digest));
  OBJSTORE_ASSIGN(const auto fresh, FreshDirectory::beside(directory));
  std::vector<const ManifestEntry*> contents;  // each once
  std::set<std::string> seen;
  for (const ManifestEntry& entry : entries) {
    if (entry.entry.kind != EntryKind::kFile) continue;
    ++result.files;
    result.bytes += entry.entry.size;
    if (seen.insert(entry.sha256).second) contents.push_back(&entry);
  }
  // First everything into one heap, by content and in parallel; then one thread gives the files their places.
  OBJSTORE_TRY(in_parallel(contents.size(), options.parallelism, [&](std::size_t i) -> Status {
    const ManifestEntry& entry = *contents[i];
    OBJSTORE_ASSIGN(const ObjectName from, artifact.object("files/" + entry.sha256));
    return fresh->fetch(client_, from, entry, artifact.stop());
  }));
  OBJSTORE_TRY(fresh->arrange(entries));
  OBJSTORE_TRY(fresh->replace());
  return result;
}

}  // namespace objstore::client
