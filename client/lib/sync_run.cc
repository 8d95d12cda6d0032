#include "client/lib/sync_run.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "client/lib/content_type.h"

namespace objstore::client {
namespace {

// Listings run ahead of the transfers by so many entries at most.
constexpr std::size_t kAheadMax = 2000;
constexpr std::size_t kRemoveAtOnce = 1000;

bool replaces_metadata(const PutOptions& put) {
  return put.if_absent || !put.if_match.empty() || !put.content_type.empty() || !put.cache_control.empty() ||
         !put.metadata.empty() || !put.tags.empty() || !put.content_encoding.empty() ||
         !put.content_disposition.empty();
}

}  // namespace

SyncRun::SyncRun(Client& client, const Place& from, const Place& to, const SyncOptions& options)
    : client_(client),
      from_(from),
      to_(to),
      options_(options),
      comparer_(client, from, to, options.compare, options.stop),
      queue_(options.files_at_once, kAheadMax, [this](Job job) { work(std::move(job)); }) {}

void SyncRun::consider(TreeEntry source, std::optional<TreeEntry> target) {
  queue_.push({.source = std::move(source), .target = std::move(target)});
}

void SyncRun::all_considered() {
  // The queue is first in, first out; that another thread still compares its last one only means that the total grows
  // by that after it was called complete.
  queue_.push({.source = {}, .target = {}, .last = true});
}

SyncReport SyncRun::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

void SyncRun::done(SyncEvent event) {
  const std::lock_guard lock(mutex_);
  if (event.error) {
    ++report_.failed;
  } else if (event.action == SyncAction::kCopy) {
    ++report_.copied;
    report_.bytes += event.size;
  } else if (event.action == SyncAction::kRemove) {
    ++report_.removed;
  }
  if (options_.observer != nullptr) options_.observer->event(event);
}

void SyncRun::work(Job job) {
  if (options_.stop.stop_requested()) return;
  if (job.last) {
    const std::lock_guard lock(mutex_);
    options_.observer->all_planned();
    return;
  }
  if (job.target) {
    const auto same = comparer_.same({job.source, *job.target});
    if (!same) {
      done({.path = job.source.path,
            .source = name_of(from_, job.source.path),
            .target = name_of(to_, job.source.path),
            .error = same.error()});
      return;
    }
    if (*same) return;
  }
  if (options_.observer != nullptr) {
    const std::lock_guard lock(mutex_);
    options_.observer->planned(job.source.size);
  }
  copy(job.source);
}

std::string SyncRun::name_of(const Place& place, const std::string& path) const {
  if (const auto* directory = std::get_if<Directory>(&place)) return file_of(*directory, path);
  const auto& prefix = std::get<Prefix>(place);
  return prefix.bucket.str() + "/" + prefix.prefix + path;
}

Control SyncRun::control_for(const TreeEntry& entry) {
  Control control{.progress = {}, .stop = options_.stop};
  if (options_.observer == nullptr) return control;
  control.progress = [this, &entry](std::uint64_t done, std::optional<std::uint64_t>) {
    const std::lock_guard lock(mutex_);
    options_.observer->moved(entry.path, done, entry.size);
  };
  return control;
}

void SyncRun::copy(const TreeEntry& entry) {
  SyncEvent event{
      .path = entry.path, .source = name_of(from_, entry.path), .target = name_of(to_, entry.path), .size = entry.size};
  if (!options_.dry_run) {
    Status status = transfer(entry, event);
    if (!status) event.error = std::move(status.error());
  }
  // What a stop has broken off is told once, by the call's own error.
  if (event.error && event.error->code == Errc::kCancelled && options_.stop.stop_requested()) return;
  const bool move = options_.remove_source && !event.error;
  done(std::move(event));
  if (!move || options_.dry_run) return;
  if (Status removed = remove_source(entry); !removed) {
    done({.action = SyncAction::kRemoveSource,
          .path = entry.path,
          .source = name_of(from_, entry.path),
          .error = std::move(removed.error())});
  }
}

Status SyncRun::transfer(const TreeEntry& entry, SyncEvent& event) {
  if (std::holds_alternative<Directory>(from_)) return upload(entry, event);
  if (std::holds_alternative<Directory>(to_)) return download(entry, event);
  return copy_on_server(entry, event);
}

Status SyncRun::upload(const TreeEntry& entry, SyncEvent& event) {
  OBJSTORE_ASSIGN(const ObjectName to, object_of(std::get<Prefix>(to_), entry.path));
  PutOptions put = options_.put;
  if (put.content_type.empty()) put.content_type = guess_content_type(entry.path);
  if (options_.resume_file_for) put.resume_file = options_.resume_file_for(event.source, to);
  put.control = control_for(entry);
  PutResult result;
  if (options_.delta) {
    OBJSTORE_ASSIGN(DeltaPutResult sent, client_.put_file_delta(to, event.source, to, put));
    result = std::move(sent.put);
  } else {
    OBJSTORE_ASSIGN(result, client_.put_file(to, event.source, put));
  }
  event.size = result.size;
  event.etag = std::move(result.etag);
  event.checksum = std::move(result.checksum);
  return {};
}

Status SyncRun::make_directory_for(const std::string& file) {
  const auto slash = file.rfind('/');
  if (slash == std::string::npos || slash == 0) return {};
  const std::string directory = file.substr(0, slash);
  {
    const std::lock_guard lock(directories_mutex_);
    if (directories_.contains(directory)) return {};
  }
  std::error_code ec;
  std::filesystem::create_directories(directory, ec);
  if (ec) return fail(Errc::kIo, "cannot make " + directory + ": " + ec.message());
  constexpr std::size_t kRememberedMax = 100'000;
  const std::lock_guard lock(directories_mutex_);
  if (directories_.size() < kRememberedMax) directories_.insert(directory);
  return {};
}

Status SyncRun::download(const TreeEntry& entry, SyncEvent& event) {
  const auto& directory = std::get<Directory>(to_);
  if (!file_path_for(entry.path)) {
    return fail(Errc::kInvalidArgument, "the key cannot be a file's name below " + directory.path);
  }
  OBJSTORE_TRY(make_directory_for(event.target));
  OBJSTORE_ASSIGN(const ObjectName from, object_of(std::get<Prefix>(from_), entry.path));
  GetOptions get = options_.get;
  get.range.reset();
  // The listing's: a GET's Last-Modified has whole seconds only.
  get.modified_ms = options_.keep_times ? entry.modified_ms : 0;
  // To look for what an earlier call has left costs a look through the directory.
  constexpr std::uint64_t kResumeBytesMin = std::uint64_t{8} << 20;
  get.resume = get.resume && entry.size >= kResumeBytesMin;
  get.control = control_for(entry);
  ObjectInfo info;
  if (options_.delta) {
    OBJSTORE_ASSIGN(DeltaGetResult got, client_.get_file_delta(from, event.target, event.target, get));
    info = std::move(got.info);
  } else {
    OBJSTORE_ASSIGN(info, client_.get_file(from, event.target, get));
  }
  event.size = info.size;
  event.etag = std::move(info.etag);
  event.checksum = std::move(info.checksum);
  event.verified = info.verified;
  return {};
}

Status SyncRun::copy_on_server(const TreeEntry& entry, SyncEvent& event) {
  OBJSTORE_ASSIGN(const ObjectName from, object_of(std::get<Prefix>(from_), entry.path));
  OBJSTORE_ASSIGN(const ObjectName to, object_of(std::get<Prefix>(to_), entry.path));
  OBJSTORE_ASSIGN(PutResult result, copy_with(client_, from, to, options_.put, control_for(entry)));
  event.size = result.size;
  event.etag = std::move(result.etag);
  event.checksum = std::move(result.checksum);
  return {};
}

Result<PutResult> copy_with(Client& client, const ObjectName& from, const ObjectName& to, const PutOptions& changes,
                            const Control& control) {
  CopyOptions options{.control = control};
  if (replaces_metadata(changes)) {
    OBJSTORE_ASSIGN(ObjectInfo info, client.head(from, {.control = {.progress = {}, .stop = control.stop}}));
    const auto choose = [](const std::string& wanted, std::string& present) {
      return wanted.empty() ? std::move(present) : wanted;
    };
    options.replace = changes;
    options.replace->content_type = choose(changes.content_type, info.content_type);
    options.replace->cache_control = choose(changes.cache_control, info.cache_control);
    options.replace->content_encoding = choose(changes.content_encoding, info.content_encoding);
    options.replace->content_disposition = choose(changes.content_disposition, info.content_disposition);
    if (changes.metadata.empty()) options.replace->metadata = std::move(info.metadata);
  }
  return client.copy(from, to, options);
}

Status SyncRun::remove_source(const TreeEntry& entry) {
  if (const auto* directory = std::get_if<Directory>(&from_)) {
    const std::string file = file_of(*directory, entry.path);
    if (::unlink(file.c_str()) == 0) return {};
    return fail(Errc::kIo, "cannot remove " + file + ": " + std::strerror(errno));
  }
  OBJSTORE_ASSIGN(const ObjectName object, object_of(std::get<Prefix>(from_), entry.path));
  return client_.remove(object);
}

void SyncRun::remove_file(const Directory& place, const TreeEntry& entry) {
  SyncEvent event{.action = SyncAction::kRemove, .path = entry.path, .target = file_of(place, entry.path)};
  if (!options_.dry_run && ::unlink(event.target.c_str()) != 0 && errno != ENOENT) {
    event.error = Error{Errc::kIo, "cannot remove " + event.target + ": " + std::strerror(errno)};
  }
  // Directories that are empty now have no counterpart on the other side.
  std::string path = entry.path;
  while (!options_.dry_run && !event.error) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) break;
    path.resize(slash);
    if (::rmdir(file_of(place, path).c_str()) != 0) break;
  }
  done(std::move(event));
}

