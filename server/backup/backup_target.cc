#include "server/backup/backup_target.h"

#include <objstore/client.h>
#include <objstore/credentials.h>

#include <optional>
#include <span>

#include "server/storage/files.h"
#include "server/storage/segment_file.h"

namespace objstore::backup {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kS3Scheme = "s3://";
constexpr std::string_view kUnfinished = ".new";

class DirectoryTarget final : public BackupTarget {
 public:
  explicit DirectoryTarget(fs::path directory) : directory_(std::move(directory)) {}

  Status put_file(const std::string& name, const fs::path& from) override {
    OBJSTORE_ASSIGN(const fs::path fresh, unfinished(name));
    OBJSTORE_TRY(storage::copy_durably(from, fresh));
    OBJSTORE_TRY(storage::rename_path(fresh, directory_ / name));
    return storage::sync_directory((directory_ / name).parent_path().string());
  }
  Status put_bytes(const std::string& name, std::string_view content) override {
    OBJSTORE_TRY(storage::make_directories((directory_ / name).parent_path()));
    return storage::replace_file(directory_ / name, content);
  }
  Status get(const std::string& name, const std::function<Status(ByteView)>& take) override {
    return storage::read_through(directory_ / name, take);
  }
  Result<std::map<std::string, std::uint64_t>> list(const std::string& folder) override {
    std::map<std::string, std::uint64_t> names;
    OBJSTORE_ASSIGN(const auto files, storage::list_files(directory_ / folder));
    for (const auto& file : files)
      if (!file.name.ends_with(kUnfinished)) names.emplace(folder + "/" + file.name, file.size);
    return names;
  }
  Status remove(const std::string& name) override { return storage::remove_tree(directory_ / name); }

 private:
  Result<fs::path> unfinished(const std::string& name) const {
    const fs::path path = directory_ / name;
    OBJSTORE_TRY(storage::make_directories(path.parent_path()));
    return fs::path(path.string() + std::string(kUnfinished));
  }
  const fs::path directory_;
};

class S3Target final : public BackupTarget {
 public:
  S3Target(client::Client client, BucketName bucket, std::string prefix)
      : client_(std::move(client)), bucket_(std::move(bucket)), prefix_(std::move(prefix)) {}

  Status put_file(const std::string& name, const fs::path& from) override {
    OBJSTORE_ASSIGN(const auto object, object_of(name));
    OBJSTORE_TRY(client_.put_file(object, from.string()));
    return {};
  }
  Status put_bytes(const std::string& name, std::string_view content) override {
    OBJSTORE_ASSIGN(const auto object, object_of(name));
    OBJSTORE_TRY(client_.put_bytes(object, as_bytes(content)));
    return {};
  }
  Status get(const std::string& name, const std::function<Status(ByteView)>& take) override {
    OBJSTORE_ASSIGN(const auto object, object_of(name));
    const auto got = client_.get(object, [&](std::span<const std::byte> bytes) { return take(bytes); });
    if (got) return {};
    const Errc code = got.error().code == Errc::kNoSuchKey ? Errc::kNotFound : got.error().code;
    return fail(code, name + ": " + got.error().message);
  }
  Result<std::map<std::string, std::uint64_t>> list(const std::string& folder) override {
    std::map<std::string, std::uint64_t> names;
    client::ListOptions options;
    options.prefix = prefix_ + folder + "/";
    auto pager = client_.list(bucket_, options);
    while (true) {
      OBJSTORE_ASSIGN(const auto page, pager.next());
      if (!page) return names;
      for (const auto& entry : page->objects) names.emplace(entry.key.substr(prefix_.size()), entry.size);
    }
  }
  Status remove(const std::string& name) override {
    OBJSTORE_ASSIGN(const auto object, object_of(name));
    return client_.remove(object);
  }

 private:
  Result<client::ObjectName> object_of(const std::string& name) const {
    OBJSTORE_ASSIGN(auto key, ObjectKey::parse(prefix_ + name));
    return client::ObjectName{bucket_, std::move(key)};
  }
  client::Client client_;
  const BucketName bucket_;
  const std::string prefix_;
};

Result<std::unique_ptr<BackupTarget>> open_s3(std::string_view rest, const S3Options& options) {
  const auto slash = std::min(rest.find('/'), rest.size());
  OBJSTORE_ASSIGN(auto bucket, BucketName::parse(rest.substr(0, slash)));
  std::string prefix(rest.substr(std::min(slash + 1, rest.size())));
  if (!prefix.empty() && !prefix.ends_with('/')) prefix += '/';
  OBJSTORE_ASSIGN(const auto settings, client::load_settings({.profile = options.profile, .environment = {}}));
  client::ClientOptions wanted;
  wanted.endpoint = options.endpoint.empty() ? settings.endpoint : options.endpoint;
  if (wanted.endpoint.empty())
    return fail(Errc::kInvalidArgument, "no endpoint for s3://: give --s3-endpoint or set AWS_ENDPOINT_URL");
  if (!settings.credentials)
    return fail(Errc::kInvalidArgument,
                "no credentials for s3://: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
                "a profile");
  wanted.credentials = settings.credentials;
  const std::string& region = options.region.empty() ? settings.region : options.region;
  if (!region.empty()) wanted.region = region;
  wanted.ca_bundle = settings.ca_bundle;
  if (settings.addressing == "virtual") wanted.addressing = client::Addressing::kVirtualHost;
  OBJSTORE_ASSIGN(auto made, client::Client::create(std::move(wanted)));
  return std::make_unique<S3Target>(std::move(made), std::move(bucket), std::move(prefix));
}

}  // namespace

Result<std::unique_ptr<BackupTarget>> open_target(const std::string& place, const S3Options& options, bool create) {
  if (place.starts_with(kS3Scheme)) return open_s3(std::string_view(place).substr(kS3Scheme.size()), options);
  if (place.empty()) return fail(Errc::kInvalidArgument, "a backup lies in a directory or in s3://BUCKET/PREFIX");
  std::error_code ignored;
  if (create) {
    OBJSTORE_TRY(storage::make_directories(place));
  } else if (!fs::is_directory(place, ignored)) {
    return fail(Errc::kNotFound, place + ": no such directory");
  }
  return std::make_unique<DirectoryTarget>(fs::path(place));
}

Result<std::string> get_bytes(BackupTarget& target, const std::string& name, std::size_t limit) {
  std::string content;
  OBJSTORE_TRY(target.get(name, [&](ByteView bytes) -> Status {
    if (content.size() + bytes.size() > limit) return fail(Errc::kTooLarge, name + ": too large for what it should be");
    content += as_text(bytes);
    return {};
  }));
  return content;
}

}  // namespace objstore::backup
