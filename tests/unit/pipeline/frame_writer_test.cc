#include "client/pipeline/frame_writer.h"

#include <zstd.h>

#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "common/base/digest.h"
#include "server/storage/chunker.h"

using namespace objstore;
using namespace objstore::client;
using Coding = FrameWriter::Coding;

namespace {

struct File {
  std::string name;
  std::string contents;
};

std::vector<File> files(std::size_t count, std::size_t bytes, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<File> out;
  for (std::size_t i = 0; i < count; ++i) {
    std::string contents(bytes / 2 + generator() % bytes, '\0');
    for (char& c : contents) c = static_cast<char>("etaoin shrdlu\n0123456789"[generator() % 24]);
    out.push_back({"dir/file" + std::to_string(i), std::move(contents)});
  }
  return out;
}

std::string frames(const std::vector<File>& tree, Coding coding) {
  std::string out;
  FrameWriter writer(3, [&](ByteView bytes) -> Status {
    out += as_text(bytes);
    return {};
  });
  for (const auto& file : tree) {
    REQUIRE(writer.boundary(file.name, coding));
    REQUIRE(writer.write(as_bytes(file.contents)));
  }
  REQUIRE(writer.finish());
  return out;
}

std::string decompress(const std::string& stream) {
  std::string out;
  ZSTD_DCtx* context = ZSTD_createDCtx();
  ZSTD_inBuffer in{stream.data(), stream.size(), 0};
  std::string block(1 << 20, '\0');
  while (in.pos < in.size) {
    ZSTD_outBuffer to{block.data(), block.size(), 0};
    REQUIRE_FALSE(ZSTD_isError(ZSTD_decompressStream(context, &to, &in)));
    out.append(block, 0, to.pos);
  }
  ZSTD_freeDCtx(context);
  return out;
}

// The chunks that our server cuts a body into, by what they hold.
std::set<std::string> chunks(const std::string& body) {
  const storage::Chunker chunker(std::size_t{256} << 10);
  std::set<std::string> out;
  for (ByteView rest = as_bytes(body); !rest.empty();) {
    const std::size_t length = chunker.cut(rest.first(std::min(rest.size(), chunker.max_size())));
    out.emplace(as_text(rest.first(length)));
    rest = rest.subspan(length);
  }
  return out;
}

std::size_t bytes_not_in(const std::set<std::string>& now, const std::set<std::string>& before) {
  std::size_t bytes = 0;
  for (const auto& chunk : now)
    if (!before.contains(chunk)) bytes += chunk.size();
  return bytes;
}

}  // namespace

TEST_CASE("what is written comes back from any zstd, in both codings") {
  const auto tree = files(300, 9'000, 1);
  std::string whole;
  for (const auto& file : tree) whole += file.contents;
  CHECK(decompress(frames(tree, Coding::kCompressed)) == whole);
  CHECK(decompress(frames(tree, Coding::kStored)) == whole);
  CHECK(frames(tree, Coding::kCompressed).size() < whole.size() * 3 / 4);
  CHECK(decompress(frames({}, Coding::kStored)).empty());
}

TEST_CASE("the codings may change between two files") {
  std::string out;
  FrameWriter writer(3, [&](ByteView bytes) -> Status {
    out += as_text(bytes);
    return {};
  });
  REQUIRE(writer.boundary("a", Coding::kStored));
  REQUIRE(writer.write(as_bytes("first ")));
  REQUIRE(writer.boundary("b", Coding::kCompressed));
  REQUIRE(writer.write(as_bytes("second")));
  REQUIRE(writer.finish());
  CHECK(decompress(out) == "first second");
}

TEST_CASE("the server's chunker cuts at a mark, whatever average it was made with") {
  const std::string mark = FrameWriter::mark();
  CHECK(mark.size() == 72);
  for (std::size_t average = std::size_t{16} << 10; average <= (std::size_t{1} << 20); average *= 2) {
    const storage::Chunker chunker(average);
    // Bytes that never cut by themselves: one byte again and again.
    for (const std::size_t before : {average / 4, average / 2, average * 2}) {
      const std::string body = std::string(before, 'x') + mark + std::string(average * 4, 'x');
      const std::size_t cut = chunker.cut(as_bytes(body).first(average * 4));
      INFO("average " << average << ", mark behind " << before);
      CHECK(cut == before + mark.size() - 1);
    }
  }
}

TEST_CASE("one file of many that changed costs about one chunk, even when it became longer") {
  for (const Coding coding : {Coding::kCompressed, Coding::kStored}) {
    auto tree = files(2'000, 10'000, 2);
    const auto before = chunks(frames(tree, coding));
    tree[1'000].contents.insert(100, "a few bytes more");
    const auto after = chunks(frames(tree, coding));
    const std::size_t added = bytes_not_in(after, before);
    INFO("coding " << static_cast<int>(coding) << ", added " << added);
    CHECK(added > 0);
    CHECK(added < 400'000);
  }
}

TEST_CASE("a file that is gone and one that is new leave the chunks around them alone") {
  auto tree = files(2'000, 10'000, 3);
  const auto before = chunks(frames(tree, Coding::kStored));
  tree.erase(tree.begin() + 500);
  tree.insert(tree.begin() + 1'500, {"dir/new", std::string(3'000, 'n')});
  CHECK(bytes_not_in(chunks(frames(tree, Coding::kStored)), before) < 2'000'000);
}

TEST_CASE("inside a large file frames end where its content says so") {
  std::mt19937 generator(4);
  std::string contents(std::size_t{12} << 20, '\0');
  for (char& c : contents) c = static_cast<char>(generator());
  const auto before = chunks(frames({{"large", contents}}, Coding::kCompressed));
  contents.insert(std::size_t{6} << 20, "inserted in the middle");
  const auto after = chunks(frames({{"large", contents}}, Coding::kCompressed));
  CHECK(bytes_not_in(after, before) < (std::size_t{3} << 20));
}

TEST_CASE("a sink that fails ends the writing with its error") {
  FrameWriter writer(3, [](ByteView) -> Status { return fail(Errc::kNoSpace, "full"); });
  REQUIRE(writer.write(as_bytes("x")));
  CHECK(writer.finish().error().code == Errc::kNoSpace);
}