Status SyncRun::remove_objects(const Prefix& place, std::span<const TreeEntry> extra) {
  std::vector<ObjectKey> keys;
  for (const auto& entry : extra) {
    OBJSTORE_ASSIGN(ObjectName object, object_of(place, entry.path));
    keys.push_back(std::move(object.key));
  }
  std::vector<RemoveFailure> failures;
  if (!options_.dry_run) {
    OBJSTORE_ASSIGN(failures, client_.remove_many(place.bucket, keys, options_.stop));
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    SyncEvent event{.action = SyncAction::kRemove, .path = extra[i].path, .target = name_of(to_, extra[i].path)};
    const auto failed = std::ranges::find(failures, keys[i], &RemoveFailure::key);
    if (failed != failures.end()) event.error = failed->error;
    done(std::move(event));
  }
  return {};
}

Status SyncRun::remove(const std::vector<TreeEntry>& extra) {
  if (const auto* directory = std::get_if<Directory>(&to_)) {
    for (const auto& entry : extra) {
      if (options_.stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
      remove_file(*directory, entry);
    }
    return {};
  }
  for (std::size_t first = 0; first < extra.size(); first += kRemoveAtOnce) {
    const auto some = std::span(extra).subspan(first, std::min(kRemoveAtOnce, extra.size() - first));
    OBJSTORE_TRY(remove_objects(std::get<Prefix>(to_), some));
  }
  return {};
}

}  // namespace objstore::client
