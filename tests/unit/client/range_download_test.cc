// Large objects into files by ranges side by side, against a scripted server.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "client/lib/download.h"
#include "client/lib/part_file.h"
#include "client/lib/segment_queue.h"
#include "common/wire/checksum.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/client/fake_transport.h"

namespace objstore::client {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kSegment = PartFile::kSegmentBytes;

ObjectName object_name() {
  return {BucketName::parse("bkt").value(), ObjectKey::parse("key").value()};
}

std::string text_of(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>((i * 2654435761U) >> 13);
  return out;
}

std::string checksum_of(wire::ChecksumAlgorithm algorithm, std::string_view text) {
  wire::Checksum checksum(algorithm);
  checksum.update(as_bytes(text));
  return checksum.finish_base64();
}

std::string crc64_of(std::string_view text) {
  return checksum_of(wire::ChecksumAlgorithm::kCrc64Nvme, text);
}

struct Folder {
  test::TemporaryDirectory directory;
  std::string file() const { return (path / "file").string(); }
  std::string read(const fs::path& which) const {
    std::ostringstream out;
    out << std::ifstream(which).rdbuf();
    return out.str();
  }
  std::vector<fs::path> entries() const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(path)) out.push_back(entry.path());
    return out;
  }
  fs::path path = directory.path();
};

// A server of one object, as S3 answers; any thread.
class Store {
 public:
  explicit Store(std::string object) : text(std::move(object)), checksum(crc64_of(text)) {}
  Result<FakeAnswer> operator()(const SeenRequest& request) {
    const std::lock_guard lock(mutex);
    ++requests;
    if (const auto match = request.headers.find("if-match"); match && *match != etag) {
      return error_answer(412, "PreconditionFailed");
    }
    if (gone_after > 0 && requests > gone_after) return fail(Errc::kUnreachable, "no route");
    FakeAnswer answer;
    answer.headers.add("ETag", etag);
    if (ranges) answer.headers.add("Accept-Ranges", "bytes");
    if (request.method == "HEAD") {
      answer.announced_length = text.size();
      answer.headers.add(checksum_header, checksum);
      return answer;
    }
    const auto range = request.headers.find("range");
    if (range && ranges) {
      const std::size_t first = std::stoul(std::string(range->substr(6)));
      const std::size_t last = std::stoul(std::string(range->substr(range->find('-') + 1)));
      answer.status = 206;
      answer.headers.add("Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
                                              std::to_string(text.size()));
      answer.body = text.substr(first, last - first + 1);
      asked.emplace_back(first, last);
    } else {
      answer.body = text;
      answer.headers.add(checksum_header, checksum);
    }
    if (breaks_after > 0 && answer.body.size() > breaks_after) answer.breaks_after = breaks_after;
    if (replace_after > 0 && requests == replace_after) etag = "\"v2\"";
    return answer;
  }

  std::mutex mutex;
  std::string text;
  std::string checksum;
  std::string checksum_header = "x-amz-checksum-crc64nvme";
  std::string etag = "\"v1\"";
  bool ranges = true;
  std::size_t breaks_after = 0;  // of every answer; 0: never
  int gone_after = 0;            // requests after which nobody answers; 0: never
  int replace_after = 0;
  int requests = 0;
  std::vector<std::pair<std::size_t, std::size_t>> asked;
};

struct Downloading {
  explicit Downloading(Store& store, unsigned parallelism = 4)
      : server(std::ref(store), 3), context{server.caller, parallelism, more} {}
  FakeServer server;
  std::atomic<int> more = 16;
  DownloadContext context;
};

