#include "client/lib/delta_plan.h"

#include <catch2/catch.hpp>
#include <random>

using namespace objstore;
using namespace objstore::client;

namespace {

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 generator(seed);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(generator());
  return out;
}

Signature signature_of(const std::string& object) {
  Signature out{.object_size = object.size(), .block_size = wire::delta_block_size(object.size()), .blocks = {}};
  std::string sums;
  for (std::size_t at = 0; at < object.size(); at += static_cast<std::size_t>(out.block_size))
    wire::append_block_sum(sums,
                           as_bytes(object).subspan(at, std::min<std::size_t>(out.block_size, object.size() - at)));
  out.blocks = wire::read_block_sums(sums).value();
  return out;
}

// What the other side would make of it.
std::string apply(const std::vector<DeltaRun>& runs, const std::string& object, const std::string& body) {
  std::string out;
  for (const DeltaRun& run : runs) {
    CHECK(run.body_offset == out.size());
    out += run.copy ? object.substr(run.object_offset, run.length) : body.substr(run.body_offset, run.length);
  }
  return out;
}

std::uint64_t literals(const std::string& object, const std::string& body) {
  std::string seen;
  const auto runs =
      plan_delta(MemoryBody(as_bytes(body)), signature_of(object), [&](ByteView bytes) { seen += as_text(bytes); }, {});
  REQUIRE(runs);
  CHECK(seen == body);
  CHECK(apply(*runs, object, body) == body);
  return literal_bytes(*runs);
}

}  // namespace

TEST_CASE("an equal body is one copy, whatever its length") {
  for (const std::size_t size : {2048, 2049, 4095, 100'000, 9'000'001}) {
    const std::string object = noise(size, 1);
    CHECK(literals(object, object) == 0);
  }
}

TEST_CASE("an insertion, a removal and a change cost about two blocks each, and what follows is found") {
  const std::string object = noise(6'000'000, 2);
  std::string body = object;
  body.insert(1'000'000, "inserted");
  body.erase(3'000'000, 777);
  body[5'000'000] = static_cast<char>(body[5'000'000] + 1);
  CHECK(literals(object, body) < 3 * 2 * 2048 + 8);
}

TEST_CASE("blocks are found out of order and again and again") {
  const std::string object = noise(64 * 2048, 3);
  const std::string body =
      object.substr(32 * 2048) + object.substr(0, 32 * 2048) + object.substr(2048, 4096) + object.substr(2048, 4096);
  CHECK(literals(object, body) == 0);
}

TEST_CASE("bodies that have nothing in common are literal as a whole") {
  CHECK(literals(noise(500'000, 4), noise(300'001, 5)) == 300'001);
  CHECK(literals(noise(500'000, 4), noise(1'000, 5)) == 1'000);
  CHECK(literals(noise(500'000, 4), "") == 0);
}

TEST_CASE("a body of one byte again and again does not take forever and comes out right") {
  const std::string zeros(8'000'000, '\0');
  CHECK(literals(zeros, zeros) == 0);
  CHECK(literals(zeros, std::string(7'999'999, '\0')) < 4096);
}

TEST_CASE("a changed end and a changed beginning are literal alone") {
  const std::string object = noise(1'000'000, 6);
  CHECK(literals(object, object + "tail") <= 2048 + 4);
  CHECK(literals(object, "head" + object) <= 2048 + 4);
}

TEST_CASE("planning stops when it is told to") {
  std::stop_source stop;
  stop.request_stop();
  const std::string object = noise(100'000, 7);
  const auto runs = plan_delta(MemoryBody(as_bytes(object)), signature_of(object), [](ByteView) {}, stop.get_token());
  CHECK(runs.error().code == Errc::kCancelled);
}
