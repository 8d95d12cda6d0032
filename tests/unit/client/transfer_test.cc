// Uploads and downloads against a scripted server.
#include <catch2/catch.hpp>
#include <map>

#include "client/lib/copy.h"
#include "client/lib/download.h"
#include "client/lib/upload.h"
#include "common/wire/uri.h"
#include "tests/unit/client/fake_transport.h"

namespace objstore::client {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

ObjectName object_name() {
  return {BucketName::parse("bkt").value(), ObjectKey::parse("key").value()};
}

std::string text_of(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>((i * 2654435761U) >> 13);
  return out;
}

std::string crc64_of(std::string_view text) {
  wire::Checksum checksum(wire::ChecksumAlgorithm::kCrc64Nvme);
  checksum.update(as_bytes(text));
  return checksum.finish_base64();
}

// Just enough of S3's multipart upload to take one object.
class MultipartServer {
 public:
  Result<FakeAnswer> operator()(const SeenRequest& request) {
    const std::lock_guard lock(mutex);
    const auto question = request.target.find('?');
    const auto query = wire::QueryParams::parse(request.target.substr(question + 1)).value();
    if (query.contains("uploads")) {
      return FakeAnswer{.body =
                            "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>"};
    }
    if (request.method == "DELETE") {
      aborted = true;
      return FakeAnswer{.status = 204};
    }
    if (query.contains("partNumber"))
      return part(request, static_cast<int>(std::stol(std::string(*query.find("partNumber")))));
    std::string whole;
    for (const auto& [number, body] : parts) whole += body;
    object = whole;
    announced = request.headers.find("x-amz-checksum-crc64nvme").value_or("");
    return FakeAnswer{.body = "<CompleteMultipartUploadResult><ETag>\"e-2\"</ETag><ChecksumCRC64NVME>" +
                              crc64_of(whole) + "</ChecksumCRC64NVME></CompleteMultipartUploadResult>"};
  }
  Result<FakeAnswer> part(const SeenRequest& request, int number) {
    if (number == failing_part) return error_answer(403, "AccessDenied");
    if (request.headers.find("x-amz-checksum-crc64nvme") != crc64_of(request.body))
      return error_answer(400, "BadDigest");
    parts[number] = request.body;
    FakeAnswer answer;
    answer.headers.add("ETag", "\"p" + std::to_string(number) + "\"");
    return answer;
  }

  std::mutex mutex;
  std::map<int, std::string> parts;
  std::string object;
  std::string announced;
  bool aborted = false;
  int failing_part = 0;
};

struct Uploading {
  explicit Uploading(FakeTransport::Script script) : server(std::move(script)) {}
  FakeServer server;
  ClientOptions options{.multipart_threshold = 8 * kMiB, .part_size = 5 * kMiB};
  std::atomic<wire::ChecksumAlgorithm> algorithm = wire::ChecksumAlgorithm::kCrc64Nvme;
  UploadContext context{server.caller, options, algorithm};
};

TEST_CASE("a small body goes in one request, signed and with its checksum") {
  Uploading up([](const SeenRequest&) { return FakeAnswer{}; });
  const std::string text = "123456789";
  REQUIRE(upload_body(up.context, object_name(), MemoryBody(as_bytes(text)), {.if_absent = true}, {}));
  const auto seen = up.server.transport.seen();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].headers.find("x-amz-checksum-crc64nvme") == "rosUhgp5mIg=");
  CHECK(seen[0].headers.find("x-amz-content-sha256") ==
        "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
  CHECK(seen[0].headers.find("if-none-match") == "*");
}

TEST_CASE("over TLS the checksum guards the body and the signature does not cover it") {
  Uploading up([](const SeenRequest&) { return FakeAnswer{}; });
  FakeServer secure([](const SeenRequest&) { return FakeAnswer{}; }, 3, "https://host");
  const UploadContext context{secure.caller, up.options, up.algorithm};
  REQUIRE(upload_body(context, object_name(), MemoryBody(as_bytes("x")), {}, {}));
  CHECK(secure.transport.seen()[0].headers.find("x-amz-content-sha256") == "UNSIGNED-PAYLOAD");
}

