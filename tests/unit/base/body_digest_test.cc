#include "common/base/body_digest.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

using namespace objstore;

namespace {

std::vector<std::byte> noise(std::size_t length, std::mt19937_64& random) {
  std::vector<std::byte> bytes(length);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

// What OpenSSL says of the same bytes.
std::string reference(DigestKind kind, ByteView bytes) {
  Digest digest(kind);
  digest.update(bytes);
  return digest.finish();
}

struct Form {
  BodyDigest::Wants wants;
  BodyDigest::Path path;
};
constexpr Form kForms[] = {{BodyDigest::Wants::kNothing, BodyDigest::Path::kFastest},
                           {BodyDigest::Wants::kSha256, BodyDigest::Path::kFastest},
                           {BodyDigest::Wants::kMd5, BodyDigest::Path::kFastest},
                           {BodyDigest::Wants::kMd5AndSha256, BodyDigest::Path::kFastest},
                           {BodyDigest::Wants::kMd5, BodyDigest::Path::kPortable},
                           {BodyDigest::Wants::kMd5AndSha256, BodyDigest::Path::kPortable}};

void check_whole(const BodyDigest::Digests& digests, const Form& form, ByteView body) {
  const bool md5 = includes(form.wants, BodyDigest::Wants::kMd5);
  CHECK(as_text(digests.md5) == (md5 ? reference(DigestKind::kMd5, body) : std::string(16, '\0')));
  const bool sha256 = includes(form.wants, BodyDigest::Wants::kSha256);
  CHECK(as_text(digests.sha256) == (sha256 ? reference(DigestKind::kSha256, body) : std::string(32, '\0')));
}

}  // namespace

TEST_CASE("an empty body has the digests of nothing") {
  for (const Form& form : kForms) check_whole(BodyDigest(form.wants, form.path).finish(), form, {});
}

TEST_CASE("every length around the blocks' borders gives OpenSSL's digests, as body and as chunk") {
  std::mt19937_64 random(1);
  const auto bytes = noise(300, random);
  for (const Form& form : kForms) {
    BodyDigest digest(form.wants, form.path);
    for (std::size_t length = 0; length <= bytes.size(); ++length) {
      const ByteView body = ByteView(bytes).first(length);
      digest.update(body);
      check_whole(digest.finish(), form, body);
      CHECK(as_text(digest.chunk(body)) == reference(DigestKind::kSha256, body));
      check_whole(digest.finish(), form, body);
    }
  }
}

TEST_CASE("bodies of random lengths, cut at random places into chunks and other pieces, give OpenSSL's digests") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    const auto body = noise(random() % 200'000, random);
    for (const Form& form : kForms) {
      BodyDigest digest(form.wants, form.path);
      ByteView rest = body;
      while (!rest.empty()) {
        const std::size_t most = random() % 3 == 0 ? 130 : 70'000;
        const ByteView piece = rest.first(std::min<std::size_t>(rest.size(), random() % most));
        if (random() % 2 == 0)
          digest.update(piece);
        else
          CHECK(as_text(digest.chunk(piece)) == reference(DigestKind::kSha256, piece));
        rest = rest.subspan(piece.size());
        if (random() % 5 == 0) {
          BodyDigest moved = std::move(digest);
          digest = std::move(moved);
        }
      }
      check_whole(digest.finish(), form, body);
    }
  }
}

TEST_CASE("a body above 512 MiB has its length in bits right") {
  const std::vector<std::byte> piece(std::size_t{32} << 20, std::byte{7});
  BodyDigest digest(BodyDigest::Wants::kMd5);
  Digest md5(DigestKind::kMd5);
  for (int i = 0; i < 17; ++i) {
    digest.update(piece);
    md5.update(piece);
  }
  CHECK(as_text(digest.finish().md5) == md5.finish());
}

TEST_CASE("one to four bodies that go on together, by steps of any length, each have OpenSSL's digests") {
  if (!BodyDigest::is_accelerated()) return;  // then there are no steps
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (std::size_t round = 0; round < 80; ++round) {
    const std::size_t count = 1 + round % BodyDigest::Steps::kTogetherMax;
    std::vector<BodyDigest> digests;
    for (std::size_t i = 0; i < count; ++i) digests.emplace_back(BodyDigest::Wants::kMd5);
    std::vector<std::vector<std::byte>> bodies(count);
    for (int turn = 0; turn < 5; ++turn) {
      std::vector<std::vector<std::byte>> chunks;
      std::vector<BodyDigest::Steps> steps;
      for (std::size_t i = 0; i < count; ++i) chunks.push_back(noise(random() % 9000, random));
      for (std::size_t i = 0; i < count; ++i) steps.push_back(digests[i].in_steps(chunks[i]));
      std::vector<BodyDigest::Steps*> going;
      for (auto& one : steps) going.push_back(&one);
      while (!going.empty()) {
        const std::size_t most = (*std::ranges::min_element(going, {}, &BodyDigest::Steps::left))->left();
        BodyDigest::Steps::advance(going, most == 0 ? 0 : 1 + random() % most);
        std::erase_if(going, [](const auto* one) { return one->left() == 0; });
        std::ranges::shuffle(going, random);
      }
      for (std::size_t i = 0; i < count; ++i) {
        CHECK(as_text(steps[i].finish()) == reference(DigestKind::kSha256, chunks[i]));
        bodies[i].insert(bodies[i].end(), chunks[i].begin(), chunks[i].end());
      }
    }
    for (std::size_t i = 0; i < count; ++i)
      check_whole(digests[i].finish(), {BodyDigest::Wants::kMd5, BodyDigest::Path::kFastest}, bodies[i]);
  }
}
