#include <objstore/gocache.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "client/pipeline/gocache_message.h"
#include "common/base/bytes.h"
#include "common/base/digest.h"

namespace objstore::client {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kBodyBytesMax = std::uint64_t{1} << 30;
constexpr std::size_t kIdBytesMax = 64;
constexpr const char* kOutputMetadata = "go-output-id";

// A few threads that work off a bounded queue. add() waits while it is full.
class Workers {
 public:
  explicit Workers(unsigned count) {
    for (unsigned i = 0; i < count; ++i) threads_.emplace_back([this] { run(); });
  }
  // Waits for everything that was added.
  ~Workers() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    changed_.notify_all();
  }
  void add(std::function<void()> job) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return jobs_.size() < kJobsMax; });
    jobs_.push_back(std::move(job));
    changed_.notify_all();
  }

 private:
  static constexpr std::size_t kJobsMax = 32;
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return closing_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      changed_.notify_all();
      lock.unlock();
      job();
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;  // guarded by mutex_
  bool closing_ = false;                    // guarded by mutex_
  std::vector<std::jthread> threads_;       // last: they end first
};

struct Entry {
  std::string output;  // raw
  std::uint64_t size = 0;
};

// The local half: bodies by their hashes, and for each action the hash of its body. Any thread.
class LocalCache {
 public:
  explicit LocalCache(fs::path directory) : directory_(std::move(directory)) {}

  fs::path body_path(const std::string& output) const { return place("o", output); }
  // Nothing unless the body is there in full length.
  std::optional<Entry> find(const std::string& action) const {
    std::ifstream in(place("a", action));
    std::string hex;
    std::uint64_t size = 0;
    if (!(in >> hex >> size)) return std::nullopt;
    auto output = from_hex(hex);
    std::error_code ec;
    if (!output || fs::file_size(body_path(*output), ec) != size || ec) return std::nullopt;
    return Entry{std::move(*output), size};
  }
  Status store(const std::string& action, const std::string& output, std::string_view body) const {
    OBJSTORE_TRY(write(body_path(output), body));
    return write(place("a", action), to_hex(as_bytes(output)) + " " + std::to_string(body.size()) + "\n");
  }

 private:
  fs::path place(const char* kind, const std::string& id) const {
    const std::string hex = to_hex(as_bytes(id));
    return directory_ / kind / hex.substr(0, 2) / hex;
  }
  // Under its name only when it is whole: other go commands look into the same directory.
  static Status write(const fs::path& path, std::string_view text) {
    std::error_code ec;
    fs::create_directories(path.parent_path(), ec);
    const fs::path temporary = path.string() + "." + std::to_string(random_u64());
    std::ofstream out(temporary, std::ios::binary);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    if (out) fs::rename(temporary, path, ec);
    if (out && !ec) return {};
    fs::remove(temporary, ec);
    return fail(Errc::kIo, "cannot write " + path.string());
  }

  const fs::path directory_;
};

class GoCache {
 public:
  GoCache(Client& client, const BucketName& bucket, const GoCacheOptions& options, std::ostream& out)
      : client_(client), bucket_(bucket), options_(options), local_(options.directory), out_(out) {}

  void get(const GoCacheRequest& request);
  void put(const GoCacheRequest& request, const std::string& body);
  void answer(const GoCacheAnswer& answer) { say(write_go_cache_answer(answer)); }
  void say(const std::string& line) {
    const std::lock_guard lock(mutex_);
    out_ << line << std::flush;
  }
  GoCacheSummary summary() const { return summary_; }

 private:
  Result<ObjectName> object(const std::string& action) const {
    OBJSTORE_ASSIGN(ObjectKey key, ObjectKey::parse(options_.prefix + to_hex(as_bytes(action))));
    return ObjectName{bucket_, std::move(key)};
  }
  // Into the local cache. Nothing for a miss.
  Result<std::optional<Entry>> fetch(const std::string& action);
  Status send(const GoCacheRequest& request, const std::string& body);
  void count(std::uint64_t GoCacheSummary::* what) {
    const std::lock_guard lock(mutex_);
    ++(summary_.*what);
  }
  void failed(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (summary_.failures++ == 0) summary_.first_failure = error.message;
  }

  Client& client_;
  const BucketName& bucket_;
  const GoCacheOptions& options_;
  const LocalCache local_;
  std::mutex mutex_;
  std::ostream& out_;       // guarded by mutex_
  GoCacheSummary summary_;  // guarded by mutex_
};

