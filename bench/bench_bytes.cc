// What every byte of an upload pays: digests, cutting, compressing. docs/performance.md says how to read the figures.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "common/base/body_digest.h"
#include "common/base/digest.h"
#include "server/storage/chunker.h"
#include "server/storage/codec.h"

namespace {

using objstore::ByteView;

constexpr std::size_t kBodyBytes = std::size_t{64} << 20;
constexpr std::size_t kChunkAverage = std::size_t{256} << 10;

std::vector<std::byte> noise(std::size_t length) {
  std::mt19937_64 generator(1);
  std::vector<std::byte> bytes(length);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(generator());
  return bytes;
}

// Lines of a log: repetitive, as build outputs are.
std::vector<std::byte> text(std::size_t length) {
  std::mt19937_64 generator(1);
  std::string lines;
  while (lines.size() < length)
    lines += "[" + std::to_string(generator() % 1000) + "/1000] compiling server/storage/file_" +
             std::to_string(generator() % 100) + ".cc\n";
  const auto* first = reinterpret_cast<const std::byte*>(lines.data());
  return {first, first + length};
}

void report(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
}

void digest(benchmark::State& state, objstore::DigestKind kind) {
  const auto body = noise(kBodyBytes);
  objstore::Digest running(kind);
  for (auto _ : state) {
    running.update(body);
    benchmark::DoNotOptimize(running.finish());
  }
  report(state, body.size());
}
BENCHMARK_CAPTURE(digest, md5, objstore::DigestKind::kMd5);
BENCHMARK_CAPTURE(digest, sha256, objstore::DigestKind::kSha256);

// An upload's digests over chunks of 256 KiB: MD5 and each chunk's SHA-256, and the body's SHA-256 if its client signs
// it.
void body_digest(benchmark::State& state, objstore::BodyDigest::Wants wants, objstore::BodyDigest::Path path) {
  const auto body = noise(kBodyBytes);
  objstore::BodyDigest running(wants, path);
  for (auto _ : state) {
    // No multiple of a block, as with real chunks.
    for (ByteView rest = body; !rest.empty();) {
      const ByteView chunk = rest.first(std::min(rest.size(), kChunkAverage + 13));
      benchmark::DoNotOptimize(running.chunk(chunk));
      rest = rest.subspan(chunk.size());
    }
    benchmark::DoNotOptimize(running.finish());
  }
  report(state, body.size());
}
using Wants = objstore::BodyDigest::Wants;
using Path = objstore::BodyDigest::Path;
BENCHMARK_CAPTURE(body_digest, md5_chunks / stitched, Wants::kMd5, Path::kFastest);
BENCHMARK_CAPTURE(body_digest, md5_chunks / portable, Wants::kMd5, Path::kPortable);
BENCHMARK_CAPTURE(body_digest, md5_sha256_chunks / stitched, Wants::kMd5AndSha256, Path::kFastest);
BENCHMARK_CAPTURE(body_digest, md5_sha256_chunks / portable, Wants::kMd5AndSha256, Path::kPortable);

// Chunks of several bodies at once, as uploads that come together have them.
void bodies_together(benchmark::State& state) {
  const auto chunk = noise(kChunkAverage);
  std::vector<objstore::BodyDigest> bodies;
  for (std::int64_t i = 0; i < state.range(0); ++i) bodies.emplace_back(Wants::kMd5);
  for (auto _ : state) {
    std::vector<objstore::BodyDigest::Steps> steps;
    for (auto& body : bodies) {
      if (!body.has_steps()) return state.SkipWithError("this processor digests one body at a time");
      steps.push_back(body.in_steps(chunk));
    }
    std::vector<objstore::BodyDigest::Steps*> together;
    for (auto& one : steps) together.push_back(&one);
    objstore::BodyDigest::Steps::advance(together, steps.front().left());
    for (auto& one : steps) benchmark::DoNotOptimize(one.finish());
  }
  report(state, chunk.size() * bodies.size());
}
BENCHMARK(bodies_together)->DenseRange(1, objstore::BodyDigest::Steps::kTogetherMax);

void cut(benchmark::State& state) {
  const auto body = noise(kBodyBytes);
  const objstore::storage::Chunker chunker(kChunkAverage);
  for (auto _ : state) {
    ByteView rest = body;
    while (!rest.empty()) rest = rest.subspan(chunker.cut(rest));
    benchmark::DoNotOptimize(rest.data());
  }
  report(state, body.size());
}
BENCHMARK(cut);

void encode(benchmark::State& state, std::vector<std::byte> (*make)(std::size_t)) {
  const auto chunk = make(kChunkAverage);
  std::string scratch;
  for (auto _ : state) benchmark::DoNotOptimize(objstore::storage::encode_chunk(chunk, scratch).bytes.size());
  report(state, chunk.size());
}
BENCHMARK_CAPTURE(encode, noise, noise);
BENCHMARK_CAPTURE(encode, text, text);

}  // namespace