TEST_CASE("a server that does not know CRC64NVME gets CRC32, from then on") {
  Uploading up([](const SeenRequest& request) -> Result<FakeAnswer> {
    if (!request.headers.contains("x-amz-checksum-crc64nvme")) return FakeAnswer{};
    return FakeAnswer{.status = 400,
                      .body = "<Error><Code>InvalidRequest</Code><Message>unknown checksum</Message></Error>"};
  });
  REQUIRE(upload_body(up.context, object_name(), MemoryBody(as_bytes("123456789")), {}, {}));
  REQUIRE(upload_body(up.context, object_name(), MemoryBody(as_bytes("x")), {}, {}));
  const auto seen = up.server.transport.seen();
  REQUIRE(seen.size() == 3);
  CHECK(seen[1].headers.find("x-amz-checksum-crc32") == "y/Q5Jg==");
}

TEST_CASE("a server that stored something else is found out") {
  Uploading up([](const SeenRequest&) {
    FakeAnswer answer;
    answer.headers.add("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=");
    return answer;
  });
  const auto put = upload_body(up.context, object_name(), MemoryBody(as_bytes("x")), {}, {});
  CHECK(put.error().code == Errc::kDigestMismatch);
}

TEST_CASE("a large body goes in parts and is whole again") {
  MultipartServer store;
  Uploading up(std::ref(store));
  const std::string text = text_of(17 * kMiB + 5);
  std::uint64_t reported = 0;
  const PutOptions options{.control = {.progress = [&](std::uint64_t done, auto) { reported = done; }}};
  const auto put = upload_body(up.context, object_name(), MemoryBody(as_bytes(text)), options, {});
  REQUIRE(put);
  CHECK(store.parts.size() == 4);
  CHECK(store.object == text);
  CHECK(store.announced == crc64_of(text));
  CHECK(put->size == text.size());
  CHECK(put->checksum == "CRC64NVME:" + crc64_of(text));
  CHECK(reported == text.size());
  CHECK_FALSE(store.aborted);
}

TEST_CASE("a part that is refused aborts the upload") {
  MultipartServer store;
  store.failing_part = 2;
  Uploading up(std::ref(store));
  const std::string text = text_of(20 * kMiB);
  CHECK(upload_body(up.context, object_name(), MemoryBody(as_bytes(text)), {}, {}).error().code == Errc::kAccessDenied);
  CHECK(store.aborted);
  CHECK(store.object.empty());
}

TEST_CASE("a stop aborts the upload") {
  MultipartServer store;
  Uploading up(std::ref(store));
  std::stop_source stop;
  const std::string text = text_of(20 * kMiB);
  const PutOptions options{
      .control = {.progress = [&](std::uint64_t, auto) { stop.request_stop(); }, .stop = stop.get_token()}};
  CHECK(upload_body(up.context, object_name(), MemoryBody(as_bytes(text)), options, {}).error().code ==
        Errc::kCancelled);
  CHECK(store.aborted);
}

TEST_CASE("a body that turns out to have changed is not published") {
  MultipartServer store;
  Uploading up(std::ref(store));
  const std::string text = text_of(9 * kMiB);
  const auto changed = [] { return fail(Errc::kConflict, "changed"); };
  const auto put =
      upload_body(up.context, object_name(), MemoryBody(as_bytes(text)), {}, [&]() -> Status { return changed(); });
  CHECK(put.error().code == Errc::kConflict);
  CHECK(store.aborted);
  CHECK(store.object.empty());
}