Result<std::optional<Entry>> GoCache::fetch(const std::string& action) {
  OBJSTORE_ASSIGN(const ObjectName from, object(action));
  std::string body;
  const auto write = [&](ByteView bytes) -> Status {
    if (body.size() + bytes.size() > kBodyBytesMax) return fail(Errc::kTooLarge, "a cached output above 1 GiB");
    body += as_text(bytes);
    return {};
  };
  const auto info = client_.get(from, write, {.control = {.stop = options_.stop}});
  if (!info && info.error().code == Errc::kNoSuchKey) return std::optional<Entry>();
  if (!info) return std::unexpected(info.error());
  const auto named = info->metadata.find(kOutputMetadata);
  const auto output = named == info->metadata.end() ? std::nullopt : from_hex(named->second);
  // The go command names outputs by their SHA-256: what is something else is not what was built.
  if (!output || *output != as_text(sha256(as_bytes(body)))) {
    return fail(Errc::kDigestMismatch, "an output in the bucket is not what its name says");
  }
  OBJSTORE_TRY(local_.store(action, *output, body));
  return Entry{*output, body.size()};
}

void GoCache::get(const GoCacheRequest& request) {
  count(&GoCacheSummary::gets);
  std::optional<Entry> found = local_.find(request.action);
  if (found) {
    count(&GoCacheSummary::local_hits);
  } else if (auto fetched = fetch(request.action); !fetched) {
    failed(fetched.error());
  } else if (*fetched) {
    found = std::move(*fetched);
    count(&GoCacheSummary::remote_hits);
  }
  if (!found) return answer({.id = request.id, .miss = true});
  answer({.id = request.id,
          .output = found->output,
          .size = found->size,
          .path = fs::absolute(local_.body_path(found->output)).string()});
}

Status GoCache::send(const GoCacheRequest& request, const std::string& body) {
  OBJSTORE_ASSIGN(const ObjectName to, object(request.action));
  const PutOptions options{.metadata = {{kOutputMetadata, to_hex(as_bytes(request.output))}},
                           .control = {.stop = options_.stop}};
  const auto put = client_.put_bytes(to, as_bytes(body), options);
  if (!put) return std::unexpected(put.error());
  return {};
}

// The go command waits for the file alone.
void GoCache::put(const GoCacheRequest& request, const std::string& body) {
  count(&GoCacheSummary::puts);
  const Status stored = local_.store(request.action, request.output, body);
  if (!stored) return answer({.id = request.id, .error = stored.error().message});
  answer({.id = request.id, .path = fs::absolute(local_.body_path(request.output)).string()});
  if (options_.read_only) return;
  if (const Status sent = send(request, body); !sent) failed(sent.error());
}

bool is_id(const std::string& id) {
  return !id.empty() && id.size() <= kIdBytesMax;
}

bool next_line(std::istream& in, std::string& line) {
  while (std::getline(in, line)) {
    if (!line.empty()) return true;
  }
  return false;
}

}  // namespace

Result<GoCacheSummary> serve_go_cache(Client& client, const BucketName& bucket, const GoCacheOptions& options,
                                      std::istream& in, std::ostream& out) {
  std::error_code ec;
  fs::create_directories(options.directory, ec);
  if (ec) return fail(Errc::kIo, "cannot make " + options.directory + ": " + ec.message());
  GoCache cache(client, bucket, options, out);
  cache.say(go_cache_greeting());
  std::optional<std::int64_t> close_id;
  {
    Workers workers(options.parallelism);
    std::string line;
    while (!close_id && next_line(in, line)) {
      OBJSTORE_ASSIGN(const GoCacheRequest request, read_go_cache_request(line));
      if (request.command == "close") {
        close_id = request.id;
      } else if (request.command == "get" && is_id(request.action)) {
        workers.add([&cache, request] { cache.get(request); });
      } else if (request.command == "put" && is_id(request.action) && is_id(request.output) &&
                 request.body_size <= kBodyBytesMax) {
        std::string body;
        if (request.body_size > 0) {
          if (!next_line(in, line)) return fail(Errc::kMalformed, "the go command sent no body");
          OBJSTORE_ASSIGN(body, read_go_cache_body(line, request.body_size));
        }
        workers.add([&cache, request, body = std::move(body)] { cache.put(request, body); });
      } else {
        return fail(Errc::kMalformed, "the go command sent what is no request: " + request.command);
      }
    }
  }
  if (close_id) cache.answer({.id = *close_id});
  return cache.summary();
}

}  // namespace objstore::client
