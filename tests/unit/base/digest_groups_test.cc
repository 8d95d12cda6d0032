#include "common/base/digest_groups.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/unit/base/held_executor.h"

using namespace objstore;

namespace {

struct Upload {
  std::vector<std::byte> body;
  std::vector<std::size_t> chunks;  // lengths
};

Upload some_upload(std::mt19937_64& random) {
  Upload upload;
  for (int i = 0; i < 30; ++i) {
    const std::size_t length = random() % 4 == 0 ? random() % 100 : random() % 300'000;
    upload.chunks.push_back(length);
    for (std::size_t j = 0; j < length; ++j) upload.body.push_back(static_cast<std::byte>(random()));
  }
  return upload;
}

enum class Way { kOneByOne, kBeside, kMixed };

// How many digests differ from OpenSSL's, or come out of order.
int wrong_digests(DigestGroups& groups, const Upload& upload, BodyDigest& body, Way way) {
  std::vector<Sha256> names;
  ByteView rest = upload.body;
  {
    DigestGroups::Stream stream(groups, &body);
    for (const std::size_t length : upload.chunks) {
      const ByteView chunk = rest.first(length);
      rest = rest.subspan(length);
      const bool beside = way == Way::kBeside || (way == Way::kMixed && length % 2 == 0);
      if (beside) {
        (void)stream.wait(3);
        stream.add(chunk, [&names](const Sha256& name) { names.push_back(name); });
      } else {
        (void)stream.wait();
        names.push_back(stream.chunk(chunk));
      }
    }
  }
  int wrong = body.finish().md5 == md5(upload.body) ? 0 : 1;
  if (names.size() != upload.chunks.size()) return -1;
  rest = upload.body;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != sha256(rest.first(upload.chunks[i]))) ++wrong;
    rest = rest.subspan(upload.chunks[i]);
  }
  return wrong;
}

int wrong_digests(DigestGroups& groups, const Upload& upload, int number) {
  const auto wants = number == 0 ? BodyDigest::Wants::kMd5AndSha256 : BodyDigest::Wants::kMd5;
  BodyDigest body(wants, number == 1 ? BodyDigest::Path::kPortable : BodyDigest::Path::kFastest);
  return wrong_digests(groups, upload, body, static_cast<Way>(number % 3));
}

std::vector<Upload> some_uploads(std::size_t count) {
  const auto seed = std::random_device()();
  UNSCOPED_INFO("seed " << seed);
  std::mt19937_64 random(seed);
  std::vector<Upload> uploads;
  for (std::size_t i = 0; i < count; ++i) uploads.push_back(some_upload(random));
  return uploads;
}

}  // namespace

TEST_CASE("more uploads than places get the digests of their own bodies, whoever computes them") {
  for (const std::size_t places : {1, 2, 3}) {
    WorkerPool pool(2);
    DigestGroups groups(pool, places);
    const std::vector<Upload> uploads = some_uploads(9);
    std::vector<int> wrong(uploads.size(), -1);
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < uploads.size(); ++i)
        threads.emplace_back([&, i] { wrong[i] = wrong_digests(groups, uploads[i], static_cast<int>(i)); });
    }
    CHECK(wrong == std::vector<int>(uploads.size(), 0));
  }
}

TEST_CASE("uploads that occupy every thread of the executor digest for each other") {
  for (const std::size_t places : {1, 2, 3}) {
    WorkerPool pool(3);
    DigestGroups groups(pool, places);
    const std::vector<Upload> uploads = some_uploads(9);
    std::atomic<int> wrong = 0;
    std::atomic<std::size_t> ended = 0;
    for (std::size_t i = 0; i < uploads.size(); ++i) {
      pool.post([&, i] {
        wrong += wrong_digests(groups, uploads[i], static_cast<int>(i)) == 0 ? 0 : 1;
        ++ended;
      });
    }
    while (ended < uploads.size()) std::this_thread::yield();
    CHECK(wrong == 0);
  }
}

TEST_CASE("without a thread of the executor, who waits digests; a task that comes after all finds nothing to do") {
  HeldExecutor executor;
  const std::vector<Upload> uploads = some_uploads(3);
  {
    DigestGroups groups(executor, 1);
    for (std::size_t i = 0; i < uploads.size(); ++i) CHECK(wrong_digests(groups, uploads[i], static_cast<int>(i)) == 0);
  }
  CHECK_FALSE(executor.held.empty());
  for (auto& task : executor.held) task();
}

TEST_CASE("an executor that runs what it is given at once names a chunk before add() returns") {
  InlineExecutor executor;
  DigestGroups groups(executor, 1);
  BodyDigest body(BodyDigest::Wants::kMd5);
  DigestGroups::Stream stream(groups, &body);
  const std::vector<std::byte> bytes(100'000, std::byte{7});
  Sha256 name{};
  stream.add(bytes, [&name](const Sha256& given) { name = given; });
  CHECK(name == sha256(bytes));
}

TEST_CASE("who is told a name and throws ends the stream's names, not the others'") {
  WorkerPool pool(2);
  DigestGroups groups(pool, 1);
  const std::vector<std::byte> bytes(100'000, std::byte{7});
  for (const auto path : {BodyDigest::Path::kFastest, BodyDigest::Path::kPortable}) {
    BodyDigest broken(BodyDigest::Wants::kMd5, path);
    BodyDigest whole(BodyDigest::Wants::kMd5, path);
    DigestGroups::Stream one(groups, &broken);
    DigestGroups::Stream other(groups, &whole);
    std::atomic<int> named = 0;
    one.add(bytes, [](const Sha256&) { throw std::runtime_error("no"); });
    one.add(bytes, [&](const Sha256&) { ++named; });
    other.add(bytes, [&](const Sha256&) { ++named; });
    CHECK(other.wait());
    const Status failed = one.wait();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == Errc::kInternal);
    CHECK(named == 1);
  }
}
