#include "common/base/digest_groups.h"

#include <catch2/catch.hpp>
#include <random>
#include <thread>
#include <vector>

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

// How many digests differ from OpenSSL's.
int wrong_digests(DigestGroups& groups, const Upload& upload, BodyDigest::Wants wants, BodyDigest::Path path) {
  BodyDigest body(wants, path);
  int wrong = 0;
  ByteView rest = upload.body;
  for (const std::size_t length : upload.chunks) {
    if (groups.chunk(body, rest.first(length)) != sha256(rest.first(length))) ++wrong;
    rest = rest.subspan(length);
  }
  return wrong + (body.finish().md5 == md5(upload.body) ? 0 : 1);
}

}  // namespace

TEST_CASE("more uploads than places get the digests of their own bodies, whoever computes them") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (const std::size_t places : {1, 2, 3}) {
    DigestGroups groups(places);
    std::vector<Upload> uploads;
    for (int i = 0; i < 9; ++i) uploads.push_back(some_upload(random));
    std::vector<int> wrong(uploads.size(), -1);
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < uploads.size(); ++i) {
        const auto wants = i == 0 ? BodyDigest::Wants::kMd5AndSha256 : BodyDigest::Wants::kMd5;
        const auto path = i == 1 ? BodyDigest::Path::kPortable : BodyDigest::Path::kFastest;
        threads.emplace_back([&, i, wants, path] { wrong[i] = wrong_digests(groups, uploads[i], wants, path); });
      }
    }
    CHECK(wrong == std::vector<int>(uploads.size(), 0));
  }
}