TEST_CASE("a large object comes by ranges, is verified, and its streams are given back") {
  Store store(text_of(9 * kSegment + 12'345));
  Downloading down(store);
  const Folder folder;
  std::uint64_t reported = 0;
  const GetOptions options{.control = {.progress = [&](std::uint64_t done, auto) { reported = done; }}};
  const auto info = download_file(down.context, object_name(), folder.file(), options);
  REQUIRE(info);
  CHECK(info->verified);
  CHECK(info->size == store.text.size());
  CHECK(reported == store.text.size());
  CHECK(folder.read(folder.file()) == store.text);
  CHECK(folder.entries().size() == 1);
  CHECK(store.asked.size() >= 3);
  CHECK(down.more == 16);
}

TEST_CASE("no byte is asked for twice but those behind which the first stream ended") {
  Store store(text_of(20 * kSegment));
  Downloading down(store);
  const Folder folder;
  REQUIRE(download_file(down.context, object_name(), folder.file(), {}));
  std::set<std::size_t> starts;
  for (const auto& [first, last] : store.asked) CHECK(starts.insert(first).second);
  auto ranges = store.asked;
  std::ranges::sort(ranges);
  for (std::size_t i = 1; i < ranges.size(); ++i) CHECK(ranges[i].first == ranges[i - 1].second + 1);
  CHECK(ranges.back().second + 1 == store.text.size());
}

TEST_CASE("a server without ranges is read as one stream") {
  Store store(text_of(3 * kSegment + 1));
  store.ranges = false;
  Downloading down(store);
  const Folder folder;
  const auto info = download_file(down.context, object_name(), folder.file(), {});
  REQUIRE(info);
  CHECK(info->verified);
  CHECK(store.requests == 1);
  CHECK(folder.read(folder.file()) == store.text);
}

TEST_CASE("checksums of other kinds are compared as well") {
  Store store(text_of(3 * kSegment));
  store.checksum_header = "x-amz-checksum-sha256";
  store.checksum = checksum_of(wire::ChecksumAlgorithm::kSha256, store.text);
  Downloading down(store);
  const Folder folder;
  CHECK(download_file(down.context, object_name(), folder.file(), {})->verified);
  store.checksum = checksum_of(wire::ChecksumAlgorithm::kSha256, "another");
  CHECK(download_file(down.context, object_name(), folder.file(), {}).error().code == Errc::kDigestMismatch);
}

TEST_CASE("a wrong byte in one range leaves the old file and nothing else") {
  Store store(text_of(3 * kSegment));
  store.checksum = crc64_of("another");
  Downloading down(store);
  const Folder folder;
  std::ofstream(folder.file()) << "old";
  const auto info = download_file(down.context, object_name(), folder.file(), {.resume = true});
  REQUIRE_FALSE(info);
  CHECK(info.error().code == Errc::kDigestMismatch);
  CHECK(folder.read(folder.file()) == "old");
  CHECK(folder.entries().size() == 1);
}

TEST_CASE("connections that break are made anew, each where it ended") {
  Store store(text_of(6 * kSegment + 99));
  store.breaks_after = 3 * kMiB;
  Downloading down(store);
  const Folder folder;
  const auto info = download_file(down.context, object_name(), folder.file(), {});
  REQUIRE(info);
  CHECK(info->verified);
  CHECK(folder.read(folder.file()) == store.text);
}

TEST_CASE("an object that is replaced between two ranges is never mixed") {
  Store store(text_of(8 * kSegment));
  store.replace_after = 2;
  Downloading down(store);
  const Folder folder;
  const auto info = download_file(down.context, object_name(), folder.file(), {.resume = true});
  REQUIRE_FALSE(info);
  CHECK(info.error().code == Errc::kConflict);
  CHECK(folder.entries().empty());
}

// Fetches some of the object and loses the server; gives the file that is left.
fs::path interrupted(Store& store, const Folder& folder, int answers = 3) {
  store.breaks_after = kSegment + 3 * kMiB;
  store.gone_after = answers;
  Downloading down(store);
  const auto info = download_file(down.context, object_name(), folder.file(), {.resume = true});
  REQUIRE_FALSE(info);
  CHECK(info.error().code == Errc::kUnreachable);
  REQUIRE(folder.entries().size() == 1);
  CHECK(folder.entries()[0].extension() == ".part");
  store.breaks_after = 0;
  store.gone_after = 0;
  store.requests = 0;
  store.asked.clear();
  return folder.entries()[0];
}

std::uint64_t bytes_asked(const Store& store) {
  std::uint64_t bytes = 0;
  for (const auto& [first, last] : store.asked) bytes += last - first + 1;
  return bytes;
}

TEST_CASE("a download that was interrupted in several ranges goes on in each of them") {
  Store store(text_of(12 * kSegment + 5));
  const Folder folder;
  interrupted(store, folder, 5);  // some may just have begun when the first one finds nobody
  Downloading down(store);
  const auto info = download_file(down.context, object_name(), folder.file(), {.resume = true});
  REQUIRE(info);
  CHECK(info->resumed > 2 * kSegment);  // more than one answer can hold
  CHECK(bytes_asked(store) == store.text.size() - info->resumed);
  CHECK(info->verified);
  CHECK(folder.read(folder.file()) == store.text);
  CHECK(folder.entries().size() == 1);
}

TEST_CASE("what was left of a segment and is damaged is fetched again") {
  Store store(text_of(12 * kSegment));
  const Folder folder;
  const fs::path part = interrupted(store, folder);
  // In the first segment, which the front stream has received for sure.
  std::fstream(part, std::ios::in | std::ios::out | std::ios::binary).seekp(kMiB).write("damage", 6);
  Downloading down(store);
  const auto info = download_file(down.context, object_name(), folder.file(), {.resume = true});
  REQUIRE(info);
  CHECK(info->verified);
  CHECK(bytes_asked(store) == store.text.size() - info->resumed);
  CHECK(folder.read(folder.file()) == store.text);
}

TEST_CASE("a part file of another length is not believed") {
  Store store(text_of(4 * kSegment));
  const Folder folder;
  const fs::path part = interrupted(store, folder);
  fs::resize_file(part, fs::file_size(part) - 1);
  Downloading down(store);
  const auto info = download_file(down.context, object_name(), folder.file(), {.resume = true});
  REQUIRE(info);
  CHECK(info->resumed == 0);
  CHECK(folder.read(folder.file()) == store.text);
}

TEST_CASE("what was left of another state of the object goes") {
  Store store(text_of(4 * kSegment));
  const Folder folder;
  interrupted(store, folder);
  store.etag = "\"v2\"";
  store.text[17] ^= 1;
  store.checksum = crc64_of(store.text);
  Downloading down(store);
  const auto info = download_file(down.context, object_name(), folder.file(), {.resume = true});
  REQUIRE(info);
  CHECK(info->resumed == 0);
  CHECK(folder.read(folder.file()) == store.text);
  CHECK(folder.entries().size() == 1);
}

TEST_CASE("a stop leaves what is there for the next call") {
  Store store(text_of(6 * kSegment));
  const Folder folder;
  std::stop_source stop;
  {
    Downloading down(store);
    const GetOptions options{.resume = true,
                             .control = {.progress =
                                             [&](std::uint64_t done, auto) {
                                               if (done > 2 * kSegment) stop.request_stop();
                                             },
                                         .stop = stop.get_token()}};
    const auto info = download_file(down.context, object_name(), folder.file(), options);
    REQUIRE_FALSE(info);
    CHECK(info.error().code == Errc::kCancelled);
  }
  Downloading down(store);
  const auto info = download_file(down.context, object_name(), folder.file(), {.resume = true});
  REQUIRE(info);
  CHECK(info->resumed >= 2 * kSegment);
  CHECK(folder.read(folder.file()) == store.text);
}

TEST_CASE("a device is written in order, by one stream") {
  Store store(text_of(3 * kSegment));
  Downloading down(store);
  REQUIRE(download_file(down.context, object_name(), "/dev/null", {}));
  CHECK(store.requests == 1);
}

TEST_CASE("segments are handed out once, from the cursor on and then from the end of what is before it") {
  SegmentQueue queue(std::vector(10, SegmentState::kAbsent), 5, 6);
  REQUIRE(queue.take_segment(0));
  std::vector<std::size_t> firsts;
  while (const auto run = queue.take()) {
    CHECK(run->count == 1);
    firsts.push_back(run->first);
  }
  CHECK(firsts == std::vector<std::size_t>{6, 7, 8, 9, 5, 4, 3, 2, 1});
  CHECK_FALSE(queue.take_segment(3));
}

TEST_CASE("a run is long while much is left, and begins with a segment of which some is there") {
  std::vector<SegmentState> states(64, SegmentState::kAbsent);
  states[0] = SegmentState::kTaken;
  states[4] = SegmentState::kBegun;
  SegmentQueue queue(states, 2, 0);
  auto run = queue.take();
  CHECK((run->first == 1 && run->count == 3));
  run = queue.take();
  CHECK((run->first == 4 && run->count == 8));
  CHECK_FALSE(queue.take_segment(4));
}

}  // namespace
}  // namespace objstore::client