ReadCallback reader_of(const std::string& text) {
  return [&text, at = std::size_t{0}](std::span<std::byte> out) mutable -> Result<std::size_t> {
    // Short reads, as from a pipe.
    const std::size_t size = std::min({out.size(), text.size() - at, std::size_t{65'537}});
    std::copy_n(as_bytes(text).begin() + static_cast<std::ptrdiff_t>(at), size, out.begin());
    at += size;
    return size;
  };
}

TEST_CASE("a stream of unknown length goes in one request or in parts") {
  MultipartServer store;
  Uploading up(std::ref(store));
  const std::string large = text_of(19 * kMiB + 1);
  REQUIRE(upload_stream(up.context, object_name(), reader_of(large), {}));
  CHECK(store.object == large);
  Uploading single([](const SeenRequest&) { return FakeAnswer{}; });
  const std::string small = "tiny";
  CHECK(upload_stream(single.context, object_name(), reader_of(small), {})->size == 4);
  CHECK(single.server.transport.seen()[0].body == small);
}

TEST_CASE("a stream that fails to be read aborts the upload") {
  MultipartServer store;
  Uploading up(std::ref(store));
  std::uint64_t given = 0;
  const auto read = [&](std::span<std::byte> out) -> Result<std::size_t> {
    if (given > 12 * kMiB) return fail(Errc::kIo, "broken pipe");
    given += out.size();
    return out.size();
  };
  CHECK(upload_stream(up.context, object_name(), read, {}).error().code == Errc::kIo);
  CHECK(store.aborted);
}

// ---- Downloads

struct Stored {
  std::string text{};
  std::string checksum{};
  std::string etag = "\"v1\"";
  std::size_t breaks_after = 0;  // of every answer; 0: never
};

FakeTransport::Script serve(const Stored& stored) {
  return [&stored](const SeenRequest& request) -> Result<FakeAnswer> {
    FakeAnswer answer;
    if (const auto match = request.headers.find("if-match"); match && *match != stored.etag) {
      return error_answer(412, "PreconditionFailed");
    }
    std::size_t first = 0;
    if (const auto range = request.headers.find("range")) {
      first = std::stoul(std::string(range->substr(6)));
      answer.status = 206;
      answer.headers.add("Content-Range", "bytes " + std::to_string(first) + "-" +
                                              std::to_string(stored.text.size() - 1) + "/" +
                                              std::to_string(stored.text.size()));
    }
    answer.body = stored.text.substr(first);
    answer.headers.add("ETag", stored.etag);
    answer.headers.add("x-amz-meta-Colour", "blue");
    if (!stored.checksum.empty()) answer.headers.add("x-amz-checksum-crc64nvme", stored.checksum);
    if (stored.breaks_after > 0 && answer.body.size() > stored.breaks_after) answer.breaks_after = stored.breaks_after;
    return answer;
  };
}

WriteCallback append_to(std::string& out) {
  return [&out](std::span<const std::byte> bytes) -> Status {
    out += as_text(bytes);
    return {};
  };
}

TEST_CASE("a download is verified") {
  const std::string text = text_of(700'000);
  const Stored stored{.text = text, .checksum = crc64_of(text)};
  const FakeServer server(serve(stored));
  std::string got;
  const auto info = download(server.caller, object_name(), append_to(got), {});
  REQUIRE(info);
  CHECK(got == text);
  CHECK(info->verified);
  CHECK(info->metadata.at("colour") == "blue");
  CHECK(info->checksum == "CRC64NVME:" + stored.checksum);
}

TEST_CASE("a wrong byte is found") {
  const Stored stored{.text = "hello", .checksum = crc64_of("hellO")};
  const FakeServer server(serve(stored));
  std::string got;
  CHECK(download(server.caller, object_name(), append_to(got), {}).error().code == Errc::kDigestMismatch);
}

TEST_CASE("a composite checksum is not taken for that of the body") {
  const Stored stored{.text = "hello", .checksum = crc64_of("parts") + "-3"};
  const FakeServer server(serve(stored));
  std::string got;
  const auto info = download(server.caller, object_name(), append_to(got), {});
  REQUIRE(info);
  CHECK_FALSE(info->verified);
}

TEST_CASE("a download goes on where its connection broke") {
  const std::string text = text_of(7 * kMiB);
  const Stored stored{.text = text, .checksum = crc64_of(text), .breaks_after = 2 * kMiB};
  const FakeServer server(serve(stored), 2);
  std::string got;
  const auto info = download(server.caller, object_name(), append_to(got), {});
  REQUIRE(info);
  CHECK(got == text);
  CHECK(info->verified);
  const auto seen = server.transport.seen();
  REQUIRE(seen.size() == 4);
  CHECK(seen[1].headers.find("range") == "bytes=2097152-");
  CHECK(seen[1].headers.find("if-match") == "\"v1\"");
}

TEST_CASE("a server that only ever sends a little is given up") {
  const Stored stored{.text = text_of(kMiB), .checksum = {}, .breaks_after = 10};
  const FakeServer server(serve(stored), 3);
  std::string got;
  CHECK(download(server.caller, object_name(), append_to(got), {}).error().code == Errc::kUnreachable);
  CHECK(server.transport.seen().size() == 3);
}

TEST_CASE("an object that is replaced during a download is never mixed") {
  Stored stored{.text = text_of(4 * kMiB), .checksum = {}, .breaks_after = 2 * kMiB};
  const auto script = serve(stored);
  const FakeServer server([&](const SeenRequest& request) {
    auto answer = script(request);
    stored.etag = "\"v2\"";
    return answer;
  });
  std::string got;
  CHECK(download(server.caller, object_name(), append_to(got), {}).error().code == Errc::kConflict);
}

TEST_CASE("the error of who takes the bytes is the download's") {
  const Stored stored{.text = "hello"};
  const FakeServer server(serve(stored));
  const auto write = [](std::span<const std::byte>) -> Status { return fail(Errc::kNoSpace, "full"); };
  CHECK(download(server.caller, object_name(), write, {}).error().code == Errc::kNoSpace);
  CHECK(server.transport.seen().size() == 1);
}

TEST_CASE("a range that continues keeps its end") {
  const Stored stored{.text = text_of(5 * kMiB), .breaks_after = 2 * kMiB};
  const FakeServer server(serve(stored));
  std::string got;
  REQUIRE(download(server.caller, object_name(), append_to(got), {.range = ByteRange{.first = 10, .last = 5 * kMiB}}));
  const auto seen = server.transport.seen();
  CHECK(seen[0].headers.find("range") == "bytes=10-5242880");
  CHECK(seen[1].headers.find("range") == "bytes=2097162-5242880");
}

// Answers for a source of `size` bytes and keeps the ranges that are copied from it.
FakeTransport::Script copy_server(std::uint64_t size, std::vector<std::string>& ranges) {
  return [size, &ranges](const SeenRequest& request) -> Result<FakeAnswer> {
    FakeAnswer answer;
    if (request.method == "HEAD") {
      answer.headers.add("ETag", "\"src\"");
      answer.headers.add("Content-Type", "text/plain");
      answer.announced_length = size;
      return answer;
    }
    if (request.target.ends_with("?tagging=")) {
      answer.body = "<Tagging><TagSet><Tag><Key>stage</Key><Value>a b</Value></Tag></TagSet></Tagging>";
      return answer;
    }
    if (request.method == "PUT") {
      ranges.emplace_back(request.headers.find("x-amz-copy-source-range").value_or("all"));
      if (request.headers.find("x-amz-copy-source-if-match") != "\"src\"")
        return error_answer(412, "PreconditionFailed");
      answer.body = "<CopyPartResult><ETag>\"p\"</ETag></CopyPartResult>";
    } else if (request.target.ends_with("?uploads=")) {
      answer.body = "<InitiateMultipartUploadResult><UploadId>U</UploadId></InitiateMultipartUploadResult>";
    } else {
      answer.body = "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>";
    }
    return answer;
  };
}

TEST_CASE("a copy goes in one request up to 5 GiB, and in ranges of the same version above") {
  std::vector<std::string> ranges;
  const std::uint64_t limit = std::uint64_t{5} << 30;
  Uploading small(copy_server(limit, ranges));
  REQUIRE(copy_object(small.context, object_name(), object_name(), {}));
  CHECK(ranges == std::vector<std::string>{"all"});
  ranges.clear();
  Uploading large(copy_server(limit + 1, ranges));
  CHECK(copy_object(large.context, object_name(), object_name(), {})->size == limit + 1);
  REQUIRE(ranges.size() == 6);
  CHECK(ranges.front() == "bytes=0-1073741823");
  CHECK(ranges.back() == "bytes=5368709120-5368709120");
  CHECK(large.server.transport.seen()[2].headers.find("content-type") == "text/plain");
  CHECK(large.server.transport.seen()[2].headers.find("x-amz-tagging") == "stage=a%20b");
}

TEST_CASE("a large copy whose tags cannot be read does not lose them, it fails") {
  std::vector<std::string> ranges;
  const auto answers = copy_server((std::uint64_t{5} << 30) + 1, ranges);
  Uploading large([&](const SeenRequest& request) {
    return request.target.ends_with("?tagging=") ? error_answer(403, "AccessDenied") : answers(request);
  });
  CHECK(copy_object(large.context, object_name(), object_name(), {}).error().code == Errc::kAccessDenied);
  CHECK(ranges.empty());
  Uploading untagged([&](const SeenRequest& request) {
    return request.target.ends_with("?tagging=") ? error_answer(501, "NotImplemented") : answers(request);
  });
  CHECK(copy_object(untagged.context, object_name(), object_name(), {}));
}

}  // namespace
}  // namespace objstore::client
